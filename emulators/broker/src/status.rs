//! Delivery status logs: from the topic engine to whoever keeps logs.

use std::fmt::Write;
use std::sync::Arc;

use brume_foundation::random::Random;
use brume_topics::observer::{LogEntry, Observer};

use crate::options::LogSink;

/// Hands the entries of the topic engine on.
#[derive(Debug)]
pub(crate) struct StatusLogs {
    sink: Arc<dyn LogSink>,
    /// SNS names its streams by a random UUID; one per run is enough.
    stream: String,
}

impl StatusLogs {
    pub(crate) fn new(sink: Arc<dyn LogSink>, random: &Random) -> Self {
        let mut bytes = [0; 16];
        random.fork("log stream").fill(&mut bytes);
        let mut stream = String::with_capacity(36);
        for (index, byte) in bytes.iter().enumerate() {
            let dash = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
            // Writing to a string does not fail.
            let _ = write!(stream, "{dash}{byte:02x}");
        }
        Self { sink, stream }
    }
}

impl Observer for StatusLogs {
    fn log(&self, entry: LogEntry) {
        let LogEntry { account, region, group, message, at } = entry;
        self.sink.append(account, region, &group, &self.stream, at, message);
    }
}
