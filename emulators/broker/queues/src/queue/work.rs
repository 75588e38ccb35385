//! A queue while its lock is held.

use std::ops::Deref;
use std::sync::{Arc, MutexGuard, Weak};

use brume_foundation::Result;
use brume_foundation::journal::Ticket;

use super::Queue;
use crate::engine::{Engine, Proof};
use crate::hub::Hub;
use crate::record::QueueFacts;
use crate::{QueueError, Settings};

/// Timers that an ordinary request fires at most; the driver does the rest.
const TIMERS_MAX: usize = 32;

/// Bytes of the record of a queue beside its texts.
const QUEUE_RECORD_BYTES: u64 = 700;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) engine: Engine,
    pub(crate) settings: Arc<Settings>,
    pub(crate) facts: QueueFacts,
    /// Number of the newest record of settings and tags.
    pub(crate) home: u64,
    /// The dead-letter queue, once it was found.
    pub(super) dead_letters: Weak<Queue>,
    /// Receivers that wait.
    pub(super) waiting: usize,
    /// When the driver will look.
    pub(super) due_ms: Option<u64>,
    /// What the hub knows of the bytes that are alive here.
    published_bytes: u64,
    is_retired: bool,
}

impl State {
    pub(super) fn new(settings: Arc<Settings>, facts: QueueFacts, engine: Engine) -> Self {
        Self {
            engine,
            settings,
            facts,
            home: 0,
            dead_letters: Weak::new(),
            waiting: 0,
            due_ms: None,
            published_bytes: 0,
            is_retired: false,
        }
    }

    pub(super) fn publish(&mut self, hub: &Hub) {
        if self.is_retired {
            return;
        }
        let bytes = self.engine.live_bytes() + QUEUE_RECORD_BYTES;
        let before = std::mem::replace(&mut self.published_bytes, bytes);
        // Wraps around when it becomes less, which comes to the same.
        let more = bytes.wrapping_sub(before);
        if more != 0 {
            hub.live_bytes.fetch_add(more, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// Nothing is alive here any more.
    pub(super) fn retire(&mut self, hub: &Hub) {
        self.is_retired = true;
        let before = std::mem::take(&mut self.published_bytes);
        hub.live_bytes.fetch_sub(before, std::sync::atomic::Ordering::Relaxed);
    }
}

/// A queue whose lock is held. At the end it wakes who has something to receive and tells the
/// driver when to look.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    pub(crate) queue: &'a Queue,
    pub(crate) state: MutexGuard<'a, State>,
    pub(crate) now_ms: u64,
}

impl<'a> Work<'a> {
    /// Locks a queue and brings it to the present.
    pub(crate) fn begin(queue: &'a Queue) -> Self {
        let mut state = queue.lock();
        let now_ms = queue.hub.now_ms();
        state.engine.settle();
        state.engine.advance(now_ms, TIMERS_MAX);
        Self { queue, state, now_ms }
    }

    /// Locks two queues, always in the same order.
    pub(crate) fn begin_both(one: &'a Queue, other: &'a Queue) -> (Self, Self) {
        if one.id < other.id {
            let first = Self::begin(one);
            (first, Self::begin(other))
        } else {
            let first = Self::begin(other);
            (Self::begin(one), first)
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.state.engine
    }

    pub(crate) fn engine_mut(&mut self) -> &mut Engine {
        &mut self.state.engine
    }

    /// The newest record on which a change of this queue builds.
    pub(crate) fn last_ticket(&self) -> Option<Ticket> {
        self.engine().pending().last_ticket().cloned()
    }

    /// Appends the record of the open changes; they wait for it, or are taken back at once.
    pub(crate) fn append(
        &mut self,
        write: impl FnOnce(&Engine, &mut Vec<u8>),
    ) -> Result<(Option<Ticket>, u32), QueueError> {
        let before = self.last_ticket();
        let engine = &self.state.engine;
        let before = before.as_ref();
        let appended = self.queue.hub.append(before.as_slice(), |output| write(engine, output));
        self.conclude(appended.clone().map(|(ticket, _)| ticket))?;
        appended.map_err(QueueError::from)
    }

    /// Lets the open changes wait for a ticket, or commits them without one.
    pub(crate) fn conclude(&mut self, appended: Result<Option<Ticket>>) -> Result<(), QueueError> {
        let engine = &mut self.state.engine;
        match appended {
            Ok(Some(ticket)) => engine.pend(Proof::Ticket(ticket)),
            Ok(None) => engine.commit(),
            Err(error) => {
                engine.undo();
                return Err(error.into());
            }
        }
        Ok(())
    }
}

impl Deref for Work<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let state = &mut *self.state;
        state.publish(&self.queue.hub);
        let woken = state.engine.take_available().min(state.waiting);
        for _ in 0..woken {
            self.queue.arrivals.notify_one();
        }
        let next_ms = if state.engine.must_walk() { Some(0) } else { state.engine.next_ms() };
        if let Some(next_ms) = next_ms
            && state.due_ms.is_none_or(|due_ms| next_ms < due_ms)
            && !self.queue.is_deleted()
        {
            let before = state.due_ms.replace(next_ms);
            self.queue.hub.set_due(self.queue.id, before, Some(next_ms));
        }
    }
}
