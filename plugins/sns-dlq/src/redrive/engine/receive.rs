//! Messages come, and their time runs.

use super::entry::{Entry, Kept, State};
use super::{
    Arrival, BACKOFF_MS, DEDUPLICATION_MS, Decision, Engine, HELD_MAX, OnAmbiguous,
    RECEIVE_FAILURES_MAX,
};
use crate::redrive::ledger;
use crate::redrive::record::{Id, Line};

impl<P: Clone> Engine<P> {
    pub(super) fn received(&mut self, arrivals: Vec<Arrival<P>>) {
        self.receives = self.receives.saturating_sub(1);
        self.receive_failures = 0;
        let received = self.totals.received;
        let mut seen = Vec::new();
        let mut refused = Vec::new();
        for arrival in arrivals {
            let id = Id::clone(&arrival.id);
            match self.entries.get_mut(&id) {
                Some(entry) => {
                    entry.handle = arrival.handle;
                    entry.lease_until_ms = self.now_ms + self.settings.lease_ms;
                    self.came_again(&id);
                }
                None => {
                    self.totals.received += 1;
                    self.came_first(arrival, &mut seen, &mut refused);
                }
            }
            self.hold(&id);
        }
        if !seen.is_empty() {
            self.record(Line::Seen(seen));
        }
        if !refused.is_empty() {
            self.record(Line::Refused(refused));
        }
        // Messages that are known already are no sign that there is more.
        let is_empty = received == self.totals.received;
        self.empty_in_a_row = if is_empty { self.empty_in_a_row + 1 } else { 0 };
    }

    pub(super) fn receive_failed(&mut self, why: String) {
        self.receives = self.receives.saturating_sub(1);
        self.receive_failures += 1;
        if self.receive_failures >= RECEIVE_FAILURES_MAX {
            return self.fail(why);
        }
        self.receive_not_before_ms = self.now_ms + (BACKOFF_MS << self.receive_failures);
    }

    fn came_first(
        &mut self,
        arrival: Arrival<P>,
        seen: &mut Vec<(Id, String)>,
        refused: &mut Vec<(Id, String)>,
    ) {
        let id = arrival.id;
        let known = self.known.remove(&id);
        if known.as_ref().is_some_and(ledger::Entry::is_unsettled) {
            self.unsettled -= 1;
        }
        let mut entry = Entry {
            state: State::Waiting,
            handle: arrival.handle,
            lease_until_ms: self.now_ms + self.settings.lease_ms,
            parcel: None,
            lane: 0,
            bytes: 0,
            group: None,
            attempts: 0,
            announced_ms: 0,
            unsure_since_ms: None,
            was_sent_before: false,
        };
        if matches!(
            known,
            Some(ledger::Entry::Sent | ledger::Entry::Undeleted | ledger::Entry::Deleted)
        ) {
            entry.was_sent_before = true;
            entry.state = self.after_sent(&id);
            self.totals.settled += u64::from(self.settings.copy);
            self.entries.insert(id, entry);
            return;
        }
        if let Some(ledger::Entry::Sending { at_ms }) = known {
            entry.unsure_since_ms = Some(at_ms);
        }
        match arrival.decision {
            Decision::Keep => entry.state = State::Kept(Kept::Unmeant),
            Decision::Refuse(why) => {
                self.totals.matched += 1;
                if entry.unsure_since_ms.is_none() {
                    refused.push((Id::clone(&id), why.clone()));
                }
                entry.state = State::Kept(Kept::Refused(why));
            }
            Decision::Send { lane, bytes, group, digest } => {
                self.totals.matched += 1;
                (entry.lane, entry.bytes, entry.group) = (lane, bytes, group);
                match self.hindrance(&entry) {
                    Some(kept) => {
                        let blocks = !matches!(kept, Kept::BeyondLimit);
                        let group = entry.group.clone();
                        entry.state = State::Kept(kept);
                        self.entries.insert(id, entry);
                        if blocks {
                            self.block(lane, group.as_ref());
                        }
                        return;
                    }
                    None => {
                        if entry.unsure_since_ms.is_none() {
                            self.taken += 1;
                        }
                        entry.parcel = Some(arrival.parcel);
                        seen.push((Id::clone(&id), digest));
                        if let Some(lane) = self.lanes.get_mut(lane) {
                            lane.push(Id::clone(&id), bytes, entry.group.as_ref(), false);
                        }
                    }
                }
            }
        }
        self.entries.insert(id, entry);
    }

    /// Why a message that is meant cannot be sent.
    fn hindrance(&self, entry: &Entry<P>) -> Option<Kept> {
        let lane = self.lanes.get(entry.lane)?;
        if let Some(since_ms) = entry.unsure_since_ms {
            if !self.may_repeat(lane.settings.is_ordered, since_ms) {
                return Some(Kept::Ambiguous("an earlier run ended while it was sent".to_owned()));
            }
        } else if self.settings.limit.is_some_and(|limit| self.taken >= limit) {
            return Some(Kept::BeyondLimit);
        }
        if let Some(why) = &lane.closed {
            return Some(Kept::Refused(why.clone()));
        }
        lane.is_blocked(entry.group.as_ref()).then_some(Kept::BehindGroup)
    }

    /// Says whether a message whose fate is unknown may be sent once more.
    pub(super) fn may_repeat(&self, drops_duplicates: bool, since_ms: u64) -> bool {
        // A clock that was set back proves nothing.
        let is_fresh = since_ms <= self.now_ms && self.now_ms - since_ms < DEDUPLICATION_MS;
        (drops_duplicates && is_fresh) || self.settings.on_ambiguous == OnAmbiguous::Resend
    }

    /// A message that is known came again: its time ran out, or the queue gave it out twice.
    fn came_again(&mut self, id: &Id) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        if matches!(entry.state, State::Deleted | State::Kept(Kept::Undeleted)) {
            entry.state = State::Deleting;
            entry.attempts = 0;
            self.to_delete.push_back(Id::clone(id));
        }
    }

    /// What follows when a message is known to have been sent.
    pub(super) fn after_sent(&mut self, id: &Id) -> State {
        if self.settings.copy {
            return State::Kept(Kept::Copied);
        }
        self.to_delete.push_back(Id::clone(id));
        State::Deleting
    }

    fn hold(&mut self, id: &Id) {
        if self.held.len() < HELD_MAX {
            self.held.insert(Id::clone(id));
        }
    }
}
