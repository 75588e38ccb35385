//! A topic and a subscription with what is compiled of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use brume_queues::QueueKey;

use super::filters::Filters;
use super::{Address, Plan};
use crate::access::Admission;
use crate::attributes::subscription::dead_letter_queue;
use crate::filter::Filter;
use crate::protocol::Protocol;
use crate::record::{Subscription, Topic};

/// A topic with its subscriptions.
#[derive(Debug)]
pub struct TopicEntry {
    /// As it is stored.
    pub record: Arc<Topic>,
    subscriptions: BTreeMap<u64, Arc<SubscriptionEntry>>,
    by_address: HashMap<Address, u64>,
    pending: usize,
    filters: usize,
    /// Made at the first publication after a change.
    plan: Mutex<Option<Arc<Plan>>>,
}

/// A subscription with what is compiled of it.
#[derive(Debug)]
pub struct SubscriptionEntry {
    /// As it is stored.
    pub record: Subscription,
    /// Whether messages go without envelope.
    pub is_raw: bool,
    /// Which messages it wants.
    pub filter: Option<Arc<Filter>>,
    /// Where failed deliveries go.
    pub dead_letter_queue: Option<QueueKey>,
    /// The queue, if the endpoint is one.
    pub queue: Option<QueueKey>,
    /// Whether that queue lets the topic in, as it was last found.
    pub admission: Admission,
    /// Whether the dead-letter queue lets the topic in.
    pub dead_letter_admission: Admission,
}

impl SubscriptionEntry {
    /// Compiles a subscription.
    #[must_use]
    pub(super) fn new(record: Subscription, filters: &mut Filters) -> Self {
        let raw = record.attributes.get("RawMessageDelivery");
        let queue = (record.protocol == Protocol::Sqs)
            .then(|| QueueKey::of(&record.endpoint.parse().ok()?))
            .flatten();
        Self {
            is_raw: raw.is_some_and(|value| value.eq_ignore_ascii_case("true")),
            filter: filters.compile(&record.attributes),
            dead_letter_queue: dead_letter_queue(&record.attributes),
            queue,
            admission: Admission::default(),
            dead_letter_admission: Admission::default(),
            record,
        }
    }

    /// Whether messages are delivered.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        self.record.pending.is_none()
    }
}

impl TopicEntry {
    /// Makes the entry of a topic that nobody has subscribed to yet.
    #[must_use]
    pub(super) fn new(record: Arc<Topic>) -> Self {
        Self {
            record,
            subscriptions: BTreeMap::new(),
            by_address: HashMap::new(),
            pending: 0,
            filters: 0,
            plan: Mutex::new(None),
        }
    }

    /// Subscriptions in the order in which they were made, behind the one with serial `after`.
    pub fn subscriptions(&self, after: u64) -> impl Iterator<Item = &Arc<SubscriptionEntry>> {
        self.subscriptions.range(after + 1..).map(|(_, entry)| entry)
    }

    /// The subscription of an endpoint.
    #[must_use]
    pub fn subscription_to(
        &self,
        protocol: Protocol,
        endpoint: &str,
    ) -> Option<&Arc<SubscriptionEntry>> {
        self.subscriptions.get(self.by_address.get(&(protocol, Arc::from(endpoint)))?)
    }

    /// How many subscriptions are confirmed.
    #[must_use]
    pub fn confirmed(&self) -> usize {
        self.subscriptions.len() - self.pending
    }

    /// How many wait for confirmation.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.pending
    }

    /// How many have a filter policy.
    #[must_use]
    pub const fn filters(&self) -> usize {
        self.filters
    }

    /// How a message is spread.
    #[must_use]
    pub fn plan(&self) -> Arc<Plan> {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Plan::new(Arc::clone(&self.record), self.subscriptions.values()));
        Arc::clone(plan.get_or_insert_with(made))
    }

    pub(super) fn replace(&mut self, record: Arc<Topic>) {
        self.record = record;
        self.forget_plan();
    }

    pub(super) fn put(&mut self, entry: Arc<SubscriptionEntry>) {
        let address = (entry.record.protocol, Arc::clone(&entry.record.endpoint));
        self.by_address.insert(address, entry.record.serial);
        self.count(&entry, true);
        if let Some(old) = self.subscriptions.insert(entry.record.serial, entry) {
            self.count(&old, false);
        }
        self.forget_plan();
    }

    pub(super) fn remove(&mut self, entry: &SubscriptionEntry) {
        let address = (entry.record.protocol, Arc::clone(&entry.record.endpoint));
        self.by_address.remove(&address);
        if let Some(old) = self.subscriptions.remove(&entry.record.serial) {
            self.count(&old, false);
            Arc::make_mut(&mut self.record).subscriptions_deleted += 1;
        }
        self.forget_plan();
    }

    fn count(&mut self, entry: &SubscriptionEntry, is_new: bool) {
        let pending = usize::from(!entry.is_confirmed());
        let filters = usize::from(entry.filter.is_some());
        if is_new {
            self.pending += pending;
            self.filters += filters;
        } else {
            self.pending -= pending;
            self.filters -= filters;
        }
    }

    fn forget_plan(&mut self) {
        *self.plan.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
