//! One queue as a state machine: no lock, no disk, no clock.
//!
//! Comes in: what is sent, received, deleted, and the present moment. Goes out: slots of messages,
//! and [`Step`]s that say what was changed. A change holds its messages, so that nobody else gets
//! them, until it is committed (it is durable) or undone (it never will be); several changes of
//! one message are held one upon the other.
//!
//! Never inside: waiting, an operation whose cost grows with the number of messages, unless it is
//! cut into pieces by its caller.

pub(crate) mod dedup;
mod lanes;
mod pending;
mod receive;
mod restore;
mod send;
pub(crate) mod slab;
mod wheel;

#[cfg(test)]
mod tests;

use crate::Counts;
use dedup::{Attempts, Deduplication};
use lanes::Lanes;
use pending::Verdict;
pub(crate) use pending::{Pending, Promise, Proof, Step};
pub(crate) use receive::{Deletion, IN_FLIGHT_MAX, Refusal};
pub(crate) use restore::Restored;
pub(crate) use send::Arrival;
use slab::{Links, Message, NONE, Placement, Slab};
use wheel::Wheel;

/// Bytes of the record that tells of one deduplication id.
pub(crate) const DEDUPLICATION_BYTES: u64 = 96;

/// The state of one queue.
#[derive(Debug)]
pub(crate) struct Engine {
    is_fifo: bool,
    retention_ms: u64,
    slab: Slab,
    wheel: Wheel,
    lanes: Lanes,
    deduplication: Deduplication,
    attempts: Attempts,
    counts: Counts,
    /// Oldest and newest message.
    ages: Links,
    last_order: u64,
    /// Messages of lower order were purged: they are dead wherever they still are.
    horizon: u64,
    /// Messages sent before have expired, whatever the retention is by now.
    floor_ms: u64,
    message_bytes: u64,
    /// How many messages have become available since somebody asked.
    available: usize,
    /// Changes that were not given to [`Pending`] or committed yet.
    open: Vec<Step>,
    pending: Pending,
    /// Purges that are not durable: the dead must not be freed.
    purges: u32,
    /// Where the walk over all slots stands that frees the dead and sets timers anew.
    walk: Option<u32>,
    /// Empty; kept for its memory.
    verdicts: Vec<Verdict>,
}

impl std::fmt::Debug for Verdict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Commit(step) => write!(formatter, "commit {step:?}"),
            Self::Undo(step) => write!(formatter, "undo {step:?}"),
        }
    }
}

impl Engine {
    pub(crate) fn new(is_fifo: bool, retention_ms: u64) -> Self {
        Self {
            is_fifo,
            retention_ms,
            slab: Slab::default(),
            wheel: Wheel::default(),
            lanes: Lanes::new(is_fifo),
            deduplication: Deduplication::default(),
            attempts: Attempts::default(),
            counts: Counts::default(),
            ages: Links::default(),
            last_order: 0,
            horizon: 0,
            floor_ms: 0,
            message_bytes: 0,
            available: 0,
            open: Vec::new(),
            pending: Pending::default(),
            purges: 0,
            walk: None,
            verdicts: Vec::new(),
        }
    }

