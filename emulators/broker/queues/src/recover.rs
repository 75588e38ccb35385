//! From records back to queues.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use brume_foundation::{Error, Result};
use hashbrown::HashMap;

use crate::engine::{Engine, Restored};
use crate::hub::Hub;
use crate::moves::Task;
use crate::record::{DeletedRecord, MessageRecord, QueueRecord, Reader, Record, TaskRecord};
use crate::{Queue, QueueKey};

/// Bytes of a frame around a record, for the account of what is alive.
pub(crate) const FRAME_BYTES: u32 = 24;

/// A queue as far as it was read. Its own record may stand behind those of its messages, when it
/// was recorded again since; one without a record was deleted.
#[derive(Debug)]
struct Found {
    record: Option<QueueRecord>,
    home: u64,
    engine: Engine,
}

impl Default for Found {
    fn default() -> Self {
        Self { record: None, home: 0, engine: Engine::new(false, 0) }
    }
}

/// What was read of a journal so far.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    reader: Reader,
    queues: HashMap<u32, Found>,
    deleted: Vec<(QueueKey, u32, u64)>,
    tasks: Vec<TaskRecord>,
    /// Numbers of queues that do not count yet.
    loading: Option<Range<u32>>,
    next_id: u32,
}

impl Recovery {
    /// Takes one record in.
    ///
    /// # Errors
    /// Another version wrote it.
    pub(crate) fn apply(&mut self, sequence: u64, payload: &[u8]) -> Result<()> {
        let mut reader = std::mem::take(&mut self.reader);
        let record = reader.read(payload).map_err(|_| foreign(sequence))?;
        self.reader = reader;
        let bytes = u32::try_from(payload.len()).unwrap_or(u32::MAX) + FRAME_BYTES;
        self.take(sequence, bytes, record).ok_or_else(|| foreign(sequence))
    }

    fn take(&mut self, sequence: u64, bytes: u32, record: Record<'_>) -> Option<()> {
        match record {
            Record::Queue(id, record) => self.queue(id, *record, sequence)?,
            Record::QueueDeleted(id, record) => self.queue_deleted(id, &record)?,
            Record::Puts(puts) => {
                let share = bytes / u32::try_from(puts.len()).unwrap_or(u32::MAX).max(1);
                for (id, put) in puts {
                    self.put(id, put, sequence, share);
                }
            }
            Record::Lease { queue, now_ms, until_ms, attempt, leases } => {
                let engine = self.engine(queue);
                for &(slot, order) in &leases {
                    engine.restore_lease(slot, order, now_ms, until_ms);
                }
                if !attempt.is_empty() {
                    let slots = leases.iter().map(|(slot, _)| *slot).collect::<Vec<_>>();
                    engine.restore_attempt(attempt, now_ms, &slots);
                }
            }
            Record::Changes(queue, changes) => {
                let engine = self.engine(queue);
                for (slot, order, until_ms) in changes {
                    engine.restore_change(slot, order, until_ms);
                }
            }
            Record::Deletions(queue, deleted) => {
                let engine = self.engine(queue);
                for (slot, order) in deleted {
                    engine.restore_removal(slot, order);
                }
            }
            Record::Moves { source, target, moved } => {
                let share = bytes / u32::try_from(moved.len()).unwrap_or(u32::MAX).max(1);
                for ((slot, order), put) in moved {
                    self.engine(source).restore_removal(slot, order);
                    self.put(target, put, sequence, share);
                }
            }
            Record::Purge { queue, horizon, at_ms } => {
                let found = self.queues.entry(queue).or_default();
                found.engine.restore_horizon(horizon, 0, 0);
                if let Some(record) = &mut found.record {
                    record.purged_at_ms = Some(at_ms);
                }
            }
            Record::Deduplications(queue, firsts) => {
                let engine = self.engine(queue);
                for (key, first) in firsts {
                    engine.restore_deduplication(key, first);
                }
            }
            Record::Loading(first, end) => {
                self.drop_loading();
                self.loading = Some(first..end);
                self.next_id = self.next_id.max(end);
            }
            Record::Replaced(first, end) => {
                self.queues.retain(|id, _| (first..end).contains(id));
                self.loading = None;
                self.deleted.clear();
                self.tasks.clear();
            }
            Record::Task(record) => {
                self.tasks.retain(|task| task.id != record.id);
                self.tasks.push(*record);
            }
        }
        Some(())
    }

