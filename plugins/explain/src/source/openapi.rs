//! An OpenAPI v3 document as a server publishes it.
//!
//! Such a document has up to two megabytes, of which one command needs a few kilobytes: the parts
//! are cut out as raw text first, and read when something refers to them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::resources::GroupVersionResource;
use crate::schema::{Document, Kind, Schema};

const REFERENCE_PREFIX: &str = "#/components/schemas/";

/// Methods whose operation may name the kind, in the order in which kubectl looks at them.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// A parsed document.
pub struct OpenapiDocument {
    paths: HashMap<String, Box<RawValue>>,
    schemas: BTreeMap<String, Box<RawValue>>,
    read: RefCell<HashMap<String, Option<Rc<Schema>>>>,
}

impl OpenapiDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// It is not JSON, or not such a document.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Whole {
            #[serde(default)]
            paths: HashMap<String, Box<RawValue>>,
            #[serde(default)]
            components: Components,
        }
        #[derive(Default, Deserialize)]
        struct Components {
            #[serde(default)]
            schemas: BTreeMap<String, Box<RawValue>>,
        }
        let whole: Whole = serde_json::from_slice(json)?;
        Ok(Self { paths: whole.paths, schemas: whole.components.schemas, read: RefCell::default() })
    }

    /// Finds the kind in the operations of the resource's paths.
    fn kind(&self, wanted: &GroupVersionResource) -> Option<Kind> {
        let prefix = if wanted.group.is_empty() {
            "/api".to_owned()
        } else {
            format!("/apis/{}", wanted.group)
        };
        let (version, resource) = (&wanted.version, &wanted.resource);
        [
            format!("{prefix}/{version}/{resource}"),
            format!("{prefix}/{version}/{resource}/{{name}}"),
            format!("{prefix}/{version}/namespaces/{{namespace}}/{resource}"),
            format!("{prefix}/{version}/namespaces/{{namespace}}/{resource}/{{name}}"),
        ]
        .iter()
        .rev()
        .filter_map(|path| self.paths.get(path))
        .find_map(|item| kind_of_operations(item))
    }
}

impl Document for OpenapiDocument {
    fn resolve(&self, reference: &str) -> Option<Rc<Schema>> {
        let name = reference.strip_prefix(REFERENCE_PREFIX)?;
        if let Some(known) = self.read.borrow().get(name) {
            return known.clone();
        }
        let schema = self
            .schemas
            .get(name)
            .and_then(|raw| serde_json::from_str::<Schema>(raw.get()).ok())
            .map(Rc::new);
        self.read.borrow_mut().insert(name.to_owned(), schema.clone());
        schema
    }

    fn root(&self, wanted: &GroupVersionResource) -> Result<(Kind, Rc<Schema>), String> {
        let kind = self
            .kind(wanted)
            .ok_or_else(|| format!("GVR ({wanted}) not found in OpenAPI schema"))?;
        let schema = self
            .schemas
            .iter()
            .filter(|(_, raw)| describes(raw, &kind))
            .find_map(|(name, _)| self.resolve(&format!("{REFERENCE_PREFIX}{name}")))
            .ok_or_else(|| {
                format!(
                    "GVK map[group:{} kind:{} version:{}] not found in OpenAPI schema",
                    kind.group, kind.kind, kind.version
                )
            })?;
        Ok((kind, schema))
    }
}

#[derive(Default, Deserialize)]
struct KindEntry {
    #[serde(default)]
    group: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    kind: String,
}

impl KindEntry {
    fn is(&self, kind: &Kind) -> bool {
        self.group == kind.group && self.version == kind.version && self.kind == kind.kind
    }
}

fn kind_of_operations(item: &RawValue) -> Option<Kind> {
    #[derive(Deserialize)]
    struct Operation {
        #[serde(rename = "x-kubernetes-group-version-kind")]
        kind: Option<KindEntry>,
    }
    let operations: HashMap<String, &RawValue> = serde_json::from_str(item.get()).ok()?;
    METHODS.iter().find_map(|&method| {
        let operation: Operation = serde_json::from_str(operations.get(method)?.get()).ok()?;
        let KindEntry { group, version, kind } = operation.kind?;
        Some(Kind { group, version, kind })
    })
}

fn describes(schema: &RawValue, kind: &Kind) -> bool {
    #[derive(Deserialize)]
    struct Kinds {
        #[serde(rename = "x-kubernetes-group-version-kind", default)]
        kinds: Vec<KindEntry>,
    }
    // Most schemas are no kinds; looking for the key is far cheaper than reading them all.
    schema.get().contains("x-kubernetes-group-version-kind")
        && serde_json::from_str::<Kinds>(schema.get())
            .is_ok_and(|schema| schema.kinds.iter().any(|entry| entry.is(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDGETS: &str = r##"{
      "paths": {
        "/apis/example.com/v1/namespaces/{namespace}/widgets": {
          "parameters": [],
          "get": {"x-kubernetes-group-version-kind":
            {"group": "example.com", "version": "v1", "kind": "Widget"}}
        },
        "/apis/example.com/v1/lost": {
          "get": {"x-kubernetes-group-version-kind":
            {"group": "example.com", "version": "v1", "kind": "Lost"}}
        }
      },
      "components": {"schemas": {
        "com.example.v1.Other": {"type": "object"},
        "com.example.v1.Widget": {
          "type": "object", "description": "A widget.",
          "x-kubernetes-group-version-kind":
            [{"group": "example.com", "version": "v1", "kind": "Widget"}]
        }
      }}
    }"##;

    fn root(resource: &str) -> Result<String, String> {
        let document = OpenapiDocument::parse(WIDGETS.as_bytes()).expect("valid JSON");
        let wanted = GroupVersionResource {
            group: "example.com".into(),
            version: "v1".into(),
            resource: resource.into(),
        };
        document.root(&wanted).map(|(kind, schema)| format!("{} {}", kind.kind, schema.description))
    }

    #[test]
    fn finds_the_schema_of_a_resource() {
        assert_eq!(root("widgets"), Ok("Widget A widget.".into()));
        assert_eq!(
            root("gadgets"),
            Err("GVR (example.com/v1, Resource=gadgets) not found in OpenAPI schema".into())
        );
        assert_eq!(
            root("lost"),
            Err("GVK map[group:example.com kind:Lost version:v1] not found in OpenAPI schema"
                .into())
        );
    }

    #[test]
    fn refuses_what_is_no_document() {
        for text in ["", "3", "{\"components\": 3}", "{\"paths\": {\"x\": "] {
            assert!(OpenapiDocument::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
