//! Writes one schema of the bundle as OpenAPI says it.

use brume_schema::{Definition, KubernetesVersion, Schema};

use crate::wire::JsonWriter;

/// Which OpenAPI is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Version 2, also called Swagger.
    V2,
    /// Version 3.
    V3,
}

impl Dialect {
    /// The reference to a definition.
    pub(super) fn reference(self, name: &str) -> String {
        match self {
            Self::V2 => format!("#/definitions/{name}"),
            Self::V3 => format!("#/components/schemas/{name}"),
        }
    }
}

/// Writes the members of a definition's schema.
pub(super) fn write_definition(
    json: &mut JsonWriter,
    dialect: Dialect,
    definition: Definition,
    version: KubernetesVersion,
) {
    write_members(json, dialect, definition.schema());
    let fields = definition.fields_in(version);
    let mut required = fields.clone().filter(|field| field.required_in(version)).peekable();
    if required.peek().is_some() {
        json.key("required").strings(required.map(|field| field.name()));
    }
    if fields.clone().next().is_some() {
        json.key("properties").object(|json| {
            for field in fields {
                json.key(field.name());
                write_schema(json, dialect, field.schema());
            }
        });
    }
    let mut kinds = definition.group_version_kinds_in(version).peekable();
    if kinds.peek().is_none() {
        return;
    }
    json.key("x-kubernetes-group-version-kind").array(|json| {
        for kind in kinds {
            json.object(|json| {
                json.key("group").string(kind.group);
                json.key("kind").string(kind.kind);
                json.key("version").string(kind.version);
            });
        }
    });
}

/// Writes a schema.
pub(super) fn write_schema(json: &mut JsonWriter, dialect: Dialect, schema: Schema) {
    json.object(|json| write_members(json, dialect, schema));
}

fn write_members(json: &mut JsonWriter, dialect: Dialect, schema: Schema) {
    if !schema.description().is_empty() {
        json.key("description").string(schema.description());
    }
    if let Some(name) = schema.reference() {
        let reference = dialect.reference(name);
        if dialect == Dialect::V3 && schema.wraps_reference() {
            json.key("allOf").array(|json| {
                json.object(|json| json.key("$ref").string(&reference));
            });
        } else {
            json.key("$ref").string(&reference);
        }
    }
    write_type(json, dialect, schema);
    if let Some(default) = schema.default_json().filter(|_| dialect == Dialect::V3) {
        json.key("default").raw(default);
    }
    let values = schema.enum_values();
    if !values.is_empty() {
        json.key("enum").strings(values.map(|value| value.value));
    }
    if let Some(items) = schema.items() {
        json.key("items");
        write_schema(json, dialect, items);
    }
    if let Some(values) = schema.additional_properties() {
        json.key("additionalProperties");
        write_schema(json, dialect, values);
    }
    write_extensions(json, schema);
}

/// Writes type and format. Version 2 has no word for a value of several types.
fn write_type(json: &mut JsonWriter, dialect: Dialect, schema: Schema) {
    let alternatives: Option<[&str; 2]> = if schema.is_int_or_string() {
        json.key("format").string("int-or-string");
        Some(["integer", "string"])
    } else if schema.is_quantity() {
        Some(["string", "number"])
    } else {
        None
    };
    match alternatives {
        Some(_) if dialect == Dialect::V2 => json.key("type").string("string"),
        Some(types) => json.key("oneOf").array(|json| {
            for each in types {
                json.object(|json| json.key("type").string(each));
            }
        }),
        None => {}
    }
    if let Some(format) = schema.format() {
        json.key("format").string(format);
    }
    if let Some(kind) = schema.kind() {
        json.key("type").string(kind);
    }
}

fn write_extensions(json: &mut JsonWriter, schema: Schema) {
    let keys = schema.list_map_keys();
    if !keys.is_empty() {
        json.key("x-kubernetes-list-map-keys").strings(keys);
    }
    if let Some(list_type) = schema.list_type() {
        json.key("x-kubernetes-list-type").string(list_type.as_str());
    }
    if let Some(map_type) = schema.map_type() {
        json.key("x-kubernetes-map-type").string(map_type.as_str());
    }
    if let Some(key) = schema.patch_merge_key() {
        json.key("x-kubernetes-patch-merge-key").string(key);
    }
    if let Some(strategy) = schema.patch_strategy() {
        json.key("x-kubernetes-patch-strategy").string(strategy);
    }
}
