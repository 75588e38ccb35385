//! What goes out of a queue, and what its receivers say about it.

use std::sync::Arc;

use brume_policy::Arn;

use super::slab::{NONE, Placement};
use super::{Engine, Step};

/// Messages of a queue that may be in flight.
pub(crate) const IN_FLIGHT_MAX: u64 = 120_000;

/// The longest that a message stays in flight after a receive.
const LEASE_MS_MAX: u64 = 43_200_000;

/// Dead letters that one receive moves at most.
const MOVES_MAX: usize = 100;

/// Why a receiver cannot do what it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It does not exist any more.
    Gone,
    /// It is visible again, or somebody else has it.
    NotInFlight,
    /// The handle is of an earlier receive, or its visibility has ended.
    Expired,
    /// It would be in flight for longer than twelve hours.
    TooLong,
}

/// What a deletion does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// The message goes.
    Done,
    /// There is nothing to do.
    Nothing,
}

impl Engine {
    /// Takes up to `max` messages for a receiver, who has them until `until_ms`, into `leased`.
    ///
    /// Tells whether a dead letter, which was received `receives_max` times, comes first now.
    pub(crate) fn take(
        &mut self,
        max: usize,
        (now_ms, until_ms): (u64, u64),
        receives_max: Option<u32>,
        leased: &mut Vec<u32>,
    ) -> bool {
        while leased.len() < max {
            let Some(slot) = self.first_alive(now_ms) else { return false };
            let Some(message) = self.slab.get(slot) else { return false };
            if receives_max.is_some_and(|max| message.leases >= max) {
                return true;
            }
            if self.is_fifo {
                self.take_run(slot, max, (now_ms, until_ms), receives_max, leased);
            } else {
                self.lease(slot, now_ms, until_ms);
                leased.push(slot);
            }
        }
        false
    }

    /// Takes the dead letters out that come first now. Whoever calls puts them into another queue.
    pub(crate) fn take_dead_letters(&mut self, now_ms: u64, receives_max: u32) -> Vec<u32> {
        let mut moved = Vec::new();
        while moved.len() < MOVES_MAX {
            let Some(slot) = self.first_alive(now_ms) else { break };
            if self.slab.get(slot).is_none_or(|message| message.leases < receives_max) {
                break;
            }
            self.withdraw(slot);
            moved.push(slot);
        }
        moved
    }

    /// The message that is served next; those before it that have expired are removed.
    fn first_alive(&mut self, now_ms: u64) -> Option<u32> {
        loop {
            let slot = self.lanes.next(&self.slab)?;
            let message = self.slab.get(slot)?;
            if !self.has_expired(message, now_ms) {
                return Some(slot);
            }
            if self.purges > 0 {
                // What is dead must stay until the purge is durable.
                return None;
            }
            self.free(slot);
        }
    }

    /// Takes as many messages of a FIFO lane as it has in a row: what is taken blocks the rest.
    fn take_run(
        &mut self,
        first: u32,
        max: usize,
        (now_ms, until_ms): (u64, u64),
        receives_max: Option<u32>,
        leased: &mut Vec<u32>,
    ) {
        let mut slot = first;
        while leased.len() < max && slot != NONE {
            let Some(message) = self.slab.get(slot) else { return };
            let is_next = message.placement == Placement::Visible
                && !self.has_expired(message, now_ms)
                && receives_max.is_none_or(|max| message.leases < max);
            if !is_next {
                return;
            }
            let next = message.links.next;
            self.lease(slot, now_ms, until_ms);
            leased.push(slot);
            slot = next;
        }
    }

    fn lease(&mut self, slot: u32, now_ms: u64, until_ms: u64) {
        let Some(prior) = self.hold(slot) else { return };
        self.place(slot, Placement::InFlight, until_ms);
        self.open.push(Step::Lease { slot, prior });
        let Some(message) = self.slab.get_mut(slot) else { return };
        message.leases += 1;
        message.receive_count += 1;
        message.leased_at_ms = now_ms;
        if message.first_received_at_ms == 0 {
            message.first_received_at_ms = now_ms;
        }
    }

    /// Takes a message out for good, as soon as that is durable.
    pub(crate) fn withdraw(&mut self, slot: u32) {
        let Some(prior) = self.hold(slot) else { return };
        self.place(slot, Placement::Gone, 0);
        self.open.push(Step::Change { slot, prior });
    }

