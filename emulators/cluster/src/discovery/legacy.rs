//! The form of old: one document for each level.

use crate::catalogue::{ApiResource, Group, GroupVersion, api_version};
use crate::wire::JsonWriter;

/// Writes the `APIVersions` of the core group.
pub(super) fn core_versions<'a>(
    groups: impl Iterator<Item = &'a Group>,
    server_address: &str,
) -> Vec<u8> {
    let mut json = JsonWriter::default();
    json.object(|json| {
        json.key("kind").string("APIVersions");
        let versions = groups.flat_map(|group| &group.versions);
        json.key("versions").strings(versions.map(|version| version.version.as_ref()));
        json.key("serverAddressByClientCIDRs").array(|json| {
            json.object(|json| {
                json.key("clientCIDR").string("0.0.0.0/0");
                json.key("serverAddress").string(server_address);
            });
        });
    });
    json.finish()
}

/// Writes an `APIGroupList`.
pub(super) fn groups<'a>(groups: impl Iterator<Item = &'a Group>) -> Vec<u8> {
    let mut json = JsonWriter::default();
    json.object(|json| {
        json.key("kind").string("APIGroupList");
        json.key("apiVersion").string("v1");
        json.key("groups").array(|json| {
            for group in groups {
                json.object(|json| write_group(json, group));
            }
        });
    });
    json.finish()
}

/// Writes an `APIGroup`.
pub(super) fn group(group: &Group) -> Vec<u8> {
    let mut json = JsonWriter::default();
    json.object(|json| {
        json.key("kind").string("APIGroup");
        json.key("apiVersion").string("v1");
        write_group(json, group);
    });
    json.finish()
}

fn write_group(json: &mut JsonWriter, group: &Group) {
    json.key("name").string(&group.name);
    json.key("versions").array(|json| {
        for version in &group.versions {
            json.object(|json| write_version(json, version));
        }
    });
    if let Some(preferred) = group.versions.first() {
        json.key("preferredVersion").object(|json| write_version(json, preferred));
    }
}

fn write_version(json: &mut JsonWriter, version: &GroupVersion) {
    json.key("groupVersion").string(&version.api_version());
    json.key("version").string(&version.version);
}

/// Writes an `APIResourceList`.
pub(super) fn resources(group_version: &GroupVersion) -> Vec<u8> {
    let mut json = JsonWriter::default();
    json.object(|json| {
        json.key("kind").string("APIResourceList");
        // The core group's list is older than its version: a real server leaves it out.
        if !group_version.group.is_empty() {
            json.key("apiVersion").string("v1");
        }
        json.key("groupVersion").string(&group_version.api_version());
        json.key("resources").array(|json| {
            for resource in &group_version.resources {
                json.object(|json| write_resource(json, resource));
                write_subresources(json, group_version, resource);
            }
        });
    });
    json.finish()
}

fn write_resource(json: &mut JsonWriter, resource: &ApiResource) {
    json.key("name").string(&resource.plural);
    json.key("singularName").string(&resource.singular);
    json.key("namespaced").boolean(resource.namespaced);
    json.key("kind").string(&resource.kind);
    json.key("verbs").strings(resource.verbs.iter().map(AsRef::as_ref));
    if !resource.short_names.is_empty() {
        json.key("shortNames").strings(resource.short_names.iter().map(AsRef::as_ref));
    }
    if !resource.categories.is_empty() {
        json.key("categories").strings(resource.categories.iter().map(AsRef::as_ref));
    }
    if !resource.storage_hash.is_empty() {
        json.key("storageVersionHash").string(&resource.storage_hash);
    }
}

fn write_subresources(json: &mut JsonWriter, own: &GroupVersion, resource: &ApiResource) {
    for subresource in &resource.subresources {
        json.object(|json| {
            json.key("name").string(&format!("{}/{}", resource.plural, subresource.name));
            json.key("singularName").string("");
            json.key("namespaced").boolean(resource.namespaced);
            let kind = api_version(&subresource.group, &subresource.version);
            if kind != own.api_version() {
                json.key("group").string(&subresource.group);
                json.key("version").string(&subresource.version);
            }
            json.key("kind").string(&subresource.kind);
            json.key("verbs").strings(subresource.verbs.iter().map(AsRef::as_ref));
        });
    }
}
