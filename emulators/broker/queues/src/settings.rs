//! What a queue's owner decides about it.

use std::sync::Arc;

use brume_policy::Arn;
use serde::{Deserialize, Serialize};

/// The attributes of a queue that can be set. Ranges are checked by whoever reads the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a new message stays hidden; 0 to 900 seconds.
    pub delay_seconds: u32,
    /// The largest message, attributes included; 1,024 to 1,048,576 bytes.
    pub maximum_message_bytes: u32,
    /// How long a message is kept; 60 to 1,209,600 seconds.
    pub retention_seconds: u32,
    /// How long a receive waits that does not say; 0 to 20 seconds.
    pub receive_wait_seconds: u32,
    /// How long a message is hidden after a receive that does not say; 0 to 43,200 seconds.
    pub visibility_timeout_seconds: u32,
    /// The access policy as it was written.
    pub policy: Option<Arc<str>>,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
    /// Which queues may use this one as their dead-letter queue.
    pub redrive_allow: Option<RedriveAllow>,
    /// What only a FIFO queue has.
    pub fifo: Option<Fifo>,
    /// The key of the owner that encrypts; kept and told, not used.
    pub kms_master_key_id: Option<Arc<str>>,
    /// How long a data key is used; 60 to 86,400 seconds.
    pub kms_data_key_reuse_seconds: u32,
    /// Whether the service's own key encrypts; kept and told, not used.
    pub sqs_managed_sse: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            delay_seconds: 0,
            maximum_message_bytes: 1_048_576,
            retention_seconds: 345_600,
            receive_wait_seconds: 0,
            visibility_timeout_seconds: 30,
            policy: None,
            redrive: None,
            redrive_allow: None,
            fifo: None,
            kms_master_key_id: None,
            kms_data_key_reuse_seconds: 300,
            sqs_managed_sse: true,
        }
    }
}

impl Settings {
    /// The attribute, by its name on the wire, in which two queues differ first.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let differs = [
            (self.delay_seconds != other.delay_seconds, "DelaySeconds"),
            (self.maximum_message_bytes != other.maximum_message_bytes, "MaximumMessageSize"),
            (self.retention_seconds != other.retention_seconds, "MessageRetentionPeriod"),
            (
                self.receive_wait_seconds != other.receive_wait_seconds,
                "ReceiveMessageWaitTimeSeconds",
            ),
            (
                self.visibility_timeout_seconds != other.visibility_timeout_seconds,
                "VisibilityTimeout",
            ),
            (self.policy != other.policy, "Policy"),
            (self.redrive != other.redrive, "RedrivePolicy"),
            (self.redrive_allow != other.redrive_allow, "RedriveAllowPolicy"),
            (self.fifo.is_some() != other.fifo.is_some(), "FifoQueue"),
            (self.fifo != other.fifo, "ContentBasedDeduplication"),
            (self.kms_master_key_id != other.kms_master_key_id, "KmsMasterKeyId"),
            (
                self.kms_data_key_reuse_seconds != other.kms_data_key_reuse_seconds,
                "KmsDataKeyReusePeriodSeconds",
            ),
            (self.sqs_managed_sse != other.sqs_managed_sse, "SqsManagedSseEnabled"),
        ];
        differs.into_iter().find_map(|(differs, name)| differs.then_some(name))
    }
}

/// A redrive policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redrive {
    /// The dead-letter queue.
    #[serde(with = "arn_text")]
    pub target: Arn,
    /// How often a message is received before it is moved instead; 1 to 1,000.
    pub max_receive_count: u32,
}

/// A redrive-allow policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedriveAllow {
    /// Every queue of the account and region.
    All,
    /// None.
    None,
    /// These, at most ten.
    Queues(#[serde(with = "arn_texts")] Vec<Arn>),
}

impl RedriveAllow {
    /// Whether `source` may use the queue as its dead-letter queue.
    #[must_use]
    pub fn allows(&self, source: &Arn) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Queues(queues) => queues.contains(source),
        }
    }
}

/// What only a FIFO queue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fifo {
    /// Whether the hash of the body stands in for a missing deduplication id.
    pub content_based_deduplication: bool,
    /// Within what deduplication ids are compared.
    pub deduplication_scope: DeduplicationScope,
    /// What the throughput limit applies to; kept and told, not enforced.
    pub throughput_limit: ThroughputLimit,
}

/// Within what deduplication ids are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeduplicationScope {
    /// The whole queue.
    #[default]
    Queue,
    /// One message group.
    MessageGroup,
}

/// What the throughput limit of a FIFO queue applies to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThroughputLimit {
    /// The whole queue.
    #[default]
    PerQueue,
    /// One message group.
    PerMessageGroupId,
}

mod arn_text {
    use brume_policy::Arn;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(arn: &Arn, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(arn)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Arn, D::Error> {
        String::deserialize(input)?.parse().map_err(de::Error::custom)
    }
}

mod arn_texts {
    use brume_policy::Arn;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(arns: &[Arn], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(arns.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Arn>, D::Error> {
        let texts = Vec::<String>::deserialize(input)?;
        texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect()
    }
}
