//! Checks the schema inside a definition: one that clients can read, and not a bottomless one.

use serde_json::Value;

use super::read::Problems;

/// Nesting of a schema.
const SCHEMA_DEPTH_MAX: usize = 48;

type Check = fn(&Value) -> bool;

/// What the members of a schema must be, so that clients can read what we publish: a document with
/// one wrong type is lost to them whole, with every other kind in it.
const MEMBERS: [(&[&str], &str, Check); 8] = [
    (&["type", "format", "title", "description", "pattern"], "must be a string", Value::is_string),
    (&["x-kubernetes-list-type", "x-kubernetes-map-type"], "must be a string", Value::is_string),
    (
        &[
            "nullable",
            "uniqueItems",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "x-kubernetes-embedded-resource",
            "x-kubernetes-int-or-string",
            "x-kubernetes-preserve-unknown-fields",
        ],
        "must be a boolean",
        Value::is_boolean,
    ),
    (&["minimum", "maximum", "multipleOf"], "must be a number", Value::is_number),
    (
        &["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"],
        "must be an integer",
        Value::is_i64,
    ),
    (&["required", "x-kubernetes-list-map-keys"], "must be an array of strings", |value| {
        value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
    }),
    (
        &["enum", "allOf", "anyOf", "oneOf", "x-kubernetes-validations"],
        "must be an array",
        Value::is_array,
    ),
    (&["properties", "items", "not", "externalDocs"], "must be an object", Value::is_object),
];

/// Checks that the schema is one, without references, and not too deep.
pub(super) fn check_schema(schema: &Value, path: &str, depth: usize, problems: &mut Problems) {
    let Some(object) = schema.as_object() else {
        problems.invalid(path, "", "must be a schema object");
        return;
    };
    if depth > SCHEMA_DEPTH_MAX {
        let why = format!("must not be nested deeper than {SCHEMA_DEPTH_MAX}");
        problems.invalid(path, "", &why);
        return;
    }
    if object.contains_key("$ref") {
        problems.add("FieldValueForbidden", format!("{path}.$ref"), "Forbidden".to_owned());
    }
    for (keys, what, is_right) in MEMBERS {
        for key in keys {
            if object.get(*key).is_some_and(|value| !value.is_null() && !is_right(value)) {
                problems.invalid(format!("{path}.{key}"), "", what);
                return;
            }
        }
    }
    if let Some(others) = object.get("additionalProperties")
        && !(others.is_object() || others.is_boolean() || others.is_null())
    {
        let what = "must be a schema object or a boolean";
        problems.invalid(format!("{path}.additionalProperties"), "", what);
    }
    for (name, property) in
        object.get("properties").and_then(Value::as_object).into_iter().flatten()
    {
        check_schema(property, &format!("{path}.properties[{name}]"), depth + 1, problems);
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(member @ Value::Object(_)) = object.get(key) {
            check_schema(member, &format!("{path}.{key}"), depth + 1, problems);
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        let members = object.get(key).and_then(Value::as_array).into_iter().flatten();
        for (index, member) in members.enumerate() {
            check_schema(member, &format!("{path}.{key}[{index}]"), depth + 1, problems);
        }
    }
    if object.get("type").and_then(Value::as_str) == Some("array") && !object.contains_key("items")
    {
        problems.add(
            "FieldValueRequired",
            format!("{path}.items"),
            "Required value: must be specified".to_owned(),
        );
    }
}

/// Takes out members that are null, as a server does that reads them into typed fields. What is
/// data (`default`, `example`, `enum`) stays as it is. The depth is limited by the parser.
pub(super) fn drop_nulls(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            for (key, member) in members {
                if !matches!(key.as_str(), "default" | "example" | "enum") {
                    drop_nulls(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
