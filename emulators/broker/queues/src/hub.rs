//! What all queues of an instance share.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use brume_foundation::Result;
use brume_foundation::clock::{Clock, Moment};
use brume_foundation::journal::{Journal, Ticket};
use brume_foundation::log::Log;
use brume_foundation::metrics::Metrics;
use brume_foundation::random::Random;
use tokio::sync::Notify;

use crate::MessageId;
use crate::handle::Seal;
use crate::registry::Registry;

/// Bytes of records after which it is worth asking whether old segments can go.
const UPKEEP_BYTES: u64 = 4 * 1024 * 1024;

pub(crate) struct Hub {
    pub(crate) clock: Arc<Clock>,
    pub(crate) random: Random,
    pub(crate) log: Log,
    pub(crate) metrics: Arc<Metrics>,
    /// Absent for an ephemeral instance: everything is as durable as it will ever be at once.
    pub(crate) journal: Option<Journal>,
    pub(crate) seal: RwLock<Arc<Seal>>,
    pub(crate) registry: RwLock<Registry>,
    /// Held while queues are created, deleted, loaded or forgotten.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// Held while records are moved or copied, so that no segment goes meanwhile.
    pub(crate) relocating: tokio::sync::Mutex<()>,
    pub(crate) next_id: AtomicU32,
    /// Bytes that the journal needs for what is alive.
    pub(crate) live_bytes: AtomicU64,
    appended_bytes: AtomicU64,
    /// Wakes the upkeep of the journal.
    pub(crate) upkeep: Notify,
    /// When which queue has something to do.
    due: Mutex<BTreeSet<(u64, u32)>>,
    /// Wakes the driver: something is due earlier than it knows.
    pub(crate) due_changed: Notify,
    is_closed: AtomicBool,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Hub").field("journal", &self.journal).finish_non_exhaustive()
    }
}

impl Hub {
    pub(crate) fn new(
        clock: Arc<Clock>,
        random: Random,
        log: Log,
        metrics: Arc<Metrics>,
        journal: Option<Journal>,
        seal: Seal,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock,
            random,
            log,
            metrics,
            journal,
            seal: RwLock::new(Arc::new(seal)),
            registry: RwLock::default(),
            changing: tokio::sync::Mutex::default(),
            relocating: tokio::sync::Mutex::default(),
            next_id: AtomicU32::new(1),
            live_bytes: AtomicU64::new(0),
            appended_bytes: AtomicU64::new(0),
            upkeep: Notify::new(),
            due: Mutex::default(),
            due_changed: Notify::new(),
            is_closed: AtomicBool::new(false),
        })
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now().unix_millis()
    }

    pub(crate) fn message_id(&self) -> MessageId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.random.next_u64().to_le_bytes());
        bytes[8..].copy_from_slice(&self.random.next_u64().to_le_bytes());
        MessageId::from_random(bytes)
    }

    pub(crate) fn seal(&self) -> Arc<Seal> {
        Arc::clone(&self.seal.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        // Nothing panics while the lock is held, so the registry is whole in any case.
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn registry_mut(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a record that makes sense only if those of the tickets `before` are there; returns
    /// its ticket, if there is a journal, and the bytes of the record.
    pub(crate) fn append(
        &self,
        before: &[&Ticket],
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(Option<Ticket>, u32)> {
        let Some(journal) = &self.journal else { return Ok((None, 0)) };
        let mut bytes = 0;
        let ticket = journal.append_upon(before, |output| {
            let start = output.len();
            write(output);
            bytes = output.len() - start;
        })?;
        let more = bytes as u64;
        let appended = self.appended_bytes.fetch_add(more, Ordering::Relaxed);
        if appended / UPKEEP_BYTES != (appended + more) / UPKEEP_BYTES {
            self.upkeep.notify_one();
        }
        // A record is far smaller than 4 GiB.
        Ok((Some(ticket), u32::try_from(bytes).unwrap_or(u32::MAX)))
    }

    /// A chain of records of which each makes sense only with those before it.
    pub(crate) const fn chain(&self) -> Chain<'_> {
        Chain { hub: self, last: None }
    }

    /// Appends a record that stands for itself and waits until it is durable.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) async fn record(&self, write: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        match self.append(&[], write)?.0 {
            Some(ticket) => ticket.await.map(drop),
            None => Ok(()),
        }
    }

    /// Replaces the moment at which a queue has something to do.
    pub(crate) fn set_due(&self, queue: u32, before: Option<u64>, due_ms: Option<u64>) {
        let mut due = self.due();
        if let Some(before) = before {
            due.remove(&(before, queue));
        }
        let Some(due_ms) = due_ms else { return };
        due.insert((due_ms, queue));
        let is_first = due.first() == Some(&(due_ms, queue));
        drop(due);
        if is_first {
            self.due_changed.notify_one();
        }
    }

    /// When the first queue has something to do.
    pub(crate) fn first_due_ms(&self) -> Option<u64> {
        self.due().first().map(|(due_ms, _)| *due_ms)
    }

    /// Takes one queue out that has something to do.
    pub(crate) fn pop_due(&self, now_ms: u64) -> Option<u32> {
        let mut due = self.due();
        let (due_ms, _) = *due.first()?;
        if due_ms > now_ms {
            return None;
        }
        due.pop_first().map(|(_, queue)| queue)
    }

    fn due(&self) -> MutexGuard<'_, BTreeSet<(u64, u32)>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the tasks of the hub and the waits of receivers.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.due_changed.notify_one();
        self.upkeep.notify_one();
        self.registry().all().for_each(|queue| queue.wake_all());
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}

/// Records of which each makes sense only with those before it: if one fails, so do all behind it.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    hub: &'a Hub,
    last: Option<Ticket>,
}

impl Chain<'_> {
    /// Appends a record that builds on the chain and on the tickets `before` as well; returns its
    /// ticket, if there is a journal, and its bytes.
    pub(crate) fn append(
        &mut self,
        before: &[&Ticket],
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(Option<Ticket>, u32)> {
        let before = before.iter().copied().chain(&self.last).collect::<Vec<_>>();
        let (ticket, bytes) = self.hub.append(&before, write)?;
        self.last.clone_from(&ticket);
        Ok((ticket, bytes))
    }

    /// Waits until all of it is durable.
    ///
    /// # Errors
    /// Some of it is not.
    pub(crate) async fn durable(&mut self) -> Result<()> {
        match self.last.clone() {
            Some(ticket) => ticket.await.map(drop),
            None => Ok(()),
        }
    }
}
