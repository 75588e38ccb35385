//! Redrive: dead letters back on their way, so that no crash loses one.
//!
//! In: a dead-letter queue, a choice of messages, destinations. Out: the messages at their
//! destinations, a journal that says which, and a summary. Never here: a delete before the journal
//! on disk says that the message was sent.

pub mod courier;
pub mod digest;
pub mod engine;
pub mod journal;
pub mod ledger;
pub mod parcel;
pub mod planner;
pub mod record;
pub mod report;
pub mod route;
pub mod run;
