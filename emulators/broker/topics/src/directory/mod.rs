//! All topics, subscriptions, applications and settings, with the indexes that keep look-ups short.
//!
//! Comes in: [`Change`]s that were checked. Goes out: records and what was compiled of them. It is
//! a plain value: no lock, no clock, no disk; applying the same changes gives the same directory.

mod entry;
mod filters;
mod paging;
mod plan;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use brume_policy::{Account, Region};

pub use entry::{SubscriptionEntry, TopicEntry};
pub use paging::{PAGE, Token, page};
pub use plan::{Group, Plan};

use crate::key::TopicKey;
use crate::protocol::Protocol;
use crate::record::{Application, Change, PlatformEndpoint, Scope, Sms, Subscription, Topic};
use filters::Filters;

/// The whole configuration.
#[derive(Debug, Default)]
pub struct Directory {
    topics: BTreeMap<TopicKey, TopicEntry>,
    topic_counts: HashMap<(Account, Region), usize>,
    subscriptions: HashMap<Arc<str>, Arc<SubscriptionEntry>>,
    owned: BTreeMap<(Account, Region, u64), Arc<str>>,
    /// Subscriptions by the token that confirms them, or has confirmed them.
    tokens: HashMap<Arc<str>, Arc<str>>,
    applications: BTreeMap<Arc<str>, ApplicationEntry>,
    endpoints: HashMap<Arc<str>, (Arc<str>, u64)>,
    sms: BTreeMap<Scope, Sms>,
    filters: Filters,
    last_serial: u64,
}

/// An application with its endpoints.
#[derive(Debug)]
pub struct ApplicationEntry {
    /// As it is stored.
    pub record: Application,
    endpoints: BTreeMap<u64, PlatformEndpoint>,
    by_token: HashMap<String, u64>,
}

impl ApplicationEntry {
    /// The endpoint that has a token.
    #[must_use]
    pub fn endpoint_with(&self, token: &str) -> Option<&PlatformEndpoint> {
        self.endpoints.get(self.by_token.get(token)?)
    }

    /// Endpoints in the order in which they were made, behind the one with serial `after`.
    pub fn endpoints(&self, after: u64) -> impl Iterator<Item = &PlatformEndpoint> {
        self.endpoints.range(after + 1..).map(|(_, endpoint)| endpoint)
    }
}

impl Directory {
    /// The topic of that name.
    #[must_use]
    pub fn topic(&self, key: &TopicKey) -> Option<&TopicEntry> {
        self.topics.get(key)
    }

    /// How many topics an account has.
    #[must_use]
    pub fn topic_count(&self, account: Account, region: Region) -> usize {
        self.topic_counts.get(&(account, region)).copied().unwrap_or(0)
    }

    /// Topics of an account in the order of their names, behind `after`.
    pub fn topics(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
    ) -> impl Iterator<Item = &TopicEntry> {
        let from = TopicKey::new(account, region, after.unwrap_or_default());
        self.topics
            .range((Bound::Excluded(from), Bound::Unbounded))
            .take_while(move |(key, _)| key.account == account && key.region == region)
            .map(|(_, entry)| entry)
    }

    /// The subscription with that ARN.
    #[must_use]
    pub fn subscription(&self, arn: &str) -> Option<&Arc<SubscriptionEntry>> {
        self.subscriptions.get(arn)
    }

    /// Subscriptions of an account in the order in which they were made, behind serial `after`.
    pub fn subscriptions(
        &self,
        account: Account,
        region: Region,
        after: u64,
    ) -> impl Iterator<Item = &Arc<SubscriptionEntry>> {
        self.owned
            .range((account, region, after + 1)..=(account, region, u64::MAX))
            .filter_map(|(_, arn)| self.subscriptions.get(arn))
    }

    /// The subscription that a token confirms, or has confirmed.
    #[must_use]
    pub fn subscription_of_token(&self, token: &str) -> Option<&Arc<SubscriptionEntry>> {
        self.subscriptions.get(self.tokens.get(token)?)
    }

    /// The application with that ARN.
    #[must_use]
    pub fn application(&self, arn: &str) -> Option<&ApplicationEntry> {
        self.applications.get(arn)
    }

