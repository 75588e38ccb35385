//! What the engine refuses, one variant for each error that AWS has a name for.

use std::fmt;

use brume_foundation::Error;

/// Why a queue did not do what it was asked.
#[derive(Clone, Debug)]
pub enum QueueError {
    /// There is no such queue, or it was deleted meanwhile.
    QueueDoesNotExist,
    /// A queue of this name exists and has other attributes; names the first that differs.
    QueueNameExists {
        /// `VisibilityTimeout`.
        attribute: &'static str,
    },
    /// A queue of this name was deleted less than 60 seconds ago.
    QueueDeletedRecently,
    /// The queue was purged less than 60 seconds ago.
    PurgeQueueInProgress,
    /// 120,000 messages of a standard queue are in flight.
    OverLimit,
    /// The receipt handle was not made for this queue, or was altered.
    ReceiptHandleIsInvalid(&'static str),
    /// The message is not in flight (any more).
    MessageNotInflight,
    /// The message does not exist any more (`InvalidParameterValue` on AWS: "Message does not exist
    /// or is not available for visibility timeout change").
    MessageNotAvailable,
    /// The receipt handle is of an earlier receive, or its visibility has ended: FIFO queues only
    /// (`InvalidParameterValue` on AWS: "The receipt handle has expired").
    ReceiptHandleExpired,
    /// The visibility would reach beyond 12 hours after the receive.
    VisibilityTooLong,
    /// A FIFO queue needs a message group (`MissingParameter`).
    MissingGroup,
    /// A FIFO queue without content-based deduplication needs a deduplication id
    /// (`InvalidParameterValue`).
    MissingDeduplication,
    /// The parameter is not for a queue of this kind (`InvalidParameterValue`).
    NotForThisKind {
        /// `MessageDeduplicationId`.
        parameter: &'static str,
    },
    /// The message is larger than the queue takes.
    MessageTooLong {
        /// The queue's limit.
        bytes_max: u32,
    },
    /// An attribute cannot have this value; the reason is for people.
    InvalidAttributeValue {
        /// `RedrivePolicy`.
        attribute: &'static str,
        /// Why not.
        reason: String,
    },
    /// A move task cannot be started like this (`InvalidParameterValue`).
    InvalidMove(String),
    /// There is no such queue or move task (`ResourceNotFoundException`).
    ResourceNotFound(String),
    /// More than 50 tags.
    TooManyTags,
    /// More queues or messages than this engine holds.
    TooMany(&'static str),
    /// The disk refused; nothing was changed.
    StorageFailed(Error),
}

impl fmt::Display for QueueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QueueDoesNotExist => formatter.write_str("the queue does not exist"),
            Self::QueueNameExists { attribute } => {
                write!(formatter, "a queue of this name exists with another {attribute}")
            }
            Self::QueueDeletedRecently => {
                formatter.write_str("a queue of this name was deleted less than 60 seconds ago")
            }
            Self::PurgeQueueInProgress => {
                formatter.write_str("the queue was purged less than 60 seconds ago")
            }
            Self::OverLimit => formatter.write_str("too many messages are in flight"),
            Self::ReceiptHandleIsInvalid(reason) => {
                write!(formatter, "the receipt handle is not valid: {reason}")
            }
            Self::MessageNotInflight => formatter.write_str("the message is not in flight"),
            Self::MessageNotAvailable => formatter.write_str(
                "the message does not exist or is not available for visibility timeout change",
            ),
            Self::ReceiptHandleExpired => formatter.write_str("the receipt handle has expired"),
            Self::VisibilityTooLong => {
                formatter.write_str("the visibility would last longer than 12 hours in total")
            }
            Self::MissingGroup => formatter.write_str("a FIFO queue needs a message group id"),
            Self::MissingDeduplication => {
                formatter.write_str("the queue needs a message deduplication id")
            }
            Self::NotForThisKind { parameter } => {
                write!(formatter, "{parameter} is not for a queue of this kind")
            }
            Self::MessageTooLong { bytes_max } => {
                write!(formatter, "the message is longer than {bytes_max} bytes")
            }
            Self::InvalidAttributeValue { attribute, reason } => {
                write!(formatter, "{attribute}: {reason}")
            }
            Self::InvalidMove(reason) | Self::ResourceNotFound(reason) => {
                formatter.write_str(reason)
            }
            Self::TooManyTags => formatter.write_str("a queue has 50 tags at most"),
            Self::TooMany(what) => write!(formatter, "too many {what}"),
            Self::StorageFailed(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for QueueError {}

impl From<Error> for QueueError {
    fn from(error: Error) -> Self {
        Self::StorageFailed(error)
    }
}
