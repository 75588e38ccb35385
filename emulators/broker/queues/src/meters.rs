//! The series of namespace `AWS/SQS` of one queue.

use std::sync::{Arc, Weak};

use brume_foundation::clock::Moment;
use brume_foundation::metrics::{Counter, Metrics};

use crate::{Queue, QueueKey};

const NAMESPACE: &str = "AWS/SQS";

#[derive(Debug)]
pub(crate) struct Meters {
    sent: Arc<Counter>,
    sent_bytes: Arc<Counter>,
    received: Arc<Counter>,
    empty: Arc<Counter>,
    deleted: Arc<Counter>,
}

impl Meters {
    /// Makes the series; levels are read from the queue when somebody asks for them.
    pub(crate) fn new(metrics: &Metrics, key: &QueueKey, queue: &Weak<Queue>) -> Self {
        let registry = metrics.scope(key.account.as_str(), key.region.as_str());
        let dimensions: &[(&str, &str)] = &[("QueueName", &key.name)];
        for (name, level) in LEVELS {
            let queue = Weak::clone(queue);
            registry.sampled(NAMESPACE, name, dimensions, move |now| {
                let queue = queue.upgrade().filter(|queue| !queue.is_deleted())?;
                Some(level(&queue, now) as f64)
            });
        }
        let counter = |name| registry.counter(NAMESPACE, name, dimensions);
        Self {
            sent: counter("NumberOfMessagesSent"),
            sent_bytes: counter("SentMessageSize"),
            received: counter("NumberOfMessagesReceived"),
            empty: counter("NumberOfEmptyReceives"),
            deleted: counter("NumberOfMessagesDeleted"),
        }
    }

    pub(crate) fn sent(&self, now: Moment, bytes: usize) {
        self.sent.add(now, 1.0);
        self.sent_bytes.add(now, bytes as f64);
    }

    pub(crate) fn received(&self, now: Moment, messages: usize) {
        if messages == 0 {
            self.empty.add(now, 1.0);
        } else {
            self.received.add(now, messages as f64);
        }
    }

    pub(crate) fn deleted(&self, now: Moment, messages: usize) {
        self.deleted.add(now, messages as f64);
    }
}

type Level = fn(&Queue, Moment) -> u64;

const LEVELS: &[(&str, Level)] = &[
    ("ApproximateNumberOfMessagesVisible", |queue, _| queue.counts().visible),
    ("ApproximateNumberOfMessagesNotVisible", |queue, _| queue.counts().in_flight),
    ("ApproximateNumberOfMessagesDelayed", |queue, _| queue.counts().delayed),
    ("ApproximateAgeOfOldestMessage", |queue, now| queue.levels(now).oldest_seconds),
    ("ApproximateNumberOfGroupsWithInflightMessages", |queue, now| {
        queue.levels(now).groups_in_flight
    }),
    ("NumberOfNoisyGroups", |queue, now| queue.levels(now).noisy_groups),
    ("ApproximateNumberOfMessagesNotVisibleInQuietGroups", |queue, now| {
        queue.levels(now).quiet_in_flight
    }),
];

/// Levels beside the counts of messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Levels {
    pub(crate) oldest_seconds: u64,
    pub(crate) groups_in_flight: u64,
    pub(crate) noisy_groups: u64,
    pub(crate) quiet_in_flight: u64,
}
