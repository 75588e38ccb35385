//! A destination, and the messages that wait for it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::redrive::record::Id;

/// Number of a destination.
pub type LaneId = usize;

/// What a destination takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneSettings {
    /// Messages in one request.
    pub batch_max: usize,
    /// Bytes in one request.
    pub bytes_max: usize,
    /// It keeps the order within a group and drops duplicates for five minutes.
    pub is_ordered: bool,
}

/// One destination.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) settings: LaneSettings,
    /// Why it takes nothing any more.
    pub(super) closed: Option<String>,
    /// It is busy until then.
    pub(super) not_before_ms: u64,
    /// Without order: all that wait.
    ready: VecDeque<(Id, usize)>,
    /// With order: those that wait, by group.
    groups: HashMap<Arc<str>, VecDeque<(Id, usize)>>,
    /// Groups of which none is on its way.
    free: VecDeque<Arc<str>>,
    /// Groups of which one is on its way.
    busy: HashSet<Arc<str>>,
    /// Groups that a message that stays holds up.
    blocked: HashSet<Arc<str>>,
    waiting: usize,
}

impl Lane {
    pub(super) fn new(settings: LaneSettings) -> Self {
        Self {
            settings,
            closed: None,
            not_before_ms: 0,
            ready: VecDeque::new(),
            groups: HashMap::new(),
            free: VecDeque::new(),
            busy: HashSet::new(),
            blocked: HashSet::new(),
            waiting: 0,
        }
    }

    /// Messages that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Says whether a batch could be made now.
    pub(super) fn is_ready(&self, now_ms: u64) -> bool {
        self.not_before_ms <= now_ms && (!self.ready.is_empty() || !self.free.is_empty())
    }

    pub(super) fn is_blocked(&self, group: Option<&Arc<str>>) -> bool {
        self.settings.is_ordered && group.is_some_and(|group| self.blocked.contains(group))
    }

    /// Puts a message at the end, or at the front when it was taken before.
    pub(super) fn push(&mut self, id: Id, bytes: usize, group: Option<&Arc<str>>, front: bool) {
        self.waiting += 1;
        let Some(group) = group.filter(|_| self.settings.is_ordered) else {
            return put(&mut self.ready, (id, bytes), front);
        };
        let queue = self.groups.entry(Arc::clone(group)).or_default();
        let was_empty = queue.is_empty();
        put(queue, (id, bytes), front);
        if was_empty && !self.busy.contains(group) {
            self.free.push_back(Arc::clone(group));
        }
    }

    /// Takes a batch of at most `count`: with order, one message of a group, because a later one
    /// must not get through where an earlier one does not.
    pub(super) fn take(&mut self, count: usize) -> Vec<Id> {
        let count = count.min(self.settings.batch_max).max(1);
        let mut batch = Vec::new();
        let mut room = self.settings.bytes_max;
        while batch.len() < count {
            let from_group = self.ready.is_empty();
            let next = match self.ready.front() {
                Some(next) => next.clone(),
                None => {
                    let Some(group) = self.free.front() else { break };
                    match self.groups.get(group).and_then(VecDeque::front) {
                        Some(next) => next.clone(),
                        None => {
                            self.free.pop_front();
                            continue;
                        }
                    }
                }
            };
            // A message that is too large goes alone, so that the destination can say so.
            if next.1 > room && !batch.is_empty() {
                break;
            }
            room = room.saturating_sub(next.1);
            if from_group {
                if let Some(group) = self.free.pop_front() {
                    if let Some(queue) = self.groups.get_mut(&group) {
                        queue.pop_front();
                    }
                    self.busy.insert(group);
                }
            } else {
                self.ready.pop_front();
            }
            self.waiting -= 1;
            batch.push(next.0);
        }
        batch
    }

    /// A message of the group is no longer on its way.
    pub(super) fn settle(&mut self, group: Option<&Arc<str>>) {
        let Some(group) = group.filter(|_| self.settings.is_ordered) else { return };
        if !self.busy.remove(group) {
            return;
        }
        match self.groups.get(group) {
            Some(queue) if !queue.is_empty() => self.free.push_back(Arc::clone(group)),
            _ => {
                self.groups.remove(group);
            }
        }
    }

    /// Holds a group up; gives the messages that wait in it.
    pub(super) fn block(&mut self, group: Option<&Arc<str>>) -> Vec<Id> {
        let Some(group) = group.filter(|_| self.settings.is_ordered) else { return Vec::new() };
        self.blocked.insert(Arc::clone(group));
        self.free.retain(|free| free != group);
        let held = self.groups.remove(group).unwrap_or_default();
        self.waiting -= held.len();
        held.into_iter().map(|(id, _)| id).collect()
    }

    /// Takes a message out that waits.
    pub(super) fn remove(&mut self, id: &str, group: Option<&Arc<str>>) {
        let queue = match group.filter(|_| self.settings.is_ordered) {
            Some(group) => self.groups.get_mut(group),
            None => Some(&mut self.ready),
        };
        let Some(queue) = queue else { return };
        let before = queue.len();
        queue.retain(|(waiting, _)| &**waiting != id);
        self.waiting -= before - queue.len();
    }

    /// Gives all that wait, when nothing can be sent any more.
    pub(super) fn clear(&mut self) -> Vec<Id> {
        self.waiting = 0;
        self.free.clear();
        let grouped = self.groups.drain().flat_map(|(_, queue)| queue);
        self.ready.drain(..).chain(grouped).map(|(id, _)| id).collect()
    }
}

fn put<T>(queue: &mut VecDeque<T>, item: T, front: bool) {
    if front { queue.push_front(item) } else { queue.push_back(item) }
}
