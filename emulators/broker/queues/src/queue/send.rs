//! Sending to one queue.

use std::sync::Arc;

use brume_foundation::journal::Ticket;

use super::{Queue, Work};
use crate::engine::dedup::{First, Key, id_of, key};
use crate::engine::slab::Extra;
use crate::engine::{Arrival, Engine, Proof};
use crate::message::SequenceNumber;
use crate::record::{self, Put};
use crate::{Content, MessageId, NewMessage, QueueError, Sent, Settings};

/// What becomes of one message.
pub(super) enum Accepted {
    /// It is in the queue: slot and order.
    New(MessageId, u32, u64),
    /// The same was sent before; perhaps it waits for these.
    Duplicate(First, Vec<Proof>),
}

impl Accepted {
    pub(super) fn sent(&self, is_fifo: bool) -> Sent {
        let (id, order, is_duplicate) = match self {
            Self::New(id, _, order) => (*id, *order, false),
            Self::Duplicate(first, _) => (first.id, first.order, true),
        };
        Sent { id, sequence: is_fifo.then_some(SequenceNumber(order)), is_duplicate }
    }
}

/// A message as its sender wants it, whichever way it comes.
pub(super) struct Wanted<'a> {
    pub(super) content: &'a Arc<Content>,
    pub(super) delay_seconds: Option<u32>,
    pub(super) group: Option<&'a str>,
    pub(super) deduplication: Option<&'a str>,
    pub(super) trace_header: Option<&'a str>,
    pub(super) sender: &'a Arc<str>,
}

impl<'a> From<&'a NewMessage> for Wanted<'a> {
    fn from(message: &'a NewMessage) -> Self {
        Self {
            content: &message.content,
            delay_seconds: message.delay_seconds,
            group: message.group.as_deref(),
            deduplication: message.deduplication.as_deref(),
            trace_header: message.trace_header.as_deref(),
            sender: &message.sender,
        }
    }
}

impl Queue {
    /// Sends a message.
    ///
    /// # Errors
    /// What the queue's kind and settings forbid; it was deleted; the disk refuses.
    pub async fn send(&self, message: NewMessage) -> Result<Sent, QueueError> {
        let (accepted, ticket, is_fifo) = {
            let mut work = self.work()?;
            let is_fifo = work.engine().is_fifo();
            let accepted = work.accept(&Wanted::from(&message))?;
            let ticket = work.append_puts(std::slice::from_ref(&accepted))?;
            (accepted, ticket, is_fifo)
        };
        self.settled(&accepted, ticket).await?;
        let sent = accepted.sent(is_fifo);
        if !sent.is_duplicate {
            self.meters().sent(self.hub.now(), message.content.bytes());
        }
        Ok(sent)
    }

    /// Sends messages in their order; each succeeds or fails by itself.
    pub async fn send_batch(&self, messages: Vec<NewMessage>) -> Vec<Result<Sent, QueueError>> {
        let all = |error: &QueueError| messages.iter().map(|_| Err(error.clone())).collect();
        let (results, ticket, is_fifo) = {
            let mut work = match self.work() {
                Ok(work) => work,
                Err(error) => return all(&error),
            };
            let is_fifo = work.engine().is_fifo();
            let accept = |message| work.accept(&Wanted::from(message));
            let results = messages.iter().map(accept).collect::<Vec<_>>();
            let accepted = results.iter().filter_map(|result| result.as_ref().ok());
            match work.append_puts(accepted) {
                Ok(ticket) => (results, ticket, is_fifo),
                Err(error) => return all(&error),
            }
        };
        for accepted in results.iter().filter_map(|result| result.as_ref().ok()) {
            if let Err(error) = self.settled(accepted, ticket.clone()).await {
                return all(&error);
            }
        }
        let now = self.hub.now();
        let sent = |(result, message): (Result<Accepted, QueueError>, &NewMessage)| {
            let sent = result?.sent(is_fifo);
            if !sent.is_duplicate {
                self.meters().sent(now, message.content.bytes());
            }
            Ok(sent)
        };
        results.into_iter().zip(&messages).map(sent).collect()
    }

