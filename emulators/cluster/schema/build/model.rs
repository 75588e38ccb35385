//! The definitions in memory, while they are put together.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::{Map, Value};

use crate::facts::{ALL_VERSIONS, Fact, Facts, NEWEST_VERSION};
use crate::kinds::{Kinds, ListKind};
use crate::layout::schema as flags;

/// Prefix of a reference in the dependency's schemas.
const REFERENCE_PREFIX: &str = "#/definitions/";
/// The types whose value is a scalar of more than one JSON type, by name and flag.
const MIXED_SCALARS: [(&str, u8); 2] = [
    ("io.k8s.apimachinery.pkg.api.resource.Quantity", flags::QUANTITY),
    ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", flags::INT_OR_STRING),
];
/// The types that take any JSON value, for which a server publishes a description only.
const ANY_JSON: [&str; 4] = [
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
];

/// One schema.
#[derive(Clone, Default)]
pub struct Schema {
    pub description: String,
    /// The description without enum values; empty if it is the description itself.
    pub prose: String,
    pub kind: String,
    pub format: String,
    pub reference: Option<String>,
    pub items: Option<Box<Schema>>,
    pub additional: Option<Box<Schema>>,
    /// Values and meanings.
    pub enum_values: Vec<(String, String)>,
    pub default: String,
    pub list_type: String,
    pub list_map_keys: Vec<String>,
    pub map_type: String,
    pub patch_merge_key: String,
    pub patch_strategy: String,
    pub flags: u8,
}

/// One field of a definition.
#[derive(Clone, Default)]
pub struct Field {
    pub schema: Schema,
    pub presence: u16,
    pub required: u16,
    pub real_default: String,
}

/// A group, version and kind, and the versions in which it belongs to a definition.
pub struct Kind {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub presence: u16,
}

/// One definition.
#[derive(Default)]
pub struct Definition {
    pub schema: Schema,
    pub fields: BTreeMap<String, Field>,
    pub kinds: Vec<Kind>,
    pub presence: u16,
}

/// All definitions, by full name.
pub struct Model {
    pub definitions: BTreeMap<String, Definition>,
}

impl Model {
    /// The newest version's definitions, as the dependency has them.
    pub fn of_dependency(kinds: Kinds) -> Result<Self, Box<dyn Error>> {
        let mut model = Self { definitions: BTreeMap::new() };
        for (name, value) in &kinds.definitions {
            let mut definition = read_definition(value)
                .ok_or_else(|| format!("the dependency's schema of {name} has no known form"))?;
            if let Some((_, flag)) = MIXED_SCALARS.iter().find(|(scalar, _)| scalar == name) {
                definition.schema.flags |= flag;
            }
            if ANY_JSON.contains(&name.as_str()) {
                definition.schema.kind.clear();
            }
            model.definitions.insert(name.clone(), definition);
        }
        for list in &kinds.lists {
            let definition = model.list_definition(list)?;
            model.definitions.insert(list.list.clone(), definition);
        }
        Ok(model)
    }

    /// The definition of a list kind, which the dependency does not describe.
    fn list_definition(&self, list: &ListKind) -> Result<Definition, Box<dyn Error>> {
        let item = self.definition(&list.item)?;
        let kind = list.item.rsplit_once('.').map_or("", |(_, kind)| kind);
        let object = |description: String| Schema { description, ..Schema::default() };

        let mut fields = BTreeMap::new();
        for name in ["apiVersion", "kind"] {
            let mut field = item.fields.get(name).cloned().unwrap_or_default();
            field.required = 0;
            fields.insert(name.to_owned(), field);
        }
        let metadata = Schema {
            reference: Some("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta".to_owned()),
            ..object("What the server says about the list as a whole.".to_owned())
        };
        let items = Schema {
            kind: "array".to_owned(),
            items: Some(Box::new(Schema {
                reference: Some(list.item.clone()),
                ..Schema::default()
            })),
            ..object(format!("The {kind} objects of the list."))
        };
        for (name, schema, required) in [("metadata", metadata, 0), ("items", items, ALL_VERSIONS)]
        {
            let field = Field { schema, presence: ALL_VERSIONS, required, ..Field::default() };
            fields.insert(name.to_owned(), field);
        }
        let schema =
            Schema { kind: "object".to_owned(), ..object(format!("A list of {kind} objects.")) };
        Ok(Definition { schema, fields, presence: ALL_VERSIONS, kinds: Vec::new() })
    }

    /// The definition called `name`.
    pub fn definition(&self, name: &str) -> Result<&Definition, Box<dyn Error>> {
        Ok(self.definitions.get(name).ok_or_else(|| format!("there is no type {name}"))?)
    }

    /// The definition that a line names in its first column.
    pub fn definition_of(&mut self, fact: &Fact) -> Result<&mut Definition, Box<dyn Error>> {
        let name = fact.type_name(0)?;
        self.definitions.get_mut(&name).ok_or_else(|| fact.error("there is no such type"))
    }

    /// The field that a line names in its first two columns.
    pub fn field_of(&mut self, fact: &Fact) -> Result<&mut Field, Box<dyn Error>> {
        let name = fact.column(1)?;
        let definition = self.definition_of(fact)?;
        definition.fields.get_mut(name).ok_or_else(|| fact.error("there is no such field"))
    }

    /// The field that a line names, or the type itself if the second column is `-`.
    fn schema_of(&mut self, fact: &Fact) -> Result<&mut Schema, Box<dyn Error>> {
        if fact.column(1)? == "-" {
            return Ok(&mut self.definition_of(fact)?.schema);
        }
        Ok(&mut self.field_of(fact)?.schema)
    }

