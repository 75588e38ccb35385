//! kubectl's own form, byte for byte (kubectl 1.37, of which the forms since 1.27 are a subset).

use std::collections::BTreeSet;
use std::fmt::Write;
use std::rc::Rc;

use serde_json::Value;

use crate::schema::{Document, Kind, Schema, definition_name, follow, resolved};
use crate::wrap::{indent, wrap};

/// Longest line of a description, indentation excluded, in characters.
const DESCRIPTION_COLUMNS: usize = 76;

/// Values of an enum that a list of fields shows.
const ENUM_VALUES_SHOWN: usize = 4;

/// What `--recursive` and `--max-depth` ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Print the fields of fields, without descriptions.
    pub recursive: bool,
    /// Deepest level that is printed; 0 for all.
    pub max: usize,
}

/// The text, and whether the field path led anywhere: kubectl prints the heading either way.
#[derive(Debug, PartialEq, Eq)]
pub struct Rendered {
    /// What goes to standard output.
    pub text: String,
    /// The path names a field that exists.
    pub found: bool,
}

/// Renders the description of the field that `path` names, and the fields below it.
#[must_use]
pub fn render(
    document: &dyn Document,
    kind: &Kind,
    root: &Rc<Schema>,
    path: &[String],
    depth: Depth,
) -> Rendered {
    let mut text = heading(kind);
    let Some(found) = follow(document, root, path) else {
        return Rendered { text, found: false };
    };
    let renderer = Renderer { document, depth };
    if let Some(name) = path.last() {
        renderer.field_heading(&mut text, name, &found.schema);
    }
    renderer.body(&mut text, &found.schema);
    text.push('\n');
    Rendered { text, found: true }
}

fn heading(kind: &Kind) -> String {
    let mut text = String::new();
    if !kind.group.is_empty() {
        text = format!("GROUP:      {}\n", kind.group);
    }
    // Writing to a String cannot fail.
    let _ = write!(text, "KIND:       {}\nVERSION:    {}\n\n", kind.kind, kind.version);
    text
}

struct Renderer<'d> {
    document: &'d dyn Document,
    depth: Depth,
}

impl Renderer<'_> {
    fn field_heading(&self, text: &mut String, name: &str, schema: &Rc<Schema>) {
        let _ = writeln!(text, "FIELD: {name} <{}>", type_name(self.document, schema));
        if !schema.enum_values.is_empty() {
            text.push_str("ENUM:");
            for value in &schema.enum_values {
                let _ = write!(text, "\n    {}", enum_value(value));
            }
        }
        text.push_str("\n\n");
    }

    fn body(&self, text: &mut String, schema: &Rc<Schema>) {
        let object = resolved(self.document, schema);
        let mut description = String::new();
        self.descriptions(&mut description, &object, &BTreeSet::new());
        if description.is_empty() {
            description.push_str("<empty>");
        }
        text.push_str("DESCRIPTION:\n");
        text.push_str(&indent(&wrap(&description, DESCRIPTION_COLUMNS), 4));
        text.push('\n');
        if let Some(docs) = &object.external_docs {
            text.push_str("\nEXTERNAL DOCS:\n");
            external_docs(text, docs, DESCRIPTION_COLUMNS, 4);
        }
        let mut fields = String::new();
        self.fields(&mut fields, &object, 1, &BTreeSet::new());
        if !fields.is_empty() {
            text.push_str("FIELDS:\n");
            text.push_str(&fields);
        }
    }

    /// Collects the texts of a schema and of everything that it is made of, one line each.
    fn descriptions(&self, text: &mut String, schema: &Rc<Schema>, seen: &BTreeSet<String>) {
        let Some(seen) = entered(schema, seen) else { return };
        let object = resolved(self.document, schema);
        if !object.description.is_empty() {
            text.push_str(&object.description);
            text.push('\n');
        }
        for part in object.all_of.iter().chain(&object.items).chain(&object.additional_properties) {
            self.descriptions(text, part, &seen);
        }
    }

    /// Lists the fields of a schema and of everything that it is made of; a cycle ends the list.
    fn fields(
        &self,
        text: &mut String,
        schema: &Rc<Schema>,
        level: usize,
        seen: &BTreeSet<String>,
    ) {
        let Some(seen) = entered(schema, seen) else { return };
        let object = resolved(self.document, schema);
        for (name, field) in &object.properties {
            self.field(text, &object, name, field, level);
            if self.depth.recursive && (self.depth.max == 0 || level < self.depth.max) {
                self.fields(text, field, level + 1, &seen);
            }
        }
        for part in object.all_of.iter().chain(&object.items).chain(&object.additional_properties) {
            self.fields(text, part, level, &seen);
        }
    }

    fn field(
        &self,
        text: &mut String,
        parent: &Schema,
        name: &str,
        field: &Rc<Schema>,
        level: usize,
    ) {
        let margin = level * 2;
        let _ = write!(text, "{:margin$}{name}\t<{}>", "", type_name(self.document, field));
        if parent.required.iter().any(|required| required == name) {
            text.push_str(" -required-");
        }
        if !field.enum_values.is_empty() {
            let _ = write!(text, "\n{:margin$}enum: ", "");
            let shown = field.enum_values.iter().take(ENUM_VALUES_SHOWN).map(enum_value);
            text.push_str(&shown.collect::<Vec<_>>().join(", "));
            if field.enum_values.len() > ENUM_VALUES_SHOWN {
                text.push_str(", ....");
            }
        }
        text.push('\n');
        if self.depth.recursive {
            return;
        }
        let description =
            if field.description.is_empty() { "<no description>" } else { &field.description };
        let columns = 78_usize.saturating_sub(margin);
        text.push_str(&indent(&wrap(description, columns), margin + 2));
        text.push('\n');
        if let Some(docs) = &field.external_docs {
            let _ = writeln!(text, "\n{:width$}EXTERNAL DOCS:", "", width = margin + 2);
            external_docs(text, docs, DESCRIPTION_COLUMNS - margin, margin + 4);
        }
        text.push('\n');
    }
}

