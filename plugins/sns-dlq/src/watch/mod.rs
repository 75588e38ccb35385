//! What changes in dead-letter queues while somebody watches. Pure.
//!
//! In: samples with their times. Out: changes worth a line, and a picture to draw. Never here: a
//! clock, a terminal, a request.

pub mod screen;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use crate::text::duration;

/// Samples kept for the sparkline.
pub const HISTORY_MAX: usize = 240;

/// Groups that are told apart.
const GROUPS_MAX: usize = 10_000;

/// What a queue looked like at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Messages that can be received.
    pub depth: u64,
    /// Messages that somebody holds.
    pub in_flight: u64,
    /// Age of the oldest in seconds, where it is known.
    pub oldest_seconds: Option<u64>,
    /// Kinds of messages by fingerprint, with a label and a count; `None` when nobody could look
    /// without receiving.
    pub groups: Option<BTreeMap<String, (String, u64)>>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The number of messages changed, held ones included.
    Depth {
        /// Before; `None` at first sight.
        from: Option<u64>,
        /// Now.
        to: u64,
    },
    /// Messages of a kind that was not there before.
    Group {
        /// Its fingerprint.
        fingerprint: String,
        /// Where it comes from, and what it looks like.
        label: String,
    },
    /// The queue could not be read.
    Failed(String),
    /// It can be read again.
    Back,
}

/// One queue over time.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its name.
    pub name: String,
    /// The newest sample.
    pub sample: Option<Sample>,
    /// Depths, oldest first.
    pub history: VecDeque<u64>,
    /// Messages that came in a minute, by the last two samples.
    pub rate_per_minute: f64,
    /// Why it cannot be read.
    pub failure: Option<String>,
    /// Fingerprints seen so far.
    known: BTreeSet<String>,
    /// The newest kinds, latest first.
    pub news: VecDeque<String>,
    at_ms: u64,
}

