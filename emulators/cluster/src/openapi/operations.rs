//! The operations that the verbs of a resource make on its paths.

use super::components::kind_definition;
use crate::catalogue::{ApiResource, ApiSubresource, GroupVersion};

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    /// The method, in lower case.
    pub(super) method: &'static str,
    /// What Kubernetes calls it.
    pub(super) action: &'static str,
    pub(super) id: String,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    /// Type of the request body.
    pub(super) body: Option<String>,
    /// Type of the successful response; text if there is none.
    pub(super) answer: Option<String>,
    /// Names and types of the query parameters.
    pub(super) parameters: &'static [(&'static str, &'static str)],
}

/// A path with its operations.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) path: String,
    /// The names in braces.
    pub(super) variables: Vec<&'static str>,
    pub(super) operations: Vec<Operation>,
}

const STATUS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
const DELETE_OPTIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
/// The type of every patch.
pub(super) const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

const READ: &[(&str, &str)] = &[];
const WRITE: &[(&str, &str)] =
    &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")];
const PATCHING: &[(&str, &str)] = &[
    ("dryRun", "string"),
    ("fieldManager", "string"),
    ("fieldValidation", "string"),
    ("force", "boolean"),
];
const DELETING: &[(&str, &str)] = &[
    ("dryRun", "string"),
    ("gracePeriodSeconds", "integer"),
    ("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
    ("orphanDependents", "boolean"),
    ("propagationPolicy", "string"),
];
const LISTING: &[(&str, &str)] = &[
    ("allowWatchBookmarks", "boolean"),
    ("continue", "string"),
    ("fieldSelector", "string"),
    ("labelSelector", "string"),
    ("limit", "integer"),
    ("resourceVersion", "string"),
    ("resourceVersionMatch", "string"),
    ("sendInitialEvents", "boolean"),
    ("timeoutSeconds", "integer"),
    ("watch", "boolean"),
];

/// How a verb looks on the wire.
struct Verb {
    name: &'static str,
    method: &'static str,
    action: &'static str,
    /// First part of an operation's identifier.
    prefix: &'static str,
    parameters: &'static [(&'static str, &'static str)],
}

const COLLECTION_VERBS: [Verb; 3] = [
    Verb { name: "list", method: "get", action: "list", prefix: "list", parameters: LISTING },
    Verb { name: "create", method: "post", action: "post", prefix: "create", parameters: WRITE },
    Verb {
        name: "deletecollection",
        method: "delete",
        action: "deletecollection",
        prefix: "deleteCollection",
        parameters: DELETING,
    },
];
const OBJECT_VERBS: [Verb; 4] = [
    Verb { name: "get", method: "get", action: "get", prefix: "read", parameters: READ },
    Verb { name: "update", method: "put", action: "put", prefix: "replace", parameters: WRITE },
    Verb {
        name: "delete",
        method: "delete",
        action: "delete",
        prefix: "delete",
        parameters: DELETING,
    },
    Verb { name: "patch", method: "patch", action: "patch", prefix: "patch", parameters: PATCHING },
];
/// The creation of a subresource, such as an eviction.
const SUBRESOURCE_CREATE: Verb =
    Verb { name: "create", method: "post", action: "post", prefix: "create", parameters: WRITE };

/// The paths of a resource.
pub(super) fn paths(group_version: &GroupVersion, resource: &ApiResource) -> Vec<Path> {
    let root = format!("/{}", group_version.path());
    let plural = &resource.plural;
    let (collection, scope) = if resource.namespaced {
        (format!("{root}/namespaces/{{namespace}}/{plural}"), "Namespaced")
    } else {
        (format!("{root}/{plural}"), "")
    };
    let mut variables = if resource.namespaced { vec!["namespace"] } else { Vec::new() };
    let name = format!("{scope}{}", resource.kind);

    let make = |path: String, variables: &[&'static str], verbs: &[Verb], suffix: &str| Path {
        path,
        variables: variables.to_vec(),
        operations: verbs
            .iter()
            .filter(|verb| resource.verbs.iter().any(|each| each == verb.name))
            .map(|verb| operation(group_version, resource, verb, &format!("{name}{suffix}")))
            .collect(),
    };
    let mut paths = Vec::new();
    if resource.namespaced {
        let mut all = make(format!("{root}/{plural}"), &[], &COLLECTION_VERBS[..1], "");
        for operation in &mut all.operations {
            let kind = format!("{}ForAllNamespaces", resource.kind);
            operation.id = identifier("list", group_version, &kind);
        }
        paths.push(all);
    }
    paths.push(make(collection.clone(), &variables, &COLLECTION_VERBS, ""));
    variables.insert(0, "name");
    let object = format!("{collection}/{{name}}");
    paths.push(make(object.clone(), &variables, &OBJECT_VERBS, ""));
    for subresource in &resource.subresources {
        paths.push(Path {
            path: format!("{object}/{}", subresource.name),
            variables: variables.clone(),
            operations: subresource_operations(group_version, resource, subresource, &name),
        });
    }
    paths.retain(|path| !path.operations.is_empty());
    paths
}

fn operation(
    group_version: &GroupVersion,
    resource: &ApiResource,
    verb: &Verb,
    name: &str,
) -> Operation {
    let own = || Some(resource.definition.clone());
    let (body, answer) = match verb.name {
        "list" => (None, resource.list_definition.clone()),
        "create" | "update" => (own(), own()),
        "patch" => (Some(PATCH.to_owned()), own()),
        "delete" | "deletecollection" => (Some(DELETE_OPTIONS.to_owned()), Some(STATUS.to_owned())),
        _ => (None, own()),
    };
    Operation {
        method: verb.method,
        action: verb.action,
        id: identifier(verb.prefix, group_version, name),
        group: group_version.group.to_string(),
        version: group_version.version.to_string(),
        kind: resource.kind.to_string(),
        body,
        answer,
        parameters: verb.parameters,
    }
}

fn subresource_operations(
    group_version: &GroupVersion,
    resource: &ApiResource,
    subresource: &ApiSubresource,
    name: &str,
) -> Vec<Operation> {
    let definition = if subresource.kind == resource.kind {
        Some(resource.definition.clone())
    } else {
        kind_definition(&subresource.group, &subresource.version, &subresource.kind)
            .map(|definition| definition.name().to_owned())
    };
    let mut suffix = subresource.name.to_string();
    suffix.get_mut(..1).map(str::make_ascii_uppercase);
    let verbs = OBJECT_VERBS.iter().chain([&SUBRESOURCE_CREATE]);
    verbs
        .filter(|verb| subresource.verbs.iter().any(|each| each == verb.name))
        .map(|verb| Operation {
            method: verb.method,
            // Options kinds are no objects: what is behind them is a connection.
            action: if definition.is_some() { verb.action } else { "connect" },
            id: identifier(verb.prefix, group_version, &format!("{name}{suffix}")),
            group: subresource.group.to_string(),
            version: subresource.version.to_string(),
            kind: subresource.kind.to_string(),
            body: match verb.name {
                "patch" => Some(PATCH.to_owned()),
                "get" | "delete" => None,
                _ => definition.clone(),
            },
            answer: definition.clone(),
            parameters: verb.parameters,
        })
        .collect()
}

/// Makes an identifier such as `listAppsV1NamespacedDeployment`.
fn identifier(prefix: &str, group_version: &GroupVersion, name: &str) -> String {
    let group = if group_version.group.is_empty() { "core" } else { &group_version.group };
    let group = group.strip_suffix(".k8s.io").unwrap_or(group);
    let mut text = prefix.to_owned();
    for part in group.split('.').chain([group_version.version.as_ref()]) {
        let mut part = part.to_owned();
        part.get_mut(..1).map(str::make_ascii_uppercase);
        text.push_str(&part);
    }
    text + name
}
