//! Receiving, with and without waiting.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use brume_foundation::journal::Ticket;

use super::{Queue, Work};
use crate::engine::slab::Message;
use crate::engine::{Engine, IN_FLIGHT_MAX};
use crate::handle::Handle;
use crate::message::{SequenceNumber, SystemAttributes};
use crate::{QueueError, Receive, Received, record};

/// What one attempt to receive gave.
enum Attempt {
    /// Messages, as soon as the ticket says so.
    Taken(Vec<Taken>, Option<Ticket>),
    Nothing,
    /// Too many are in flight.
    OverLimit,
    /// Dead letters come first, and have to go.
    DeadLetters,
}

/// A message that was taken, and what its handle names.
struct Taken {
    handle: Handle,
    received: Received,
}

impl Queue {
    /// Receives messages, waiting for the first one if that is asked for.
    ///
    /// # Errors
    /// [`QueueError::OverLimit`]; it was deleted, also while waiting; the disk refuses.
    pub async fn receive(&self, request: Receive) -> Result<Vec<Received>, QueueError> {
        let received = match self.receive_now(&request).await? {
            Some(received) => received,
            None => {
                let seconds = self.wait_seconds(&request);
                if seconds == 0 {
                    Vec::new()
                } else {
                    self.receive_later(&request, Duration::from_secs(u64::from(seconds))).await?
                }
            }
        };
        self.meters().received(self.hub.now(), received.len());
        Ok(received)
    }

    fn wait_seconds(&self, request: &Receive) -> u32 {
        request.wait_seconds.unwrap_or_else(|| self.lock().settings.receive_wait_seconds)
    }

    /// Receives what is there; nothing if there is nothing.
    async fn receive_now(&self, request: &Receive) -> Result<Option<Vec<Received>>, QueueError> {
        loop {
            let attempt = self.work()?.take(request)?;
            match attempt {
                Attempt::Nothing => return Ok(None),
                Attempt::OverLimit if self.wait_seconds(request) > 0 => return Ok(None),
                Attempt::OverLimit => return Err(QueueError::OverLimit),
                Attempt::DeadLetters => {
                    let ticket = self.move_dead_letters()?;
                    self.durable(ticket).await?;
                }
                Attempt::Taken(taken, ticket) => {
                    self.durable(ticket).await?;
                    let seal = self.hub.seal();
                    let finish = |taken: Taken| Received {
                        handle: seal.seal(&taken.handle),
                        ..taken.received
                    };
                    return Ok(Some(taken.into_iter().map(finish).collect()));
                }
            }
        }
    }

    /// Waits for something to receive.
    async fn receive_later(
        &self,
        request: &Receive,
        wait: Duration,
    ) -> Result<Vec<Received>, QueueError> {
        let mut end = pin!(self.hub.clock.sleep(wait));
        loop {
            let mut arrival = pin!(self.arrivals.notified());
            arrival.as_mut().enable();
            let _waiting = Waiting::begin(self);
            // A message may have come before the first of us could be woken.
            if let Some(received) = self.receive_now(request).await? {
                return Ok(received);
            }
            if self.hub.is_closed() {
                return Ok(Vec::new());
            }
            tokio::select! {
                () = arrival => {}
                _tick = &mut end => return Ok(Vec::new()),
            }
        }
    }
}

/// Counts a receiver that waits.
struct Waiting<'a>(&'a Queue);

impl<'a> Waiting<'a> {
    fn begin(queue: &'a Queue) -> Self {
        queue.lock().waiting += 1;
        Self(queue)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

impl Work<'_> {
    fn take(&mut self, request: &Receive) -> Result<Attempt, QueueError> {
        let now_ms = self.now_ms;
        let settings = Arc::clone(&self.state.settings);
        let seconds = request.visibility_seconds.unwrap_or(settings.visibility_timeout_seconds);
        let until_ms = now_ms + u64::from(seconds) * 1_000;
        let is_fifo = self.engine().is_fifo();
        let attempt = request.attempt_id.as_deref().filter(|_| is_fifo);
        if let Some(leased) = attempt.and_then(|id| self.engine().attempt(id, now_ms)) {
            return self.renew(&leased, until_ms);
        }
        let in_flight = self.engine().counts().in_flight;
        let room = usize::try_from(IN_FLIGHT_MAX.saturating_sub(in_flight)).unwrap_or(usize::MAX);
        if room == 0 {
            return Ok(if is_fifo { Attempt::Nothing } else { Attempt::OverLimit });
        }
        let receives_max = self.dead_letter_queue().map(|(_, receives_max)| receives_max);
        let mut leased = Vec::with_capacity(request.max);
        let max = request.max.min(room);
        let is_dead_letter_first =
            self.engine_mut().take(max, (now_ms, until_ms), receives_max, &mut leased);
        if leased.is_empty() {
            let nothing =
                if is_dead_letter_first { Attempt::DeadLetters } else { Attempt::Nothing };
            return Ok(nothing);
        }
        let id = self.queue.id;
        let (ticket, _) = self.append(|engine, output| {
            let leases = leased.iter().map(|&slot| (slot, order_of(engine, slot)));
            record::lease(output, id, (now_ms, until_ms), attempt, leases);
        })?;
        if let Some(attempt) = attempt {
            self.engine_mut().remember_attempt(attempt.into(), now_ms, &leased);
        }
        Ok(Attempt::Taken(self.taken(&leased), ticket))
    }

    /// Gives the messages of an earlier receive once more.
    fn renew(&mut self, leased: &[u32], until_ms: u64) -> Result<Attempt, QueueError> {
        self.engine_mut().renew(leased, until_ms);
        let id = self.queue.id;
        let (ticket, _) = self.append(|engine, output| {
            let change = |&slot: &u32| (slot, order_of(engine, slot), until_ms);
            record::changes(output, id, leased.iter().map(change));
        })?;
        Ok(Attempt::Taken(self.taken(leased), ticket))
    }

    fn taken(&self, leased: &[u32]) -> Vec<Taken> {
        let engine = self.engine();
        let queue = self.facts.handle_id;
        let taken = |&slot: &u32| {
            let message = engine.slab().get(slot)?;
            let (order, lease) = (message.order, message.leases);
            let received = Received {
                id: message.id,
                handle: String::new(),
                content: Arc::clone(&message.content),
                attributes: attributes(engine, message),
            };
            Some(Taken { handle: Handle { queue, slot, order, lease }, received })
        };
        leased.iter().filter_map(taken).collect()
    }
}

fn order_of(engine: &Engine, slot: u32) -> u64 {
    engine.slab().get(slot).map_or(0, |message| message.order)
}

/// What SQS says about a message.
pub(super) fn attributes(engine: &Engine, message: &Message) -> SystemAttributes {
    let extra = message.extra.as_deref();
    let first_ms = message.first_received_at_ms;
    SystemAttributes {
        sender: Arc::clone(&message.sender),
        sent_at_ms: message.sent_at_ms,
        receive_count: message.receive_count,
        first_received_at_ms: (first_ms > 0).then_some(first_ms),
        sequence: engine.is_fifo().then_some(SequenceNumber(message.order)),
        group: engine.lanes().name(message.lane).cloned(),
        deduplication: extra.and_then(|extra| extra.deduplication.clone()),
        trace_header: extra.and_then(|extra| extra.trace_header.clone()),
        dead_letter_source: extra.and_then(|extra| extra.dead_letter_source.clone()),
    }
}
