//! The OpenAPI schemas that a server publishes for custom resources.

use brume_schema::bundle;
use serde_json::{Map, Value, json};

use super::{Definition, Version};

/// Type of an object's metadata.
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
/// Type of a list's metadata.
const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
/// A built-in type, whose descriptions of the common fields are used for custom ones as well.
const MODEL: &str = "io.k8s.api.core.v1.Pod";

/// The OpenAPI v3 schemas of an object and of a list, by full type name.
pub(crate) fn published(definition: &Definition, version: &Version) -> [(String, Value); 2] {
    let reference = |name: &str| format!("#/components/schemas/{name}");
    let metadata = |name: &str| {
        json!({
            "allOf": [{"$ref": reference(name)}],
            "description": common_description("metadata"),
        })
    };
    schemas(definition, version, definition.schema(version).clone(), metadata, reference)
}

/// The OpenAPI v2 schemas: what that older version has no words for is left out.
pub(crate) fn published_v2(definition: &Definition, version: &Version) -> [(String, Value); 2] {
    let reference = |name: &str| format!("#/definitions/{name}");
    let metadata = |name: &str| {
        let description = common_description("metadata");
        json!({"$ref": reference(name), "description": description})
    };
    let mut schema = definition.schema(version).clone();
    simplify(&mut schema);
    schemas(definition, version, schema, metadata, reference)
}

fn schemas(
    definition: &Definition,
    version: &Version,
    mut schema: Value,
    metadata: impl Fn(&str) -> Value,
    reference: impl Fn(&str) -> String,
) -> [(String, Value); 2] {
    let object_name = definition.type_name(&version.name, &definition.kind);
    let list_name = definition.type_name(&version.name, &definition.list_kind);
    if let Some(object) = schema.as_object_mut() {
        let properties = object.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            add_common(properties, metadata(OBJECT_META));
        }
        object.insert(KINDS.to_owned(), kinds(definition, version, &definition.kind));
    }
    let mut properties = Map::new();
    add_common(&mut properties, metadata(LIST_META));
    properties.insert(
        "items".to_owned(),
        json!({
            "description": format!("The {} objects of the list.", definition.kind),
            "items": {"$ref": reference(&object_name)},
            "type": "array",
        }),
    );
    let list = json!({
        "description": format!("A list of {} objects.", definition.kind),
        "properties": properties,
        "required": ["items"],
        "type": "object",
        KINDS: kinds(definition, version, &definition.list_kind),
    });
    [(object_name, schema), (list_name, list)]
}

/// The extension that tells which kinds a type is the schema of.
const KINDS: &str = "x-kubernetes-group-version-kind";

fn kinds(definition: &Definition, version: &Version, kind: &str) -> Value {
    json!([{"group": definition.group, "kind": kind, "version": version.name}])
}

fn add_common(properties: &mut Map<String, Value>, metadata: Value) {
    for name in ["apiVersion", "kind"] {
        let schema = json!({"description": common_description(name), "type": "string"});
        properties.insert(name.to_owned(), schema);
    }
    properties.insert("metadata".to_owned(), metadata);
}

fn common_description(field: &str) -> &'static str {
    let field = bundle().definition(MODEL).and_then(|definition| definition.field(field));
    field.map(|field| field.schema().description()).unwrap_or_default()
}

/// Drops what OpenAPI v2 clients stumble over.
fn simplify(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    for key in ["oneOf", "anyOf", "allOf", "not", "default", "example", "x-kubernetes-validations"]
    {
        object.remove(key);
    }
    let is_set = |object: &Map<String, Value>, key: &str| object.get(key) == Some(&json!(true));
    let is_nullable = is_set(object, "nullable");
    if is_nullable || is_set(object, "x-kubernetes-int-or-string") {
        object.remove("type");
        object.remove("nullable");
    }
    // Members of such a value cannot be told apart from unknown ones.
    if is_nullable || is_set(object, "x-kubernetes-preserve-unknown-fields") {
        object.remove("items");
        object.remove("properties");
    }
    let mut nullable_fields = Vec::new();
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            if property.get("nullable") == Some(&json!(true)) {
                nullable_fields.push(name.clone());
            }
            simplify(property);
        }
    }
    if let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| {
            name.as_str().is_none_or(|name| !nullable_fields.iter().any(|each| each == name))
        });
    }
    for key in ["items", "additionalProperties"] {
        if let Some(member) = object.get_mut(key) {
            simplify(member);
        }
    }
}
