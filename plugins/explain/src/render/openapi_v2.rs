//! kubectl's older form, `plaintext-openapiv2`.
//!
//! kubectl makes it from the OpenAPI v2 document. The v3 document says the same in other words, so
//! that one is read here: a `$ref` with text beside it is an `allOf`, and what has several types
//! (a number or a text) has none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

use super::plaintext::Depth;
use crate::schema::{Document, Kind, Schema, definition_name};

/// Longest line, indentation included, in bytes as kubectl counts.
const COLUMNS: usize = 80;

const DESCRIPTION_MARGIN: usize = 5;
const FIELD_MARGIN: usize = 3;
const FIELD_DESCRIPTION_MARGIN: usize = FIELD_MARGIN + 2;
const RECURSIVE_MARGIN: usize = 3;

/// Fields that every object of the API has.
const OBJECT_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// What a schema is in OpenAPI v2, as far as the form depends on it.
enum Shape {
    Reference(String),
    List(Rc<Schema>),
    Map(Option<Rc<Schema>>),
    Object(Rc<Schema>),
    Primitive(String),
    Arbitrary,
}

/// Renders the field that `fields` names.
///
/// # Errors
/// The name of the first field that does not exist.
pub fn render(
    document: &dyn Document,
    kind: &Kind,
    root: &Rc<Schema>,
    fields: &[String],
    depth: Depth,
) -> Result<String, String> {
    let view = View { document };
    let target = view.follow(root, fields)?;
    let mut page = Page { view, depth, text: String::new() };
    page.model(kind, fields.last().map(String::as_str), &target);
    Ok(page.text)
}

#[derive(Clone, Copy)]
struct View<'d> {
    document: &'d dyn Document,
}

impl View<'_> {
    fn shape(self, schema: &Rc<Schema>) -> Shape {
        if let Some(reference) = &schema.reference {
            return Shape::Reference(reference.clone());
        }
        if let [only] = schema.all_of.as_slice()
            && let Some(reference) = &only.reference
        {
            return Shape::Reference(reference.clone());
        }
        if schema.rules.nullable {
            return Shape::Arbitrary;
        }
        if schema.rules.preserve_unknown_fields {
            return open_shape(schema);
        }
        if let Some(items) = &schema.items {
            return Shape::List(Rc::clone(items));
        }
        if !schema.properties.is_empty() {
            return Shape::Object(Rc::clone(schema));
        }
        match schema.kind.as_deref() {
            Some("object") => Shape::Map(schema.additional_properties.clone()),
            Some(kind) => Shape::Primitive(kind.to_owned()),
            None => Shape::Arbitrary,
        }
    }

    /// The schema that a reference points to; a value of several types is a text in OpenAPI v2.
    fn target(self, reference: &str) -> Rc<Schema> {
        let schema = self.document.resolve(reference).unwrap_or_default();
        let name = definition_name(reference);
        if schema.kind.is_none() && (name.ends_with(".IntOrString") || name.ends_with(".Quantity"))
        {
            return Rc::new(Schema { kind: Some("string".into()), ..(*schema).clone() });
        }
        schema
    }

    fn follow(self, root: &Rc<Schema>, fields: &[String]) -> Result<Rc<Schema>, String> {
        let mut schema = Rc::clone(root);
        for name in fields {
            let object = self.object(&schema).ok_or_else(|| name.clone())?;
            schema = Rc::clone(object.properties.get(name).ok_or_else(|| name.clone())?);
        }
        Ok(schema)
    }

    /// The object that a schema leads to through references, lists and maps.
    fn object(self, schema: &Rc<Schema>) -> Option<Rc<Schema>> {
        match self.shape(schema) {
            Shape::Reference(reference) => self.object(&self.target(&reference)),
            Shape::List(element) | Shape::Map(Some(element)) => self.object(&element),
            Shape::Object(object) => Some(object),
            Shape::Map(None) | Shape::Primitive(_) | Shape::Arbitrary => None,
        }
    }

    fn type_name(self, schema: &Rc<Schema>) -> String {
        match self.shape(schema) {
            Shape::Reference(reference) => self.type_name(&self.target(&reference)),
            Shape::List(element) => format!("[]{}", self.type_name(&element)),
            Shape::Map(Some(element)) => format!("map[string]{}", self.type_name(&element)),
            Shape::Map(None) => "map[string]".to_owned(),
            Shape::Object(_) => "Object".to_owned(),
            Shape::Primitive(kind) => kind,
            Shape::Arbitrary => String::new(),
        }
    }
}

