//! AWS clients for plugins: the whole default chain, one TLS stack.
//!
//! In: an invocation. Out: [`Aws`], which holds the configuration that every `aws-sdk-*` client
//! takes, and turns their errors into ours. Never here: a service client; each plugin brings the
//! few that it needs.

mod cloud;
pub mod failure;
mod transport;

pub use aws_config;
pub use cloud::Aws;