impl Watched {
    /// A queue that nobody has looked at.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self {
            name,
            sample: None,
            history: VecDeque::new(),
            rate_per_minute: 0.0,
            failure: None,
            known: BTreeSet::new(),
            news: VecDeque::new(),
            at_ms: 0,
        }
    }

    /// Messages in it, held ones included: nobody should think that a look made it shorter.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.sample.as_ref().map_or(0, |sample| sample.depth + sample.in_flight)
    }

    /// Takes a sample; gives what changed.
    pub fn observe(&mut self, at_ms: u64, sample: Result<Sample, String>) -> Vec<Change> {
        let mut changes = Vec::new();
        let sample = match sample {
            Ok(sample) => sample,
            Err(why) => {
                if self.failure.as_ref() != Some(&why) {
                    changes.push(Change::Failed(why.clone()));
                }
                self.failure = Some(why);
                return changes;
            }
        };
        if self.failure.take().is_some() {
            changes.push(Change::Back);
        }
        let before = self.sample.is_some().then(|| self.depth());
        let now = sample.depth + sample.in_flight;
        if let Some(before) = before {
            #[allow(clippy::cast_precision_loss)] // for people
            let minutes = at_ms.saturating_sub(self.at_ms) as f64 / 60_000.0;
            #[allow(clippy::cast_precision_loss)] // for people
            let grown = now as f64 - before as f64;
            self.rate_per_minute = if minutes > 0.0 { grown / minutes } else { 0.0 };
        }
        if before != Some(now) {
            changes.push(Change::Depth { from: before, to: now });
        }
        for (fingerprint, (label, _)) in sample.groups.iter().flatten() {
            if self.known.len() >= GROUPS_MAX || !self.known.insert(fingerprint.clone()) {
                continue;
            }
            // At first sight everything is new, and nothing is news.
            if self.sample.is_some() {
                self.news.push_front(label.clone());
                self.news.truncate(5);
                let (fingerprint, label) = (fingerprint.clone(), label.clone());
                changes.push(Change::Group { fingerprint, label });
            }
        }
        self.history.push_back(now);
        if self.history.len() > HISTORY_MAX {
            self.history.pop_front();
        }
        self.sample = Some(sample);
        self.at_ms = at_ms;
        changes
    }

    /// A change as a line for people.
    #[must_use]
    pub fn line(&self, change: &Change) -> String {
        let name = &self.name;
        match change {
            Change::Depth { from, to } => {
                let age = self.sample.as_ref().and_then(|sample| sample.oldest_seconds);
                let age = age.map(|age| format!(", oldest {}", duration(age))).unwrap_or_default();
                match from {
                    None => format!("{name}: {to} messages{age}"),
                    Some(from) if to >= from => {
                        format!("{name}: {to} messages (+{}){age}", to - from)
                    }
                    Some(from) => format!("{name}: {to} messages (-{}){age}", from - to),
                }
            }
            Change::Group { label, fingerprint } => {
                format!("{name}: a new kind of message, {fingerprint}: {label}")
            }
            Change::Failed(why) => format!("{name}: cannot be read: {why}"),
            Change::Back => format!("{name}: can be read again"),
        }
    }

    /// A change as a document.
    #[must_use]
    pub fn document(&self, change: &Change, at: &str) -> Value {
        let age = self.sample.as_ref().and_then(|sample| sample.oldest_seconds);
        match change {
            Change::Depth { from, to } => json!({
                "at": at, "queue": self.name, "event": "depth", "from": from, "depth": to,
                "oldestAgeSeconds": age, "perMinute": self.rate_per_minute,
            }),
            Change::Group { fingerprint, label } => json!({
                "at": at, "queue": self.name, "event": "group", "fingerprint": fingerprint,
                "label": label, "depth": self.depth(),
            }),
            Change::Failed(why) => {
                json!({"at": at, "queue": self.name, "event": "failed", "reason": why})
            }
            Change::Back => json!({"at": at, "queue": self.name, "event": "back"}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(depth: u64, groups: &[&str]) -> Result<Sample, String> {
        let groups = groups.iter().map(|name| ((*name).to_owned(), (format!("label {name}"), 1)));
        Ok(Sample { depth, groups: Some(groups.collect()), ..Sample::default() })
    }

    #[test]
    fn only_changes_are_told() {
        let mut watched = Watched::new("dlq".into());
        let first = watched.observe(0, sample(2, &["a"]));
        assert_eq!(first, [Change::Depth { from: None, to: 2 }]);
        assert!(watched.observe(60_000, sample(2, &["a"])).is_empty());
        let grown = watched.observe(120_000, sample(5, &["a", "b"]));
        assert_eq!(grown.len(), 2);
        assert_eq!(watched.line(&grown[0]), "dlq: 5 messages (+3)");
        assert_eq!(watched.line(&grown[1]), "dlq: a new kind of message, b: label b");
        assert!((watched.rate_per_minute - 3.0).abs() < 1e-9);
        let shrunk = watched.observe(180_000, sample(1, &["b"]));
        assert_eq!(watched.line(&shrunk[0]), "dlq: 1 messages (-4)");
        assert!(watched.observe(240_000, sample(1, &["a"])).is_empty(), "a was there before");
    }

    #[test]
    fn a_failure_is_told_once() {
        let mut watched = Watched::new("dlq".into());
        let gone = || Err("gone".to_owned());
        assert_eq!(watched.observe(0, gone()), [Change::Failed("gone".into())]);
        assert!(watched.observe(1, gone()).is_empty());
        let back = watched.observe(2, sample(0, &[]));
        assert_eq!(back, [Change::Back, Change::Depth { from: None, to: 0 }]);
    }

    #[test]
    fn what_is_held_still_counts() {
        let mut watched = Watched::new("dlq".into());
        watched.observe(0, sample(3, &[]));
        let held = Sample { depth: 1, in_flight: 2, ..Sample::default() };
        assert!(watched.observe(1, Ok(held)).is_empty());
    }

    #[test]
    fn history_has_an_end() {
        let mut watched = Watched::new("dlq".into());
        for at in 0..1000 {
            watched.observe(at, sample(at, &[]));
        }
        assert_eq!(watched.history.len(), HISTORY_MAX);
        assert_eq!(watched.history.back(), Some(&999));
    }
}
