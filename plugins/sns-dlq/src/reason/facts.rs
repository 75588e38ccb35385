//! What is known around one message; absent means: not asked, not allowed to ask, or not told.

use crate::cloud::admin::ExactCause;
use crate::cloud::topics::Subscription;
use crate::inventory::Source;
use crate::permission::Permission;

use super::delivery_log::Delivery;

/// Everything that speaks for a reason.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What the endpoint itself recorded of this message's deliveries.
    pub exact: Vec<ExactCause>,
    /// Entries of the delivery status log about this message.
    pub deliveries: Vec<Delivery>,
    /// The subscription that the message was meant for, and the ways in which it could have failed.
    pub route: Option<Route>,
    /// Everything that has this queue as its dead-letter queue.
    pub sources: Vec<Source>,
    /// What could not be found out, and why.
    pub gaps: Vec<String>,
}

/// A subscription and its endpoint as they are now.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// ARN of the subscription.
    pub subscription_arn: String,
    /// The subscription; `None` when it was deleted.
    pub subscription: Option<Subscription>,
    /// The message names it; else it is the only one, or one of several, that fits.
    pub is_named_by_message: bool,
    /// How many subscriptions fit.
    pub candidates: usize,
    /// Whether the queue or function exists.
    pub endpoint_exists: Option<bool>,
    /// What the endpoint's policy says.
    pub permission: Option<Permission>,
    /// The function.
    pub function: Option<FunctionState>,
    /// Id of the key that encrypts the queue.
    pub key: Option<String>,
    /// What a request to the URL got.
    pub probe: Option<Probe>,
}

/// A function as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionState {
    /// `Active`, `Inactive`, `Pending`, `Failed`; empty when not told.
    pub state: String,
    /// Why.
    pub reason: String,
    /// Concurrency that is set aside; 0 refuses every call.
    pub reserved_concurrency: Option<i32>,
}

/// What a request to the endpoint's URL got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// An HTTP status.
    Status(u16),
    /// No answer, and why.
    Failed(String),
}
