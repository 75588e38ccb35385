//! What can be done now is done.

use super::entry::{Kept, Left, State};
use super::{Action, BATCH_MAX, Batch, Engine, LaneId, Phase, Ticket};
use crate::redrive::ledger;
use crate::redrive::record::{Id, Line};

/// Changes of visibility on their way at the same time.
const HOLDS_MAX: usize = 8;

/// Messages that are saved up before a batch is sent: single ones would cost ten times the
/// requests, and a quarter of a second is no long wait.
fn enough(rate: f64) -> f64 {
    (rate / 4.0).floor().clamp(1.0, BATCH_MAX as f64)
}

impl<P: Clone> Engine<P> {
    /// When [`Event::Tick`](super::Event::Tick) is due, if nothing happens before.
    #[must_use]
    pub fn wake_at_ms(&self) -> Option<u64> {
        if self.phase == Phase::Finished {
            return None;
        }
        let lanes = self.lanes.iter().filter(|lane| lane.waiting() > 0);
        let mut next = lanes
            .map(|lane| lane.not_before_ms)
            .chain([self.next_heartbeat_ms])
            .collect::<Vec<_>>();
        next.extend(self.to_repeat.iter().map(|(at, _)| *at));
        if self.receive_failures > 0 {
            next.push(self.receive_not_before_ms);
        }
        if let Some(rate) = self.settings.rate {
            let missing = enough(rate) - self.tokens;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Small, positive.
            next.push(self.tokens_at_ms + (missing.max(0.0) / rate * 1000.0).ceil() as u64);
        }
        next.into_iter().filter(|at| *at > self.now_ms).min()
    }

    pub(super) fn dispatch(&mut self) {
        self.refill();
        self.repeat_deletes();
        self.delete();
        if self.phase == Phase::Running {
            self.send();
            self.receive();
        }
        self.advance();
        if matches!(self.phase, Phase::Running | Phase::Draining) {
            self.heartbeat();
        }
        self.hold_next();
        if self.phase == Phase::Releasing && self.to_hold.is_empty() && self.holds.is_empty() {
            let is_done = self
                .left()
                .iter()
                .all(|(_, left)| matches!(left, Left::Refused(_) | Left::BehindGroup));
            self.record(Line::End(is_done && self.failure.is_none()));
            self.actions.push_back(Action::Finish);
            self.phase = Phase::Finished;
        }
    }

    fn waiting(&self) -> usize {
        self.lanes.iter().map(super::lane::Lane::waiting).sum()
    }

    /// Says whether nothing is on its way.
    fn is_idle(&self) -> bool {
        self.receives == 0
            && self.sends.is_empty()
            && self.deletes.is_empty()
            && self.tickets.is_empty()
            && self.to_delete.is_empty()
            && self.to_repeat.is_empty()
    }

    fn advance(&mut self) {
        if !self.is_idle() {
            return;
        }
        let ends = match self.phase {
            Phase::Draining => true,
            Phase::Running => {
                let is_drained = self.is_drained() || self.remaining() == Some(0);
                // Behind what was deleted a FIFO queue may have more of the same groups.
                if is_drained && self.settings.is_fifo && self.deleted_since_empty {
                    self.deleted_since_empty = false;
                    self.empty_in_a_row = 0;
                    if self.remaining() != Some(0) {
                        return self.receive();
                    }
                }
                is_drained && self.waiting() == 0
            }
            Phase::Releasing | Phase::Finished => false,
        };
        if ends {
            self.phase = Phase::Releasing;
            self.to_hold.clear();
            self.to_hold.extend(self.held.iter().cloned());
        }
    }

    fn is_drained(&self) -> bool {
        self.empty_in_a_row >= self.settings.receivers.max(1)
            && self.now_ms >= self.settings.hidden_until_ms
    }

    /// Messages that may still be taken; `None` for any number: as long as a message of an earlier
    /// run is to be settled, the limit ends nothing.
    fn remaining(&self) -> Option<u64> {
        if self.unsettled > 0 {
            return None;
        }
        Some(self.settings.limit?.saturating_sub(self.taken))
    }

