//! The aggregated form: everything in one document.

use crate::catalogue::{ApiResource, Group, GroupVersion};
use crate::wire::JsonWriter;

/// Writes an `APIGroupDiscoveryList` in the given version.
pub(super) fn groups<'a>(groups: impl Iterator<Item = &'a Group>, api_version: &str) -> Vec<u8> {
    let mut json = JsonWriter::default();
    json.object(|json| {
        json.key("kind").string("APIGroupDiscoveryList");
        json.key("apiVersion").string(api_version);
        json.key("metadata").object(|_| {});
        json.key("items").array(|json| {
            for group in groups {
                json.object(|json| write_group(json, group));
            }
        });
    });
    json.finish()
}

fn write_group(json: &mut JsonWriter, group: &Group) {
    json.key("metadata").object(|json| {
        if !group.name.is_empty() {
            json.key("name").string(&group.name);
        }
        // Clients of the older version expect the member.
        json.key("creationTimestamp").raw("null");
    });
    json.key("versions").array(|json| {
        for version in &group.versions {
            json.object(|json| write_version(json, version));
        }
    });
}

fn write_version(json: &mut JsonWriter, version: &GroupVersion) {
    json.key("version").string(&version.version);
    json.key("resources").array(|json| {
        for resource in &version.resources {
            json.object(|json| write_resource(json, version, resource));
        }
    });
    json.key("freshness").string("Current");
}

fn write_resource(json: &mut JsonWriter, own: &GroupVersion, resource: &ApiResource) {
    json.key("resource").string(&resource.plural);
    write_kind(json, &own.group, &own.version, &resource.kind);
    json.key("scope").string(if resource.namespaced { "Namespaced" } else { "Cluster" });
    json.key("singularResource").string(&resource.singular);
    json.key("verbs").strings(resource.verbs.iter().map(AsRef::as_ref));
    if !resource.short_names.is_empty() {
        json.key("shortNames").strings(resource.short_names.iter().map(AsRef::as_ref));
    }
    if !resource.categories.is_empty() {
        json.key("categories").strings(resource.categories.iter().map(AsRef::as_ref));
    }
    if resource.subresources.is_empty() {
        return;
    }
    json.key("subresources").array(|json| {
        for subresource in &resource.subresources {
            json.object(|json| {
                json.key("subresource").string(&subresource.name);
                write_kind(json, &subresource.group, &subresource.version, &subresource.kind);
                json.key("verbs").strings(subresource.verbs.iter().map(AsRef::as_ref));
            });
        }
    });
}

fn write_kind(json: &mut JsonWriter, group: &str, version: &str, kind: &str) {
    json.key("responseKind").object(|json| {
        json.key("group").string(group);
        json.key("version").string(version);
        json.key("kind").string(kind);
    });
}
