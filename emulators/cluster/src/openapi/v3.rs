//! OpenAPI v3: a document for each group version, and the index of them.

use std::fmt::Write;

use brume_schema::{KubernetesVersion, bundle};
use sha2::{Digest, Sha512};

use super::components::Closure;
use super::schema::Dialect;
use super::{Body, paths};
use crate::catalogue::{Catalogue, GroupVersion};
use crate::version::git_version;
use crate::wire::JsonWriter;

/// The document about one group version.
#[derive(Debug)]
pub(crate) struct Document {
    body: Body,
}

impl Document {
    /// Renders the document: up to a few milliseconds and megabytes.
    pub(crate) fn render(group_version: &GroupVersion, version: KubernetesVersion) -> Self {
        let mut closure = Closure::common(version);
        closure.add_group_version(group_version);
        let mut json = JsonWriter::default();
        json.object(|json| {
            json.key("openapi").string("3.0.0");
            json.key("info").object(|json| {
                json.key("title").string("Kubernetes");
                json.key("version").string(&git_version(version));
            });
            json.key("paths").object(|json| paths::write(json, Dialect::V3, group_version));
            json.key("components").object(|json| {
                json.key("schemas").object(|json| {
                    closure.write(json, Dialect::V3, [group_version].into_iter());
                });
                json.key("securitySchemes").object(|json| {
                    json.key("BearerToken").object(|json| {
                        json.key("type").string("apiKey");
                        json.key("name").string("authorization");
                        json.key("in").string("header");
                    });
                });
            });
        });
        Self { body: Body::new(json.finish()) }
    }

    /// The document's text.
    pub(super) fn body(&self) -> &Body {
        &self.body
    }
}

/// Names the document about a group version by what it is made from.
pub(crate) fn hash(group_version: &GroupVersion, version: KubernetesVersion) -> String {
    let mut hasher = Sha512::new();
    for part in [
        env!("CARGO_PKG_VERSION"),
        bundle().fingerprint(),
        &version.to_string(),
        &group_version.api_version(),
    ] {
        hasher.update(part);
        hasher.update([0]);
    }
    for definition in &group_version.custom {
        if let Some(spec) = definition.object.get("spec") {
            hasher.update(spec.to_string());
            hasher.update([0]);
        }
    }
    upper_hexadecimal(&hasher.finalize())
}

/// Writes the index of all documents.
pub(super) fn index(catalogue: &Catalogue) -> Vec<u8> {
    let mut json = JsonWriter::default();
    json.object(|json| {
        json.key("paths").object(|json| {
            for group_version in catalogue.group_versions() {
                let path = group_version.path();
                let hash = group_version.hash(catalogue.version());
                json.key(&path).object(|json| {
                    let url = format!("/openapi/v3/{path}?hash={hash}");
                    json.key("serverRelativeURL").string(&url);
                });
            }
        });
    });
    json.finish()
}

/// Writes bytes as hexadecimal digits, letters in upper case.
pub(super) fn upper_hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}