    fn receive(&mut self) {
        if self.receive_not_before_ms > self.now_ms {
            return;
        }
        // While receives come back empty, fewer of them are started.
        let receivers = self.settings.receivers.saturating_sub(self.empty_in_a_row).max(1);
        let mut window = self.settings.parallel.max(1) * 2 * BATCH_MAX;
        if let Some(rate) = self.settings.rate {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates.
            let seconds = (rate * 4.0) as usize;
            window = window.min(seconds.max(BATCH_MAX));
        }
        while self.receives < receivers && !self.is_drained() {
            let backlog = self.waiting() + self.sends.len() * BATCH_MAX;
            if backlog + self.receives * BATCH_MAX >= window {
                return;
            }
            let mut count = BATCH_MAX;
            if let Some(remaining) = self.remaining() {
                let expected = (self.receives * BATCH_MAX) as u64;
                if remaining == 0 || (remaining <= expected && !self.settings.is_filtered) {
                    return;
                }
                if !self.settings.is_filtered {
                    let open = usize::try_from(remaining - expected).unwrap_or(BATCH_MAX);
                    count = count.min(open);
                }
            }
            self.receives += 1;
            self.actions.push_back(Action::Receive(count));
        }
    }

    fn send(&mut self) {
        for lane_id in 0..self.lanes.len() {
            while self.sends.len() < self.settings.parallel.max(1) {
                let Some(lane) = self.lanes.get_mut(lane_id) else { break };
                if !lane.is_ready(self.now_ms) {
                    break;
                }
                let count = match self.settings.rate {
                    None => usize::MAX,
                    Some(rate) if self.tokens < enough(rate) => return,
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Small.
                    Some(_) => self.tokens as usize,
                };
                let ids = lane.take(count);
                self.announce(lane_id, ids);
            }
        }
    }

