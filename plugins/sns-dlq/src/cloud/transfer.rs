//! Messages in and out of queues, in the batches that SQS takes.

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    MessageSystemAttributeName,
};
use brume_plugin::{Error, Result};

use super::queues::name_of;
use super::{Cloud, in_parallel};
use crate::message::{Attribute, DeadLetter};

/// Most entries in one batch.
pub const BATCH_MAX: usize = 10;

/// Longest sum of the bodies and attributes of a batch, in bytes.
pub const BATCH_BYTES_MAX: usize = 1_048_576;

/// What a receive asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receive {
    /// Messages, 1 to 10.
    pub max: usize,
    /// Seconds that they are hidden afterwards; `None` leaves it to the queue.
    pub visibility_seconds: Option<u32>,
    /// Seconds to wait for a first one, 0 to 20.
    pub wait_seconds: u32,
}

/// A message to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// The text.
    pub body: String,
    /// Attributes, by name.
    pub attributes: Vec<(String, Attribute)>,
    /// MessageGroupId.
    pub group: Option<String>,
    /// MessageDeduplicationId.
    pub deduplication: Option<String>,
    /// AWSTraceHeader.
    pub trace_header: Option<String>,
    /// Seconds before it can be received; not for FIFO queues.
    pub delay_seconds: Option<u32>,
}

/// What became of one entry of a batch: the entry's place in the batch, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The place in the batch that was given.
    pub index: usize,
    /// AWS's error code.
    pub code: String,
    /// AWS's text.
    pub text: String,
    /// The request was wrong; repeating it helps nobody.
    pub is_senders_fault: bool,
}

impl Cloud {
    /// Receives up to 10 messages with every attribute; empty when none came within the wait.
    ///
    /// # Errors
    /// What SQS says.
    pub async fn receive(&self, url: &str, receive: Receive) -> Result<Vec<DeadLetter>> {
        let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let answer = self
            .sqs()
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(receive.max.min(BATCH_MAX)).unwrap_or(1))
            .set_visibility_timeout(receive.visibility_seconds.map(whole))
            .wait_time_seconds(whole(receive.wait_seconds))
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|error| {
                self.aws().failure(format_args!("receive from '{}'", name_of(url)), error)
            })?;
        Ok(answer.messages.unwrap_or_default().into_iter().map(DeadLetter::from_sqs).collect())
    }

    /// Deletes up to 10 messages by receipt handle; says which were refused.
    ///
    /// # Errors
    /// What SQS says of the request as a whole.
    pub async fn delete_batch(&self, url: &str, handles: &[&str]) -> Result<Vec<Refused>> {
        if handles.is_empty() {
            return Ok(Vec::new());
        }
        let entries = handles.iter().enumerate().map(|(index, handle)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(*handle)
                .build()
        });
        let entries = entries.collect::<Result<_, _>>().map_err(|error| incomplete(&error))?;
        let request = self.sqs().delete_message_batch().queue_url(url);
        let answer = request.set_entries(Some(entries)).send().await.map_err(|error| {
            self.aws().failure(format_args!("delete from '{}'", name_of(url)), error)
        })?;
        Ok(answer.failed.into_iter().map(Refused::from).collect())
    }

    /// Begins or ends the time in which messages are held only to be looked at.
    pub fn set_looking(&self, is_looking: bool) {
        self.is_looking.set(is_looking);
    }

    /// Makes messages visible again; returns how many could not be.
    pub async fn give_back(&self, url: &str, handles: &[String]) -> usize {
        let batches: Vec<&[String]> = handles.chunks(BATCH_MAX).collect();
        let refused = in_parallel(batches, |batch| async move {
            let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
            // A failure is no reason to stop: what is not given back comes back by itself.
            Ok(match self.set_visibility(url, &batch, 0).await {
                Ok(refused) => refused.len(),
                Err(_) => batch.len(),
            })
        });
        refused.await.map(|counts| counts.into_iter().sum()).unwrap_or(handles.len())
    }

    /// Sets the visibility timeout of up to 10 received messages; 0 gives them back at once.
    ///
    /// # Errors
    /// What SQS says of the request as a whole.
    pub async fn set_visibility(
        &self,
        url: &str,
        handles: &[&str],
        seconds: u32,
    ) -> Result<Vec<Refused>> {
        if handles.is_empty() {
            return Ok(Vec::new());
        }
        let entries = handles.iter().enumerate().map(|(index, handle)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(*handle)
                .visibility_timeout(i32::try_from(seconds).unwrap_or(i32::MAX))
                .build()
        });
        let entries = entries.collect::<Result<_, _>>().map_err(|error| incomplete(&error))?;
        let request = self.sqs().change_message_visibility_batch().queue_url(url);
        let answer = request.set_entries(Some(entries)).send().await.map_err(|error| {
            self.aws().failure(format_args!("hold messages of '{}'", name_of(url)), error)
        })?;
        Ok(answer.failed.into_iter().map(Refused::from).collect())
    }
}

fn incomplete(error: &(dyn std::error::Error + 'static)) -> Error {
    Error::failed("cannot build the request").source(error)
}

fn place(id: &str) -> usize {
    id.parse().unwrap_or(usize::MAX)
}

impl From<aws_sdk_sqs::types::BatchResultErrorEntry> for Refused {
    fn from(entry: aws_sdk_sqs::types::BatchResultErrorEntry) -> Self {
        Self {
            index: place(&entry.id),
            code: entry.code,
            text: entry.message.unwrap_or_default(),
            is_senders_fault: entry.sender_fault,
        }
    }
}
