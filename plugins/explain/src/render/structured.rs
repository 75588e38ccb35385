//! The answer as a document, for every form that is not explain's own.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::rc::Rc;

use brume_plugin::output::{Column, Layout, OutputFormat, Records};
use brume_plugin::{Context, Result};
use serde_json::{Map, Value, json};

use super::first_sentence;
use super::plaintext::{Depth, type_name};
use crate::command::Subject;
use crate::rules;
use crate::schema::{Document, Found, Schema, children, definition, resolved};

/// Describes what was found, with the fields below it: one level, or as deep as asked for.
#[must_use]
pub fn describe(subject: &Subject, found: &Found, depth: Depth) -> Value {
    let document = subject.document.as_ref();
    let mut whole = Map::new();
    whole.insert("group".into(), json!(subject.kind.group));
    whole.insert("version".into(), json!(subject.kind.version));
    whole.insert("kind".into(), json!(subject.kind.kind));
    whole.insert("path".into(), json!(subject.fields));
    let required = subject.fields.last().is_some_and(|name| {
        found.parent.as_ref().is_some_and(|parent| parent.required.contains(name))
    });
    let levels = match depth {
        Depth { recursive: false, .. } => 1,
        Depth { max: 0, .. } => usize::MAX,
        Depth { max, .. } => max,
    };
    whole.extend(describe_schema(document, &found.schema, required, levels, &BTreeSet::new()));
    Value::Object(whole)
}

fn describe_schema(
    document: &dyn Document,
    schema: &Rc<Schema>,
    required: bool,
    levels: usize,
    seen: &BTreeSet<String>,
) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("type".into(), json!(type_name(document, schema)));
    entry.insert("required".into(), json!(required));
    let object = resolved(document, schema);
    let description =
        if schema.description.is_empty() { &object.description } else { &schema.description };
    entry.insert("description".into(), json!(description));
    let rules = rules::facts(document, schema);
    if !rules.is_empty() {
        entry.insert(
            "rules".into(),
            Value::Object(rules.into_iter().map(|fact| fact.into_json()).collect()),
        );
    }
    let below = children(document, schema);
    let mut seen = seen.clone();
    let cycle = definition(document, schema).is_some_and(|name| !seen.insert(name));
    if cycle {
        entry.insert("recursive".into(), json!(true));
    } else if levels > 0 && !below.is_empty() {
        let fields = below.iter().map(|child| {
            let mut field = Map::new();
            field.insert("name".into(), json!(child.name));
            field.extend(describe_schema(
                document,
                &child.schema,
                child.required,
                levels - 1,
                &seen,
            ));
            Value::Object(field)
        });
        entry.insert("fields".into(), fields.collect());
    }
    entry
}

/// Columns of a table of fields.
const COLUMNS: [Column; 4] = [
    Column::new("NAME", |field| text(field, "name")),
    Column::new("TYPE", |field| text(field, "type")),
    Column::new("REQUIRED", |field| field["required"].as_bool().unwrap_or_default().to_string()),
    Column::wide("DESCRIPTION", |field| first_sentence(&text(field, "description"))),
];

/// Prints a description in one of the forms that every command has; a table lists the fields.
pub fn print(document: &Value, format: &OutputFormat, context: &mut Context<'_>) -> Result<()> {
    let fields = document["fields"].as_array().map_or(&[][..], Vec::as_slice);
    print_items(document, fields, &COLUMNS, |field| text(field, "name"), format, context)
}

/// Prints a listing in one of the forms that every command has.
pub fn print_items(
    document: &Value,
    items: &[Value],
    columns: &[Column],
    name: fn(&Value) -> String,
    format: &OutputFormat,
    context: &mut Context<'_>,
) -> Result<()> {
    let records = Records { document, items, columns, name };
    let text = records.render(format, Layout::of(context, false))?;
    Ok(context.stdout().write_all(text.as_bytes())?)
}

/// A member of an item as text; empty when there is none.
pub(crate) fn text(item: &Value, member: &str) -> String {
    item[member].as_str().unwrap_or_default().to_owned()
}
