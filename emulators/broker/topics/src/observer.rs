//! Who wants to know what happened to deliveries.

use std::fmt;

use brume_foundation::clock::Moment;
use brume_policy::{Account, Region};

/// Receives what AWS writes to CloudWatch Logs. Must not block.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Takes one entry.
    fn log(&self, entry: LogEntry);
}

/// One line of a log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Whose log it is.
    pub account: Account,
    /// Where.
    pub region: Region,
    /// `sns/us-east-1/000000000000/TOPIC`, with `/Failure` behind it for failures.
    pub group: String,
    /// The entry, a JSON object.
    pub message: String,
    /// When it happened.
    pub at: Moment,
}

/// Nobody wants to know.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn log(&self, _entry: LogEntry) {}
}
