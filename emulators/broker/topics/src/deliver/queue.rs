//! Deliveries to queues, as endpoints and as dead-letter queues.

use std::sync::Arc;

use brume_foundation::clock::Moment;
use brume_queues::QueueKey;
use bytes::Bytes;

use super::shared::Shared;
use super::verdict::{Delivered, Failure, Verdict};
use crate::directory::SubscriptionEntry;
use crate::message::Message;
use crate::ports::QueueTarget;
use crate::protocol::Protocol;
use brume_policy::PolicyMode;

/// What a queue gets: the message as it is, or in its envelope.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Raw,
    Envelope(Bytes),
}

impl Shared {
    /// An injected failure of a delivery, if a rule asks for one: service `sns`, operation
    /// `Deliver/PROTOCOL/ENDPOINT`.
    pub(crate) fn fault(&self, protocol: Protocol, endpoint: &str, now: Moment) -> Option<Failure> {
        if !self.faults.has_rules() {
            return None;
        }
        let operation = format!("Deliver/{protocol}/{endpoint}");
        self.faults.decide("sns", &operation, now).failure.map(Failure::from)
    }

    /// Asks whether a subscription's queue takes a message.
    pub(crate) fn endpoint_queue(
        &self,
        entry: &SubscriptionEntry,
        message: &Message,
        now: Moment,
    ) -> Result<QueueTarget, Failure> {
        if let Some(failure) = self.fault(Protocol::Sqs, &entry.record.endpoint, now) {
            return Err(failure);
        }
        let Some(queue) = &entry.queue else {
            return Err(Failure::client(400, "InvalidEndpoint", "the endpoint is no queue"));
        };
        self.open_queue(queue, entry, message, now, false)
    }

    /// Asks whether a subscription's dead-letter queue takes a message; nothing when there is none.
    pub(crate) fn dead_letter_queue(
        &self,
        entry: &SubscriptionEntry,
        message: &Message,
        now: Moment,
    ) -> Option<Result<QueueTarget, Failure>> {
        let queue = entry.dead_letter_queue.as_ref()?;
        Some(self.open_queue(queue, entry, message, now, true))
    }

    fn open_queue(
        &self,
        queue: &QueueKey,
        entry: &SubscriptionEntry,
        message: &Message,
        now: Moment,
        is_dead_letter: bool,
    ) -> Result<QueueTarget, Failure> {
        let Some(facts) = self.options.queues.find(queue) else {
            let detail = format!("the queue {queue} does not exist");
            return Err(Failure::client(400, "QueueDoesNotExist", detail));
        };
        if self.options.policy_mode != PolicyMode::Off {
            let admission =
                if is_dead_letter { &entry.dead_letter_admission } else { &entry.admission };
            let refusal = admission.refusal(facts.policy.as_ref(), queue, &message.topic, now);
            match refusal {
                Some(reason) if self.options.policy_mode == PolicyMode::Enforce => {
                    return Err(Failure::client(403, "AccessDenied", &*reason));
                }
                Some(reason) => self.log.warn(format_args!("not enforced: {reason}")),
                None => {}
            }
        }
        let is_fifo = queue.is_fifo();
        Ok(QueueTarget {
            queue: queue.clone(),
            handle: facts.handle,
            group: message.group.clone(),
            deduplication: message.deduplication.clone().filter(|_| is_fifo),
            trace_header: message.trace_header.clone(),
            body: None,
        })
    }

    /// What a queue gets for a subscription.
    pub(crate) async fn queue_body(
        &self,
        entry: &SubscriptionEntry,
        message: &Arc<Message>,
    ) -> Result<Body, Failure> {
        if entry.is_raw {
            return Ok(Body::Raw);
        }
        let text = message.text_for(entry.record.protocol);
        let template = self.template(message, text).await?;
        Ok(Body::Envelope(template.render(&entry.record.arn)))
    }

    /// Puts one message into one queue.
    pub(crate) async fn put(
        &self,
        entry: &SubscriptionEntry,
        message: &Arc<Message>,
        mut target: QueueTarget,
    ) -> Verdict {
        if let Body::Envelope(body) = self.queue_body(entry, message).await? {
            target.body = Some(body);
        }
        let content = message.raw_content(message.text_for(entry.record.protocol));
        let answers = self.options.queues.deliver(content, vec![target]).await;
        match answers.into_iter().next() {
            Some(Ok(id)) => Ok(delivered(&id.to_string())),
            Some(Err(error)) => Err(Failure::from(error)),
            None => Err(Failure::server(500, "InternalError", "the queues gave no answer")),
        }
    }
}

/// What a queue answered, as AWS's logs show it.
pub(crate) fn delivered(message_id: &str) -> Delivered {
    Delivered { status: 200, response: format!("{{\"sqsMessageId\":\"{message_id}\"}}") }
}

/// The id in what [`delivered`] made.
pub(crate) fn message_id(delivered: &Delivered) -> &str {
    delivered.response.split('"').nth(3).unwrap_or_default()
}
