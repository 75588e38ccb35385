//! What a server serves, from the two forms of its discovery documents.

use serde::{Deserialize, Serialize};

use crate::resources::ApiResource;

/// `Accept` of the aggregated form, newest first, with the plain one as a last resort.
pub const ACCEPT: &str = concat!(
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,",
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,",
    "application/json",
);

/// Tells the aggregated form from the plain one by the `Content-Type` of the answer.
#[must_use]
pub fn is_aggregated(content_type: &str) -> bool {
    content_type.contains("as=APIGroupDiscoveryList")
}

/// Reads an aggregated document, of the core group or of the named ones.
///
/// # Errors
/// It is not such a document.
pub fn aggregated(json: &[u8]) -> Result<Vec<ApiResource>, serde_json::Error> {
    #[derive(Deserialize)]
    struct List {
        #[serde(default)]
        items: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        #[serde(default)]
        metadata: Metadata,
        #[serde(default)]
        versions: Vec<Version>,
    }
    #[derive(Default, Deserialize)]
    struct Metadata {
        #[serde(default)]
        name: String,
    }
    #[derive(Deserialize)]
    struct Version {
        version: String,
        #[serde(default)]
        resources: Vec<Resource>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Resource {
        resource: String,
        #[serde(default)]
        response_kind: ResponseKind,
        #[serde(default)]
        singular_resource: String,
        #[serde(default)]
        short_names: Vec<String>,
    }
    #[derive(Default, Deserialize)]
    struct ResponseKind {
        #[serde(default)]
        kind: String,
    }

    let list: List = serde_json::from_slice(json)?;
    let mut resources = Vec::new();
    for group in list.items {
        for version in group.versions {
            for resource in version.resources {
                resources.push(ApiResource {
                    group: group.metadata.name.clone(),
                    version: version.version.clone(),
                    kind: resource.response_kind.kind,
                    plural: resource.resource,
                    singular: resource.singular_resource,
                    short_names: resource.short_names,
                });
            }
        }
    }
    Ok(resources)
}

/// Paths below which the resource lists of the plain form are: `/api/v1`, `/apis/apps/v1`, …,
/// the preferred version of a group first.
///
/// # Errors
/// It is neither an `APIVersions` nor an `APIGroupList` document.
pub fn group_versions(json: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Plain {
        #[serde(default)]
        versions: Vec<String>,
        #[serde(default)]
        groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Group {
        #[serde(default)]
        versions: Vec<GroupVersion>,
        preferred_version: Option<GroupVersion>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct GroupVersion {
        group_version: String,
    }

    let plain: Plain = serde_json::from_slice(json)?;
    let mut paths: Vec<_> =
        plain.versions.iter().map(|version| format!("/api/{version}")).collect();
    for group in plain.groups {
        for version in group.preferred_version.iter().chain(&group.versions) {
            let path = format!("/apis/{}", version.group_version);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

/// Reads one resource list of the plain form; subresources are left out.
///
/// # Errors
/// It is no `APIResourceList`.
pub fn resource_list(json: &[u8]) -> Result<Vec<ApiResource>, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct List {
        group_version: String,
        #[serde(default)]
        resources: Vec<Resource>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Resource {
        name: String,
        #[serde(default)]
        kind: String,
        #[serde(default)]
        singular_name: String,
        #[serde(default)]
        short_names: Vec<String>,
    }

    let list: List = serde_json::from_slice(json)?;
    let (group, version) = list.group_version.split_once('/').unwrap_or(("", &list.group_version));
    Ok(list
        .resources
        .into_iter()
        .filter(|resource| !resource.name.contains('/'))
        .map(|resource| ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            singular: match resource.singular_name.as_str() {
                // Old servers leave it out; clients then use the kind.
                "" => resource.kind.to_lowercase(),
                _ => resource.singular_name,
            },
            kind: resource.kind,
            plural: resource.name,
            short_names: resource.short_names,
        })
        .collect())
}

/// The form in which discovery is kept in the cache.
#[derive(Debug, Serialize, Deserialize)]
struct Cached(Vec<(String, String, String, String, String, Vec<String>)>);

/// Packs resources for the cache.
#[must_use]
pub fn pack(resources: &[ApiResource]) -> Vec<u8> {
    let rows = resources.iter().cloned().map(|resource| {
        let ApiResource { group, version, kind, plural, singular, short_names } = resource;
        (group, version, kind, plural, singular, short_names)
    });
    serde_json::to_vec(&Cached(rows.collect())).unwrap_or_default()
}

/// Unpacks what [`pack`] made; `None` when it is something else.
#[must_use]
pub fn unpack(bytes: &[u8]) -> Option<Vec<ApiResource>> {
    let Cached(rows) = serde_json::from_slice(bytes).ok()?;
    let resources =
        rows.into_iter().map(|(group, version, kind, plural, singular, short_names)| ApiResource {
            group,
            version,
            kind,
            plural,
            singular,
            short_names,
        });
    Some(resources.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGGREGATED: &str = r#"{"items":[{"metadata":{"name":"apps"},"versions":[{
        "version":"v1","resources":[{"resource":"deployments","responseKind":{"kind":"Deployment"},
         "singularResource":"deployment","shortNames":["deploy"],
         "subresources":[{"subresource":"scale"}]}]}]}]}"#;

    const PLAIN: &str = r#"{"groupVersion":"apps/v1","resources":[
        {"name":"deployments","kind":"Deployment","singularName":"","shortNames":["deploy"]},
        {"name":"deployments/scale","kind":"Scale"}]}"#;

    #[test]
    fn both_forms_say_the_same() {
        let aggregated = aggregated(AGGREGATED.as_bytes()).expect("valid");
        assert_eq!(aggregated, resource_list(PLAIN.as_bytes()).expect("valid"));
        assert_eq!(aggregated[0].short_names, ["deploy"]);
        assert_eq!(unpack(&pack(&aggregated)), Some(aggregated));
        assert_eq!(unpack(b"{}"), None);
    }

    #[test]
    fn preferred_versions_come_first() {
        let groups = r#"{"groups":[{"versions":[{"groupVersion":"a/v1"},{"groupVersion":"a/v2"}],
                         "preferredVersion":{"groupVersion":"a/v2"}}]}"#;
        assert_eq!(group_versions(groups.as_bytes()).expect("valid"), ["/apis/a/v2", "/apis/a/v1"]);
        assert_eq!(group_versions(br#"{"versions":["v1"]}"#).expect("valid"), ["/api/v1"]);
    }
}
