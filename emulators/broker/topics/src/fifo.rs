//! FIFO topics: order numbers, what was published in the last five minutes, and the archive.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use brume_foundation::clock::Moment;
use serde::{Deserialize, Serialize};

use crate::message::Message;

/// How long a message with the same deduplication id is the same message.
pub const WINDOW: Duration = Duration::from_secs(300);
/// Bytes of text that all archived messages of one topic may have; the oldest go first.
const ARCHIVE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A message of the last five minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its deduplication id, with its group in front where ids count within groups.
    pub key: Arc<str>,
    /// When it came.
    pub at: Moment,
    /// Its message id.
    pub message_id: Arc<str>,
    /// Its place.
    pub sequence: u64,
}

/// What a FIFO topic remembers.
#[derive(Debug, Default)]
pub struct Fifo {
    last: u64,
    seen: HashMap<Arc<str>, Seen>,
    by_age: VecDeque<(Moment, Arc<str>)>,
    archive: VecDeque<Arc<Message>>,
    archive_bytes: usize,
}

impl Fifo {
    /// The message that an id stands for already.
    #[must_use]
    pub fn duplicate(&mut self, key: &str, now: Moment) -> Option<Seen> {
        while let Some((at, key)) = self.by_age.front()
            && at.after(WINDOW) <= now
        {
            let at = *at;
            // Taken back and seen again since: then the younger entry stays.
            if self.seen.get(key).is_some_and(|seen| seen.at == at) {
                self.seen.remove(key);
            }
            self.by_age.pop_front();
        }
        self.seen.get(key).cloned()
    }

    /// The place of the next message.
    pub const fn next_sequence(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Remembers a message.
    pub fn remember(&mut self, seen: Seen) {
        self.last = self.last.max(seen.sequence);
        self.by_age.push_back((seen.at, Arc::clone(&seen.key)));
        self.seen.insert(Arc::clone(&seen.key), seen);
    }

    /// Forgets a message that was not accepted in the end.
    pub fn take_back(&mut self, key: &str) {
        self.seen.remove(key);
    }

    /// What is remembered, oldest first.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.by_age.iter().filter_map(|(at, key)| self.seen.get(key).filter(|it| it.at == *at))
    }

    /// The last place that was given.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// Goes on behind a place.
    pub fn skip_to(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    /// Keeps a message; older ones than `retention` go.
    pub fn archive(&mut self, message: Arc<Message>, retention: Duration, now: Moment) {
        self.archive_bytes += message.text.len();
        self.archive.push_back(message);
        self.expire(retention, now);
    }

    /// Lets go of what is older than `retention`, or does not fit.
    pub fn expire(&mut self, retention: Duration, now: Moment) {
        while let Some(oldest) = self.archive.front() {
            let is_old = oldest.published_at.after(retention) <= now;
            if !is_old && self.archive_bytes <= ARCHIVE_BYTES_MAX {
                break;
            }
            self.archive_bytes -= oldest.text.len();
            self.archive.pop_front();
        }
    }

    /// Ends the archive.
    pub fn clear_archive(&mut self) {
        self.archive.clear();
        self.archive_bytes = 0;
    }

    /// Archived messages in their order.
    pub fn archived(&self) -> impl Iterator<Item = &Arc<Message>> {
        self.archive.iter()
    }
}

/// The key of a message in the window: the id, within its group where ids count there.
#[must_use]
pub fn window_key(group: &str, deduplication: &str, is_within_group: bool) -> Arc<str> {
    if is_within_group {
        // Group ids have no control characters.
        Arc::from(format!("{group}\n{deduplication}"))
    } else {
        Arc::from(deduplication)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::message;

    fn seen(key: &str, at: u64, sequence: u64) -> Seen {
        let at = Moment::from_unix_millis(at);
        Seen { key: Arc::from(key), at, message_id: Arc::from("m"), sequence }
    }

    #[test]
    fn an_id_stands_for_its_message_for_five_minutes() {
        let mut fifo = Fifo::default();
        let sequence = fifo.next_sequence();
        fifo.remember(seen("a", 0, sequence));
        let at = |fifo: &mut Fifo, millis| {
            fifo.duplicate("a", Moment::from_unix_millis(millis)).map(|seen| seen.sequence)
        };
        assert_eq!(at(&mut fifo, 299_999), Some(1));
        assert_eq!(at(&mut fifo, 300_000), None);
        assert_eq!(fifo.next_sequence(), 2);
    }

    #[test]
    fn what_was_not_accepted_may_come_again() {
        let mut fifo = Fifo::default();
        fifo.remember(seen("a", 0, 1));
        fifo.take_back("a");
        assert_eq!(fifo.duplicate("a", Moment::from_unix_millis(1)), None);
        fifo.remember(seen("a", 200_000, 2));
        let later = fifo.duplicate("a", Moment::from_unix_millis(400_000));
        assert_eq!(later.map(|seen| seen.sequence), Some(2));
    }

    #[test]
    fn ids_count_in_the_topic_or_in_the_group() {
        assert_eq!(window_key("g", "d", false), window_key("h", "d", false));
        assert_ne!(window_key("g", "d", true), window_key("h", "d", true));
    }

    #[test]
    fn an_archive_keeps_as_long_as_it_should() {
        let mut fifo = Fifo::default();
        let day = Duration::from_secs(86_400);
        let first = Arc::new(message("one"));
        let published = first.published_at;
        fifo.archive(Arc::clone(&first), day, published);
        fifo.expire(day, published.after(day - Duration::from_secs(1)));
        assert_eq!(fifo.archived().count(), 1);
        fifo.expire(day, published.after(day));
        assert_eq!(fifo.archived().count(), 0);
    }
}
