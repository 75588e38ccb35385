//! `SendMessage`, `SendMessageBatch`.

use std::sync::Arc;

use brume_edge::{Answer, AwsError, Call};
use brume_queues::{Content, Settings};

use super::{About, check_ids, missing_in_entry};
use crate::errors;
use crate::message::{self, Checked, MESSAGE_BYTES_MAX};
use crate::reply::batch::Outcomes;
use crate::reply::messages::SentReply;
use crate::request::{Batch, MessageInput, SendMessage};
use crate::service::{Sqs, read, wire};

impl Sqs {
    pub(crate) async fn send_message(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<SendMessage<'_>>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let sender = self.sender(call.caller.account);
        let checked = message::check(request.message, &queue.settings(), &sender, false)?;
        let Checked { mut message, system_md5 } = checked;
        if message.trace_header.is_none() {
            // X-Ray's header of the request stands in for the attribute; not in batches.
            message.trace_header = call.trace_header.as_deref().map(Box::from);
        }
        let content = message.content.clone();
        let about = About::queue(wire(call), &queue.key().name);
        let sent = queue.send(message).await.map_err(|error| about.error(error))?;
        Ok(SentReply::new(sent, &content, system_md5).answer(about.wire))
    }

    pub(crate) async fn send_message_batch(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<Batch<'_, MessageInput<'_>>>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let settings = queue.settings();
        let entries = request.entries;
        // Ids outlive the entries, whose texts go on into the messages.
        let ids = entries.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
        let ids = check_ids(&call.action, ids.iter().map(Option::as_deref))?;
        check_batch(&call.action, &entries, &settings)?;
        let sender = self.sender(call.caller.account);
        let mut replies = Vec::with_capacity(entries.len());
        let mut messages = Vec::with_capacity(entries.len());
        for entry in entries {
            let checked = message::check(entry, &settings, &sender, true);
            replies.push(checked.map(|Checked { message, system_md5 }| {
                let content = message.content.clone();
                messages.push(message);
                (content, system_md5)
            }));
        }
        let about = About::queue(wire(call), &queue.key().name);
        let mut sent = queue.send_batch(messages).await.into_iter();
        let outcome = |reply: Result<(Arc<Content>, _), AwsError>| {
            let (content, system_md5) = reply?;
            let sent = sent.next().ok_or_else(|| errors::internal("A message was forgotten."))?;
            let sent = sent.map_err(|error| about.error(error))?;
            Ok(SentReply::new(sent, &content, system_md5))
        };
        let outcomes = ids.into_iter().zip(replies.into_iter().map(outcome)).collect();
        Ok(Outcomes(outcomes).answer(about.wire, &call.action))
    }
}

/// What makes a whole batch fail rather than an entry.
fn check_batch(
    action: &str,
    entries: &[MessageInput<'_>],
    settings: &Settings,
) -> Result<(), AwsError> {
    for (index, entry) in entries.iter().enumerate() {
        if entry.message_body.as_deref().is_none_or(str::is_empty) {
            return Err(missing_in_entry(action, index, "MessageBody"));
        }
        let Some(fifo) = settings.fifo else { continue };
        if entry.message_deduplication_id.is_none() && !fifo.content_based_deduplication {
            return Err(message::no_deduplication());
        }
        if entry.message_group_id.is_none() {
            // In a batch AWS gives it another code than in `SendMessage`.
            let message = "The request must contain the parameter MessageGroupId.";
            return Err(errors::invalid_parameter(message));
        }
    }
    let bytes = entries.iter().map(message::input_bytes).sum::<usize>();
    if bytes > MESSAGE_BYTES_MAX {
        return Err(errors::batch_too_long(MESSAGE_BYTES_MAX, bytes));
    }
    Ok(())
}
