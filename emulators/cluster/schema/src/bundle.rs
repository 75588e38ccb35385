//! The way in: all that is known, as one small handle.

use crate::definition::{Definition, Definitions};
use crate::resource::{Resource, Resources};
use crate::version::{KubernetesVersion, Versions};

/// All schemas and resources of all versions. Copying it is free.
#[derive(Clone, Copy, Debug)]
pub struct Bundle {
    _private: (),
}

/// The bundle that is embedded in this executable.
pub const fn bundle() -> Bundle {
    Bundle { _private: () }
}

impl Bundle {
    /// The definition with the full name `name`, for example `io.k8s.api.core.v1.Pod`.
    pub fn definition(self, name: &str) -> Option<Definition> {
        Definition::find(name)
    }

    /// All definitions of all versions, in byte order of their names.
    pub fn definitions(self) -> Definitions {
        Definitions::all()
    }

    /// All resources of all versions, in the order in which discovery lists them: that is also
    /// the order of preference for a name that several groups or versions have.
    pub fn resources(self) -> Resources {
        Resources::all()
    }

    /// The resource with this group, version and plural name.
    pub fn resource(self, group: &str, version: &str, plural: &str) -> Option<Resource> {
        self.resources().find(|resource| {
            resource.plural() == plural
                && resource.group() == group
                && resource.version() == version
        })
    }

    /// The Kubernetes versions that the bundle describes.
    pub fn versions(self) -> Versions {
        Versions::ALL
    }

    /// Names the content of the bundle: another content has another fingerprint, for caches.
    pub const fn fingerprint(self) -> &'static str {
        env!("BRUME_SCHEMA_FINGERPRINT")
    }

    /// The version that descriptions are taken from.
    pub fn newest(self) -> KubernetesVersion {
        KubernetesVersion::NEWEST
    }
}
