//! The local mailbox: what mail, text messages, push notifications and streams would have carried.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use brume_foundation::clock::Moment;
use serde::{Deserialize, Serialize};

use crate::requests::Page;

/// Deliveries kept; the oldest go first.
pub const LETTERS_MAX: usize = 10_000;
/// Bytes of their bodies together.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// One delivery that a person or a device would have got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Counts letters from 1.
    pub serial: u64,
    /// When it came.
    pub at: Moment,
    /// `email`, `email-json`, `sms`, `application`, `firehose`.
    pub protocol: String,
    /// Mail address, telephone number, ARN.
    pub endpoint: String,
    /// The topic, unless it was sent directly.
    pub topic_arn: Option<String>,
    /// The message's id.
    pub message_id: String,
    /// The subject line.
    pub subject: Option<String>,
    /// The text as it would have been delivered.
    pub body: String,
}

/// All letters, newest last.
#[derive(Debug, Default)]
pub struct Mailbox {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    letters: VecDeque<Letter>,
    bytes: usize,
    last_serial: u64,
}

impl Mailbox {
    /// Takes a letter in; its serial number is set here and returned.
    pub fn put(&self, mut letter: Letter) -> u64 {
        let mut inner = self.lock();
        inner.last_serial += 1;
        letter.serial = inner.last_serial;
        inner.push(letter);
        inner.last_serial
    }

    /// Letters to `endpoint`, or to everybody, that came after the one with serial `after`.
    #[must_use]
    pub fn list(&self, endpoint: Option<&str>, after: u64, limit: usize) -> Page<Letter> {
        let inner = self.lock();
        let first = inner.letters.partition_point(|letter| letter.serial <= after);
        let mut found = inner
            .letters
            .range(first..)
            .filter(|letter| endpoint.is_none_or(|wanted| letter.endpoint == wanted));
        let items = found.by_ref().take(limit).cloned().collect::<Vec<_>>();
        let has_more = found.next().is_some();
        let last = items.last().map(|letter| letter.serial.to_string());
        Page { items, next: last.filter(|_| has_more) }
    }

    /// Throws all letters away.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.letters.clear();
        inner.bytes = 0;
    }

    /// All letters, for a checkpoint.
    pub(crate) fn all(&self) -> Vec<Letter> {
        self.lock().letters.iter().cloned().collect()
    }

    /// Takes back what a checkpoint or the journal kept; one that is there already is no news.
    pub(crate) fn restore(&self, letter: Letter) {
        let mut inner = self.lock();
        if letter.serial > inner.last_serial {
            inner.last_serial = letter.serial;
            inner.push(letter);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn push(&mut self, letter: Letter) {
        self.bytes += letter.body.len();
        self.letters.push_back(letter);
        while self.letters.len() > LETTERS_MAX || self.bytes > BYTES_MAX {
            let Some(gone) = self.letters.pop_front() else { break };
            self.bytes -= gone.body.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(endpoint: &str) -> Letter {
        Letter {
            serial: 0,
            at: Moment::default(),
            protocol: "email".to_owned(),
            endpoint: endpoint.to_owned(),
            topic_arn: None,
            message_id: "m".to_owned(),
            subject: None,
            body: "hello".to_owned(),
        }
    }

    #[test]
    fn letters_are_found_by_address_and_read_in_pages() {
        let mailbox = Mailbox::default();
        for address in ["a@x", "b@x", "a@x", "a@x"] {
            mailbox.put(letter(address));
        }
        let first = mailbox.list(Some("a@x"), 0, 2);
        assert_eq!(first.items.iter().map(|letter| letter.serial).collect::<Vec<_>>(), [1, 3]);
        let second = mailbox.list(Some("a@x"), first.next.unwrap().parse().unwrap(), 2);
        assert_eq!(second.items.len(), 1);
        assert_eq!(second.next, None);
    }

    #[test]
    fn the_oldest_letters_go_first() {
        let mailbox = Mailbox::default();
        for _ in 0..LETTERS_MAX + 5 {
            mailbox.put(letter("a@x"));
        }
        assert_eq!(mailbox.list(None, 0, 1).items[0].serial, 6);
    }
}
