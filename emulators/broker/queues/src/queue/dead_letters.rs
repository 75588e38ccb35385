//! From one queue to another: dead letters at a receive, and messages of a move task.

use std::sync::Arc;

use brume_foundation::journal::Ticket;

use super::send::put_of;
use super::{Queue, Work};
use crate::engine::Arrival;
use crate::engine::slab::Extra;
use crate::{QueueError, QueueKey, record};

/// How a message is changed by a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// The redrive policy moves it: it stays the same message.
    ByPolicy,
    /// A move task moves it: it becomes a new message.
    ByTask,
}

impl Work<'_> {
    /// The dead-letter queue and how often a message is received before it goes there; nothing
    /// when there is no such queue, so that messages stay.
    pub(super) fn dead_letter_queue(&mut self) -> Option<(Arc<Queue>, u32)> {
        let redrive = self.state.settings.redrive.as_ref()?;
        let receives_max = redrive.max_receive_count;
        let known = self.state.dead_letters.upgrade().filter(|queue| !queue.is_deleted());
        let is_same = |queue: &Arc<Queue>| *queue.arn == redrive.target;
        if let Some(queue) = known.filter(is_same) {
            return Some((queue, receives_max));
        }
        let key = QueueKey::of(&redrive.target)?;
        let found = self.queue.hub.registry().get(&key).cloned()?;
        if found.id == self.queue.id || found.key.is_fifo() != self.queue.key.is_fifo() {
            return None;
        }
        self.state.dead_letters = Arc::downgrade(&found);
        Some((found, receives_max))
    }

    /// Puts messages that were withdrawn from this queue into `target`, with one record.
    pub(crate) fn move_to(
        &mut self,
        target: &mut Work<'_>,
        slots: &[u32],
        how: Moved,
    ) -> Result<Option<Ticket>, QueueError> {
        let mut arrived = Vec::with_capacity(slots.len());
        for &slot in slots {
            match self.copy_to(target, slot, how) {
                Some(places) => arrived.push(places),
                None => {
                    target.engine_mut().undo();
                    self.engine_mut().undo();
                    return Err(QueueError::TooMany("messages in the queue"));
                }
            }
        }
        let before = [self.last_ticket(), target.last_ticket()];
        let before = before.iter().flatten().collect::<Vec<_>>();
        let (source_id, target_id) = (self.queue.id, target.queue.id);
        let engine = target.engine();
        let appended = self.queue.hub.append(&before, |output| {
            let put = |&(from, (slot, order))| Some((from, put_of(engine, slot, order)?));
            let moved = arrived.iter().filter_map(put).collect::<Vec<_>>();
            record::moves(output, source_id, target_id, moved.into_iter());
        });
        let ticket = appended.clone().map(|(ticket, _)| ticket);
        // Both fail, or none does.
        let concluded = target.conclude(ticket.clone());
        self.conclude(ticket)?;
        concluded?;
        let (ticket, bytes) = appended?;
        if let Some(ticket) = &ticket {
            let share = bytes / u32::try_from(arrived.len()).unwrap_or(1).max(1);
            for (_, (slot, order)) in arrived {
                target.engine_mut().set_home(slot, order, ticket.sequence(), share);
            }
        }
        Ok(ticket)
    }

    /// Takes a message of this queue into `target`; returns where it was and where it is.
    fn copy_to(
        &self,
        target: &mut Work<'_>,
        slot: u32,
        how: Moved,
    ) -> Option<((u32, u64), (u32, u64))> {
        let engine = self.engine();
        let message = engine.slab().get(slot)?;
        let is_fifo = target.engine().is_fifo();
        let extra = message.extra.as_deref();
        let now_ms = self.now_ms;
        let by_policy = how == Moved::ByPolicy;
        // On a FIFO queue the id of the message takes the place of the deduplication id.
        let deduplication = is_fifo.then(|| Arc::from(message.id.to_string()));
        let dead_letter_source = by_policy.then(|| Arc::clone(&self.queue.arn));
        let trace_header = extra.and_then(|extra| extra.trace_header.clone());
        let group = engine.lanes().name(message.lane).map(|name| &**name);
        let arrival = Arrival {
            content: Arc::clone(&message.content),
            id: if by_policy { message.id } else { self.queue.hub.message_id() },
            sender: Arc::clone(&message.sender),
            group,
            extra: Extra { deduplication, key: None, trace_header, dead_letter_source },
            sent_at_ms: if by_policy && !is_fifo { message.sent_at_ms } else { now_ms },
            until_ms: 0,
            receive_count: if by_policy { message.receive_count } else { 0 },
        };
        let from = (slot, message.order);
        Some((from, target.engine_mut().put(arrival, now_ms)?))
    }
}

impl Queue {
    /// Moves the dead letters that come first now.
    pub(super) fn move_dead_letters(&self) -> Result<Option<Ticket>, QueueError> {
        let Some((target, receives_max)) = self.work()?.dead_letter_queue() else {
            return Ok(None);
        };
        let (mut work, mut target) = Work::begin_both(self, &target);
        if self.is_deleted() {
            return Err(QueueError::QueueDoesNotExist);
        }
        if target.queue.is_deleted() {
            return Ok(None);
        }
        let now_ms = work.now_ms;
        let slots = work.engine_mut().take_dead_letters(now_ms, receives_max);
        if slots.is_empty() {
            return Ok(None);
        }
        work.move_to(&mut target, &slots, Moved::ByPolicy)
    }
}