    fn announce(&mut self, lane: LaneId, ids: Vec<Id>) {
        let (fresh, lost): (Vec<Id>, Vec<Id>) = ids.into_iter().partition(|id| {
            self.entries.get(id).is_some_and(|entry| entry.lease_until_ms > self.now_ms)
        });
        for id in lost {
            self.forget(&id);
        }
        if fresh.is_empty() {
            return;
        }
        for id in &fresh {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.state = State::Announced;
                entry.announced_ms = self.now_ms;
            }
        }
        #[allow(clippy::cast_precision_loss)] // At most ten.
        let count = fresh.len() as f64;
        self.tokens = (self.tokens - count).max(0.0);
        let number = self.number();
        self.sends.insert(number, Batch { lane, ids: fresh.clone() });
        self.record_then(Line::Sending(self.now_ms, fresh), Ticket::Sending(number));
    }

    /// A message that is no longer hidden may be in somebody else's hands: it has to come again.
    fn forget(&mut self, id: &Id) {
        self.held.remove(id);
        let Some(entry) = self.entries.remove(id) else { return };
        self.totals.received = self.totals.received.saturating_sub(1);
        self.totals.matched = self.totals.matched.saturating_sub(1);
        match entry.unsure_since_ms {
            Some(at_ms) => {
                self.known.insert(Id::clone(id), ledger::Entry::Sending { at_ms });
                self.unsettled += 1;
            }
            None => self.taken = self.taken.saturating_sub(1),
        }
        if let Some(lane) = self.lanes.get_mut(entry.lane) {
            lane.settle(entry.group.as_ref());
        }
    }

    fn refill(&mut self) {
        let Some(rate) = self.settings.rate else { return };
        #[allow(clippy::cast_precision_loss)] // Milliseconds of a run.
        let passed = (self.now_ms - self.tokens_at_ms) as f64 / 1000.0;
        self.tokens_at_ms = self.now_ms;
        self.tokens = (self.tokens + passed * rate).min(rate.clamp(1.0, BATCH_MAX as f64));
    }

    fn repeat_deletes(&mut self) {
        let now_ms = self.now_ms;
        let due = self.to_repeat.extract_if(.., |(at_ms, _)| *at_ms <= now_ms);
        self.to_delete.extend(due.map(|(_, id)| id));
    }

    fn delete(&mut self) {
        while self.deletes.len() < self.settings.parallel.max(1) && !self.to_delete.is_empty() {
            let count = self.to_delete.len().min(BATCH_MAX);
            let mut ids = Vec::with_capacity(count);
            let mut handles = Vec::with_capacity(count);
            while let Some(id) = self.to_delete.pop_front() {
                // A message that was given out twice may stand here twice.
                let is_new = self.state(&id) == Some(&State::Deleting) && !ids.contains(&id);
                if let Some(entry) = self.entries.get(&id).filter(|_| is_new) {
                    handles.push(entry.handle.clone());
                    ids.push(id);
                }
                if ids.len() == BATCH_MAX {
                    break;
                }
            }
            if ids.is_empty() {
                return;
            }
            let number = self.number();
            self.deletes.insert(number, ids);
            self.actions.push_back(Action::Delete(number, handles));
        }
    }

    /// Extends the time of what is held, every third of it.
    fn heartbeat(&mut self) {
        if self.now_ms < self.next_heartbeat_ms {
            return;
        }
        let third = self.settings.lease_ms / 3;
        self.next_heartbeat_ms = self.now_ms + third.max(1);
        let entries = &self.entries;
        let now_ms = self.now_ms;
        let is_due = |id: &&Id| {
            entries.get(*id).is_some_and(|entry| {
                entry.lease_until_ms.saturating_sub(now_ms) <= 2 * third
                    && entry.state != State::Deleted
            })
        };
        self.to_hold.extend(self.held.iter().filter(is_due).cloned());
    }

    fn hold_next(&mut self) {
        let seconds = match self.phase {
            Phase::Releasing => 0,
            _ => u32::try_from(self.settings.lease_ms / 1000).unwrap_or(u32::MAX),
        };
        while self.holds.len() < HOLDS_MAX && !self.to_hold.is_empty() {
            let mut ids = Vec::with_capacity(BATCH_MAX);
            let mut handles = Vec::with_capacity(BATCH_MAX);
            while let Some(id) = self.to_hold.pop_front() {
                let Some(entry) = self.entries.get(&id) else { continue };
                // What ran out is free already, and may be in somebody else's hands.
                if entry.state == State::Deleted || entry.lease_until_ms <= self.now_ms {
                    continue;
                }
                handles.push(entry.handle.clone());
                ids.push(id);
                if ids.len() == BATCH_MAX {
                    break;
                }
            }
            if ids.is_empty() {
                return;
            }
            let number = self.number();
            self.holds.insert(number, ids);
            self.actions.push_back(Action::Hold(number, handles, seconds));
        }
    }

    pub(super) fn was_held(&mut self, number: u64, results: &[bool]) {
        let Some(ids) = self.holds.remove(&number) else { return };
        if self.phase == Phase::Releasing {
            return;
        }
        for (index, id) in ids.into_iter().enumerate() {
            let is_held = results.get(index) == Some(&true);
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            if is_held {
                entry.lease_until_ms = self.now_ms + self.settings.lease_ms;
                continue;
            }
            match entry.state {
                State::Waiting => {
                    let group = entry.group.clone();
                    if let Some(lane) = self.lanes.get_mut(entry.lane) {
                        lane.remove(&id, group.as_ref());
                    }
                    self.forget(&id);
                }
                State::Kept(Kept::Undeleted) | State::Deleting => {}
                State::Kept(_) => {
                    self.held.remove(&id);
                }
                _ => {}
            }
        }
    }

    /// The journal is gone: what waits for it never goes on.
    pub(super) fn forsake_tickets(&mut self) {
        for ticket in std::mem::take(&mut self.tickets).into_values() {
            if let Ticket::Sending(number) = ticket
                && let Some(batch) = self.sends.remove(&number)
            {
                for id in batch.ids {
                    if let Some(entry) = self.entries.get_mut(&id) {
                        entry.state = State::Waiting;
                    }
                }
            }
        }
    }
}
