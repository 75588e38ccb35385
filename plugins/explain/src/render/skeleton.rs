//! YAML to paste and fill in: required fields stand ready, the others wait as comments.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::rc::Rc;

use serde_json::Value;

use super::plaintext::{Depth, type_name};
use crate::command::Subject;
use crate::schema::{Child, Document, Found, Schema, children, definition, resolved};

/// Fields that the server fills in; nobody types them.
const SERVER_FIELDS: [&str; 2] = ["status", "managedFields"];

/// Fields that carry what an object is about: written out even where they are optional.
const CARRYING_FIELDS: [&str; 2] = ["spec", "template"];

/// Writes a skeleton of what was found; `--recursive` writes the optional fields out as well.
#[must_use]
pub fn render(subject: &Subject, found: &Found, depth: Depth) -> String {
    let mut skeleton = Skeleton { document: subject.document.as_ref(), depth, text: String::new() };
    if subject.fields.is_empty() {
        let kind = &subject.kind;
        let _ = writeln!(skeleton.text, "apiVersion: {}\nkind: {}", kind.api_version(), kind.kind);
        let _ = writeln!(skeleton.text, "metadata:\n  name: my-{}", kind.kind.to_lowercase());
        let fields = children(skeleton.document, &subject.root);
        let rest = fields
            .into_iter()
            .filter(|child| !matches!(child.name.as_str(), "apiVersion" | "kind" | "metadata"));
        skeleton.fields(&rest.collect::<Vec<_>>(), Place::default(), &BTreeSet::new());
        return skeleton.text;
    }
    let name = subject.fields.last().map_or("", String::as_str);
    let child = Child { name: name.to_owned(), schema: Rc::clone(&found.schema), required: true };
    skeleton.field(&child, Place::default(), &BTreeSet::new());
    skeleton.text
}

/// Where a line stands.
#[derive(Clone, Copy, Default)]
struct Place {
    margin: usize,
    level: usize,
    /// Everything below an optional field is a comment as well.
    comment: bool,
}

impl Place {
    fn below(self) -> Self {
        Self { margin: self.margin + 2, level: self.level + 1, ..self }
    }
}

struct Skeleton<'d> {
    document: &'d dyn Document,
    depth: Depth,
    text: String,
}

impl Skeleton<'_> {
    fn fields(&mut self, fields: &[Child], place: Place, seen: &BTreeSet<String>) {
        let typed = fields.iter().filter(|child| !SERVER_FIELDS.contains(&child.name.as_str()));
        let is_live = |child: &&Child| {
            child.required || (!place.comment && CARRYING_FIELDS.contains(&child.name.as_str()))
        };
        let (required, optional): (Vec<_>, Vec<_>) = typed.partition(is_live);
        for child in required {
            self.field(child, place, seen);
        }
        for child in optional {
            self.field(child, Place { comment: true, ..place }, seen);
        }
    }

    fn field(&mut self, child: &Child, place: Place, seen: &BTreeSet<String>) {
        let object = resolved(self.document, &child.schema);
        let below = children(self.document, &child.schema);
        let mut seen = seen.clone();
        let cycle = definition(self.document, &child.schema).is_some_and(|name| !seen.insert(name));
        let expand = !below.is_empty()
            && !cycle
            && (!place.comment || self.depth.recursive)
            && (self.depth.max == 0 || place.level < self.depth.max);
        if !expand {
            // What the server fills in is known of the field, not of its type.
            let placeholder =
                filled_in(&child.schema).unwrap_or_else(|| placeholder(self.document, &object));
            let note = type_name(self.document, &child.schema);
            self.line(place, &format!("{}: {placeholder}", child.name), &format!("<{note}>"));
            return;
        }
        self.line(place, &format!("{}:", child.name), "");
        let is_list = child.schema.items.is_some() || object.items.is_some();
        let is_map =
            child.schema.additional_properties.is_some() || object.additional_properties.is_some();
        if is_list {
            self.list_item(&below, place.below(), &seen);
        } else if is_map {
            self.line(place.below(), "key:", "");
            self.fields(&below, place.below().below(), &seen);
        } else {
            self.fields(&below, place.below(), &seen);
        }
    }

    /// Writes one element; its first live line carries the dash.
    fn list_item(&mut self, fields: &[Child], place: Place, seen: &BTreeSet<String>) {
        let start = self.text.len();
        self.fields(fields, place.below(), seen);
        let item = self.text.split_off(start);
        let dash = format!("{:width$}- ", "", width = place.margin);
        let plain = " ".repeat(place.margin + 2);
        let comment = format!("{:width$}# ", "", width = place.margin + 2);
        if let Some(rest) = item.strip_prefix(&plain).filter(|rest| !rest.starts_with('#')) {
            let _ = write!(self.text, "{dash}{rest}");
        } else if place.comment {
            // The whole list is a comment: the dash goes behind the first comment sign.
            let _ = write!(
                self.text,
                "{}",
                item.replacen(&comment, &format!("{:width$}# - ", "", width = place.margin), 1)
            );
        } else {
            let _ = writeln!(self.text, "{:width$}- {{}}", "", width = place.margin);
            self.text.push_str(&item);
        }
    }

    fn line(&mut self, place: Place, text: &str, note: &str) {
        let sign = if place.comment { "# " } else { "" };
        let note = if note.is_empty() { String::new() } else { format!("  # {note}") };
        let _ = writeln!(self.text, "{:margin$}{sign}{text}{note}", "", margin = place.margin);
    }
}

/// The value that the server fills in, if it is one that fits on a line.
fn filled_in(schema: &Schema) -> Option<String> {
    match schema.rules.effective_default.as_ref()? {
        // With spaces it is a sentence that says what the value depends on.
        Value::String(text) if text.contains(' ') => None,
        value @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => Some(scalar(value)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn placeholder(document: &dyn Document, schema: &Schema) -> String {
    if let Some(value) = &schema.default
        && !matches!(value, Value::Object(_) | Value::Array(_) | Value::Null)
    {
        return scalar(value);
    }
    if let Some(value) = schema.enum_values.iter().find(|value| value.as_str() != Some("")) {
        return scalar(value);
    }
    if let [only] = schema.all_of.as_slice() {
        return placeholder(document, &resolved(document, only));
    }
    match schema.kind.as_deref() {
        Some("integer" | "number") => "0",
        Some("boolean") => "false",
        Some("array") => "[]",
        Some("object") => "{}",
        _ if schema.rules.int_or_string => "0",
        _ => "\"\"",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_document::subject;

    #[test]
    fn leaves_optional_fields_as_comments() {
        let subject = subject(&[]);
        let found = Found { schema: Rc::clone(&subject.root), parent: None };
        insta::assert_snapshot!(render(&subject, &found, Depth::default()));
    }
}
