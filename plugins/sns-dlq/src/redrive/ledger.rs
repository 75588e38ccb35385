//! What a journal says about each message.

use std::collections::HashMap;

use super::record::{Id, Line};

/// The last thing that is known of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It is to be sent.
    Seen,
    /// It may have been sent, for the first time at this moment, or not.
    Sending {
        /// In milliseconds since 1970.
        at_ms: u64,
    },
    /// It was sent, and is to be deleted.
    Sent,
    /// The destination said no.
    Refused,
    /// It is gone.
    Deleted,
    /// It was sent, and could not be deleted.
    Undeleted,
}

impl Entry {
    /// Says whether the message was sent or perhaps sent, and is not known to be gone.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        matches!(self, Self::Sending { .. } | Self::Sent | Self::Undeleted)
    }
}

/// All messages of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Messages by their ids.
    pub entries: HashMap<Id, Entry>,
    /// The last run came to its end, and left nothing to be resumed.
    pub is_finished: bool,
    /// The last run came to its end, and gave back what it held.
    pub is_ended: bool,
}

impl Ledger {
    /// Takes note of a line.
    pub fn apply(&mut self, line: Line) {
        self.is_finished = false;
        self.is_ended = false;
        match line {
            Line::Redrive(_) => {}
            Line::Seen(seen) => {
                for (id, _) in seen {
                    self.entries.entry(id).or_insert(Entry::Seen);
                }
            }
            Line::Sending(at_ms, ids) => {
                for id in ids {
                    let entry = self.entries.entry(id).or_insert(Entry::Seen);
                    match entry {
                        // The first of several attempts counts: the destination may have taken it
                        // then, and forgets duplicates five minutes later.
                        Entry::Sending { .. } => {}
                        // What was sent once stays sent.
                        Entry::Sent | Entry::Deleted | Entry::Undeleted => {}
                        Entry::Seen | Entry::Refused => *entry = Entry::Sending { at_ms },
                    }
                }
            }
            Line::Unsent(ids) => self.put(ids, &Entry::Seen),
            Line::Sent(sent) => self.put(sent.into_iter().map(|(id, _)| id), &Entry::Sent),
            Line::Refused(refused) => {
                self.put(refused.into_iter().map(|(id, _)| id), &Entry::Refused);
            }
            Line::Deleted(ids) => self.put(ids, &Entry::Deleted),
            Line::Undeleted(ids) => self.put(ids, &Entry::Undeleted),
            Line::End(finished) => {
                self.is_finished = finished;
                self.is_ended = true;
            }
        }
    }

    fn put(&mut self, ids: impl IntoIterator<Item = Id>, entry: &Entry) {
        for id in ids {
            self.entries.insert(id, entry.clone());
        }
    }

    /// Messages that may or may not have been sent, in the order of their ids.
    #[must_use]
    pub fn ambiguous(&self) -> Vec<Id> {
        let is_ambiguous = |entry: &Entry| matches!(entry, Entry::Sending { .. });
        let mut ids: Vec<Id> = self
            .entries
            .iter()
            .filter(|(_, entry)| is_ambiguous(entry))
            .map(|(id, _)| id.clone())
            .collect();
        ids.sort();
        ids
    }

    /// Messages that count against a limit: sent, or perhaps sent.
    #[must_use]
    pub fn taken(&self) -> u64 {
        let untaken = |entry: &&Entry| !matches!(entry, Entry::Seen | Entry::Refused);
        self.entries.values().filter(untaken).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts_and_the_first_attempt() {
        let id = || Id::from("a");
        let mut ledger = Ledger::default();
        ledger.apply(Line::Sending(5, vec![id()]));
        ledger.apply(Line::Sending(9, vec![id()]));
        assert_eq!(ledger.entries[&id()], Entry::Sending { at_ms: 5 });
        assert_eq!((ledger.ambiguous(), ledger.taken()), (vec![id()], 1));
        ledger.apply(Line::Unsent(vec![id()]));
        assert_eq!(ledger.taken(), 0);
        ledger.apply(Line::Sending(9, vec![id()]));
        ledger.apply(Line::Sent(vec![(id(), "n".into())]));
        ledger.apply(Line::Sending(9, vec![id()]));
        assert_eq!(ledger.entries[&id()], Entry::Sent);
        ledger.apply(Line::End(true));
        assert!(ledger.is_finished);
        ledger.apply(Line::Deleted(vec![id()]));
        assert!(!ledger.is_finished);
    }
}
