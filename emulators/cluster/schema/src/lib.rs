//! Kubernetes API schemas as data.
//!
//! In goes, at compile time, what the `k8s-openapi` dependency knows about the newest Kubernetes
//! version, and the tables of our own in `facts/` for what it lacks. Out comes one flat,
//! little-endian, embedded blob and this reader over it. Nothing is parsed or unpacked when a
//! process starts: a lookup is a binary search in the mapped executable, and only the pages that
//! it touches cost memory.
//!
//! What may never happen here: input or output, allocation on a lookup, a panic, or a sentence of
//! upstream documentation committed to this repository.
//!
//! ```
//! let deployment = brume_schema::bundle().definition("io.k8s.api.apps.v1.Deployment").unwrap();
//! let spec = deployment.field("spec").unwrap();
//! assert_eq!(spec.schema().reference(), Some("io.k8s.api.apps.v1.DeploymentSpec"));
//! ```

mod blob;
mod bundle;
mod definition;
#[allow(dead_code, reason = "the build script's half of the constants")]
mod layout;
mod list;
mod resource;
mod schema;
mod version;

pub use bundle::{Bundle, bundle};
pub use definition::{Definition, Definitions, Field, Fields, GroupVersionKind};
pub use list::{EnumValue, EnumValues, Strings};
pub use resource::{Resource, Resources, Subresource};
pub use schema::{ListType, MapType, Schema};
pub use version::{KubernetesVersion, ParseVersionError, Versions};
