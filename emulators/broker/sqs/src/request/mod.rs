//! What callers ask for, the same for both protocols.
//!
//! Comes in: a JSON body or a Query form. Goes out: one of the structs below; what the caller left
//! out is absent. Whether a value may be what it is, is decided later, in one place.
//!
//! The operations that applications call for every message have a hand-written scanner for bodies
//! of the usual shape ([`scan`]); everything else is read by `serde_json`.

mod exercise;
pub mod form;
mod json;
mod query;
pub mod scan;

use std::borrow::Cow;

use serde::Deserialize;

pub use exercise::{exercise_form, exercise_json};
pub use json::FromJson;
pub use query::FromForm;

/// A text that is borrowed from the request where it can be.
pub type Text<'a> = Cow<'a, str>;

/// The value of a message attribute, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AttributeInput<'a> {
    /// `String`, `Number`, `Binary`, with an own label behind a dot if the sender wants one.
    #[serde(borrow)]
    pub data_type: Option<Text<'a>>,
    /// The text.
    #[serde(borrow)]
    pub string_value: Option<Text<'a>>,
    /// The bytes, in base64.
    #[serde(borrow)]
    pub binary_value: Option<Text<'a>>,
    /// Reserved by AWS: refused when there are any.
    #[serde(deserialize_with = "json::nullable")]
    pub string_list_values: Vec<String>,
    /// Reserved by AWS: refused when there are any.
    #[serde(deserialize_with = "json::nullable")]
    pub binary_list_values: Vec<String>,
}

/// Names and values of message attributes, in the order in which they came.
pub type AttributeInputs<'a> = Vec<(Text<'a>, AttributeInput<'a>)>;

/// What is common to `SendMessage` and an entry of `SendMessageBatch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MessageInput<'a> {
    /// Id of the entry; batches only.
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    /// The body.
    #[serde(borrow)]
    pub message_body: Option<Text<'a>>,
    /// How long it stays hidden.
    pub delay_seconds: Option<i64>,
    /// The sender's attributes.
    #[serde(borrow, deserialize_with = "json::pairs")]
    pub message_attributes: AttributeInputs<'a>,
    /// Attributes for the service: `AWSTraceHeader`.
    #[serde(borrow, deserialize_with = "json::pairs")]
    pub message_system_attributes: AttributeInputs<'a>,
    /// `MessageDeduplicationId`.
    #[serde(borrow)]
    pub message_deduplication_id: Option<Text<'a>>,
    /// `MessageGroupId`.
    #[serde(borrow)]
    pub message_group_id: Option<Text<'a>>,
}

/// `SendMessage`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendMessage<'a> {
    /// Which queue.
    pub queue_url: Option<Text<'a>>,
    /// The message.
    pub message: MessageInput<'a>,
}

/// A batch: the queue and the entries.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound(deserialize = "Entry: Deserialize<'de>"))]
pub struct Batch<'a, Entry> {
    /// Which queue.
    #[serde(borrow)]
    pub queue_url: Option<Text<'a>>,
    /// The entries, in the order in which they came.
    #[serde(deserialize_with = "json::nullable")]
    pub entries: Vec<Entry>,
}

impl<Entry> Default for Batch<'_, Entry> {
    fn default() -> Self {
        Self { queue_url: None, entries: Vec::new() }
    }
}

/// `DeleteMessage`, `ChangeMessageVisibility` and their batch entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HandleInput<'a> {
    /// Which queue; not in a batch entry.
    #[serde(borrow)]
    pub queue_url: Option<Text<'a>>,
    /// Id of the entry; batches only.
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    /// Which message.
    #[serde(borrow)]
    pub receipt_handle: Option<Text<'a>>,
    /// How long it stays hidden from now on; `ChangeMessageVisibility` only.
    pub visibility_timeout: Option<i64>,
}

