//! A set of named schemas that refer to each other.

use std::rc::Rc;

use super::Schema;
use crate::resources::GroupVersionResource;

/// The schemas of (at least) one group version.
pub trait Document {
    /// Returns the schema that a `$ref` points to, `None` when it points nowhere.
    fn resolve(&self, reference: &str) -> Option<Rc<Schema>>;

    /// Returns the kind that is served for a resource, and its schema.
    ///
    /// # Errors
    /// kubectl's text when the document has no such resource.
    fn root(&self, resource: &GroupVersionResource) -> Result<(Kind, Rc<Schema>), String>;
}

/// Group, version and kind of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
}

impl Kind {
    /// `apps/v1`, or `v1` in the core group.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// Follows a schema's own `$ref`, or returns the schema itself.
pub(crate) fn resolved(document: &dyn Document, schema: &Rc<Schema>) -> Rc<Schema> {
    schema
        .reference
        .as_deref()
        .and_then(|reference| document.resolve(reference))
        .unwrap_or_else(|| Rc::clone(schema))
}

/// The last segment of a `$ref`: the definition's full name.
pub(crate) fn definition_name(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}
