//! Which queues there are.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use brume_policy::{Account, Arn, Region};
use hashbrown::HashMap;

use crate::moves::Tasks;
use crate::{Queue, QueueKey};

/// Seconds before the name of a deleted queue can be used again.
pub(crate) const NAME_LOCK_MS: u64 = 60_000;

#[derive(Debug, Default)]
pub(crate) struct Registry {
    by_key: HashMap<QueueKey, Arc<Queue>>,
    sorted: BTreeMap<QueueKey, Arc<Queue>>,
    by_id: HashMap<u32, Arc<Queue>>,
    /// Queues by the dead-letter queue that they name.
    sources: HashMap<Arn, BTreeMap<QueueKey, Arc<Queue>>>,
    deleted: HashMap<QueueKey, (u32, u64)>,
    pub(crate) tasks: Tasks,
}

impl Registry {
    pub(crate) fn get(&self, key: &QueueKey) -> Option<&Arc<Queue>> {
        self.by_key.get(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The queue of that number, perhaps one that is being created.
    pub(crate) fn by_id(&self, id: u32) -> Option<&Arc<Queue>> {
        self.by_id.get(&id)
    }

    /// All queues in the order of their numbers, in which locks are taken.
    pub(crate) fn in_order_of_ids(&self) -> Vec<Arc<Queue>> {
        let mut queues = self.by_id.values().cloned().collect::<Vec<_>>();
        queues.sort_unstable_by_key(|queue| queue.id());
        queues
    }

    /// All queues in the order of keys.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Queue>> {
        self.sorted.values()
    }

    pub(crate) fn list(
        &self,
        account: Account,
        region: Region,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<Arc<Queue>> {
        let key = |name: &str| QueueKey::new(account, region, name);
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(key(after)),
            _ => Bound::Included(key(prefix)),
        };
        self.sorted
            .range((start, Bound::Unbounded))
            .map(|(_, queue)| queue)
            .take_while(|queue| {
                let key = queue.key();
                key.account == account && key.region == region && key.name.starts_with(prefix)
            })
            .take(limit)
            .cloned()
            .collect()
    }

    /// Makes a queue findable by its number only.
    pub(crate) fn announce(&mut self, queue: &Arc<Queue>) {
        self.by_id.insert(queue.id(), Arc::clone(queue));
    }

    pub(crate) fn insert(&mut self, queue: &Arc<Queue>) {
        self.announce(queue);
        self.deleted.remove(queue.key());
        self.by_key.insert(queue.key().clone(), Arc::clone(queue));
        self.sorted.insert(queue.key().clone(), Arc::clone(queue));
        if let Some(redrive) = &queue.settings().redrive {
            self.add_source(&redrive.target, queue);
        }
    }

    pub(crate) fn remove(&mut self, queue: &Arc<Queue>) {
        self.by_id.remove(&queue.id());
        let key = queue.key();
        if self.by_key.get(key).is_some_and(|it| Arc::ptr_eq(it, queue)) {
            self.by_key.remove(key);
            self.sorted.remove(key);
        }
        if let Some(redrive) = &queue.settings().redrive {
            self.remove_source(&redrive.target, key);
        }
    }

    pub(crate) fn add_source(&mut self, target: &Arn, queue: &Arc<Queue>) {
        let sources = self.sources.entry(target.clone()).or_default();
        sources.insert(queue.key().clone(), Arc::clone(queue));
    }

    pub(crate) fn remove_source(&mut self, target: &Arn, key: &QueueKey) {
        let Some(sources) = self.sources.get_mut(target) else { return };
        sources.remove(key);
        if sources.is_empty() {
            self.sources.remove(target);
        }
    }

    pub(crate) fn sources(&self, target: &Arn) -> Vec<Arc<Queue>> {
        self.sources.get(target).map_or_else(Vec::new, |it| it.values().cloned().collect())
    }

    /// Keeps the name of a deleted queue from being used for a while.
    pub(crate) fn lock_name(&mut self, key: QueueKey, id: u32, at_ms: u64) {
        self.deleted.retain(|_, (_, deleted_ms)| *deleted_ms + NAME_LOCK_MS > at_ms);
        self.deleted.insert(key, (id, at_ms));
    }

    pub(crate) fn is_name_locked(&self, key: &QueueKey, now_ms: u64) -> bool {
        self.deleted.get(key).is_some_and(|(_, at_ms)| at_ms + NAME_LOCK_MS > now_ms)
    }

    /// Names that cannot be used yet, with the numbers of their queues and when they were deleted.
    pub(crate) fn locked_names(&self) -> impl Iterator<Item = (&QueueKey, u32, u64)> {
        self.deleted.iter().map(|(key, (id, at_ms))| (key, *id, *at_ms))
    }
}
