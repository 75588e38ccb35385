//! The queue engine under SQS: durable, with a clock that is a parameter.
//!
//! Comes in: messages, receives, deletions and settings, already read and checked for syntax by
//! whoever speaks the wire protocol. Goes out: messages with receipt handles, counts, and errors
//! by AWS's names.
//!
//! Never inside: HTTP, access policies, time other than the foundation clock's; an answer about
//! something that is not yet as durable as was promised.

mod content;
mod driver;
mod engine;
mod error;
mod handle;
mod hub;
mod key;
mod message;
mod meters;
mod moves;
mod queue;
mod queues;
mod record;
mod recover;
mod redrive;
mod registry;
mod relocate;
mod settings;
mod snapshot;

pub use content::{
    AttributeValue, Content, Md5Digest, MessageAttribute, md5_of_attributes, md5_of_trace_header,
};
pub use error::QueueError;
pub use key::QueueKey;
pub use message::{
    Counts, Delivery, MessageId, NewMessage, NotAMessageId, Peeked, Receive, Received, Sent,
    SequenceNumber, State, SystemAttributes,
};
pub use moves::{MoveStatus, MoveTask};
pub use queue::Queue;
pub use queues::{Created, Options, Queues};
pub use settings::{DeduplicationScope, Fifo, Redrive, RedriveAllow, Settings, ThroughputLimit};
