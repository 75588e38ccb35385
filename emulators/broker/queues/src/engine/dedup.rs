//! Which messages of a FIFO queue were sent before, and which receives were tried before.

use std::collections::VecDeque;

use hashbrown::HashMap;
use ring::digest;

use crate::{DeduplicationScope, MessageId};

/// How long a deduplication id and a receive request attempt id are remembered.
pub(crate) const WINDOW_MS: u64 = 5 * 60 * 1_000;

/// What stands for a deduplication id within its scope: part of a cryptographic hash, so that ids
/// of any length cost the same.
pub(crate) type Key = [u8; 16];

/// The key of a deduplication id.
pub(crate) fn key(scope: DeduplicationScope, group: &str, id: &str) -> Key {
    let mut context = digest::Context::new(&digest::SHA256);
    if scope == DeduplicationScope::MessageGroup {
        context.update(group.as_bytes());
    }
    // No group and no id holds a control character.
    context.update(&[0]);
    context.update(id.as_bytes());
    truncated(&context.finish())
}

fn truncated(digest: &digest::Digest) -> Key {
    let mut key = [0; 16];
    key.copy_from_slice(&digest.as_ref()[..16]);
    key
}

/// The deduplication id that a body stands for: the hexadecimal SHA-256 of it, attributes left out.
pub(crate) fn id_of(body: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, body);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    })
}

/// The message that came first with its deduplication id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct First {
    pub(crate) id: MessageId,
    pub(crate) order: u64,
    pub(crate) at_ms: u64,
}

impl First {
    pub(crate) const fn is_over(&self, now_ms: u64) -> bool {
        self.at_ms + WINDOW_MS <= now_ms
    }
}

/// The deduplication ids of one queue.
#[derive(Debug, Default)]
pub(crate) struct Deduplication {
    firsts: HashMap<Key, First>,
    by_age: VecDeque<(u64, Key)>,
}

impl Deduplication {
    pub(crate) fn len(&self) -> usize {
        self.firsts.len()
    }

    pub(crate) fn get(&self, key: &Key, now_ms: u64) -> Option<&First> {
        self.firsts.get(key).filter(|first| !first.is_over(now_ms))
    }

    /// All that are not over.
    pub(crate) fn iter(&self, now_ms: u64) -> impl Iterator<Item = (Key, First)> + '_ {
        let all = self.firsts.iter().map(|(key, first)| (*key, *first));
        all.filter(move |(_, first)| !first.is_over(now_ms))
    }

    pub(crate) fn insert(&mut self, key: Key, first: First) {
        self.by_age.push_back((first.at_ms, key));
        self.firsts.insert(key, first);
    }

    /// The message with this order was not sent after all.
    pub(crate) fn take_back(&mut self, key: &Key, order: u64) {
        if self.firsts.get(key).is_some_and(|first| first.order == order) {
            self.firsts.remove(key);
        }
    }

    /// Forgets what is over; every id costs one step once.
    pub(crate) fn expire(&mut self, now_ms: u64) {
        while let Some(&(at_ms, key)) = self.by_age.front() {
            if at_ms + WINDOW_MS > now_ms {
                return;
            }
            self.by_age.pop_front();
            if self.firsts.get(&key).is_some_and(|first| first.is_over(now_ms)) {
                self.firsts.remove(&key);
            }
        }
    }

    /// After a recovery, which adds in the order of the journal.
    pub(crate) fn sort(&mut self) {
        self.by_age.make_contiguous().sort_unstable();
    }
}

/// One message of an earlier receive: slot, order and number of the lease.
pub(crate) type Leased = (u32, u64, u32);

/// The receives of one FIFO queue that named themselves.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    leases: HashMap<Box<str>, (u64, Box<[Leased]>)>,
    by_age: VecDeque<(u64, Box<str>)>,
}

impl Attempts {
    pub(crate) fn get(&self, id: &str, now_ms: u64) -> Option<&[Leased]> {
        let (at_ms, leases) = self.leases.get(id)?;
        (at_ms + WINDOW_MS > now_ms).then_some(leases)
    }

    pub(crate) fn insert(&mut self, id: Box<str>, now_ms: u64, leases: Vec<Leased>) {
        self.by_age.push_back((now_ms, id.clone()));
        self.leases.insert(id, (now_ms, leases.into_boxed_slice()));
    }

    pub(crate) fn expire(&mut self, now_ms: u64) {
        while let Some((at_ms, _)) = self.by_age.front() {
            if at_ms + WINDOW_MS > now_ms {
                return;
            }
            let Some((_, id)) = self.by_age.pop_front() else { return };
            if self.leases.get(&id).is_some_and(|(at_ms, _)| at_ms + WINDOW_MS <= now_ms) {
                self.leases.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_within_their_scope() {
        let queue = |group, id| key(DeduplicationScope::Queue, group, id);
        let group = |group, id| key(DeduplicationScope::MessageGroup, group, id);
        assert_eq!(queue("a", "1"), queue("b", "1"));
        assert_ne!(group("a", "1"), group("b", "1"));
        assert_ne!(group("a", "b1"), group("ab", "1"));
    }

    #[test]
    fn a_body_has_the_digits_of_its_hash() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(id_of(b""), empty);
    }

    #[test]
    fn an_id_is_forgotten_after_five_minutes() {
        let mut table = Deduplication::default();
        let first = First { id: MessageId([1; 16]), order: 1, at_ms: 1_000 };
        table.insert([1; 16], first);
        assert_eq!(table.get(&[1; 16], 1_000 + WINDOW_MS - 1), Some(&first));
        assert_eq!(table.get(&[1; 16], 1_000 + WINDOW_MS), None);
        // The same id again, while the old one is still in the list of ages.
        table.insert([1; 16], First { at_ms: 1_000 + WINDOW_MS, order: 2, ..first });
        table.expire(1_000 + WINDOW_MS);
        assert_eq!(table.len(), 1);
        table.take_back(&[1; 16], 1);
        assert_eq!(table.len(), 1);
        table.take_back(&[1; 16], 2);
        assert_eq!(table.len(), 0);
    }
}