    /// Deletes a message by its newest lease.
    ///
    /// An older one deletes nothing on a standard queue, as on AWS, where it "might not".
    pub(crate) fn delete(
        &mut self,
        slot: u32,
        order: u64,
        lease: u32,
        now_ms: u64,
    ) -> Result<Deletion, Refusal> {
        let found = self.message(slot, order).filter(|message| self.is_alive(message));
        let Some(message) = found else { return Ok(Deletion::Nothing) };
        let is_current = message.leases == lease;
        let is_in_flight = message.placement == Placement::InFlight && message.until_ms > now_ms;
        if self.is_fifo && !(is_current && is_in_flight) {
            return Err(Refusal::Expired);
        }
        if !is_current {
            return Ok(Deletion::Nothing);
        }
        self.withdraw(slot);
        Ok(Deletion::Done)
    }

    /// Changes until when a message is in flight; the present makes it visible.
    pub(crate) fn hide(
        &mut self,
        slot: u32,
        order: u64,
        lease: u32,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<(), Refusal> {
        let found = self.message(slot, order).filter(|message| self.is_alive(message));
        let Some(message) = found else { return Err(Refusal::Gone) };
        let is_in_flight = message.placement == Placement::InFlight && message.until_ms > now_ms;
        if message.leases != lease || !is_in_flight {
            return Err(if self.is_fifo { Refusal::Expired } else { Refusal::NotInFlight });
        }
        if until_ms > message.leased_at_ms + LEASE_MS_MAX {
            return Err(Refusal::TooLong);
        }
        let Some(prior) = self.hold(slot) else { return Err(Refusal::Gone) };
        let placement = if until_ms > now_ms { Placement::InFlight } else { Placement::Visible };
        self.place(slot, placement, until_ms);
        self.open.push(Step::Change { slot, prior });
        Ok(())
    }

    /// The messages of an earlier receive of the same name, if all are still as they were then.
    pub(crate) fn attempt(&self, id: &str, now_ms: u64) -> Option<Vec<u32>> {
        let leases = self.attempts.get(id, now_ms)?;
        let same = |&(slot, order, lease): &(u32, u64, u32)| {
            let message = self.message(slot, order).filter(|it| self.is_alive(it))?;
            let is_same = message.leases == lease
                && message.placement == Placement::InFlight
                && message.until_ms > now_ms;
            is_same.then_some(slot)
        };
        leases.iter().map(same).collect()
    }

    /// Remembers what a receive got.
    pub(crate) fn remember_attempt(&mut self, id: Box<str>, now_ms: u64, leased: &[u32]) {
        let lease = |&slot: &u32| {
            let message = self.slab.get(slot)?;
            Some((slot, message.order, message.leases))
        };
        let leases = leased.iter().filter_map(lease).collect();
        self.attempts.insert(id, now_ms, leases);
    }

    /// Hides the messages of a receive that is tried again for another time.
    pub(crate) fn renew(&mut self, leased: &[u32], until_ms: u64) {
        for &slot in leased {
            let Some(prior) = self.hold(slot) else { continue };
            self.place(slot, Placement::InFlight, until_ms);
            self.open.push(Step::Change { slot, prior });
        }
    }
}

/// For move tasks.
impl Engine {
    /// The source of the message that comes next, if one comes that is before the horizon.
    pub(crate) fn next_for_move(
        &mut self,
        now_ms: u64,
        horizon: u64,
    ) -> Option<(u32, Option<Arc<Arn>>)> {
        let slot = self.first_alive(now_ms)?;
        let message = self.slab.get(slot).filter(|message| message.order < horizon)?;
        Some((slot, message.extra.as_ref().and_then(|extra| extra.dead_letter_source.clone())))
    }

    /// Takes out the message in the slot `first` and others that come next, as long as they are
    /// before the horizon and go where `goes_there` says.
    pub(crate) fn take_for_move(
        &mut self,
        first: u32,
        max: usize,
        (now_ms, horizon): (u64, u64),
        goes_there: impl Fn(Option<&Arn>) -> bool,
    ) -> Vec<u32> {
        let mut taken = Vec::new();
        let mut next = Some(first);
        while taken.len() < max {
            let Some(mut slot) = next.take().or_else(|| self.first_alive(now_ms)) else { break };
            let before = taken.len();
            // A FIFO lane is blocked by what is taken from it, so what follows goes with it.
            while taken.len() < max {
                let Some(message) = self.slab.get(slot) else { break };
                let extra = message.extra.as_deref();
                let source = extra.and_then(|extra| extra.dead_letter_source.as_deref());
                let is_next = message.is_listed
                    && message.placement == Placement::Visible
                    && message.order < horizon
                    && !self.has_expired(message, now_ms)
                    && goes_there(source);
                if !is_next {
                    break;
                }
                let behind = message.links.next;
                self.withdraw(slot);
                taken.push(slot);
                if !self.is_fifo {
                    break;
                }
                slot = behind;
            }
            if taken.len() == before {
                break;
            }
        }
        taken
    }
}