/// `ReceiveMessage`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReceiveMessage<'a> {
    /// Which queue.
    #[serde(borrow)]
    pub queue_url: Option<Text<'a>>,
    /// The older name of the next member.
    #[serde(deserialize_with = "json::nullable")]
    pub attribute_names: Vec<Text<'a>>,
    /// Which of the service's own attributes to return.
    #[serde(deserialize_with = "json::nullable")]
    pub message_system_attribute_names: Vec<Text<'a>>,
    /// Which of the sender's attributes to return: names, `prefix.*`, `All`, `.*`.
    #[serde(deserialize_with = "json::nullable")]
    pub message_attribute_names: Vec<Text<'a>>,
    /// How many messages at most.
    pub max_number_of_messages: Option<i64>,
    /// How long they are hidden.
    pub visibility_timeout: Option<i64>,
    /// How long to wait for the first one.
    pub wait_time_seconds: Option<i64>,
    /// `ReceiveRequestAttemptId`.
    #[serde(borrow)]
    pub receive_request_attempt_id: Option<Text<'a>>,
}

/// Names and values in the order in which they came; the last of two equal names counts.
pub type Pairs = Vec<(String, String)>;

/// `CreateQueue`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CreateQueue {
    /// The name.
    pub queue_name: Option<String>,
    /// Its attributes.
    #[serde(deserialize_with = "json::pairs")]
    pub attributes: Pairs,
    /// Its tags; AWS writes the member in lower case here.
    #[serde(rename = "tags", alias = "Tags", deserialize_with = "json::pairs")]
    pub tags: Pairs,
}

/// `GetQueueUrl`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetQueueUrl {
    /// The name.
    pub queue_name: Option<String>,
    /// Whose queue it is; the caller's when absent.
    #[serde(rename = "QueueOwnerAWSAccountId")]
    pub owner: Option<String>,
}

/// `ListQueues` and `ListDeadLetterSourceQueues`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListQueues {
    /// Which queue; `ListDeadLetterSourceQueues` only.
    pub queue_url: Option<String>,
    /// What the names begin with; `ListQueues` only.
    pub queue_name_prefix: Option<String>,
    /// Where the page before ended.
    pub next_token: Option<String>,
    /// How many to list.
    pub max_results: Option<i64>,
}

/// `DeleteQueue`, `PurgeQueue`, `ListQueueTags`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct QueueOnly {
    /// Which queue.
    pub queue_url: Option<String>,
}

/// `GetQueueAttributes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetQueueAttributes {
    /// Which queue.
    pub queue_url: Option<String>,
    /// Which attributes; none means none.
    #[serde(deserialize_with = "json::nullable")]
    pub attribute_names: Vec<String>,
}

/// `SetQueueAttributes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SetQueueAttributes {
    /// Which queue.
    pub queue_url: Option<String>,
    /// Names and values.
    #[serde(deserialize_with = "json::pairs")]
    pub attributes: Pairs,
}

/// `TagQueue`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TagQueue {
    /// Which queue.
    pub queue_url: Option<String>,
    /// Keys and values.
    #[serde(deserialize_with = "json::pairs")]
    pub tags: Pairs,
}

/// `UntagQueue`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UntagQueue {
    /// Which queue.
    pub queue_url: Option<String>,
    /// Which tags go.
    #[serde(deserialize_with = "json::nullable")]
    pub tag_keys: Vec<String>,
}

/// `AddPermission` and `RemovePermission`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Permission {
    /// Which queue.
    pub queue_url: Option<String>,
    /// Name of the statement.
    pub label: Option<String>,
    /// To whom; `AddPermission` only.
    #[serde(rename = "AWSAccountIds", deserialize_with = "json::nullable")]
    pub accounts: Vec<String>,
    /// What, without `SQS:`; `AddPermission` only.
    #[serde(deserialize_with = "json::nullable")]
    pub actions: Vec<String>,
}

/// `StartMessageMoveTask`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StartMove {
    /// From which dead-letter queue.
    pub source_arn: Option<String>,
    /// Where to; to the queues that the messages came from when absent.
    pub destination_arn: Option<String>,
    /// How fast.
    pub max_number_of_messages_per_second: Option<i64>,
}

/// `ListMessageMoveTasks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListMoves {
    /// Of which dead-letter queue.
    pub source_arn: Option<String>,
    /// How many.
    pub max_results: Option<i64>,
}

/// `CancelMessageMoveTask`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CancelMove {
    /// Which task.
    pub task_handle: Option<String>,
}
