//! Exact causes: what happened to a delivery that failed, attempt by attempt.

use std::sync::Arc;

use brume_foundation::clock::Moment;
use serde::{Deserialize, Serialize};

/// One delivery that failed, for good or so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The message.
    pub message_id: Arc<str>,
    /// The topic.
    pub topic_arn: Arc<str>,
    /// The subscription.
    pub subscription_arn: Arc<str>,
    /// `sqs`, `https`.
    pub protocol: Arc<str>,
    /// Where it was to go.
    pub endpoint: Arc<str>,
    /// When it was published.
    pub published_at: Moment,
    /// How often it was tried.
    pub attempts_count: u32,
    /// The first and the last attempts, at most [`ATTEMPTS_KEPT`] of each.
    pub attempts: Vec<Attempt>,
    /// What became of it.
    pub outcome: Outcome,
}

/// How many of the first and of the last attempts are kept.
pub const ATTEMPTS_KEPT: usize = 8;

/// One attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// 1 is the first.
    pub number: u32,
    /// When.
    pub at: Moment,
    /// The status that the endpoint answered, 0 when it did not.
    pub status: u16,
    /// Whether the sender's side has to change, so that trying again is useless.
    pub is_client_side: bool,
    /// A stable word: `QueueDoesNotExist`, `AccessDenied`, `Timeout`.
    pub code: String,
    /// What exactly: which queue, which statement, or that none allowed it.
    pub detail: String,
}

/// What became of a delivery that failed at least once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Outcome {
    /// It will be tried again.
    Retrying {
        /// When.
        next_at: Moment,
    },
    /// It arrived in the end.
    Delivered {
        /// When.
        at: Moment,
    },
    /// It is in the dead-letter queue.
    DeadLettered {
        /// When.
        at: Moment,
        /// ARN of the queue.
        queue_arn: String,
        /// Its id there.
        message_id: String,
    },
    /// It is gone: there is no dead-letter queue, or that did not take it.
    Lost {
        /// When.
        at: Moment,
        /// ARN of the queue that did not take it, if there is one.
        queue_arn: Option<String>,
        /// Why it is not there.
        reason: String,
    },
}

/// Which causes are wanted; what is absent matches everything.
#[derive(Clone, Debug, Default)]
pub struct CauseQuery {
    /// Of this message: its id at SNS, or its id in the dead-letter queue.
    pub message_id: Option<String>,
    /// Of this subscription.
    pub subscription_arn: Option<String>,
    /// That are in this dead-letter queue.
    pub queue_arn: Option<String>,
    /// The page's token.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
}