/// What a server publishes of a schema that keeps unknown fields: none of the known ones, but for
/// those that every object has.
fn open_shape(schema: &Schema) -> Shape {
    let properties: BTreeMap<_, _> = OBJECT_FIELDS
        .iter()
        .filter_map(|&name| Some((name.to_owned(), Rc::clone(schema.properties.get(name)?))))
        .collect();
    if properties.len() == OBJECT_FIELDS.len() {
        return Shape::Object(Rc::new(Schema { properties, ..schema.clone() }));
    }
    match schema.kind.as_deref() {
        Some("object") => Shape::Map(schema.additional_properties.clone()),
        Some(kind) if kind != "array" => Shape::Primitive(kind.to_owned()),
        _ => Shape::Arbitrary,
    }
}

struct Page<'d> {
    view: View<'d>,
    depth: Depth,
    text: String,
}

impl Page<'_> {
    fn model(&mut self, kind: &Kind, name: Option<&str>, schema: &Rc<Schema>) {
        let mut descriptions = Vec::new();
        let mut type_name = String::new();
        let mut current = Rc::clone(schema);
        let ending = loop {
            let element = match self.view.shape(&current) {
                Shape::Reference(reference) => {
                    descriptions.push(current.description.clone());
                    current = self.view.target(&reference);
                    continue;
                }
                Shape::List(element) | Shape::Map(Some(element)) => element,
                ending => break ending,
            };
            descriptions.push(current.description.clone());
            if type_name.is_empty() {
                type_name = self.view.type_name(&current);
            }
            current = element;
        };
        if type_name.is_empty() {
            type_name = self.view.type_name(&current);
        }
        if matches!(ending, Shape::Map(None)) {
            // kubectl takes the values of such a map for a schema with the map's own text.
            descriptions.push(current.description.clone());
        }
        descriptions.push(current.description.clone());
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "KIND:     {}\nVERSION:  {}\n", kind.kind, kind.api_version());
        let is_object = matches!(ending, Shape::Object(_));
        let is_free = matches!(ending, Shape::Map(None) | Shape::Arbitrary);
        if let Some(name) = name.filter(|_| !is_free) {
            let word = if is_object { "RESOURCE:" } else { "FIELD:   " };
            let _ = writeln!(self.text, "{word} {name} <{type_name}>\n");
        }
        self.descriptions(&descriptions);
        if let Shape::Object(object) = ending {
            self.text.push_str("\nFIELDS:\n");
            if self.depth.recursive {
                self.recursive(&object, FIELD_MARGIN, 1, &mut BTreeSet::new());
            } else {
                self.fields(&object);
            }
        }
    }

    fn descriptions(&mut self, descriptions: &[String]) {
        self.text.push_str("DESCRIPTION:\n");
        let mut empty = true;
        for (index, description) in descriptions.iter().enumerate() {
            if description.is_empty() {
                continue;
            }
            empty = false;
            if index > 0 {
                self.text.push('\n');
            }
            self.wrapped(description, DESCRIPTION_MARGIN);
        }
        if empty {
            self.wrapped("<empty>", DESCRIPTION_MARGIN);
        }
    }

    fn fields(&mut self, object: &Schema) {
        for (name, field) in &object.properties {
            let required = if object.required.contains(name) { " -required-" } else { "" };
            let type_name = self.view.type_name(field);
            let _ = writeln!(self.text, "{:FIELD_MARGIN$}{name}\t<{type_name}>{required}", "");
            self.wrapped(&field.description, FIELD_DESCRIPTION_MARGIN);
            self.text.push('\n');
        }
    }

    fn recursive(
        &mut self,
        schema: &Rc<Schema>,
        margin: usize,
        level: usize,
        seen: &mut BTreeSet<String>,
    ) {
        match self.view.shape(schema) {
            Shape::Reference(reference) => {
                if seen.insert(reference.clone()) {
                    self.recursive(&self.view.target(&reference), margin, level, seen);
                    seen.remove(&reference);
                }
            }
            Shape::List(element) | Shape::Map(Some(element)) => {
                self.recursive(&element, margin, level, seen);
            }
            Shape::Object(object) => {
                for (name, field) in &object.properties {
                    let type_name = self.view.type_name(field);
                    let _ = writeln!(self.text, "{:margin$}{name}\t<{type_name}>", "");
                    if self.depth.max == 0 || level < self.depth.max {
                        self.recursive(field, margin + RECURSIVE_MARGIN, level + 1, seen);
                    }
                }
            }
            Shape::Map(None) | Shape::Primitive(_) | Shape::Arbitrary => {}
        }
    }

    fn wrapped(&mut self, text: &str, margin: usize) {
        for line in wrap(text, COLUMNS - margin) {
            if line.is_empty() {
                self.text.push('\n');
            } else {
                let _ = writeln!(self.text, "{:margin$}{line}", "");
            }
        }
    }
}

