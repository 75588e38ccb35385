//! How the engine is opened.

use std::sync::Arc;

use brume_foundation::invoke::Invoke;
use brume_foundation::journal::Durability;
use brume_foundation::metrics::Metrics;
use brume_policy::PolicyMode;

use crate::observer::Observer;
use crate::ports::Queueing;

/// What the engine works with, beside the service context.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where messages for queues and dead letters go; `Arc<Queues>` is one.
    pub queues: Arc<dyn Queueing>,
    /// Calls functions.
    pub invoke: Arc<dyn Invoke>,
    /// Hears what happened to deliveries.
    pub observer: Arc<dyn Observer>,
    /// Where `AWS/SNS` metrics are counted.
    pub metrics: Arc<Metrics>,
    /// What a policy that does not let a delivery in means.
    pub policy_mode: PolicyMode,
    /// Scheme and authority of the edge, for the URLs in envelopes: `http://127.0.0.1:4566`.
    pub base_url: String,
    /// What an acknowledgement promises.
    pub durability: Durability,
}
