//! What the server has: groups, versions, resources, and the documents about them.
//!
//! A catalogue never changes. Installing a custom resource definition makes a new one, which
//! shares the built-in part (and its rendered documents) with the old.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use brume_schema::{KubernetesVersion, Resource, bundle};
use sha2::{Digest, Sha256};

use crate::custom::Definition;
use crate::openapi::{self, Document, V2Documents};

/// Text that is built in, or comes from a custom resource definition.
pub(crate) type Text = Cow<'static, str>;

/// Which of the built-in APIs are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiSelection {
    /// What a server offers by default: neither alpha nor beta versions.
    #[default]
    Stable,
    /// All of them.
    All,
}

/// A subresource of a resource.
#[derive(Clone, Debug)]
pub(crate) struct ApiSubresource {
    pub(crate) name: Text,
    /// Group of its kind.
    pub(crate) group: Text,
    /// Version of its kind.
    pub(crate) version: Text,
    pub(crate) kind: Text,
    pub(crate) verbs: Vec<Text>,
}

/// A resource in one group and version.
#[derive(Clone, Debug)]
pub(crate) struct ApiResource {
    pub(crate) plural: Text,
    pub(crate) singular: Text,
    pub(crate) kind: Text,
    pub(crate) namespaced: bool,
    pub(crate) short_names: Vec<Text>,
    pub(crate) categories: Vec<Text>,
    pub(crate) verbs: Vec<Text>,
    pub(crate) subresources: Vec<ApiSubresource>,
    /// Tells storage versions apart; empty for what is never stored.
    pub(crate) storage_hash: String,
    /// Full name of the type of its objects.
    pub(crate) definition: String,
    /// Full name of the type of its lists, if it can be listed.
    pub(crate) list_definition: Option<String>,
}

/// One version of a group.
#[derive(Debug)]
pub(crate) struct GroupVersion {
    pub(crate) group: Text,
    pub(crate) version: Text,
    /// Sorted by plural name.
    pub(crate) resources: Vec<ApiResource>,
    /// The custom resource definitions behind the resources; empty for a built-in group.
    pub(crate) custom: Vec<Arc<Definition>>,
    hash: OnceLock<String>,
    document: OnceLock<Document>,
}

impl GroupVersion {
    /// A version of a group whose document is made when it is first asked for.
    pub(crate) fn new(
        group: Text,
        version: Text,
        mut resources: Vec<ApiResource>,
        custom: Vec<Arc<Definition>>,
    ) -> Self {
        resources.sort_by(|left, right| left.plural.cmp(&right.plural));
        Self { group, version, resources, custom, hash: OnceLock::new(), document: OnceLock::new() }
    }

    /// The API version, for example `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// The path of its resources, for example `apis/apps/v1`.
    pub(crate) fn path(&self) -> String {
        let root = if self.group.is_empty() { "api" } else { "apis" };
        format!("{root}/{}", self.api_version())
    }

    /// Names the OpenAPI v3 document.
    pub(crate) fn hash(&self, version: KubernetesVersion) -> &str {
        self.hash.get_or_init(|| openapi::hash(self, version))
    }

    /// The OpenAPI v3 document, made once.
    pub(crate) fn document(&self, version: KubernetesVersion) -> &Document {
        self.document.get_or_init(|| Document::render(self, version))
    }

    /// The resource with this plural name.
    pub(crate) fn resource(&self, plural: &str) -> Option<&ApiResource> {
        self.resources.iter().find(|resource| resource.plural == plural)
    }
}

/// A group with its versions, the preferred one first.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: Text,
    pub(crate) versions: Vec<Arc<GroupVersion>>,
}

/// All that the server has.
#[derive(Debug)]
pub struct Catalogue {
    version: KubernetesVersion,
    built_in: Arc<[Group]>,
    groups: Vec<Group>,
    custom: BTreeMap<String, Arc<Definition>>,
    v2: OnceLock<V2Documents>,
}

