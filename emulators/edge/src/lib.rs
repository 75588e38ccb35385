//! The AWS edge: one port, every AWS service behind it.
//!
//! Comes in: HTTP requests as SDKs send them, in JSON 1.0/1.1, Query and CBOR form. Goes out: a
//! [`Call`] to the one [`AwsService`] that is meant, with caller, account and region made out; and
//! its answer or error in the form that the caller's protocol wants.
//!
//! Never inside: state of a service, a decision that only the service can make.

pub mod admin;
pub mod answer;
pub mod auth;
pub mod call;
pub mod cbor;
pub mod cloudwatch;
mod credential;
pub mod edge;
pub mod form;
pub mod logs;
pub mod parameters;
mod prometheus;
mod request_id;
pub mod service;
pub mod sts;
#[cfg(test)]
mod testing;
pub mod xml;

pub use admin::{AdminAnswer, AdminCall, AdminError, AdminRoute};
pub use answer::{Answer, AwsError};
pub use auth::{Auth, Identity, Keys};
pub use call::{Call, Caller, Input};
pub use cloudwatch::CloudWatch;
pub use edge::Edge;
pub use logs::{Logs, LogsService};
pub use parameters::{Fields, Parameters};
pub use service::AwsService;
pub use sts::Sts;
pub use xml::Xml;
