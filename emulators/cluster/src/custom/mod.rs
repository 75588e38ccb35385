//! Custom resource definitions: read, checked, and turned into groups and resources.

mod handle;
mod read;
mod schema;
mod structural;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::catalogue::{ApiResource, ApiSubresource, Group, GroupVersion, storage_hash};

pub(crate) use handle::{Answer, respond, restore};
pub use handle::{Stamp, install};
pub(crate) use schema::{published, published_v2};

/// Group of the resource `customresourcedefinitions`.
pub(crate) const GROUP: &str = "apiextensions.k8s.io";
/// Plural name of that resource.
pub(crate) const PLURAL: &str = "customresourcedefinitions";
/// Verbs of a custom resource.
const VERBS: [&str; 8] =
    ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
/// Verbs of its subresources.
const SUBRESOURCE_VERBS: [&str; 3] = ["get", "patch", "update"];

/// One version of a custom resource.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) name: String,
    pub(crate) served: bool,
    pub(crate) storage: bool,
    pub(crate) has_status: bool,
    pub(crate) has_scale: bool,
}

/// A custom resource definition that has passed all checks.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The whole object, with its defaults filled in.
    pub(crate) object: Value,
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) namespaced: bool,
    pub(crate) versions: Vec<Version>,
}

impl Definition {
    /// The object as a client reads it.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// Full name of the type in OpenAPI documents, for example `com.example.v1.Widget`.
    pub(crate) fn type_name(&self, version: &str, kind: &str) -> String {
        let reversed: Vec<_> = self.group.rsplit('.').collect();
        format!("{}.{version}.{kind}", reversed.join("."))
    }

    /// The version called `name`.
    pub(crate) fn version(&self, name: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.name == name)
    }

    /// The structural schema of a version's objects, an OpenAPI v3 schema.
    ///
    /// Read from the object: definitions can be large, and one copy is enough.
    pub(crate) fn schema(&self, version: &Version) -> &Value {
        let versions = self.object.pointer("/spec/versions").and_then(Value::as_array);
        let mut versions = versions.into_iter().flatten();
        let entry = versions
            .find(|entry| entry.get("name").and_then(Value::as_str) == Some(&*version.name));
        let schema = entry.and_then(|entry| entry.pointer("/schema/openAPIV3Schema"));
        schema.unwrap_or(&Value::Null)
    }

    fn resource(&self, version: &Version) -> ApiResource {
        let stored = self.versions.iter().find(|version| version.storage);
        let subresource = |name: &str, group: &str, version: &str, kind: &str| ApiSubresource {
            name: name.to_owned().into(),
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            kind: kind.to_owned().into(),
            verbs: SUBRESOURCE_VERBS.map(Into::into).to_vec(),
        };
        let mut subresources = Vec::new();
        if version.has_scale {
            subresources.push(subresource("scale", "autoscaling", "v1", "Scale"));
        }
        if version.has_status {
            subresources.push(subresource("status", &self.group, &version.name, &self.kind));
        }
        ApiResource {
            plural: self.plural.clone().into(),
            singular: self.singular.clone().into(),
            kind: self.kind.clone().into(),
            namespaced: self.namespaced,
            short_names: self.short_names.iter().cloned().map(Into::into).collect(),
            categories: self.categories.iter().cloned().map(Into::into).collect(),
            verbs: VERBS.map(Into::into).to_vec(),
            subresources,
            storage_hash: stored.map_or_else(String::new, |stored| {
                storage_hash(&self.group, &stored.name, &self.kind)
            }),
            definition: self.type_name(&version.name, &self.kind),
            list_definition: Some(self.type_name(&version.name, &self.list_kind)),
        }
    }
}

