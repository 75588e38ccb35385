//! What values must obey and how they merge: `--rules`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::rc::Rc;

use brume_plugin::{Context, Result};
use serde_json::{Value, json};

use crate::arguments::{Arguments, Form};
use crate::command::{Subject, unknown_field};
use crate::render::plaintext::{Depth, type_name};
use crate::render::structured;
use crate::schema::{Child, Document, Schema, children, definition, follow, resolved};

/// One rule of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    label: &'static str,
    value: Value,
}

impl Fact {
    /// The rule as a member of a JSON object.
    #[must_use]
    pub fn into_json(self) -> (String, Value) {
        (self.label.to_owned(), self.value)
    }

    fn text(&self) -> String {
        match &self.value {
            Value::String(text) if text.is_empty() => "\"\"".to_owned(),
            Value::String(text) => text.clone(),
            Value::Bool(true) => "yes".to_owned(),
            Value::Array(values) => values
                .iter()
                .map(|value| Self { label: self.label, value: value.clone() }.text())
                .collect::<Vec<_>>()
                .join(", "),
            other => other.to_string(),
        }
    }
}

/// `minimum 1`
impl std::fmt::Display for Fact {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:<21} {}", self.label, self.text())
    }
}

/// Collects what is known of a field: its own rules first, then those of its type.
#[must_use]
pub fn facts(document: &dyn Document, schema: &Rc<Schema>) -> Vec<Fact> {
    let mut facts = own_facts(schema);
    let mut parts = schema.all_of.clone();
    if schema.reference.is_some() {
        parts.push(resolved(document, schema));
    }
    for part in parts {
        let target = resolved(document, &part);
        for fact in own_facts(&target) {
            if !facts.iter().any(|known| known.label == fact.label) {
                facts.push(fact);
            }
        }
    }
    facts
}

fn own_facts(schema: &Schema) -> Vec<Fact> {
    let rules = &schema.rules;
    let mut facts = Vec::new();
    let mut add =
        |label, value: Option<Value>| facts.extend(value.map(|value| Fact { label, value }));
    let yes = |flag: bool| flag.then_some(Value::Bool(true));
    let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    let list = |values: &[String]| (!values.is_empty()).then(|| json!(values));
    add("default", rules.effective_default.clone().or_else(|| published_default(schema)));
    add("enum", (!schema.enum_values.is_empty()).then(|| json!(schema.enum_values)));
    add("format", text(&schema.format));
    add("minimum", rules.minimum.clone());
    add("exclusiveMinimum", yes(rules.exclusive_minimum));
    add("maximum", rules.maximum.clone());
    add("exclusiveMaximum", yes(rules.exclusive_maximum));
    add("multipleOf", rules.multiple_of.clone());
    add("minLength", rules.min_length.map(Value::from));
    add("maxLength", rules.max_length.map(Value::from));
    add("pattern", text(&rules.pattern));
    add("minItems", rules.min_items.map(Value::from));
    add("maxItems", rules.max_items.map(Value::from));
    add("uniqueItems", yes(rules.unique_items));
    add("minProperties", rules.min_properties.map(Value::from));
    add("maxProperties", rules.max_properties.map(Value::from));
    add("nullable", yes(rules.nullable));
    add("intOrString", yes(rules.int_or_string));
    add("preserveUnknownFields", yes(rules.preserve_unknown_fields));
    add("listType", text(&rules.list_type));
    add("listMapKeys", list(&rules.list_map_keys));
    add("mapType", text(&rules.map_type));
    add("patchStrategy", text(&rules.patch_strategy));
    add("patchMergeKey", text(&rules.patch_merge_key));
    add("validations", validations(schema));
    add("example", schema.example.clone());
    facts
}

/// A published default that says something: servers publish zero values for nearly every field.
fn published_default(schema: &Schema) -> Option<Value> {
    schema.default.clone().filter(|value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Array(_) => true,
    })
}

fn validations(schema: &Schema) -> Option<Value> {
    let rules = schema.rules.validations.iter().map(|validation| match &validation.message {
        Some(message) => format!("{}  ({message})", validation.rule),
        None => validation.rule.clone(),
    });
    let rules: Vec<_> = rules.collect();
    (!rules.is_empty()).then(|| json!(rules))
}

/// Prints the rules of the field and of those below it, one level or as deep as asked for.
pub fn run(subject: &Subject, arguments: &Arguments, context: &mut Context<'_>) -> Result<()> {
    let found = follow(subject.document.as_ref(), &subject.root, &subject.fields)
        .ok_or_else(|| unknown_field(subject))?;
    if let Ok(Form::Standard(format)) = &arguments.form {
        let description = structured::describe(subject, &found, arguments.depth);
        return structured::print(&description, format, context);
    }
    let document = subject.document.as_ref();
    let mut listing = Listing { document, depth: arguments.depth, text: String::new() };
    if let Some(name) = subject.fields.last() {
        let required = found.parent.is_some_and(|parent| parent.required.contains(name));
        let child = Child { name: name.clone(), schema: Rc::clone(&found.schema), required };
        listing.entry(&subject.fields.join("."), &child, true);
    }
    listing.below(&subject.fields.join("."), &found.schema, 1, &BTreeSet::new());
    if listing.text.is_empty() {
        listing.text.push_str("No rules below this field. --recursive looks deeper.\n");
    }
    context.stdout().write_all(listing.text.as_bytes())?;
    Ok(())
}

struct Listing<'d> {
    document: &'d dyn Document,
    depth: Depth,
    text: String,
}

impl Listing<'_> {
    fn below(&mut self, path: &str, schema: &Rc<Schema>, level: usize, seen: &BTreeSet<String>) {
        let mut seen = seen.clone();
        if definition(self.document, schema).is_some_and(|name| !seen.insert(name)) {
            return;
        }
        for child in children(self.document, schema) {
            let path =
                if path.is_empty() { child.name.clone() } else { format!("{path}.{}", child.name) };
            self.entry(&path, &child, false);
            if self.depth.recursive && (self.depth.max == 0 || level < self.depth.max) {
                self.below(&path, &child.schema, level + 1, &seen);
            }
        }
    }

    fn entry(&mut self, path: &str, child: &Child, always: bool) {
        let facts = facts(self.document, &child.schema);
        if facts.is_empty() && !child.required && !always {
            return;
        }
        let required = if child.required { " -required-" } else { "" };
        // Writing to a String cannot fail.
        let _ =
            writeln!(self.text, "{path} <{}>{required}", type_name(self.document, &child.schema));
        for fact in &facts {
            let _ = writeln!(self.text, "  {fact}");
        }
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_document::subject;

    #[test]
    fn lists_rules_of_the_field_and_its_type() {
        let subject = subject(&["spec"]);
        let document = subject.document.as_ref();
        let spec = follow(document, &subject.root, &subject.fields).expect("spec exists").schema;
        let listed: Vec<_> = children(document, &spec)
            .iter()
            .map(|child| {
                let facts: Vec<_> = facts(document, &child.schema)
                    .iter()
                    .map(|fact| format!("{}={}", fact.label, fact.text()))
                    .collect();
                format!("{}: {}", child.name, facts.join("; "))
            })
            .collect();
        assert_eq!(
            listed,
            [
                "anything: ",
                "byName: ",
                "colour: enum=\"\", Blue, Green, Red, White",
                "parts: listType=map; listMapKeys=name",
                "size: default=7; format=int32; minimum=1; maximum=90",
            ]
        );
    }
}