    /// Adds the types and fields that only older versions have.
    pub fn add_removed(&mut self, facts: &Facts) -> Result<(), Box<dyn Error>> {
        for fact in facts.table("removed")? {
            let schema = read_notation(fact.column(2)?).ok_or_else(|| fact.error("no schema"))?;
            let presence = fact.versions(3)?;
            let name = fact.type_name(0)?;
            if fact.column(1)? == "-" {
                let definition = Definition { schema, presence, ..Definition::default() };
                self.definitions.insert(name, definition);
            } else {
                let field = Field { schema, presence, ..Field::default() };
                let field_name = fact.column(1)?.to_owned();
                self.definition_of(fact)?.fields.insert(field_name, field);
            }
        }
        Ok(())
    }

    /// Applies the tables about presence, required fields, merging and kinds.
    pub fn apply(&mut self, facts: &Facts) -> Result<(), Box<dyn Error>> {
        self.apply_presence(facts)?;
        for fact in facts.table("required")? {
            self.field_of(fact)?.required = fact.versions(2)?;
        }
        for fact in facts.table("list-types")? {
            let schema = self.schema_of(fact)?;
            schema.list_type = fact.column(2)?.to_owned();
            if fact.optional(3).is_some() {
                schema.list_map_keys = fact.list(3)?;
            }
        }
        for fact in facts.table("map-types")? {
            self.schema_of(fact)?.map_type = fact.column(2)?.to_owned();
        }
        for fact in facts.table("patches")? {
            let schema = self.schema_of(fact)?;
            schema.patch_strategy = fact.dashed(2)?.to_owned();
            schema.patch_merge_key = fact.optional(3).unwrap_or_default().to_owned();
        }
        for fact in facts.table("kinds")? {
            let (group, version) = split_api_version(fact.column(1)?);
            let kind = fact.column(2)?.to_owned();
            let own = if fact.optional(3).is_some() { Some(fact.versions(3)?) } else { None };
            let definition = self.definition_of(fact)?;
            let presence = own.unwrap_or(definition.presence);
            definition.kinds.push(Kind { group, version, kind, presence });
        }
        for fact in facts.table("real-defaults")? {
            self.field_of(fact)?.real_default = fact.rest(2).to_owned();
        }
        Ok(())
    }

    fn apply_presence(&mut self, facts: &Facts) -> Result<(), Box<dyn Error>> {
        let (types, fields): (Vec<_>, Vec<_>) =
            facts.table("presence")?.iter().partition(|fact| fact.optional(1) == Some("-"));
        for fact in types {
            let presence = fact.versions(2)?;
            let definition = self.definition_of(fact)?;
            definition.presence = presence;
            for field in definition.fields.values_mut() {
                // A removed field keeps the versions that it was listed with.
                if field.presence & NEWEST_VERSION != 0 {
                    field.presence &= presence;
                    field.required &= presence;
                }
            }
        }
        for fact in fields {
            let presence = fact.versions(2)?;
            let field = self.field_of(fact)?;
            field.presence = presence;
            field.required &= presence;
        }
        Ok(())
    }
}

/// Splits `apps/v1` or `v1` into group and version.
pub fn split_api_version(text: &str) -> (String, String) {
    let (group, version) = text.split_once('/').unwrap_or(("", text));
    (group.to_owned(), version.to_owned())
}

fn read_definition(value: &Value) -> Option<Definition> {
    let object = value.as_object()?;
    let required: Vec<&str> = object
        .get("required")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).collect());
    let empty = Map::new();
    let properties = object.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let mut fields = BTreeMap::new();
    for (name, value) in properties {
        let required = if required.contains(&name.as_str()) { ALL_VERSIONS } else { 0 };
        let schema = read_schema(value)?;
        let field = Field { schema, presence: ALL_VERSIONS, required, ..Field::default() };
        fields.insert(name.clone(), field);
    }
    let schema = read_schema(value)?;
    Some(Definition { schema, fields, presence: ALL_VERSIONS, kinds: Vec::new() })
}

fn read_schema(value: &Value) -> Option<Schema> {
    let object = value.as_object()?;
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let nested = |key: &str| match object.get(key) {
        Some(value @ Value::Object(_)) => read_schema(value).map(Box::new),
        _ => None,
    };
    Some(Schema {
        description: text("description"),
        kind: text("type"),
        format: text("format"),
        reference: match object.get("$ref") {
            Some(value) => Some(value.as_str()?.strip_prefix(REFERENCE_PREFIX)?.to_owned()),
            None => None,
        },
        items: nested("items"),
        additional: nested("additionalProperties"),
        ..Schema::default()
    })
}

/// Reads the short notation of the table of removed fields.
fn read_notation(text: &str) -> Option<Schema> {
    if let Some(items) = text.strip_prefix("[]") {
        let items = Some(Box::new(read_notation(items)?));
        return Some(Schema { kind: "array".to_owned(), items, ..Schema::default() });
    }
    if let Some(values) = text.strip_prefix("map:") {
        let additional = Some(Box::new(read_notation(values)?));
        return Some(Schema { kind: "object".to_owned(), additional, ..Schema::default() });
    }
    if let Some(name) = text.strip_prefix("ref:") {
        return Some(Schema { reference: Some(format!("io.k8s.{name}")), ..Schema::default() });
    }
    let (kind, format) = text.split_once(':').unwrap_or((text, ""));
    let kind = if kind == "any" { "" } else { kind };
    flags::TYPES.contains(&kind).then(|| Schema {
        kind: kind.to_owned(),
        format: format.to_owned(),
        ..Schema::default()
    })
}
