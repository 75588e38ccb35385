//! Definitions as a table, the form that `kubectl get` asks for.

use serde_json::{Value, json};

use super::Definition;

/// The media type of a table.
pub(super) const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

/// A table with a row for each definition. `include` is the parameter `includeObject`.
pub(super) fn table<'a>(
    definitions: impl Iterator<Item = &'a Definition>,
    revision: &str,
    include: &str,
) -> Value {
    let rows: Vec<Value> = definitions.map(|definition| row(definition, include)).collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": revision},
        "columnDefinitions": [column("Name", "string", "name"), column("Created At", "date", "")],
        "rows": rows,
    })
}

fn column(name: &str, kind: &str, format: &str) -> Value {
    json!({"name": name, "type": kind, "format": format, "description": "", "priority": 0})
}

fn row(definition: &Definition, include: &str) -> Value {
    let created = definition.object.pointer("/metadata/creationTimestamp");
    let mut row = json!({"cells": [definition.name, created]});
    let object = match include {
        "None" => return row,
        "Object" => definition.object.clone(),
        _ => json!({
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": definition.object.get("metadata"),
        }),
    };
    if let Some(row) = row.as_object_mut() {
        row.insert("object".to_owned(), object);
    }
    row
}
