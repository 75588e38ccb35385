//! The Kubernetes mini-cluster.
//!
//! In come requests of unmodified Kubernetes clients (kubectl, kube-rs, helm), over TLS with the
//! cluster's own authority. Out go the answers of an API server: version, health, discovery in all
//! its forms, OpenAPI v2 and v3, and custom resource definitions.
//!
//! The core ([`respond`]) is a function of a [`Catalogue`] and a [`wire::Request`]: it has no
//! socket, no clock and no disk. What may never happen inside: a request that panics the server,
//! or a document that tells of an API which the same server then denies.

mod catalogue;
pub mod custom;
mod discovery;
mod health;
mod openapi;
mod respond;
mod service;
mod version;
pub mod wire;

pub use catalogue::{ApiSelection, Catalogue};
pub use respond::respond;
pub use service::Cluster;
