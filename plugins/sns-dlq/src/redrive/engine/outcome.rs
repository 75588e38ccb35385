//! What was done comes back.

use super::entry::{Kept, State};
use super::{ATTEMPTS_MAX, Action, BACKOFF_MS, Engine, LaneId, Outcome, Ticket};
use crate::redrive::record::{Id, Line};

impl<P: Clone> Engine<P> {
    pub(super) fn recorded(&mut self, ticket: u64) {
        match self.tickets.remove(&ticket) {
            None => {}
            Some(Ticket::Sending(number)) => {
                let Some(batch) = self.sends.get(&number) else { return };
                let lane = batch.lane;
                let mut parcels = Vec::with_capacity(batch.ids.len());
                for id in &batch.ids {
                    let Some(entry) = self.entries.get_mut(id) else { continue };
                    entry.state = State::Sending;
                    entry.attempts += 1;
                    if let Some(parcel) = entry.parcel.clone() {
                        parcels.push((Id::clone(id), parcel));
                    }
                }
                self.actions.push_back(Action::Send(number, lane, parcels));
            }
            Some(Ticket::Sent(ids)) => {
                for id in ids {
                    let state = self.after_sent(&id);
                    if let Some(entry) = self.entries.get_mut(&id) {
                        entry.state = state;
                    }
                }
            }
        }
    }

    pub(super) fn sent(&mut self, number: u64, outcomes: Vec<Outcome>) {
        let Some(batch) = self.sends.remove(&number) else { return };
        let (mut sent, mut refused, mut unsent) = (Vec::new(), Vec::new(), Vec::new());
        let mut outcomes = outcomes.into_iter();
        for id in batch.ids {
            let missing = || Outcome::Unknown("the answer does not mention it".to_owned());
            let outcome = outcomes.next().unwrap_or_else(missing);
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            let (group, unsure) = (entry.group.clone(), entry.unsure_since_ms.is_some());
            match outcome {
                Outcome::Accepted(new) => {
                    entry.state = State::Noting;
                    entry.parcel = None;
                    entry.attempts = 0;
                    entry.unsure_since_ms = None;
                    self.totals.sent += 1;
                    sent.push((id, new));
                    self.settle(batch.lane, group.as_ref());
                }
                Outcome::Busy(why) => {
                    if !unsure {
                        unsent.push(Id::clone(&id));
                    }
                    self.again(&id, batch.lane, why, unsure);
                }
                Outcome::Unknown(why) => {
                    let began_ms = entry.announced_ms;
                    let since_ms = *entry.unsure_since_ms.get_or_insert(began_ms);
                    let lane = self.lanes.get(batch.lane);
                    let ordered = lane.is_some_and(|lane| lane.settings.is_ordered);
                    if self.may_repeat(ordered, since_ms) {
                        self.again(&id, batch.lane, why, true);
                    } else {
                        self.keep(&id, batch.lane, Kept::Ambiguous(why));
                    }
                }
                Outcome::Refused(why) | Outcome::Closed(why) if unsure => {
                    // This attempt did nothing; the one before may have.
                    self.keep(&id, batch.lane, Kept::Ambiguous(why));
                }
                Outcome::Refused(why) => {
                    refused.push((Id::clone(&id), why.clone()));
                    self.taken = self.taken.saturating_sub(1);
                    self.keep(&id, batch.lane, Kept::Refused(why));
                }
                Outcome::Closed(why) => {
                    refused.push((Id::clone(&id), why.clone()));
                    self.taken = self.taken.saturating_sub(1);
                    self.keep(&id, batch.lane, Kept::Refused(why.clone()));
                    self.close(batch.lane, &why);
                }
            }
        }
        if !unsent.is_empty() {
            self.record(Line::Unsent(unsent));
        }
        if !refused.is_empty() {
            self.record(Line::Refused(refused));
        }
        if !sent.is_empty() {
            let ids = sent.iter().map(|(id, _)| Id::clone(id)).collect();
            self.record_then(Line::Sent(sent), Ticket::Sent(ids));
        }
    }

    /// Puts a message back to the front of its lane, unless it had its chances.
    fn again(&mut self, id: &Id, lane_id: LaneId, why: String, unsure: bool) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        if entry.attempts >= ATTEMPTS_MAX {
            if !unsure {
                self.taken = self.taken.saturating_sub(1);
            }
            let kept = if unsure { Kept::Ambiguous(why) } else { Kept::Refused(why) };
            return self.keep(id, lane_id, kept);
        }
        entry.state = State::Waiting;
        let (bytes, group, attempts) = (entry.bytes, entry.group.clone(), entry.attempts);
        let not_before_ms = self.now_ms + (BACKOFF_MS << attempts);
        if let Some(lane) = self.lanes.get_mut(lane_id) {
            lane.not_before_ms = lane.not_before_ms.max(not_before_ms);
            lane.push(Id::clone(id), bytes, group.as_ref(), true);
            lane.settle(group.as_ref());
        }
    }

    /// Leaves a message in the dead-letter queue, and with it all behind it in its group.
    fn keep(&mut self, id: &Id, lane: LaneId, kept: Kept) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        entry.state = State::Kept(kept);
        entry.parcel = None;
        let group = entry.group.clone();
        self.settle(lane, group.as_ref());
        self.block(lane, group.as_ref());
    }

    pub(super) fn block(&mut self, lane: LaneId, group: Option<&std::sync::Arc<str>>) {
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        for id in lane.block(group) {
            self.leave(&id, Kept::BehindGroup);
        }
    }

    fn settle(&mut self, lane: LaneId, group: Option<&std::sync::Arc<str>>) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.settle(group);
        }
    }

    /// A destination takes nothing any more: what waits for it stays.
    fn close(&mut self, lane_id: LaneId, why: &str) {
        let Some(lane) = self.lanes.get_mut(lane_id) else { return };
        lane.closed.get_or_insert_with(|| why.to_owned());
        for id in lane.clear() {
            self.leave(&id, Kept::Refused(why.to_owned()));
        }
        if self.settings.stop_when_closed {
            self.fail(why.to_owned());
        }
    }

    /// A message that waited stays.
    fn leave(&mut self, id: &Id, kept: Kept) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        entry.parcel = None;
        entry.state = State::Kept(match entry.unsure_since_ms {
            Some(_) => Kept::Ambiguous("an earlier attempt had no answer".to_owned()),
            None => {
                self.taken = self.taken.saturating_sub(1);
                kept
            }
        });
    }

    pub(super) fn deleted(&mut self, number: u64, results: &[bool]) {
        let Some(ids) = self.deletes.remove(&number) else { return };
        let (mut gone, mut stuck) = (Vec::new(), Vec::new());
        for (index, id) in ids.into_iter().enumerate() {
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            if results.get(index) == Some(&true) {
                entry.state = State::Deleted;
                if entry.was_sent_before {
                    self.totals.settled += 1;
                } else {
                    self.totals.deleted += 1;
                }
                self.held.remove(&id);
                gone.push(id);
                continue;
            }
            entry.attempts += 1;
            if entry.attempts < ATTEMPTS_MAX {
                self.to_repeat.push((self.now_ms + (BACKOFF_MS << entry.attempts), id));
            } else {
                entry.state = State::Kept(Kept::Undeleted);
                stuck.push(id);
            }
        }
        if !gone.is_empty() {
            self.deleted_since_empty = true;
            self.record(Line::Deleted(gone));
        }
        if !stuck.is_empty() {
            self.record(Line::Undeleted(stuck));
        }
    }
}
