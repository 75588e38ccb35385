//! The operations, grouped by what they are about.

mod deletion;
mod listing;
mod moves;
mod queue;
mod receive;
mod send;
mod tags;

use brume_edge::AwsError;
use brume_queues::QueueError;

use crate::errors::{self, Wire};

/// Most entries of a batch.
const ENTRIES_MAX: usize = 10;
/// Characters of the id of an entry.
const ENTRY_ID_BYTES_MAX: usize = 80;

/// What an error of the engine is about.
#[derive(Clone, Copy, Debug)]
struct About<'a> {
    wire: Wire,
    /// Name of the queue.
    queue: &'a str,
    /// The receipt handle that was given.
    handle: &'a str,
    /// The visibility timeout that was given.
    seconds: u32,
}

impl<'a> About<'a> {
    fn queue(wire: Wire, queue: &'a str) -> Self {
        Self { wire, queue, handle: "", seconds: 0 }
    }

    fn handle(wire: Wire, queue: &'a str, handle: &'a str) -> Self {
        Self { handle, ..Self::queue(wire, queue) }
    }

    /// An error of the engine in AWS's words.
    fn error(&self, error: QueueError) -> AwsError {
        let Self { wire, queue, handle, seconds } = *self;
        match error {
            QueueError::QueueDoesNotExist => errors::no_queue(wire),
            QueueError::QueueNameExists { attribute } => errors::queue_exists(attribute),
            QueueError::QueueDeletedRecently => errors::deleted_recently(),
            QueueError::PurgeQueueInProgress => errors::purge_in_progress(queue),
            QueueError::OverLimit => {
                errors::over_limit("Too many messages are in flight for this queue.")
            }
            QueueError::ReceiptHandleIsInvalid(_) => errors::invalid_handle(handle),
            QueueError::MessageNotInflight => errors::not_in_flight(),
            QueueError::MessageNotAvailable => errors::not_available(handle),
            QueueError::ReceiptHandleExpired => errors::expired_handle(handle),
            QueueError::VisibilityTooLong => {
                let reason = "Total VisibilityTimeout for the message is beyond the limit [43200 \
                              seconds].";
                errors::invalid_value(seconds, "VisibilityTimeout", reason)
            }
            QueueError::MissingGroup => errors::missing_parameter("MessageGroupId"),
            QueueError::MissingDeduplication => crate::message::no_deduplication(),
            QueueError::NotForThisKind { parameter } => errors::invalid_parameter(format!(
                "The request includes the parameter {parameter}, which is not valid for this \
                 queue type."
            )),
            QueueError::MessageTooLong { bytes_max } => errors::invalid_parameter(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than \
                 {bytes_max} bytes."
            )),
            QueueError::InvalidAttributeValue { attribute, reason } => errors::attribute_value(
                format!("Invalid value for the parameter {attribute}. Reason: {reason}"),
            ),
            QueueError::InvalidMove(message) => errors::invalid_parameter(message),
            QueueError::ResourceNotFound(message) => errors::not_found(message),
            QueueError::TooManyTags => {
                errors::invalid_parameter(format!("Too many tags added for queue {queue}."))
            }
            QueueError::TooMany(what) => errors::over_limit(format!("There are too many {what}.")),
            QueueError::StorageFailed(error) => errors::internal(error.to_string()),
        }
    }
}

/// Checks the ids of a batch's entries.
///
/// # Errors
/// `EmptyBatchRequest`, `TooManyEntriesInBatchRequest`, `InvalidBatchEntryId`,
/// `BatchEntryIdsNotDistinct`, `MissingParameter`.
fn check_ids<'a>(
    action: &str,
    ids: impl ExactSizeIterator<Item = Option<&'a str>>,
) -> Result<Vec<&'a str>, AwsError> {
    match ids.len() {
        0 => return Err(errors::empty_batch(&format!("{action}RequestEntry"))),
        1..=ENTRIES_MAX => {}
        count => return Err(errors::too_many_entries(count)),
    }
    let mut seen = Vec::with_capacity(ids.len());
    for (index, id) in ids.enumerate() {
        let id = id.ok_or_else(|| missing_in_entry(action, index, "Id"))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=ENTRY_ID_BYTES_MAX).contains(&id.len()) || !id.bytes().all(is_plain) {
            return Err(errors::invalid_entry_id());
        }
        // Ten at most, so that comparing each with each is the fastest.
        if seen.contains(&id) {
            return Err(errors::repeated_id(id));
        }
        seen.push(id);
    }
    Ok(seen)
}

/// A parameter of an entry is not there; entries count from 1.
fn missing_in_entry(action: &str, index: usize, name: &str) -> AwsError {
    errors::missing_parameter(&format!("{action}RequestEntry.{}.{name}", index + 1))
}

/// Checks a number that must be in a range if it is there.
fn in_range(value: Option<i64>, name: &str, range: [i64; 2]) -> Result<Option<u32>, AwsError> {
    let [least, most] = range;
    let Some(value) = value else { return Ok(None) };
    let fitting = u32::try_from(value).ok().filter(|_| (least..=most).contains(&value));
    fitting.map(Some).ok_or_else(|| {
        let reason = if least == 0 {
            format!("Must be >= {least} and <= {most}, if provided.")
        } else {
            format!("Must be between {least} and {most}, if provided.")
        };
        errors::invalid_value(value, name, reason)
    })
}