    /// Waits until a message is durable: the one that was sent, or the one that it repeats.
    async fn settled(&self, accepted: &Accepted, ticket: Option<Ticket>) -> Result<(), QueueError> {
        match accepted {
            Accepted::New(..) => self.durable(ticket).await,
            Accepted::Duplicate(_, proofs) => {
                for proof in proofs {
                    proof.durable().await?;
                }
                Ok(())
            }
        }
    }
}

impl Work<'_> {
    /// Checks a message and takes it in; its record is still to be appended.
    pub(super) fn accept(&mut self, wanted: &Wanted<'_>) -> Result<Accepted, QueueError> {
        let settings = Arc::clone(&self.state.settings);
        let bytes_max = settings.maximum_message_bytes;
        if wanted.content.bytes() > usize::try_from(bytes_max).unwrap_or(usize::MAX) {
            return Err(QueueError::MessageTooLong { bytes_max });
        }
        let (deduplication, key) = check_kind(wanted, &settings)?;
        let now_ms = self.now_ms;
        if let Some(first) = key.and_then(|key| self.engine().duplicate(&key, now_ms)) {
            return Ok(Accepted::Duplicate(first, self.engine().pending().proofs()));
        }
        let delay_seconds = wanted.delay_seconds.unwrap_or(settings.delay_seconds);
        let id = self.queue.hub.message_id();
        let trace_header = wanted.trace_header.map(Arc::from);
        let arrival = Arrival {
            content: Arc::clone(wanted.content),
            id,
            sender: Arc::clone(wanted.sender),
            group: wanted.group,
            extra: Extra { deduplication, key, trace_header, dead_letter_source: None },
            sent_at_ms: now_ms,
            until_ms: now_ms + u64::from(delay_seconds) * 1_000,
            receive_count: 0,
        };
        let put = self.engine_mut().put(arrival, now_ms);
        let (slot, order) = put.ok_or(QueueError::TooMany("messages in the queue"))?;
        Ok(Accepted::New(id, slot, order))
    }

    /// Appends one record for all that is new; without anything new there is none.
    fn append_puts<'b>(
        &mut self,
        accepted: impl IntoIterator<Item = &'b Accepted>,
    ) -> Result<Option<Ticket>, QueueError> {
        let new = |accepted: &Accepted| match *accepted {
            Accepted::New(_, slot, order) => Some((slot, order)),
            Accepted::Duplicate(..) => None,
        };
        let new = accepted.into_iter().filter_map(new).collect::<Vec<_>>();
        if new.is_empty() {
            return Ok(None);
        }
        let id = self.queue.id;
        let (ticket, bytes) = self.append(|engine, output| {
            let puts = new.iter().filter_map(|&(slot, order)| put_of(engine, slot, order));
            record::puts(output, id, puts.collect::<Vec<_>>().into_iter());
        })?;
        if let Some(ticket) = &ticket {
            let share = bytes / u32::try_from(new.len()).unwrap_or(1);
            for &(slot, order) in &new {
                self.engine_mut().set_home(slot, order, ticket.sequence(), share);
            }
        }
        Ok(ticket)
    }
}

/// A message as it is recorded.
pub(crate) fn put_of(engine: &Engine, slot: u32, order: u64) -> Option<Put<'_>> {
    let message = engine.message(slot, order)?;
    let group = engine.lanes().name(message.lane).map(|name| &**name);
    Some(Put { slot, message, group })
}

/// Checks what only FIFO queues have; returns the deduplication id and what stands for it.
fn check_kind(
    wanted: &Wanted<'_>,
    settings: &Settings,
) -> Result<(Option<Arc<str>>, Option<Key>), QueueError> {
    let Some(fifo) = &settings.fifo else {
        if wanted.deduplication.is_some() {
            return Err(QueueError::NotForThisKind { parameter: "MessageDeduplicationId" });
        }
        return Ok((None, None));
    };
    let group = wanted.group.ok_or(QueueError::MissingGroup)?;
    if wanted.delay_seconds.is_some_and(|seconds| seconds > 0) {
        return Err(QueueError::NotForThisKind { parameter: "DelaySeconds" });
    }
    let id = match wanted.deduplication {
        Some(id) => Arc::from(id),
        None if fifo.content_based_deduplication => Arc::from(id_of(&wanted.content.body)),
        None => return Err(QueueError::MissingDeduplication),
    };
    let key = key(fifo.deduplication_scope, group, &id);
    Ok((Some(id), Some(key)))
}
