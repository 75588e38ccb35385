//! How one emulator calls a function of another: the daemon puts the two together.

use std::fmt;

use bytes::Bytes;

use crate::BoxFuture;

/// Calls functions asynchronously, as AWS services do on a user's behalf.
pub trait Invoke: fmt::Debug + Send + Sync {
    /// Hands an event over; returns as soon as it is accepted, not when the function has run.
    ///
    /// # Errors
    /// Why it was not accepted; [`Refusal::is_client_side`] tells whether trying again may help.
    fn invoke(&self, event: Event) -> BoxFuture<'_, Result<Accepted, Refusal>>;
}

/// An event for a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Name of the function as it is subscribed, with version or alias if any.
    pub function_arn: String,
    /// Who calls: `sns.amazonaws.com`.
    pub principal: String,
    /// On behalf of which resource, for the function's policy.
    pub source_arn: String,
    /// The event, JSON.
    pub payload: Bytes,
}

/// An event was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The request id that the function's log will show.
    pub request_id: String,
}

/// Why an event was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such function.
    NotFound,
    /// Its policy does not let the caller in, or names the condition that failed.
    Denied(String),
    /// Too many are running.
    Throttled,
    /// The function service failed.
    Failed(String),
}

impl Refusal {
    /// Whether it is the caller's side that has to change, so that trying again is useless.
    #[must_use]
    pub const fn is_client_side(&self) -> bool {
        matches!(self, Self::NotFound | Self::Denied(_))
    }

    /// The HTTP status that Lambda answers with.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Denied(_) => 403,
            Self::Throttled => 429,
            Self::Failed(_) => 500,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => formatter.write_str("there is no such function"),
            Self::Denied(reason) => write!(formatter, "the function's policy denies it: {reason}"),
            Self::Throttled => formatter.write_str("the function is throttled"),
            Self::Failed(reason) => write!(formatter, "the function service failed: {reason}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// No functions at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFunctions;

impl Invoke for NoFunctions {
    fn invoke(&self, _event: Event) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(async { Err(Refusal::NotFound) })
    }
}
