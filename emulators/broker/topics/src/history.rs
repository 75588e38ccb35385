//! Exact causes of deliveries that are over: bounded, found by message, subscription and queue.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::cause::{Cause, CauseQuery, Outcome};
use crate::requests::Page;

/// Causes kept; the oldest go first.
pub const CAUSES_MAX: usize = 50_000;

/// Causes by number, and by what they are asked for.
#[derive(Debug, Default)]
pub struct History {
    causes: BTreeMap<u64, Cause>,
    by_message: HashMap<Arc<str>, BTreeSet<u64>>,
    by_subscription: HashMap<Arc<str>, BTreeSet<u64>>,
    by_queue: HashMap<Arc<str>, BTreeSet<u64>>,
    last: u64,
}

impl History {
    /// Takes a cause in.
    pub fn put(&mut self, cause: Cause) {
        self.last += 1;
        let number = self.last;
        for (index, key) in self.keys(&cause) {
            self.index(index).entry(key).or_default().insert(number);
        }
        self.causes.insert(number, cause);
        while self.causes.len() > CAUSES_MAX {
            self.drop_oldest();
        }
    }

    /// Causes that match, newest first.
    #[must_use]
    pub fn find(&self, query: &CauseQuery) -> Page<Cause> {
        let before = query.after.as_deref().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
        let none = BTreeSet::new();
        let narrowest = [
            query.message_id.as_deref().map(|id| self.by_message.get(id)),
            query.subscription_arn.as_deref().map(|arn| self.by_subscription.get(arn)),
            query.queue_arn.as_deref().map(|arn| self.by_queue.get(arn)),
        ]
        .into_iter()
        .flatten()
        .map(|numbers| numbers.unwrap_or(&none))
        .min_by_key(|numbers| numbers.len());
        let limit = query.limit.max(1);
        let mut found = Vec::new();
        let mut take = |number: u64| {
            let cause = self.causes.get(&number).filter(|cause| matches(cause, query));
            found.extend(cause.map(|cause| (number, cause.clone())));
            found.len() <= limit
        };
        match narrowest {
            Some(numbers) => drop(numbers.range(..before).rev().find(|&&number| !take(number))),
            None => drop(self.causes.range(..before).rev().find(|&(&number, _)| !take(number))),
        }
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| has_more).map(|(number, _)| number.to_string());
        Page { items: found.into_iter().map(|(_, cause)| cause).collect(), next }
    }

    /// All causes, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Cause> {
        self.causes.values()
    }

    fn drop_oldest(&mut self) {
        let Some((number, gone)) = self.causes.pop_first() else { return };
        for (index, key) in self.keys(&gone) {
            let index = self.index(index);
            if let Some(numbers) = index.get_mut(&key) {
                numbers.remove(&number);
                if numbers.is_empty() {
                    index.remove(&key);
                }
            }
        }
    }

    fn keys(&self, cause: &Cause) -> Vec<(Index, Arc<str>)> {
        let mut keys = vec![
            (Index::Message, Arc::clone(&cause.message_id)),
            (Index::Subscription, Arc::clone(&cause.subscription_arn)),
        ];
        match &cause.outcome {
            Outcome::DeadLettered { queue_arn, message_id, .. } => {
                keys.push((Index::Message, Arc::from(&**message_id)));
                keys.push((Index::Queue, Arc::from(&**queue_arn)));
            }
            Outcome::Lost { queue_arn: Some(queue_arn), .. } => {
                keys.push((Index::Queue, Arc::from(&**queue_arn)));
            }
            _ => {}
        }
        keys
    }

    fn index(&mut self, index: Index) -> &mut HashMap<Arc<str>, BTreeSet<u64>> {
        match index {
            Index::Message => &mut self.by_message,
            Index::Subscription => &mut self.by_subscription,
            Index::Queue => &mut self.by_queue,
        }
    }
}

#[derive(Clone, Copy)]
enum Index {
    Message,
    Subscription,
    Queue,
}

/// Whether a cause is what a query wants.
#[must_use]
pub fn matches(cause: &Cause, query: &CauseQuery) -> bool {
    let is = |wanted: &Option<String>, found: &[&str]| {
        wanted.as_deref().is_none_or(|wanted| found.contains(&wanted))
    };
    let (queue, id) = match &cause.outcome {
        Outcome::DeadLettered { queue_arn, message_id, .. } => (&**queue_arn, &**message_id),
        Outcome::Lost { queue_arn: Some(queue_arn), .. } => (&**queue_arn, ""),
        _ => ("", ""),
    };
    is(&query.message_id, &[&cause.message_id, id])
        && is(&query.subscription_arn, &[&cause.subscription_arn])
        && is(&query.queue_arn, &[queue])
}

#[cfg(test)]
mod tests {
    use brume_foundation::clock::Moment;

    use super::*;

    fn cause(message: &str, subscription: &str, letter: &str) -> Cause {
        Cause {
            message_id: Arc::from(message),
            topic_arn: Arc::from("t"),
            subscription_arn: Arc::from(subscription),
            protocol: Arc::from("sqs"),
            endpoint: Arc::from("q"),
            published_at: Moment::default(),
            attempts_count: 1,
            attempts: Vec::new(),
            outcome: Outcome::DeadLettered {
                at: Moment::default(),
                queue_arn: "dlq".to_owned(),
                message_id: letter.to_owned(),
            },
        }
    }

    fn ids(page: &Page<Cause>) -> Vec<&str> {
        page.items.iter().map(|cause| &*cause.message_id).collect()
    }

    #[test]
    fn causes_are_found_by_message_letter_subscription_and_queue() {
        let mut history = History::default();
        history.put(cause("m1", "s1", "d1"));
        history.put(cause("m2", "s1", "d2"));
        history.put(cause("m2", "s2", "d3"));
        let by = |query: CauseQuery| history.find(&CauseQuery { limit: 10, ..query });
        let message =
            |id: &str| CauseQuery { message_id: Some(id.to_owned()), ..Default::default() };
        assert_eq!(ids(&by(message("m2"))), ["m2", "m2"]);
        assert_eq!(ids(&by(message("d1"))), ["m1"]);
        let both = CauseQuery { subscription_arn: Some("s1".to_owned()), ..message("m2") };
        assert_eq!(ids(&by(both)), ["m2"]);
        let queue = CauseQuery { queue_arn: Some("dlq".to_owned()), ..Default::default() };
        assert_eq!(by(queue).items.len(), 3);
        assert!(by(message("m3")).items.is_empty());
    }

    #[test]
    fn pages_go_from_new_to_old() {
        let mut history = History::default();
        for number in 0..5 {
            history.put(cause(&format!("m{number}"), "s", "d"));
        }
        let mut query = CauseQuery { limit: 2, ..Default::default() };
        let mut seen = Vec::new();
        loop {
            let page = history.find(&query);
            seen.extend(ids(&page).iter().map(|&id| id.to_owned()));
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["m4", "m3", "m2", "m1", "m0"]);
    }

    #[test]
    fn the_oldest_causes_go_first() {
        let mut history = History::default();
        for number in 0..CAUSES_MAX + 3 {
            history.put(cause(&format!("m{number}"), "s", "d"));
        }
        assert_eq!(history.all().count(), CAUSES_MAX);
        assert!(!history.by_message.contains_key("m2"));
        assert!(history.by_message.contains_key("m3"));
    }
}
