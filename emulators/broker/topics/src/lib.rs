//! The topic engine: what SNS is below its wire.
//!
//! Comes in: validated requests ([`requests`]), a clock, a disk, queues ([`ports`]) and functions.
//! Goes out: messages in queues, calls of functions, POSTs, letters in the local [`mailbox`], and
//! for every failed delivery its exact [`cause`].
//!
//! Never inside: the syntax of a wire protocol, time or randomness of its own, a message that was
//! acknowledged and is forgotten.

pub mod access;
pub mod attributes;
pub mod cause;
pub mod core;
mod deliver;
pub mod directory;
mod engine;
pub mod envelope;
pub mod error;
pub mod fifo;
pub mod filter;
pub mod history;
pub mod key;
pub mod mailbox;
pub mod message;
mod meter;
pub mod observer;
pub mod options;
pub mod ports;
pub mod protocol;
pub mod record;
pub mod requests;
pub mod retry;
pub mod schedule;
pub mod signing;
mod status_log;
pub mod store;
mod structure;

#[cfg(test)]
mod tests;

pub use brume_policy::PolicyMode;
pub use engine::Topics;
pub use error::TopicError;
pub use key::TopicKey;
pub use options::Options;
pub use protocol::Protocol;
