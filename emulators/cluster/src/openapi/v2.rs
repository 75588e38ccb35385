//! OpenAPI v2: one document about everything, as JSON and as protobuf.

use std::sync::OnceLock;

use sha2::{Digest, Sha512};

use super::components::Closure;
use super::schema::Dialect;
use super::v3::upper_hexadecimal;
use super::{Body, paths, protobuf};
use crate::catalogue::Catalogue;
use crate::version::git_version;
use crate::wire::JsonWriter;

/// The documents of a catalogue, rendered when first asked for.
#[derive(Debug)]
pub(crate) struct V2Documents {
    hash: String,
    json: OnceLock<Body>,
    protobuf: OnceLock<Body>,
}

impl V2Documents {
    /// The documents of `catalogue`, none of them rendered yet.
    pub(crate) fn new(catalogue: &Catalogue) -> Self {
        let mut hasher = Sha512::new();
        for group_version in catalogue.group_versions() {
            hasher.update(group_version.hash(catalogue.version()));
        }
        let hash = upper_hexadecimal(&hasher.finalize());
        Self { hash, json: OnceLock::new(), protobuf: OnceLock::new() }
    }

    /// Names the documents by what they are made from.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// The document as JSON.
    pub(super) fn json(&self, catalogue: &Catalogue) -> &Body {
        self.json.get_or_init(|| Body::new(render(catalogue)))
    }

    /// The document as protobuf.
    pub(super) fn protobuf(&self, catalogue: &Catalogue) -> &Body {
        self.protobuf.get_or_init(|| {
            let document = serde_json::from_slice(&self.json(catalogue).plain).unwrap_or_default();
            Body::new(protobuf::encode(&document))
        })
    }
}

fn render(catalogue: &Catalogue) -> Vec<u8> {
    let mut closure = Closure::common(catalogue.version());
    for group_version in catalogue.group_versions() {
        closure.add_group_version(group_version);
    }
    let mut json = JsonWriter::default();
    json.object(|json| {
        json.key("swagger").string("2.0");
        json.key("info").object(|json| {
            json.key("title").string("Kubernetes");
            json.key("version").string(&git_version(catalogue.version()));
        });
        json.key("paths").object(|json| {
            for group_version in catalogue.group_versions() {
                paths::write(json, Dialect::V2, group_version);
            }
        });
        json.key("definitions").object(|json| {
            let group_versions = catalogue.group_versions().map(AsRef::as_ref);
            closure.write(json, Dialect::V2, group_versions);
        });
        json.key("securityDefinitions").object(|json| {
            json.key("BearerToken").object(|json| {
                json.key("type").string("apiKey");
                json.key("name").string("authorization");
                json.key("in").string("header");
            });
        });
        json.key("security").array(|json| {
            json.object(|json| json.key("BearerToken").array(|_| {}));
        });
    });
    json.finish()
}
