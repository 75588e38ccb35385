//! What the broker's owner chooses.

use std::fmt;
use std::sync::Arc;

use brume_foundation::clock::Moment;
use brume_foundation::invoke::{Invoke, NoFunctions};
use brume_foundation::journal::Durability;
use brume_foundation::metrics::Metrics;
use brume_policy::{Account, Region};

pub use brume_policy::PolicyMode;

/// What the broker's owner chooses.
#[derive(Clone, Debug)]
pub struct BrokerOptions {
    /// The account of callers whose key names none.
    pub account: Account,
    /// What to do when a resource's policy does not let somebody in.
    pub policy: PolicyMode,
    /// What an answer promises; without meaning for an ephemeral instance.
    pub durability: Durability,
    /// The URL under which clients find the edge, without a path: `http://127.0.0.1:4566`.
    pub base_url: String,
    /// Where functions are that the admin API does not define.
    pub invoke: Arc<dyn Invoke>,
    /// Where the numbers of both services go.
    pub metrics: Arc<Metrics>,
    /// Where the delivery status logs go.
    pub logs: Arc<dyn LogSink>,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        Self {
            account: Account::default(),
            policy: PolicyMode::Enforce,
            durability: Durability::default(),
            base_url: "http://127.0.0.1:4566".to_owned(),
            invoke: Arc::new(NoFunctions),
            metrics: Arc::new(Metrics::new()),
            logs: Arc::new(NoLogs),
        }
    }
}

/// Takes log events on behalf of a service, as CloudWatch Logs does.
pub trait LogSink: fmt::Debug + Send + Sync {
    /// Takes one event; makes group and stream when they are not there. Must not block.
    fn append(
        &self,
        account: Account,
        region: Region,
        group: &str,
        stream: &str,
        at: Moment,
        text: String,
    );
}

/// Drops every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLogs;

impl LogSink for NoLogs {
    fn append(&self, _: Account, _: Region, _: &str, _: &str, _: Moment, _: String) {}
}