/// The groups that the definitions make, in byte order, their preferred versions first.
///
/// What did not change since `before` is taken from there, with its rendered documents.
pub(crate) fn groups<'a>(
    definitions: impl Iterator<Item = &'a Arc<Definition>>,
    before: &[Group],
) -> Vec<Group> {
    let before: BTreeMap<(&str, &str), &Arc<GroupVersion>> = before
        .iter()
        .flat_map(|group| &group.versions)
        .map(|version| ((version.group.as_ref(), version.version.as_ref()), version))
        .collect();
    let mut groups: BTreeMap<String, BTreeMap<Rank, Vec<Arc<Definition>>>> = BTreeMap::new();
    for definition in definitions {
        for version in definition.versions.iter().filter(|version| version.served) {
            let versions = groups.entry(definition.group.clone()).or_default();
            versions.entry(rank(&version.name)).or_default().push(Arc::clone(definition));
        }
    }
    let group = |(name, versions): (String, BTreeMap<Rank, Vec<Arc<Definition>>>)| Group {
        versions: versions
            .into_iter()
            .map(|((_, _, _, version), definitions)| {
                let earlier = before.get(&(name.as_str(), version.as_str()));
                if let Some(same) = earlier.filter(|earlier| is_same(&earlier.custom, &definitions))
                {
                    return Arc::clone(same);
                }
                let resources = definitions
                    .iter()
                    .filter_map(|definition| {
                        Some(definition.resource(definition.version(&version)?))
                    })
                    .collect();
                let group = name.clone().into();
                Arc::new(GroupVersion::new(group, version.into(), resources, definitions))
            })
            .collect(),
        name: name.into(),
    };
    groups.into_iter().map(group).collect()
}

fn is_same(left: &[Arc<Definition>], right: &[Arc<Definition>]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| Arc::ptr_eq(left, right))
}

/// What versions are sorted by, and the version itself.
type Rank = (u8, std::cmp::Reverse<u64>, std::cmp::Reverse<u64>, String);

/// Ranks a version: `v2`, `v1`, `v1beta2`, `v1alpha1`, and names of another form last, by name.
fn rank(version: &str) -> Rank {
    use std::cmp::Reverse;
    let other = || (3, Reverse(0), Reverse(0), version.to_owned());
    let Some(rest) = version.strip_prefix('v') else { return other() };
    let (major, rest) =
        rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let Ok(major) = major.parse() else { return other() };
    let (class, minor) = match (rest, rest.strip_prefix("beta"), rest.strip_prefix("alpha")) {
        ("", _, _) => (0, "0"),
        (_, Some(minor), _) => (1, minor),
        (_, _, Some(minor)) => (2, minor),
        _ => return other(),
    };
    match minor.parse() {
        Ok(minor) => (class, Reverse(major), Reverse(minor), version.to_owned()),
        Err(_) => other(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use brume_schema::KubernetesVersion;
    use serde_json::json;

    use super::{Stamp, install, rank};
    use crate::catalogue::{ApiSelection, Catalogue};

    #[test]
    fn a_group_that_did_not_change_keeps_its_documents() {
        let add = |catalogue: &Catalogue, group: &str, plural: &str| {
            let schema = json!({"openAPIV3Schema": {"type": "object"}});
            let definition = json!({
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": format!("{plural}.{group}")},
                "spec": {
                    "group": group, "scope": "Cluster",
                    "names": {"plural": plural, "kind": plural},
                    "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
                },
            });
            let stamp = Stamp { now: String::new(), uid: String::new(), revision: 2 };
            install(catalogue, definition, &stamp).unwrap()
        };
        let version = |catalogue: &Catalogue, group: &str| {
            Arc::clone(&catalogue.group(group).unwrap().versions[0])
        };
        let fresh = Catalogue::new(KubernetesVersion::NEWEST, ApiSelection::Stable);
        let one = add(&fresh, "a.example", "ants");
        let two = add(&one, "b.example", "bees");
        let three = add(&two, "b.example", "bugs");
        assert!(Arc::ptr_eq(&version(&one, "a.example"), &version(&three, "a.example")));
        assert!(!Arc::ptr_eq(&version(&two, "b.example"), &version(&three, "b.example")));
        assert_eq!(version(&three, "b.example").resources.len(), 2);
    }

    #[test]
    fn versions_are_ranked_as_kubernetes_does() {
        let mut versions =
            ["v1alpha1", "foo10", "v1", "v11alpha2", "v10", "v2", "v3beta1", "v12alpha1", "foo1"];
        versions.sort_by_key(|version| rank(version));
        let wanted =
            ["v10", "v2", "v1", "v3beta1", "v12alpha1", "v11alpha2", "v1alpha1", "foo1", "foo10"];
        assert_eq!(versions, wanted);
    }
}