    pub(crate) const fn is_fifo(&self) -> bool {
        self.is_fifo
    }

    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) const fn slab(&self) -> &Slab {
        &self.slab
    }

    pub(crate) const fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    pub(crate) const fn pending(&self) -> &Pending {
        &self.pending
    }

    pub(crate) const fn horizon(&self) -> u64 {
        self.horizon
    }

    pub(crate) const fn floor_ms(&self) -> u64 {
        self.floor_ms
    }

    pub(crate) const fn last_order(&self) -> u64 {
        self.last_order
    }

    pub(crate) const fn deduplication(&self) -> &Deduplication {
        &self.deduplication
    }

    /// Bytes that a journal needs for what is alive here.
    pub(crate) fn live_bytes(&self) -> u64 {
        self.message_bytes + self.deduplication.len() as u64 * DEDUPLICATION_BYTES
    }

    /// How many messages have become available since the last call.
    pub(crate) const fn take_available(&mut self) -> usize {
        std::mem::replace(&mut self.available, 0)
    }

    /// When [`Engine::advance`] has something to do; not later, perhaps earlier.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.wheel.next_ms()
    }

    /// Whether [`Engine::walk`] has something to do.
    pub(crate) const fn must_walk(&self) -> bool {
        self.walk.is_some() && self.purges == 0
    }

    /// A message, if its slot still holds the one of that order.
    pub(crate) fn message(&self, slot: u32, order: u64) -> Option<&Message> {
        self.slab.get(slot).filter(|message| message.order == order)
    }

    /// Whether the message is there for its users.
    pub(crate) fn is_alive(&self, message: &Message) -> bool {
        message.placement != Placement::Gone && !self.is_dead(message)
    }

    fn is_dead(&self, message: &Message) -> bool {
        message.order < self.horizon || message.sent_at_ms < self.floor_ms
    }

    fn expires_ms(&self, message: &Message) -> u64 {
        message.sent_at_ms.saturating_add(self.retention_ms)
    }

    fn has_expired(&self, message: &Message, now_ms: u64) -> bool {
        self.is_dead(message) || self.expires_ms(message) <= now_ms
    }

    /// Tells the message where it is recorded; what is new there is durable with that record.
    pub(crate) fn set_home(&mut self, slot: u32, order: u64, home: u64, disk_bytes: u32) {
        let Some(message) = self.slab.get_mut(slot).filter(|it| it.order == order) else { return };
        self.message_bytes += u64::from(disk_bytes);
        self.message_bytes -= u64::from(message.disk_bytes);
        message.home = home;
        message.disk_bytes = disk_bytes;
    }

    /// Nobody knows where the message is recorded; it counts as alive wherever it is found.
    pub(crate) fn forget_home(&mut self, slot: u32, order: u64) {
        if let Some(message) = self.slab.get_mut(slot).filter(|it| it.order == order) {
            message.home = 0;
        }
    }

    /// The message that is longest in the queue and still there.
    pub(crate) fn oldest(&self) -> Option<&Message> {
        self.by_age_from(None).map(|(_, message)| message).find(|message| self.is_alive(message))
    }

    /// Slots and messages by age, behind the slot `after` or from the oldest on.
    pub(crate) fn by_age_from(
        &self,
        after: Option<u32>,
    ) -> impl Iterator<Item = (u32, &Message)> + '_ {
        let next = |slot: u32| self.slab.get(slot).map_or(NONE, |message| message.ages.next);
        let mut slot = after.map_or(self.ages.next, next);
        std::iter::from_fn(move || {
            let found = (slot, self.slab.get(slot)?);
            slot = found.1.ages.next;
            Some(found)
        })
    }

    /// The open changes wait for a proof.
    pub(crate) fn pend(&mut self, proof: Proof) {
        self.pending.push(proof, self.open.drain(..));
    }

    /// The open changes are as durable as they ever will be.
    pub(crate) fn commit(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        open.drain(..).for_each(|step| self.commit_step(step));
        self.open = open;
    }

    /// The open changes did not happen.
    pub(crate) fn undo(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        open.drain(..).rev().for_each(|step| self.undo_step(step));
        self.open = open;
    }

    /// Commits or undoes the pending changes whose fate is known.
    pub(crate) fn settle(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let mut verdicts = std::mem::take(&mut self.verdicts);
        self.pending.settle(&mut verdicts);
        for verdict in verdicts.drain(..) {
            match verdict {
                Verdict::Commit(step) => self.commit_step(step),
                Verdict::Undo(step) => self.undo_step(step),
            }
        }
        self.verdicts = verdicts;
    }

    fn commit_step(&mut self, step: Step) {
        match step {
            Step::Put { slot } | Step::Lease { slot, .. } | Step::Change { slot, .. } => {
                self.release(slot, false);
            }
            Step::Purge { .. } => {
                self.purges -= 1;
                self.walk = Some(0);
            }
        }
    }

    fn undo_step(&mut self, step: Step) {
        match step {
            Step::Put { slot } => {
                self.forget_deduplication(slot);
                self.place(slot, Placement::Gone, 0);
                self.release(slot, false);
            }
            Step::Lease { slot, prior } => {
                if let Some(message) = self.slab.get_mut(slot) {
                    message.leases -= 1;
                    message.receive_count -= 1;
                }
                self.restore(slot, prior);
            }
            Step::Change { slot, prior } => self.restore(slot, prior),
            Step::Purge { horizon } => {
                self.purges -= 1;
                self.horizon = horizon;
                self.recount();
            }
        }
    }

    fn restore(&mut self, slot: u32, prior: pending::Prior) {
        if let Some(message) = self.slab.get_mut(slot) {
            message.first_received_at_ms = prior.first_received_at_ms;
            message.leased_at_ms = prior.leased_at_ms;
        }
        self.place(slot, prior.placement, prior.until_ms);
        self.release(slot, true);
    }

    /// Takes a message out of all lists for a change, and remembers what it was.
    fn hold(&mut self, slot: u32) -> Option<pending::Prior> {
        self.wheel.clear(&mut self.slab, slot);
        self.lanes.unlist(&mut self.slab, slot);
        let message = self.slab.get_mut(slot)?;
        message.holds += 1;
        let prior = pending::Prior {
            placement: message.placement,
            until_ms: message.until_ms,
            first_received_at_ms: message.first_received_at_ms,
            leased_at_ms: message.leased_at_ms,
        };
        if self.is_fifo && !message.is_busy && !message.is_new {
            message.is_busy = true;
            let lane = message.lane;
            self.lanes.count_busy(&self.slab, lane, true);
        }
        Some(prior)
    }

    /// One change less; after the last one the message goes where it belongs.
    fn release(&mut self, slot: u32, is_first: bool) {
        let Some(message) = self.slab.get_mut(slot) else { return };
        message.holds -= 1;
        if message.holds == 0 {
            message.is_new = false;
            self.attach(slot, is_first);
        }
    }

    /// Says where a message stands; its lists are left to [`Engine::attach`].
    fn place(&mut self, slot: u32, placement: Placement, until_ms: u64) {
        let Some(message) = self.slab.get_mut(slot) else { return };
        let before = std::mem::replace(&mut message.placement, placement);
        message.until_ms = until_ms;
        let (lane, order, sent_at_ms) = (message.lane, message.order, message.sent_at_ms);
        if before == placement {
            return;
        }
        if order >= self.horizon && sent_at_ms >= self.floor_ms {
            self.count(before, false);
            self.count(placement, true);
        }
        if before == Placement::InFlight || placement == Placement::InFlight {
            self.lanes.count_in_flight(lane, placement == Placement::InFlight);
        }
    }

    const fn count(&mut self, placement: Placement, is_more: bool) {
        let count = match placement {
            Placement::Visible => &mut self.counts.visible,
            Placement::Delayed => &mut self.counts.delayed,
            Placement::InFlight => &mut self.counts.in_flight,
            Placement::Gone => return,
        };
        *count = if is_more { *count + 1 } else { count.saturating_sub(1) };
    }

    /// Puts a message that nobody holds into the lists that it belongs to.
    fn attach(&mut self, slot: u32, is_first: bool) {
        let Some(message) = self.slab.get(slot) else { return };
        if message.placement == Placement::Gone || (self.is_dead(message) && self.purges == 0) {
            return self.free(slot);
        }
        let due_ms = due_ms(message, self.retention_ms);
        let (lane, placement, was_busy) = (message.lane, message.placement, message.is_busy);
        self.wheel.set(&mut self.slab, slot, due_ms);
        let is_listed = match placement {
            Placement::Visible => true,
            // Those behind it must not pass.
            Placement::Delayed => self.is_fifo,
            Placement::InFlight | Placement::Gone => false,
        };
        if !is_listed {
            return;
        }
        self.lanes.list(&mut self.slab, slot, is_first);
        if was_busy && let Some(message) = self.slab.get_mut(slot) {
            message.is_busy = false;
            self.available += usize::from(self.lanes.count_busy(&self.slab, lane, false));
        } else {
            self.available += usize::from(self.lanes.offer(&self.slab, lane));
        }
    }

    /// Removes a message that nobody holds.
    fn free(&mut self, slot: u32) {
        self.wheel.clear(&mut self.slab, slot);
        self.lanes.unlist(&mut self.slab, slot);
        self.place(slot, Placement::Gone, 0);
        self.unlink_age(slot);
        let Some(message) = self.slab.remove(slot) else { return };
        self.message_bytes -= u64::from(message.disk_bytes);
        if message.is_busy {
            self.available += usize::from(self.lanes.count_busy(&self.slab, message.lane, false));
        } else if self.is_fifo {
            // It may have been the first one, and delayed.
            self.available += usize::from(self.lanes.offer(&self.slab, message.lane));
        }
        self.lanes.leave(message.lane);
    }

    /// Does what has become due, up to `limit` messages; tells whether more is due.
    pub(crate) fn advance(&mut self, now_ms: u64, limit: usize) -> bool {
        self.deduplication.expire(now_ms);
        self.attempts.expire(now_ms);
        let retention_ms = self.retention_ms;
        let due = |slab: &Slab, slot| slab.get(slot).map_or(0, |it| due_ms(it, retention_ms));
        for _ in 0..limit {
            let Some(slot) = self.wheel.pop(&mut self.slab, now_ms, due) else { return false };
            self.fire(slot, now_ms);
        }
        self.wheel.next_ms().is_some_and(|next_ms| next_ms <= now_ms)
    }

    fn fire(&mut self, slot: u32, now_ms: u64) {
        let Some(message) = self.slab.get(slot) else { return };
        if self.has_expired(message, now_ms) && self.purges == 0 {
            return self.free(slot);
        }
        let placement = message.placement;
        let is_over = message.until_ms <= now_ms && placement != Placement::Visible;
        if !is_over {
            // The retention was raised, or a purge has to be durable first.
            let due_ms = due_ms(message, self.retention_ms).max(now_ms + 1);
            return self.wheel.set(&mut self.slab, slot, due_ms);
        }
        self.place(slot, Placement::Visible, 0);
        self.lanes.unlist(&mut self.slab, slot);
        self.attach(slot, false);
    }

    /// Sets how long messages are kept.
    pub(crate) fn set_retention(&mut self, retention_ms: u64, now_ms: u64) {
        if retention_ms > self.retention_ms {
            // What has expired by now does not come back.
            self.floor_ms = self.floor_ms.max(now_ms.saturating_sub(self.retention_ms) + 1);
            while self.advance(now_ms, usize::MAX) {}
            if !self.pending.is_empty() {
                // Some of those that are held may have become dead.
                self.recount();
            }
        } else if retention_ms < self.retention_ms {
            self.walk = Some(0);
        }
        self.retention_ms = retention_ms;
    }

    /// Declares dead all that is here.
    pub(crate) fn purge(&mut self) {
        self.open.push(Step::Purge { horizon: self.horizon });
        self.horizon = self.last_order + 1;
        self.purges += 1;
        self.counts = Counts::default();
    }

    /// A part of the walk over all slots; tells whether there is more to do.
    pub(crate) fn walk(&mut self, slots: u32) -> bool {
        let Some(begin) = self.walk.filter(|_| self.purges == 0) else { return false };
        let end = begin.saturating_add(slots).min(self.slab.end());
        for slot in begin..end {
            let Some(message) = self.slab.get(slot).filter(|it| it.holds == 0) else { continue };
            if self.is_dead(message) {
                self.free(slot);
            } else {
                let due_ms = due_ms(message, self.retention_ms);
                self.wheel.clear(&mut self.slab, slot);
                self.wheel.set(&mut self.slab, slot, due_ms);
            }
        }
        self.walk = (end < self.slab.end()).then_some(end);
        self.walk.is_some()
    }

    fn recount(&mut self) {
        self.counts = Counts::default();
        for slot in 0..self.slab.end() {
            let placement = match self.slab.get(slot) {
                Some(message) if !self.is_dead(message) => message.placement,
                _ => continue,
            };
            self.count(placement, true);
        }
    }

    fn link_age(&mut self, slot: u32) {
        let newest = std::mem::replace(&mut self.ages.previous, slot);
        match self.slab.get_mut(newest) {
            Some(message) => message.ages.next = slot,
            None => self.ages.next = slot,
        }
        if let Some(message) = self.slab.get_mut(slot) {
            message.ages = Links { previous: newest, next: NONE };
        }
    }

    fn unlink_age(&mut self, slot: u32) {
        let Some(message) = self.slab.get_mut(slot) else { return };
        let Links { previous, next } = std::mem::take(&mut message.ages);
        match self.slab.get_mut(previous) {
            Some(message) => message.ages.next = next,
            None => self.ages.next = next,
        }
        match self.slab.get_mut(next) {
            Some(message) => message.ages.previous = previous,
            None => self.ages.previous = previous,
        }
    }
}

/// When something happens to a message by itself.
fn due_ms(message: &Message, retention_ms: u64) -> u64 {
    let expires_ms = message.sent_at_ms.saturating_add(retention_ms);
    match message.placement {
        Placement::Visible | Placement::Gone => expires_ms,
        Placement::Delayed | Placement::InFlight => expires_ms.min(message.until_ms),
    }
}
