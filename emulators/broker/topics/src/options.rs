//! How the engine is opened.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use brume_foundation::invoke::Invoke;
use brume_foundation::journal::Durability;
use brume_foundation::metrics::Metrics;

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

/// What is done about policies at delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyMode {
    /// What is not allowed is not delivered.
    #[default]
    Enforce,
    /// What is not allowed is delivered and logged.
    Warn,
    /// Nobody asks.
    Off,
}

impl FromStr for PolicyMode {
    type Err = NotAMode;

    fn from_str(text: &str) -> Result<Self, NotAMode> {
        match text {
            "enforce" => Ok(Self::Enforce),
            "warn" => Ok(Self::Warn),
            "off" => Ok(Self::Off),
            _ => Err(NotAMode),
        }
    }
}

/// The text is not a policy mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMode;

impl fmt::Display for NotAMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the policy mode is enforce, warn or off")
    }
}

impl std::error::Error for NotAMode {}