/// Joins lines into paragraphs and breaks those at `width` bytes; blocks of code, empty lines,
/// lists and lines after a colon stay apart.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    // kubectl forgets the word that began a line because it no longer fitted the one before.
    let mut after_colon = false;
    for source in text.split('\n') {
        let is_code = source.starts_with("    ");
        let is_empty = source.trim().is_empty();
        // kubectl keeps an empty line only after a line that is complete by then.
        let separates = is_empty && !lines.is_empty();
        if is_code || is_empty || after_colon || is_list_item(source.trim()) {
            flush(&mut line, &mut lines);
            after_colon = false;
        }
        if is_code {
            lines.push(source.to_owned());
            continue;
        }
        if separates {
            lines.push(String::new());
            continue;
        }
        for word in source.split_whitespace() {
            after_colon = word.ends_with(':');
            if !line.is_empty() && line.len() + 1 + word.len() > width {
                flush(&mut line, &mut lines);
                after_colon = false;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    flush(&mut line, &mut lines);
    lines
}

fn flush(line: &mut String, lines: &mut Vec<String>) {
    if !line.is_empty() {
        lines.push(std::mem::take(line));
    }
}

/// `- x`, `* x`, `1 x` or `1. x`.
fn is_list_item(line: &str) -> bool {
    let digits =
        line.len() - line.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let rest = match digits {
        0 => line.strip_prefix(['-', '*']),
        _ => Some(line[digits..].strip_prefix('.').unwrap_or(&line[digits..])),
    };
    rest.is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_document::subject;

    fn rendered(path: &[&str], depth: Depth) -> Result<String, String> {
        let subject = subject(path);
        render(subject.document.as_ref(), &subject.kind, &subject.root, &subject.fields, depth)
    }

    #[test]
    fn describes_objects_and_fields() {
        insta::assert_snapshot!(rendered(&["spec"], Depth::default()).expect("spec exists"));
        insta::assert_snapshot!(
            rendered(&["spec", "size"], Depth::default()).expect("size exists")
        );
    }

    #[test]
    fn names_the_first_field_that_misses() {
        assert_eq!(rendered(&["spec", "nope", "x"], Depth::default()), Err("nope".into()));
    }

    #[test]
    fn keeps_lists_code_and_paragraphs_apart() {
        let text = "First line\nsecond: \n- one\n- two\n\n    code  here\nlast";
        assert_eq!(
            wrap(text, 30),
            ["First line second:", "- one", "- two", "", "    code  here", "last"]
        );
        assert_eq!(wrap("Short.\n\nNext.\n\nLast.", 30), ["Short.", "Next.", "", "Last."]);
    }
}
