//! `AWS/SNS` metrics, by topic.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use brume_foundation::clock::Moment;
use brume_foundation::metrics::{Counter, Metrics};

use crate::key::TopicKey;

/// The metrics of a topic; names as CloudWatch has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    Published,
    PublishSize,
    Delivered,
    Failed,
    FilteredOut,
    FilteredByAttributes,
    FilteredByBody,
    FilteredInvalidAttributes,
    FilteredNoAttributes,
    FilteredInvalidBody,
    RedrivenToDlq,
    FailedToRedriveToDlq,
}

/// In the order of the variants.
const NAMES: [&str; 12] = [
    "NumberOfMessagesPublished",
    "PublishSize",
    "NumberOfNotificationsDelivered",
    "NumberOfNotificationsFailed",
    "NumberOfNotificationsFilteredOut",
    "NumberOfNotificationsFilteredOut-MessageAttributes",
    "NumberOfNotificationsFilteredOut-MessageBody",
    "NumberOfNotificationsFilteredOut-InvalidAttributes",
    "NumberOfNotificationsFilteredOut-NoMessageAttributes",
    "NumberOfNotificationsFilteredOut-InvalidMessageBody",
    "NumberOfNotificationsRedrivenToDlq",
    "NumberOfNotificationsFailedToRedriveToDlq",
];

/// Topics whose counters are kept at hand.
const METERS_MAX: usize = 50_000;

/// Counters of all topics.
#[derive(Debug)]
pub(crate) struct Meters {
    metrics: Arc<Metrics>,
    known: Mutex<HashMap<TopicKey, Arc<Meter>>>,
}

/// Counters of one topic, each made when it is first needed.
#[derive(Debug)]
pub(crate) struct Meter {
    metrics: Arc<Metrics>,
    topic: TopicKey,
    counters: [OnceLock<Arc<Counter>>; NAMES.len()],
}

impl Meters {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, known: Mutex::default() }
    }

    /// The counters of a topic.
    pub(crate) fn of(&self, topic: &TopicKey) -> Arc<Meter> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(topic) {
            return Arc::clone(found);
        }
        if known.len() >= METERS_MAX {
            known.clear();
        }
        let meter = Arc::new(Meter {
            metrics: Arc::clone(&self.metrics),
            topic: topic.clone(),
            counters: Default::default(),
        });
        known.insert(topic.clone(), Arc::clone(&meter));
        meter
    }

    /// Forgets the series of a topic that is gone.
    pub(crate) fn forget(&self, topic: &TopicKey) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(topic);
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Meter {
    /// Counts; nothing for nothing.
    pub(crate) fn add(&self, metric: Metric, amount: usize, now: Moment) {
        if amount == 0 {
            return;
        }
        let index = metric as usize;
        let counter = self.counters[index].get_or_init(|| {
            let (account, region) = (self.topic.account, self.topic.region);
            let registry = self.metrics.scope(account.as_str(), region.as_str());
            registry.counter("AWS/SNS", NAMES[index], &[("TopicName", &self.topic.name)])
        });
        counter.add(now, amount as f64);
    }
}
