//! The schema of one type, whichever source it comes from.

mod document;
mod walk;

pub use document::{Document, Kind};
pub(crate) use document::{definition_name, resolved};
pub use walk::{Child, Found, children, definition, follow};

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One OpenAPI v3 schema object, with the parts that brume shows.
///
/// References are kept and resolved when needed ([`Document::resolve`]): types refer to
/// themselves, `JSONSchemaProps` for instance.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Schema {
    /// `$ref` as it stands in the document: `#/components/schemas/NAME`.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// The text of the description; empty when there is none.
    pub description: String,
    /// `type`: `object`, `array`, `string`, `integer`, `number`, `boolean`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `format`: `int32`, `date-time`, …
    pub format: Option<String>,
    /// Fields by name, in byte order.
    pub properties: BTreeMap<String, Rc<Schema>>,
    /// Names of the fields that must be there.
    pub required: Vec<String>,
    /// Schema of the elements of a list.
    pub items: Option<Rc<Schema>>,
    /// Schema of the values of a map; `None` as well when the document says just `true` or `false`.
    #[serde(deserialize_with = "schema_or_boolean")]
    pub additional_properties: Option<Rc<Schema>>,
    /// Schemas that all apply.
    pub all_of: Vec<Rc<Schema>>,
    /// Values that are allowed; empty for any.
    #[serde(rename = "enum")]
    pub enum_values: Vec<Value>,
    /// Value that the server fills in.
    pub default: Option<Value>,
    /// An example of a value, which custom resources may give.
    pub example: Option<Value>,
    /// Where to read more.
    pub external_docs: Option<ExternalDocs>,
    /// Limits, patterns and Kubernetes' own rules.
    #[serde(flatten)]
    pub rules: Rules,
}

/// What values and merges must obey, as far as the document says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Rules {
    /// Smallest number.
    pub minimum: Option<Value>,
    /// Largest number.
    pub maximum: Option<Value>,
    /// The smallest number itself is not allowed.
    pub exclusive_minimum: bool,
    /// The largest number itself is not allowed.
    pub exclusive_maximum: bool,
    /// Fewest characters.
    pub min_length: Option<u64>,
    /// Most characters.
    pub max_length: Option<u64>,
    /// Regular expression (RE2) that a text must match.
    pub pattern: Option<String>,
    /// Fewest elements.
    pub min_items: Option<u64>,
    /// Most elements.
    pub max_items: Option<u64>,
    /// No two elements are equal.
    pub unique_items: bool,
    /// Fewest fields.
    pub min_properties: Option<u64>,
    /// Most fields.
    pub max_properties: Option<u64>,
    /// Number that a value must be a multiple of.
    pub multiple_of: Option<Value>,
    /// `null` is allowed.
    pub nullable: bool,
    /// `atomic`, `set` or `map`: how server-side apply merges a list.
    #[serde(rename = "x-kubernetes-list-type")]
    pub list_type: Option<String>,
    /// Fields that tell the elements of a `map` list apart.
    #[serde(rename = "x-kubernetes-list-map-keys")]
    pub list_map_keys: Vec<String>,
    /// `atomic` or `granular`: how server-side apply merges a map.
    #[serde(rename = "x-kubernetes-map-type")]
    pub map_type: Option<String>,
    /// Field by which a strategic merge patch tells list elements apart.
    #[serde(rename = "x-kubernetes-patch-merge-key")]
    pub patch_merge_key: Option<String>,
    /// `merge`, `replace`, `retainKeys`, comma-separated.
    #[serde(rename = "x-kubernetes-patch-strategy")]
    pub patch_strategy: Option<String>,
    /// A number or a text.
    #[serde(rename = "x-kubernetes-int-or-string")]
    pub int_or_string: bool,
    /// Fields that the schema does not name are kept.
    #[serde(rename = "x-kubernetes-preserve-unknown-fields")]
    pub preserve_unknown_fields: bool,
    /// CEL rules.
    #[serde(rename = "x-kubernetes-validations")]
    pub validations: Vec<Validation>,
    /// The value that the server really uses, where the document has none: JSON, or a short
    /// sentence if it depends.
    #[serde(skip)]
    pub effective_default: Option<Value>,
}

/// One CEL rule of a custom resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Validation {
    /// The CEL expression.
    pub rule: String,
    /// What the server says when it is broken.
    pub message: Option<String>,
}

/// Where to read more about a type or field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ExternalDocs {
    /// What is to be found there.
    pub description: String,
    /// Where it is.
    pub url: String,
}

impl Schema {
    /// Tells whether the schema is a list, a map or a `$ref` around another one.
    #[must_use]
    pub fn element(&self) -> Option<&Rc<Self>> {
        self.items.as_ref().or(self.additional_properties.as_ref())
    }
}

fn schema_or_boolean<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Rc<Schema>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Boolean(#[allow(dead_code)] bool),
        Schema(Box<Schema>),
    }
    Ok(match Option::<Either>::deserialize(deserializer)? {
        Some(Either::Schema(schema)) => Some(Rc::from(schema)),
        Some(Either::Boolean(_)) | None => None,
    })
}
