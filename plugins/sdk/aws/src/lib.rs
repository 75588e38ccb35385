//! AWS clients for plugins: the whole default chain, one TLS stack.
//!
//! In: an invocation. Out: [`Aws`], which holds the configuration that every `aws-sdk-*` client
//! takes, and turns their errors into ours; and [`call`], one signed request to a service whose
//! client nobody links. Never here: a service client; each plugin brings the few that it needs.

pub mod call;
mod cloud;
pub mod failure;
pub mod quick;
mod transport;

pub use aws_config;
pub use cloud::Aws;
