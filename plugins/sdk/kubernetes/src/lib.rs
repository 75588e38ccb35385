//! Kubernetes clients for plugins: kubeconfig, exec credentials, retries.
//!
//! In: an invocation. Out: a [`Cluster`] that speaks to what kubectl would speak to, with errors
//! that say what to do. Never here: a branch for emulators; the kubeconfig that they write is the
//! whole difference.

mod authorize;
mod chain;
mod cluster;
mod exec;
pub mod failure;
mod kubeconfig;
mod raw;
mod retry;

pub use cluster::Cluster;
pub use k8s_openapi;
pub use kube;
pub use raw::RawResponse;
