//! When a delivery that failed is tried again: pure numbers, no clock.
//!
//! AWS fixes the ladder of everything but HTTP, which a delivery policy may change.
//! Source: "Amazon SNS message delivery retries" in the developer guide.

mod ladder;
mod policy;

pub use ladder::{Backoff, Ladder, jittered};
pub use policy::{DeliveryPolicy, effective_for_subscription, effective_for_topic};