    fn queue(&mut self, id: u32, record: QueueRecord, home: u64) -> Option<()> {
        self.next_id = self.next_id.max(id.checked_add(1)?).max(record.handle_id.checked_add(1)?);
        let retention_ms = u64::from(record.settings().retention_seconds) * 1_000;
        let is_fifo = record.key()?.is_fifo();
        let found = self.queues.entry(id).or_default();
        found.engine.restore_kind(is_fifo, retention_ms);
        found.engine.restore_horizon(record.horizon, record.floor_ms, record.last_order);
        found.record = Some(record);
        found.home = home;
        Some(())
    }

    fn queue_deleted(&mut self, id: u32, record: &DeletedRecord) -> Option<()> {
        self.queues.remove(&id);
        self.next_id = self.next_id.max(id.checked_add(1)?);
        let key = record.key()?;
        self.deleted.retain(|(known, ..)| *known != key);
        self.deleted.push((key, id, record.at_ms));
        Some(())
    }

    fn put(&mut self, id: u32, put: MessageRecord<'_>, home: u64, share: u32) {
        let engine = self.engine(id);
        let MessageRecord { slot, mut message, group } = put;
        message.home = home;
        message.disk_bytes = share;
        engine.restore_put(Restored { slot, message, group });
    }

    fn engine(&mut self, id: u32) -> &mut Engine {
        &mut self.queues.entry(id).or_default().engine
    }

    /// A replacement that was not finished never was.
    fn drop_loading(&mut self) {
        if let Some(loading) = self.loading.take() {
            self.queues.retain(|id, _| !loading.contains(id));
        }
    }

    /// After the last record.
    fn end(&mut self) {
        self.drop_loading();
        self.queues.retain(|_, found| found.record.is_some());
    }

    /// How many queues there are.
    pub(crate) fn count(&mut self) -> u32 {
        self.end();
        u32::try_from(self.queues.len()).unwrap_or(u32::MAX)
    }

    /// Makes the queues, with new numbers from `first_id` on if one is given; they are not in the
    /// registry yet.
    pub(crate) fn build(
        &mut self,
        hub: &Arc<Hub>,
        first_id: Option<u32>,
    ) -> Result<Vec<Arc<Queue>>> {
        self.end();
        hub.next_id.fetch_max(self.next_id.max(1), Ordering::Relaxed);
        let now_ms = hub.now_ms();
        let mut found = self.queues.drain().collect::<Vec<_>>();
        found.sort_unstable_by_key(|(id, _)| *id);
        let mut queues = Vec::with_capacity(found.len());
        for (index, (id, Found { record, home, mut engine })) in found.into_iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let id = first_id.map_or(id, |first| first.saturating_add(index));
            engine.restored(now_ms);
            let Some(record) = record else { continue };
            let key = record.key().ok_or_else(|| foreign(home))?;
            let queue = Queue::new(hub, id, key, record.settings(), record.facts(), engine);
            queue.set_home(home);
            queues.push(queue);
        }
        Ok(queues)
    }

    /// Puts queues, locked names and tasks into the registry.
    pub(crate) fn install(self, hub: &Hub, queues: &[Arc<Queue>]) {
        let mut registry = hub.registry_mut();
        for queue in queues {
            registry.insert(queue);
        }
        let live = |key: &QueueKey| queues.iter().any(|queue| queue.key() == key);
        for (key, id, at_ms) in self.deleted {
            if !live(&key) {
                registry.lock_name(key, id, at_ms);
            }
        }
        for record in &self.tasks {
            if let Some(task) = Task::of(record) {
                registry.tasks.put(Arc::new(task));
            }
        }
        drop(registry);
        queues.iter().for_each(|queue| queue.wake_up());
    }
}

fn foreign(sequence: u64) -> Error {
    Error::failed(format!("record {sequence} of the queues is of another version of brume"))
        .hint("brume up --repair    # moves the state aside and begins afresh")
}
