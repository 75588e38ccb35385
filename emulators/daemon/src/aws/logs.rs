//! Where the broker's delivery logs go: into the emulated CloudWatch Logs.

use std::sync::Arc;

use brume_broker::LogSink;
use brume_edge::Logs;
use brume_foundation::clock::Moment;
use brume_policy::{Account, Region};

/// Hands events on.
#[derive(Debug)]
pub(super) struct Sink(pub(super) Arc<Logs>);

impl LogSink for Sink {
    fn append(
        &self,
        account: Account,
        region: Region,
        group: &str,
        stream: &str,
        at: Moment,
        text: String,
    ) {
        self.0.put(account, region, group, stream, at, text);
    }
}