    /// Applications whose ARN begins with `prefix`, in order, behind `after`.
    pub fn applications<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&str>,
    ) -> impl Iterator<Item = &'a Application> {
        let from: Arc<str> = Arc::from(after.unwrap_or(prefix));
        self.applications
            .range((Bound::Excluded(from), Bound::Unbounded))
            .take_while(move |(arn, _)| arn.starts_with(prefix))
            .map(|(_, entry)| &entry.record)
    }

    /// The endpoint with that ARN.
    #[must_use]
    pub fn endpoint(&self, arn: &str) -> Option<&PlatformEndpoint> {
        let (application, serial) = self.endpoints.get(arn)?;
        self.applications.get(application)?.endpoints.get(serial)
    }

    /// Settings for text messages.
    #[must_use]
    pub fn sms(&self, scope: Scope) -> Option<&Sms> {
        self.sms.get(&scope)
    }

    /// A number that no subscription and no endpoint has yet.
    #[must_use]
    pub const fn next_serial(&self) -> u64 {
        self.last_serial + 1
    }

    /// Everything as changes that make an empty directory equal to this one.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for topic in self.topics.values() {
            changes.push(Change::PutTopic(Topic::clone(&topic.record)));
        }
        let subscriptions = self.owned.values().filter_map(|arn| self.subscriptions.get(arn));
        changes.extend(subscriptions.map(|entry| Change::PutSubscription(entry.record.clone())));
        for application in self.applications.values() {
            changes.push(Change::PutApplication(application.record.clone()));
            changes.extend(application.endpoints.values().cloned().map(Change::PutEndpoint));
        }
        changes.extend(self.sms.iter().map(|(&scope, sms)| Change::PutSms(scope, sms.clone())));
        changes
    }

    /// Applies one change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::PutTopic(topic) => self.put_topic(topic),
            Change::DeleteTopic(key) => self.delete_topic(key),
            Change::PutSubscription(subscription) => self.put_subscription(subscription),
            Change::DeleteSubscription(arn) => self.delete_subscription(arn),
            Change::PutApplication(application) => {
                let entry = ApplicationEntry {
                    record: application.clone(),
                    endpoints: BTreeMap::new(),
                    by_token: HashMap::new(),
                };
                let arn = Arc::clone(&application.arn);
                self.applications.entry(arn).or_insert(entry).record = application.clone();
            }
            Change::DeleteApplication(arn) => {
                if let Some(gone) = self.applications.remove(arn) {
                    for endpoint in gone.endpoints.values() {
                        self.endpoints.remove(&endpoint.arn);
                    }
                }
            }
            Change::PutEndpoint(endpoint) => self.put_endpoint(endpoint),
            Change::DeleteEndpoint(arn) => self.delete_endpoint(arn),
            Change::PutSms(scope, sms) => drop(self.sms.insert(*scope, sms.clone())),
        }
    }

    fn put_topic(&mut self, topic: &Topic) {
        let record = Arc::new(topic.clone());
        match self.topics.get_mut(&topic.key) {
            Some(entry) => entry.replace(record),
            None => {
                self.topics.insert(topic.key.clone(), TopicEntry::new(record));
                *self.topic_counts.entry((topic.key.account, topic.key.region)).or_default() += 1;
            }
        }
    }

    fn delete_topic(&mut self, key: &TopicKey) {
        let Some(gone) = self.topics.remove(key) else { return };
        if let Some(count) = self.topic_counts.get_mut(&(key.account, key.region)) {
            *count -= 1;
        }
        for entry in gone.subscriptions(0) {
            self.subscriptions.remove(&entry.record.arn);
            self.owned.remove(&owned_by(&entry.record));
            forget_token(&mut self.tokens, &entry.record);
        }
    }

    fn put_subscription(&mut self, record: &Subscription) {
        // A subscription whose topic is gone is gone as well.
        let Some(topic) = self.topics.get_mut(&record.topic) else { return };
        self.last_serial = self.last_serial.max(record.serial);
        let entry = Arc::new(SubscriptionEntry::new(record.clone(), &mut self.filters));
        if let Some(old) = self.subscriptions.insert(Arc::clone(&record.arn), Arc::clone(&entry)) {
            self.owned.remove(&owned_by(&old.record));
            forget_token(&mut self.tokens, &old.record);
        }
        if let Some(token) = token_of(record) {
            self.tokens.insert(Arc::clone(token), Arc::clone(&record.arn));
        }
        self.owned.insert(owned_by(record), Arc::clone(&record.arn));
        topic.put(entry);
    }

    fn delete_subscription(&mut self, arn: &str) {
        let Some(gone) = self.subscriptions.remove(arn) else { return };
        self.owned.remove(&owned_by(&gone.record));
        forget_token(&mut self.tokens, &gone.record);
        if let Some(topic) = self.topics.get_mut(&gone.record.topic) {
            topic.remove(&gone);
        }
    }

    fn put_endpoint(&mut self, endpoint: &PlatformEndpoint) {
        let Some(application) = self.applications.get_mut(&endpoint.application) else { return };
        self.last_serial = self.last_serial.max(endpoint.serial);
        let token = |it: &PlatformEndpoint| it.attributes.get("Token").cloned().unwrap_or_default();
        if let Some(old) = application.endpoints.insert(endpoint.serial, endpoint.clone()) {
            application.by_token.remove(&token(&old));
        }
        application.by_token.insert(token(endpoint), endpoint.serial);
        let place = (Arc::clone(&endpoint.application), endpoint.serial);
        self.endpoints.insert(Arc::clone(&endpoint.arn), place);
    }

    fn delete_endpoint(&mut self, arn: &str) {
        let Some((application, serial)) = self.endpoints.remove(arn) else { return };
        let Some(application) = self.applications.get_mut(&application) else { return };
        if let Some(gone) = application.endpoints.remove(&serial) {
            application.by_token.remove(gone.attributes.get("Token").map_or("", |it| it));
        }
    }
}

/// The token that confirms a subscription, or has confirmed it.
fn token_of(record: &Subscription) -> Option<&Arc<str>> {
    record.pending.as_ref().map(|token| &token.value).or(record.confirmed_by.as_ref())
}

fn forget_token(tokens: &mut HashMap<Arc<str>, Arc<str>>, record: &Subscription) {
    if let Some(token) = token_of(record) {
        tokens.remove(token);
    }
}

/// Where a subscription stands among those of its owner.
fn owned_by(record: &Subscription) -> (Account, Region, u64) {
    (record.owner, record.topic.region, record.serial)
}

/// What makes two subscriptions of one topic the same.
type Address = (Protocol, Arc<str>);
