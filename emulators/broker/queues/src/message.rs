//! Messages on their way in and out.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use brume_policy::Arn;
use bytes::Bytes;

use crate::{Content, Queue};

/// Added to sequence numbers in print, so that they have 20 digits as on AWS.
const SEQUENCE_BASE: u128 = 18_000_000_000_000_000_000;

/// The id of a message, a random UUID.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub [u8; 16]);

impl MessageId {
    /// Makes an id of random bits, with the marks of a version 4 UUID.
    #[must_use]
    pub const fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        Self(bytes)
    }

    /// The 36 characters of the text form.
    #[must_use]
    pub fn text(&self) -> [u8; 36] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at] = DIGITS[usize::from(byte >> 4)];
            text[at + 1] = DIGITS[usize::from(byte & 15)];
            at += 2;
        }
        text
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for MessageId {
    type Err = NotAMessageId;

    fn from_str(text: &str) -> Result<Self, NotAMessageId> {
        let digits = text.bytes().filter(|byte| *byte != b'-').collect::<Vec<_>>();
        let mut bytes = [0; 16];
        if digits.len() != 32 {
            return Err(NotAMessageId);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or(NotAMessageId);
            // Two hexadecimal digits fit a byte.
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).unwrap_or_default();
        }
        Ok(Self(bytes))
    }
}

/// The text is not a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMessageId;

impl fmt::Display for NotAMessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a message id has the form of a UUID")
    }
}

impl std::error::Error for NotAMessageId {}

/// The place of a message in a FIFO queue: 20 digits, increasing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SequenceNumber(pub(crate) u64);

impl fmt::Display for SequenceNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:020}", SEQUENCE_BASE + u128::from(self.0))
    }
}

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Body and attributes.
    pub content: Arc<Content>,
    /// How long it stays hidden; the queue's setting when absent. Not for FIFO queues.
    pub delay_seconds: Option<u32>,
    /// `MessageGroupId`: needed for FIFO, fair share on standard queues.
    pub group: Option<Box<str>>,
    /// `MessageDeduplicationId`, FIFO only.
    pub deduplication: Option<Box<str>>,
    /// The system attribute `AWSTraceHeader`.
    pub trace_header: Option<Box<str>>,
    /// `SenderId`, shared by all messages of one sender.
    pub sender: Arc<str>,
}

impl NewMessage {
    /// Makes a message that has only a content and a sender.
    #[must_use]
    pub fn new(content: Arc<Content>, sender: Arc<str>) -> Self {
        let (delay_seconds, group, deduplication, trace_header) = (None, None, None, None);
        Self { content, delay_seconds, group, deduplication, trace_header, sender }
    }
}

/// A message that was accepted: it is as durable as was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its id; that of the first one for a duplicate.
    pub id: MessageId,
    /// Its place; FIFO only.
    pub sequence: Option<SequenceNumber>,
    /// Whether the same was sent before, so that nothing new is in the queue.
    pub is_duplicate: bool,
}

/// One target of a fan-out.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where to.
    pub queue: Arc<Queue>,
    /// `MessageGroupId`.
    pub group: Option<Box<str>>,
    /// `MessageDeduplicationId`.
    pub deduplication: Option<Box<str>>,
    /// The system attribute `AWSTraceHeader`.
    pub trace_header: Option<Box<str>>,
    /// `SenderId`.
    pub sender: Arc<str>,
    /// Another body for this target only; the message then has no attributes.
    pub body_override: Option<Bytes>,
}

/// What a receiver asks for.
#[derive(Clone, Debug)]
pub struct Receive {
    /// How many messages at most, 1 to 10.
    pub max: usize,
    /// How long they are hidden; the queue's setting when absent.
    pub visibility_seconds: Option<u32>,
    /// How long to wait when there are none; the queue's setting when absent.
    pub wait_seconds: Option<u32>,
    /// `ReceiveRequestAttemptId`: the same one gives the same messages again. FIFO only.
    pub attempt_id: Option<Box<str>>,
}

impl Default for Receive {
    fn default() -> Self {
        Self { max: 1, visibility_seconds: None, wait_seconds: None, attempt_id: None }
    }
}

/// A message that was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its id.
    pub id: MessageId,
    /// What it is deleted with.
    pub handle: String,
    /// Body and attributes.
    pub content: Arc<Content>,
    /// The rest.
    pub attributes: SystemAttributes,
}

/// What SQS itself says about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemAttributes {
    /// `SenderId`.
    pub sender: Arc<str>,
    /// `SentTimestamp`, milliseconds since the epoch.
    pub sent_at_ms: u64,
    /// `ApproximateReceiveCount`, this receive included.
    pub receive_count: u32,
    /// `ApproximateFirstReceiveTimestamp`, milliseconds since the epoch; absent before.
    pub first_received_at_ms: Option<u64>,
    /// `SequenceNumber`, FIFO only.
    pub sequence: Option<SequenceNumber>,
    /// `MessageGroupId`.
    pub group: Option<Arc<str>>,
    /// `MessageDeduplicationId`.
    pub deduplication: Option<Arc<str>>,
    /// `AWSTraceHeader`.
    pub trace_header: Option<Arc<str>>,
    /// `DeadLetterQueueSourceArn`: the queue whose redrive policy moved it here.
    pub dead_letter_source: Option<Arc<Arn>>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A receiver would get it.
    Visible,
    /// A receiver has it.
    InFlight {
        /// When it becomes visible again, milliseconds since the epoch.
        until_ms: u64,
    },
    /// It was sent with a delay.
    Delayed {
        /// When it becomes visible, milliseconds since the epoch.
        until_ms: u64,
    },
}

/// A message as an administrator sees it, without receiving it.
#[derive(Clone, Debug)]
pub struct Peeked {
    /// Place in the listing: pass it to continue behind this message.
    pub cursor: u64,
    /// Its id.
    pub id: MessageId,
    /// Where it stands.
    pub state: State,
    /// Body and attributes.
    pub content: Arc<Content>,
    /// The rest.
    pub attributes: SystemAttributes,
}

/// How many messages a queue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `ApproximateNumberOfMessages`.
    pub visible: u64,
    /// `ApproximateNumberOfMessagesNotVisible`.
    pub in_flight: u64,
    /// `ApproximateNumberOfMessagesDelayed`.
    pub delayed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids() {
        let id = MessageId::from_random([0xFF; 16]);
        assert_eq!(id.to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("x".parse::<MessageId>(), Err(NotAMessageId));
    }

    #[test]
    fn sequence_numbers_have_twenty_digits() {
        for number in [0, 1, 1 << 62] {
            assert_eq!(SequenceNumber(number).to_string().len(), 20);
        }
        assert!(SequenceNumber(1).to_string() < SequenceNumber(2).to_string());
    }
}
