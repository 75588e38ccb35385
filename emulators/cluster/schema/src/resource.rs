//! Resources: what discovery lists, and what a user names on the command line.

use std::iter::FusedIterator;

use crate::blob::{self, Record};
use crate::definition::{Definition, GroupVersionKind};
use crate::layout::{self, resource, subresource};
use crate::list::Strings;
use crate::version::{KubernetesVersion, Versions};

/// A resource in one group and version, for example `deployments` in `apps/v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    record: Record,
}

impl Resource {
    fn at(index: u32) -> Self {
        Self { record: Record::at(layout::RESOURCES, index, resource::SIZE) }
    }

    /// The API group; empty for the core group.
    pub fn group(self) -> &'static str {
        self.record.string(resource::GROUP)
    }

    /// The version, for example `v1`.
    pub fn version(self) -> &'static str {
        self.record.string(resource::VERSION)
    }

    /// The kind, for example `Deployment`.
    pub fn kind(self) -> &'static str {
        self.record.string(resource::KIND)
    }

    /// Group, version and kind together.
    pub fn group_version_kind(self) -> GroupVersionKind {
        GroupVersionKind { group: self.group(), version: self.version(), kind: self.kind() }
    }

    /// The name in URLs, for example `deployments`.
    pub fn plural(self) -> &'static str {
        self.record.string(resource::PLURAL)
    }

    /// The singular name, for example `deployment`.
    pub fn singular(self) -> &'static str {
        self.record.string(resource::SINGULAR)
    }

    /// The short names, for example `deploy`.
    pub fn short_names(self) -> Strings {
        Strings::of(self.record.word(resource::SHORT_NAMES))
    }

    /// The categories, for example `all`.
    pub fn categories(self) -> Strings {
        Strings::of(self.record.word(resource::CATEGORIES))
    }

    /// Whether objects live in a namespace.
    pub fn namespaced(self) -> bool {
        self.record.word(resource::PRESENCE_AND_SCOPE) & resource::NAMESPACED != 0
    }

    /// The verbs, sorted.
    pub fn verbs(self) -> Strings {
        Strings::of(self.record.word(resource::VERBS))
    }

    /// The subresources of the newest version that has the resource, sorted by name.
    pub fn subresources(self) -> impl Iterator<Item = Subresource> + Clone {
        let start = self.record.word(resource::FIRST_SUBRESOURCE);
        let end = start + self.record.word(resource::SUBRESOURCE_COUNT);
        (start..end).map(|index| Subresource {
            record: Record::at(layout::SUBRESOURCES, index, subresource::SIZE),
        })
    }

    /// The type of an object of this resource.
    pub fn definition(self) -> Option<Definition> {
        self.record.word(resource::DEFINITION).checked_sub(1).map(Definition::at)
    }

    /// The Kubernetes versions that serve the resource when every API is switched on.
    pub fn presence(self) -> Versions {
        Versions::from_bits(self.record.word(resource::PRESENCE_AND_SCOPE) as u16)
    }

    /// Whether a server offers it without being told to.
    ///
    /// Stable versions are offered, alpha versions are not. Beta versions were until 1.24: those
    /// that existed then stayed on for their lifetime, and so did the one that followed them in
    /// priority and fairness.
    pub fn on_by_default(self) -> bool {
        if self.version().contains("alpha") {
            return false;
        }
        let is_old = self.presence().contains(KubernetesVersion::OLDEST);
        let is_flow_control = self.group() == "flowcontrol.apiserver.k8s.io";
        !self.version().contains("beta") || is_old || is_flow_control
    }

    /// The API version that objects are stored in, for example `apps/v1`; none for what is never
    /// stored, such as access reviews.
    pub fn storage_api_version(self) -> Option<&'static str> {
        self.record.optional_string(resource::STORAGE_API_VERSION)
    }
}

/// A subresource, for example `scale` of `deployments`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subresource {
    record: Record,
}

impl Subresource {
    /// The name after the slash, for example `scale`.
    pub fn name(self) -> &'static str {
        self.record.string(subresource::NAME)
    }

    /// The kind that is read or written, for example `Scale` of `autoscaling/v1`.
    pub fn group_version_kind(self) -> GroupVersionKind {
        GroupVersionKind {
            group: self.record.string(subresource::GROUP),
            version: self.record.string(subresource::VERSION),
            kind: self.record.string(subresource::KIND),
        }
    }

    /// The verbs, sorted.
    pub fn verbs(self) -> Strings {
        Strings::of(self.record.word(subresource::VERBS))
    }

    /// The Kubernetes versions that have the subresource.
    pub fn presence(self) -> Versions {
        Versions::from_bits(self.record.word(subresource::PRESENCE) as u16)
    }
}

/// An iterator over resources, in the order in which discovery lists them.
#[derive(Clone, Copy, Debug)]
pub struct Resources {
    next: u32,
}

impl Resources {
    pub(crate) fn all() -> Self {
        Self { next: 0 }
    }

    /// Only the resources that `version` serves.
    pub fn present_in(self, version: KubernetesVersion) -> impl Iterator<Item = Resource> + Clone {
        self.filter(move |resource| resource.presence().contains(version))
    }
}

impl Iterator for Resources {
    type Item = Resource;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= blob::count(layout::RESOURCES) {
            return None;
        }
        let resource = Resource::at(self.next);
        self.next += 1;
        Some(resource)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = blob::count(layout::RESOURCES).saturating_sub(self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Resources {}
impl FusedIterator for Resources {}
