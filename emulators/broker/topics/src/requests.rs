//! What callers ask of the engine, and what it answers.

use std::sync::Arc;

use brume_policy::{Account, Region};
use bytes::Bytes;

/// Names and values, in the order in which they came.
pub type Pairs = Vec<(String, String)>;

/// A topic to be made.
#[derive(Clone, Debug)]
pub struct CreateTopic {
    /// Who owns it.
    pub account: Account,
    /// Where it is.
    pub region: Region,
    /// Its name.
    pub name: String,
    /// Its attributes, by AWS's names.
    pub attributes: Pairs,
    /// Its tags.
    pub tags: Pairs,
    /// Its data protection policy, JSON.
    pub data_protection_policy: Option<String>,
}

/// A subscription to be made.
#[derive(Clone, Debug)]
pub struct Subscribe {
    /// Who subscribes.
    pub caller: Account,
    /// The topic.
    pub topic_arn: String,
    /// `sqs`, `https`; the word as it came.
    pub protocol: String,
    /// Where to deliver.
    pub endpoint: Option<String>,
    /// Its attributes, by AWS's names.
    pub attributes: Pairs,
    /// Whether the ARN is wanted also while the subscription is pending.
    pub returns_arn: bool,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To everybody who subscribed to the topic with this ARN.
    Topic(String),
    /// To the platform endpoint with this ARN.
    Endpoint(String),
    /// To a telephone.
    Phone(String),
}

/// A message to be published.
#[derive(Clone, Debug)]
pub struct Publish {
    /// Who publishes: account of the caller.
    pub caller: Account,
    /// Region of the call; decides for telephones.
    pub region: Region,
    /// Where it goes.
    pub target: Target,
    /// The text, or a JSON object with a text per protocol.
    pub message: String,
    /// Subject line of mail; part of envelopes.
    pub subject: Option<String>,
    /// Whether `MessageStructure` is `json`.
    pub is_structured: bool,
    /// Typed attributes.
    pub attributes: Vec<MessageAttribute>,
    /// `MessageGroupId`.
    pub group: Option<String>,
    /// `MessageDeduplicationId`.
    pub deduplication: Option<String>,
    /// `X-Amzn-Trace-Id` of the request, which goes on to queues.
    pub trace_header: Option<String>,
}

/// A typed attribute of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAttribute {
    /// Its name.
    pub name: String,
    /// `String`, `String.Array`, `Number`, `Binary`, or one of these with a suffix.
    pub data_type: String,
    /// Its value.
    pub value: AttributeValue,
}

/// Value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// Text and numbers.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

/// A message was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its identifier.
    pub message_id: String,
    /// Its place among the messages of a FIFO topic: twenty digits.
    pub sequence_number: Option<String>,
}

/// One page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page with its items changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// A subscription in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionSummary {
    /// Its ARN, or `PendingConfirmation`.
    pub arn: Arc<str>,
    /// Its owner.
    pub owner: Account,
    /// How it is delivered to.
    pub protocol: &'static str,
    /// Where it is delivered to.
    pub endpoint: Arc<str>,
    /// Its topic.
    pub topic_arn: String,
}

/// An application or endpoint in a listing, or by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its attributes, as AWS gives them back.
    pub attributes: Pairs,
}

/// A number in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxNumber {
    /// The number.
    pub number: String,
    /// Whether it was verified.
    pub is_verified: bool,
}

/// A number that messages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginationNumber {
    /// The number.
    pub number: String,
    /// When it was made, in seconds since the epoch.
    pub created_at_seconds: u64,
    /// `US`, `DE`.
    pub country: String,
    /// `Active`.
    pub status: String,
    /// `LONG_CODE`, `TOLL_FREE`.
    pub route: String,
    /// `SMS`, `MMS`, `VOICE`.
    pub capabilities: Vec<String>,
}
