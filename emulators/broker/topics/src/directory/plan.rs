//! How a message is spread: who has subscribed, by filter.

use std::collections::HashMap;
use std::sync::Arc;

use brume_policy::protection::ProtectionPolicy;

use super::SubscriptionEntry;
use crate::filter::Filter;
use crate::record::Topic;

/// A topic's confirmed subscriptions, arranged for a publication.
#[derive(Debug)]
pub struct Plan {
    /// The topic as it was then.
    pub topic: Arc<Topic>,
    /// Each filter is asked once, for all of its subscriptions.
    pub groups: Vec<Group>,
    /// How many subscriptions there are.
    pub len: usize,
    /// What is done about sensitive data.
    pub protection: Option<ProtectionPolicy>,
}

/// Subscriptions with the same filter.
#[derive(Debug)]
pub struct Group {
    /// The filter, if they have one.
    pub filter: Option<Arc<Filter>>,
    /// They, in the order in which they were made.
    pub subscriptions: Vec<Arc<SubscriptionEntry>>,
}

impl Plan {
    /// Arranges subscriptions.
    pub(super) fn new<'a>(
        topic: Arc<Topic>,
        subscriptions: impl Iterator<Item = &'a Arc<SubscriptionEntry>>,
    ) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut by_filter: HashMap<Option<*const Filter>, usize> = HashMap::new();
        let mut len = 0;
        for entry in subscriptions.filter(|entry| entry.is_confirmed()) {
            len += 1;
            let index =
                *by_filter.entry(entry.filter.as_ref().map(Arc::as_ptr)).or_insert_with(|| {
                    groups.push(Group { filter: entry.filter.clone(), subscriptions: Vec::new() });
                    groups.len() - 1
                });
            groups[index].subscriptions.push(Arc::clone(entry));
        }
        let protection = topic.data_protection.as_deref();
        let protection = protection.and_then(|text| ProtectionPolicy::read(text).ok());
        Self { topic, groups, len, protection }
    }
}
