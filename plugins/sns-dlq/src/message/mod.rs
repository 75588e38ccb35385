//! A dead letter: the message as SQS gave it, and what can be read out of it.
//!
//! In: what ReceiveMessage or a peek answered. Out: its parts by name. SNS adds nothing to a
//! message that it could not deliver; what is known of the origin is in the envelope (not with raw
//! delivery), in `DeadLetterQueueSourceArn` (moved from a queue), or in the attributes that Lambda
//! adds to a failed asynchronous event.

pub mod envelope;
pub mod fingerprint;
pub mod json;

use std::collections::BTreeMap;

use aws_sdk_sqs::types::Message;
use jiff::Timestamp;

pub use envelope::Envelope;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// `String` and `Number` types.
    Text(String),
    /// `Binary` types.
    Binary(Vec<u8>),
}

/// One message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// `String`, `Number`, `Binary`, or one of these with a suffix behind a dot.
    pub data_type: String,
    /// The value.
    pub value: AttributeValue,
}

impl Attribute {
    /// A text attribute.
    #[cfg(test)]
    #[must_use]
    pub fn text(value: impl Into<String>) -> Self {
        Self { data_type: "String".to_owned(), value: AttributeValue::Text(value.into()) }
    }

    /// The value as text; `None` for a binary one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            AttributeValue::Text(text) => Some(text),
            AttributeValue::Binary(_) => None,
        }
    }
}

/// What Lambda writes on an asynchronous event that it gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsyncFailure {
    /// RequestID.
    pub request_id: Option<String>,
    /// ErrorCode: an HTTP status; 200 when the function itself failed.
    pub code: String,
    /// ErrorMessage: the first kilobyte.
    pub message: Option<String>,
}

/// A message of a dead-letter queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetter {
    /// SQS's MessageId.
    pub id: String,
    /// The text as it is.
    pub body: String,
    /// Message attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// System attributes by AWS's names.
    pub system: BTreeMap<String, String>,
    /// Needed to delete or hold it; `None` when it was looked at without receiving it.
    pub receipt_handle: Option<String>,
    /// The SNS envelope, when the body is one.
    pub envelope: Option<Envelope>,
}

impl DeadLetter {
    /// Takes a message as the SDK gives it.
    #[must_use]
    pub fn from_sqs(message: Message) -> Self {
        let attributes = message.message_attributes.unwrap_or_default().into_iter();
        let attributes = attributes.map(|(name, value)| {
            let data_type = value.data_type;
            let value = match (value.binary_value, value.string_value) {
                (Some(blob), _) => AttributeValue::Binary(blob.into_inner()),
                (None, text) => AttributeValue::Text(text.unwrap_or_default()),
            };
            (name, Attribute { data_type, value })
        });
        let system = message.attributes.unwrap_or_default().into_iter();
        let system = system.map(|(name, value)| (name.as_str().to_owned(), value));
        Self::new(
            message.message_id.unwrap_or_default(),
            message.body.unwrap_or_default(),
            attributes.collect(),
            system.collect(),
            message.receipt_handle,
        )
    }

    /// Puts a message together and reads its envelope.
    #[must_use]
    pub fn new(
        id: String,
        body: String,
        attributes: BTreeMap<String, Attribute>,
        system: BTreeMap<String, String>,
        receipt_handle: Option<String>,
    ) -> Self {
        let envelope = Envelope::read(&body);
        Self { id, body, attributes, system, receipt_handle, envelope }
    }

    /// What the publisher sent: the envelope's message, else the body.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.envelope.as_ref().map_or(self.body.as_str(), |envelope| envelope.message.as_str())
    }

    /// One system attribute.
    #[must_use]
    pub fn system(&self, name: &str) -> Option<&str> {
        self.system.get(name).map(String::as_str)
    }

    /// How often it was received from this queue; a message moved by SQS keeps counting.
    #[must_use]
    pub fn receive_count(&self) -> Option<u64> {
        self.system("ApproximateReceiveCount")?.parse().ok()
    }

    /// When it was sent. A message moved from a standard queue keeps its first time; one moved from
    /// a FIFO queue does not.
    #[must_use]
    pub fn sent_at(&self) -> Option<Timestamp> {
        self.instant("SentTimestamp")
    }

    /// When it was first received.
    #[must_use]
    pub fn first_received_at(&self) -> Option<Timestamp> {
        self.instant("ApproximateFirstReceiveTimestamp")
    }

    fn instant(&self, name: &str) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.system(name)?.parse().ok()?).ok()
    }

    /// The queue that it was moved from by a RedrivePolicy.
    #[must_use]
    pub fn source_queue_arn(&self) -> Option<&str> {
        self.system("DeadLetterQueueSourceArn")
    }

    /// MessageGroupId.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.system("MessageGroupId")
    }

    /// MessageDeduplicationId.
    #[must_use]
    pub fn deduplication(&self) -> Option<&str> {
        self.system("MessageDeduplicationId")
    }

    /// AWSTraceHeader.
    #[must_use]
    pub fn trace_header(&self) -> Option<&str> {
        self.system("AWSTraceHeader")
    }

    /// The topic that it was published to.
    #[must_use]
    pub fn topic_arn(&self) -> Option<&str> {
        self.envelope.as_ref().map(|envelope| envelope.topic_arn.as_str())
    }

    /// The subscription that it was meant for; raw delivery tells nothing of it.
    #[must_use]
    pub fn subscription_arn(&self) -> Option<&str> {
        self.envelope.as_ref()?.subscription_arn.as_deref()
    }

    /// The id that SNS gave it when it was published.
    #[must_use]
    pub fn sns_message_id(&self) -> Option<&str> {
        self.envelope.as_ref().map(|envelope| envelope.message_id.as_str())
    }

    /// What Lambda wrote on it, when it is a failed asynchronous event.
    #[must_use]
    pub fn async_failure(&self) -> Option<AsyncFailure> {
        let text = |name: &str| self.attributes.get(name).and_then(Attribute::as_text);
        Some(AsyncFailure {
            code: text("ErrorCode")?.to_owned(),
            request_id: text("RequestID").map(str::to_owned),
            message: text("ErrorMessage").map(str::to_owned),
        })
    }

    /// The attributes that the publisher set: the envelope's, else the message's own.
    #[must_use]
    pub fn publisher_attributes(&self) -> &BTreeMap<String, Attribute> {
        match &self.envelope {
            Some(envelope) => &envelope.attributes,
            None => &self.attributes,
        }
    }
}
