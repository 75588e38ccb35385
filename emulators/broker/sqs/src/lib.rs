//! SQS on the wire: its 23 operations over the queue engine, in JSON 1.0 and in Query/XML.
//!
//! Comes in: a [`brume_edge::Call`]. Goes out: the answer or the error that AWS would send, byte
//! for byte in its shape. Parsing, validation in AWS's words, access decisions and rendering are
//! here; what a queue does is in `brume-queues`.
//!
//! Never inside: state, time of its own, a message that is changed on its way.

pub mod access;
pub mod address;
mod attributes;
pub mod errors;
mod message;
mod operations;
mod permission;
mod redrive;
mod reply;
pub mod request;
mod select;
mod service;

pub use attributes::all as queue_attributes;
pub use brume_policy::PolicyMode;
pub use reply::messages::system_attributes;
pub use service::{OPERATIONS, Sqs};
