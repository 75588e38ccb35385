//! SNS on the wire: its 42 operations in the Query form.
//!
//! Comes in: a [`brume_edge::Call`] with the parameters of a form or a query string. Goes out: a
//! validated request to [`brume_topics::Topics`], and its answer as the inside of AWS's XML; errors
//! in AWS's words. Also answered: GETs of the signing certificate and the unsigned GETs by which
//! people confirm and end subscriptions.
//!
//! Never inside: state of a topic, a delivery, an HTTP header.
//!
//! SNS has no JSON form: a request with one is told `UnknownOperationException`, as AWS does.

mod access;
mod arn;
mod error;
mod operations;
mod request;
mod service;
mod validate;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use service::Sns;