/// Adds a schema's reference to those on the way; `None` when it stands there already.
fn entered(schema: &Schema, seen: &BTreeSet<String>) -> Option<BTreeSet<String>> {
    let mut seen = seen.clone();
    match &schema.reference {
        Some(reference) if !seen.insert(reference.clone()) => None,
        _ => Some(seen),
    }
}

fn external_docs(
    text: &mut String,
    docs: &crate::schema::ExternalDocs,
    columns: usize,
    margin: usize,
) {
    if !docs.description.is_empty() {
        text.push_str(&indent(&wrap(&docs.description, columns), margin));
        text.push('\n');
    }
    if !docs.url.is_empty() {
        let _ = writeln!(text, "{:margin$}URL: {}", "", docs.url);
    }
}

fn enum_value(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Null => "<no value>".to_owned(),
        other => other.to_string(),
    }
}

/// Names a type as kubectl does: `[]Container`, `map[string]string`, `Object`, `integer`.
#[must_use]
pub fn type_name(document: &dyn Document, schema: &Rc<Schema>) -> String {
    if let Some(items) = &schema.items {
        return format!("[]{}", type_name(document, items));
    }
    if let Some(values) = &schema.additional_properties {
        return format!("map[string]{}", type_name(document, values));
    }
    if let [only] = schema.all_of.as_slice()
        && schema.properties.is_empty()
    {
        return type_name(document, only);
    }
    let Some(reference) = &schema.reference else {
        return match schema.kind.as_deref() {
            None | Some("object" | "") => "Object".to_owned(),
            Some(kind) => kind.to_owned(),
        };
    };
    match document.resolve(reference).and_then(|target| target.kind.clone()) {
        Some(kind) if kind != "object" && !kind.is_empty() => kind,
        _ => {
            let name = definition_name(reference);
            match name.rsplit('.').next() {
                Some("") | None => "Object".to_owned(),
                Some(last) => last.to_owned(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::GroupVersionResource;
    use crate::test_document::TestDocument;

    fn render_widget(path: &[&str], depth: Depth) -> Rendered {
        let document = TestDocument::new();
        let resource = GroupVersionResource {
            group: "example.com".into(),
            version: "v1".into(),
            resource: "widgets".into(),
        };
        let (kind, root) = document.root(&resource).expect("the test document has widgets");
        let path: Vec<_> = path.iter().map(|&name| name.to_owned()).collect();
        render(&document, &kind, &root, &path, depth)
    }

    #[test]
    fn describes_a_field_and_those_below_it() {
        insta::assert_snapshot!(render_widget(&["spec"], Depth::default()).text);
    }

    #[test]
    fn shows_all_values_of_one_enum() {
        insta::assert_snapshot!(render_widget(&["spec", "colour"], Depth::default()).text);
    }

    #[test]
    fn recursion_ends_at_a_cycle_and_at_the_depth_asked_for() {
        let all = render_widget(&[], Depth { recursive: true, max: 0 }).text;
        insta::assert_snapshot!(all);
        let shallow = render_widget(&[], Depth { recursive: true, max: 1 }).text;
        assert!(shallow.contains("spec\t") && !shallow.contains("parts\t"), "{shallow}");
    }

    #[test]
    fn an_unknown_field_leaves_the_heading() {
        let rendered = render_widget(&["spec", "nope"], Depth::default());
        assert_eq!(
            rendered.text,
            "GROUP:      example.com\nKIND:       Widget\nVERSION:    v1\n\n"
        );
        assert!(!rendered.found);
    }
}
