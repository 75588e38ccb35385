//! A small document for unit tests: every shape once, and a cycle.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::json;

use crate::command::Subject;
use crate::resources::GroupVersionResource;
use crate::schema::{Document, Kind, Schema};

pub struct TestDocument(HashMap<String, Rc<Schema>>);

impl TestDocument {
    pub fn new() -> Self {
        let definitions = json!({
            "example.Widget": {
                "description": "A widget.", "type": "object", "required": ["spec"],
                "properties": {
                    "metadata": {"description": "Its name.", "type": "object"},
                    "spec": {"description": "What is wanted.", "default": {},
                             "allOf": [{"$ref": "#/components/schemas/example.WidgetSpec"}]},
                },
            },
            "example.WidgetSpec": {
                "description": "WidgetSpec says how it should be.", "type": "object",
                "properties": {
                    "colour": {"description": "Its colour.", "type": "string",
                               "enum": ["", "Blue", "Green", "Red", "White"]},
                    "parts": {"description": "Its parts.", "type": "array",
                              "items": {"$ref": "#/components/schemas/example.Part"},
                              "x-kubernetes-list-type": "map",
                              "x-kubernetes-list-map-keys": ["name"]},
                    "byName": {"type": "object",
                               "additionalProperties":
                                   {"$ref": "#/components/schemas/example.Part"}},
                    "size": {"description": "Millimetres.", "type": "integer", "format": "int32",
                             "minimum": 1, "maximum": 90, "default": 7},
                    "anything": {"type": "object", "additionalProperties": true},
                },
            },
            "example.Part": {
                "description": "Part of a widget.", "type": "object", "required": ["name"],
                "properties": {
                    "name": {"description": "Name of the part.", "type": "string"},
                    "parts": {"description": "Parts of the part.", "type": "array",
                              "items": {"$ref": "#/components/schemas/example.Part"}},
                },
            },
        });
        let definitions: HashMap<String, Rc<Schema>> =
            serde_json::from_value(definitions).expect("the test document is valid");
        Self(definitions)
    }

    pub fn widget(&self) -> Rc<Schema> {
        Rc::clone(&self.0["example.Widget"])
    }
}

/// The widget of the test document, and a field path in it.
pub fn subject(path: &[&str]) -> Subject {
    let document = TestDocument::new();
    Subject {
        root: document.widget(),
        kind: Kind { group: "example.com".into(), version: "v1".into(), kind: "Widget".into() },
        fields: path.iter().map(|&name| name.to_owned()).collect(),
        document: Rc::new(document),
    }
}

impl Document for TestDocument {
    fn resolve(&self, reference: &str) -> Option<Rc<Schema>> {
        self.0.get(reference.strip_prefix("#/components/schemas/")?).cloned()
    }

    fn root(&self, _: &GroupVersionResource) -> Result<(Kind, Rc<Schema>), String> {
        let kind =
            Kind { group: "example.com".into(), version: "v1".into(), kind: "Widget".into() };
        Ok((kind, self.widget()))
    }
}
