//! Writes paths and their operations.

use super::operations::{Operation, PATCH, Path, paths};
use super::schema::Dialect;
use crate::catalogue::GroupVersion;
use crate::wire::JsonWriter;

/// Media types of patches.
const PATCH_TYPES: [&str; 4] = [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];

/// Writes the members of `paths` for a group version.
pub(super) fn write(json: &mut JsonWriter, dialect: Dialect, group_version: &GroupVersion) {
    let tag = match group_version.group.as_ref() {
        "" => format!("core_{}", group_version.version),
        group => {
            let group = group.strip_suffix(".k8s.io").unwrap_or(group).replace('.', "_");
            format!("{group}_{}", group_version.version)
        }
    };
    for resource in &group_version.resources {
        for path in paths(group_version, resource) {
            json.key(&path.path).object(|json| write_path(json, dialect, &path, &tag));
        }
    }
}

fn write_path(json: &mut JsonWriter, dialect: Dialect, path: &Path, tag: &str) {
    for operation in &path.operations {
        json.key(operation.method).object(|json| write_operation(json, dialect, operation, tag));
    }
    json.key("parameters").array(|json| {
        for name in &path.variables {
            write_parameter(json, dialect, name, "path", "string");
        }
        write_parameter(json, dialect, "pretty", "query", "string");
    });
}

fn write_parameter(json: &mut JsonWriter, dialect: Dialect, name: &str, place: &str, kind: &str) {
    let write_type = |json: &mut JsonWriter| {
        json.key("type").string(kind);
        json.key("uniqueItems").boolean(true);
    };
    json.object(|json| {
        json.key("name").string(name);
        json.key("in").string(place);
        if place == "path" {
            json.key("required").boolean(true);
        }
        match dialect {
            Dialect::V2 => write_type(json),
            Dialect::V3 => json.key("schema").object(write_type),
        }
    });
}

fn write_operation(json: &mut JsonWriter, dialect: Dialect, operation: &Operation, tag: &str) {
    json.key("tags").strings([tag]);
    json.key("operationId").string(&operation.id);
    let has_v2_body = dialect == Dialect::V2 && operation.body.is_some();
    if !operation.parameters.is_empty() || has_v2_body {
        json.key("parameters").array(|json| {
            if let Some(body) = operation.body.as_ref().filter(|_| dialect == Dialect::V2) {
                json.object(|json| {
                    json.key("name").string("body");
                    json.key("in").string("body");
                    json.key("required").boolean(true);
                    json.key("schema").object(|json| write_reference(json, dialect, body));
                });
            }
            for (name, kind) in operation.parameters {
                write_parameter(json, dialect, name, "query", kind);
            }
        });
    }
    if let Some(body) = operation.body.as_ref().filter(|_| dialect == Dialect::V3) {
        json.key("requestBody").object(|json| write_body(json, body));
    }
    json.key("responses").object(|json| write_responses(json, dialect, operation));
    json.key("x-kubernetes-action").string(operation.action);
    json.key("x-kubernetes-group-version-kind").object(|json| {
        json.key("group").string(&operation.group);
        json.key("kind").string(&operation.kind);
        json.key("version").string(&operation.version);
    });
}

fn write_body(json: &mut JsonWriter, body: &str) {
    let types: &[&str] = if body == PATCH { &PATCH_TYPES } else { &["*/*"] };
    json.key("content").object(|json| {
        for media_type in types {
            write_content(json, media_type, body);
        }
    });
}

fn write_responses(json: &mut JsonWriter, dialect: Dialect, operation: &Operation) {
    json.key("200").object(|json| {
        json.key("description").string("OK");
        match (&operation.answer, dialect) {
            (Some(answer), Dialect::V2) => {
                json.key("schema").object(|json| write_reference(json, dialect, answer));
            }
            (Some(answer), Dialect::V3) => {
                json.key("content").object(|json| write_content(json, "application/json", answer));
            }
            (None, _) => {}
        }
    });
    json.key("401").object(|json| json.key("description").string("Unauthorized"));
}

fn write_content(json: &mut JsonWriter, media_type: &str, name: &str) {
    json.key(media_type).object(|json| {
        json.key("schema").object(|json| write_reference(json, Dialect::V3, name));
    });
}

fn write_reference(json: &mut JsonWriter, dialect: Dialect, name: &str) {
    json.key("$ref").string(&dialect.reference(name));
}