impl Catalogue {
    /// The catalogue of a fresh cluster.
    pub fn new(version: KubernetesVersion, selection: ApiSelection) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut pending: Vec<Resource> = Vec::new();
        for resource in bundle().resources().present_in(version) {
            if selection == ApiSelection::Stable && !resource.on_by_default() {
                continue;
            }
            let same = pending.first().is_some_and(|first| {
                first.group() == resource.group() && first.version() == resource.version()
            });
            if !same {
                push_built_in(&mut groups, std::mem::take(&mut pending), version);
            }
            pending.push(resource);
        }
        push_built_in(&mut groups, pending, version);
        let built_in: Arc<[Group]> = groups.into();
        Self::with_custom(version, built_in, BTreeMap::new(), &[])
    }

    /// The same catalogue with other custom resource definitions, by name.
    pub(crate) fn replace_custom(&self, custom: BTreeMap<String, Arc<Definition>>) -> Self {
        let before = self.groups.get(self.built_in.len()..).unwrap_or_default();
        Self::with_custom(self.version, Arc::clone(&self.built_in), custom, before)
    }

    fn with_custom(
        version: KubernetesVersion,
        built_in: Arc<[Group]>,
        custom: BTreeMap<String, Arc<Definition>>,
        before: &[Group],
    ) -> Self {
        let mut groups = built_in.to_vec();
        groups.extend(crate::custom::groups(custom.values(), before));
        Self { version, built_in, groups, custom, v2: OnceLock::new() }
    }

    /// The Kubernetes version that is emulated.
    pub fn version(&self) -> KubernetesVersion {
        self.version
    }

    /// The groups in the order of discovery; the core group is the first.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The custom resource definitions by name.
    pub(crate) fn custom(&self) -> &BTreeMap<String, Arc<Definition>> {
        &self.custom
    }

    /// Whether a group is built in.
    pub(crate) fn is_built_in(&self, group: &str) -> bool {
        self.built_in.iter().any(|each| each.name == group)
    }

    /// The group called `name`.
    pub(crate) fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// One version of a group.
    pub(crate) fn group_version(&self, group: &str, version: &str) -> Option<&GroupVersion> {
        let versions = &self.group(group)?.versions;
        versions.iter().find(|each| each.version == version).map(AsRef::as_ref)
    }

    /// Every version of every group, in the order of discovery.
    pub(crate) fn group_versions(&self) -> impl Iterator<Item = &Arc<GroupVersion>> {
        self.groups.iter().flat_map(|group| &group.versions)
    }

    /// The OpenAPI v2 documents, made once.
    pub(crate) fn v2(&self) -> &V2Documents {
        self.v2.get_or_init(|| V2Documents::new(self))
    }
}

/// Writes `apps/v1`, or `v1` for the core group.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// The hash by which discovery tells storage versions apart.
pub(crate) fn storage_hash(group: &str, version: &str, kind: &str) -> String {
    let digest = Sha256::digest(format!("{group}/{version}/{kind}"));
    crate::wire::base64(digest.get(..8).unwrap_or_default())
}

fn push_built_in(groups: &mut Vec<Group>, resources: Vec<Resource>, version: KubernetesVersion) {
    let Some(first) = resources.first().copied() else { return };
    let built = resources.iter().map(|resource| built_in(*resource, version)).collect();
    let group_version = Arc::new(GroupVersion::new(
        first.group().into(),
        first.version().into(),
        built,
        Vec::new(),
    ));
    match groups.last_mut().filter(|group| group.name == first.group()) {
        Some(group) => group.versions.push(group_version),
        None => groups.push(Group { name: first.group().into(), versions: vec![group_version] }),
    }
}

fn built_in(resource: Resource, version: KubernetesVersion) -> ApiResource {
    let subresources = resource
        .subresources()
        .filter(|subresource| subresource.presence().contains(version))
        .map(|subresource| {
            let kind = subresource.group_version_kind();
            ApiSubresource {
                name: subresource.name().into(),
                group: kind.group.into(),
                version: kind.version.into(),
                kind: kind.kind.into(),
                verbs: subresource.verbs().map(Into::into).collect(),
            }
        });
    let storage_hash = resource.storage_api_version().map_or_else(String::new, |stored| {
        let (group, version) = stored.split_once('/').unwrap_or(("", stored));
        storage_hash(group, version, resource.kind())
    });
    let definition =
        resource.definition().map_or_else(String::new, |definition| definition.name().to_owned());
    let list_definition = format!("{definition}List");
    ApiResource {
        plural: resource.plural().into(),
        singular: resource.singular().into(),
        kind: resource.kind().into(),
        namespaced: resource.namespaced(),
        short_names: resource.short_names().map(Into::into).collect(),
        categories: resource.categories().map(Into::into).collect(),
        verbs: resource.verbs().map(Into::into).collect(),
        subresources: subresources.collect(),
        storage_hash,
        list_definition: bundle().definition(&list_definition).map(|_| list_definition),
        definition,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_hashes_are_those_of_a_real_server() {
        assert_eq!(storage_hash("", "v1", "Pod"), "xPOwRZ+Yhw8=");
        assert_eq!(storage_hash("", "v1", "Event"), "r2yiGXH7wu8=");
    }

    #[test]
    fn only_stable_versions_are_on_by_default() {
        let stable = Catalogue::new(KubernetesVersion::NEWEST, ApiSelection::Stable);
        assert!(stable.group_versions().all(|each| !each.version.contains("alpha")));
        assert!(stable.group("internal.apiserver.k8s.io").is_none());
        let all = Catalogue::new(KubernetesVersion::NEWEST, ApiSelection::All);
        assert!(all.group_version("internal.apiserver.k8s.io", "v1alpha1").is_some());
        assert!(all.group_versions().count() > stable.group_versions().count());
    }

    #[test]
    fn an_older_version_has_other_apis() {
        let old = Catalogue::new(KubernetesVersion::OLDEST, ApiSelection::All);
        assert!(old.group_version("autoscaling", "v2beta2").is_some());
        assert!(old.group("resource.k8s.io").is_none());
    }
}
