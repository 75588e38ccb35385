//! One queue, as its users see it: an engine behind a lock, waiting receivers, and the journal.
//!
//! Every change is made in three steps. Under the lock the engine makes it and holds the messages
//! concerned, and the record is appended, so that the journal has the order of the lock. Without
//! the lock, the disk is waited for. Under the lock again, the engine lets go what has become
//! durable, or takes back what never will; whoever comes first does that for all.

mod configure;
mod dead_letters;
mod delete;
mod deliver;
mod peek;
mod receive;
mod send;
mod work;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use brume_foundation::clock::Moment;
use brume_foundation::journal::Ticket;
use brume_policy::Arn;
use tokio::sync::Notify;

pub(crate) use configure::TAGS_MAX;
pub(crate) use dead_letters::Moved;
pub(crate) use deliver::deliver;
pub(crate) use send::put_of;
pub(crate) use work::{State, Work};

use crate::engine::Engine;
use crate::hub::Hub;
use crate::meters::{Levels, Meters};
use crate::record::QueueFacts;
use crate::{Counts, QueueError, QueueKey, Settings};

/// A queue. Handles of a deleted queue answer [`QueueError::QueueDoesNotExist`].
#[derive(Debug)]
pub struct Queue {
    hub: Arc<Hub>,
    this: Weak<Self>,
    id: u32,
    key: QueueKey,
    arn: Arc<Arn>,
    state: Mutex<State>,
    /// Held while settings or tags are changed.
    configuring: tokio::sync::Mutex<()>,
    is_deleted: AtomicBool,
    /// Wakes receivers that wait, one for each message.
    arrivals: Notify,
    meters: OnceLock<Meters>,
}

impl Queue {
    pub(crate) fn new(
        hub: &Arc<Hub>,
        id: u32,
        key: QueueKey,
        settings: Settings,
        facts: QueueFacts,
        engine: Engine,
    ) -> Arc<Self> {
        let arn = Arc::new(key.arn());
        let state = Mutex::new(State::new(Arc::new(settings), facts, engine));
        Arc::new_cyclic(|this| Self {
            hub: Arc::clone(hub),
            this: Weak::clone(this),
            id,
            key,
            arn,
            state,
            configuring: tokio::sync::Mutex::default(),
            is_deleted: AtomicBool::new(false),
            arrivals: Notify::new(),
            meters: OnceLock::new(),
        })
    }

    pub(crate) const fn id(&self) -> u32 {
        self.id
    }

    /// Account, region and name.
    #[must_use]
    pub const fn key(&self) -> &QueueKey {
        &self.key
    }

    /// The ARN.
    #[must_use]
    pub const fn arn(&self) -> &Arc<Arn> {
        &self.arn
    }

    /// Whether it was deleted.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.is_deleted.load(Ordering::Acquire)
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.lock().settings)
    }

    /// The tags, by key.
    #[must_use]
    pub fn tags(&self) -> Vec<(String, String)> {
        self.lock().facts.tags.clone()
    }

    /// How many messages there are, in constant time.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.work().map_or_else(|_| Counts::default(), |work| work.engine().counts())
    }

    /// Seconds since the epoch.
    #[must_use]
    pub fn created_at(&self) -> u64 {
        self.lock().facts.created_at_ms / 1_000
    }

    /// Seconds since the epoch at which the settings last changed.
    #[must_use]
    pub fn modified_at(&self) -> u64 {
        self.lock().facts.modified_at_ms / 1_000
    }

    /// Locks the state and brings it to the present.
    fn work(&self) -> Result<Work<'_>, QueueError> {
        let work = Work::begin(self);
        if self.is_deleted() { Err(QueueError::QueueDoesNotExist) } else { Ok(work) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while the lock is held, so the state is whole in any case.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a change is durable, and lets it take effect.
    async fn durable(&self, ticket: Option<Ticket>) -> Result<(), QueueError> {
        let Some(ticket) = ticket else { return Ok(()) };
        if ticket.is_durable() {
            drop(Work::begin(self));
            return Ok(());
        }
        // When the caller goes away, the change takes effect all the same.
        let mut unfinished = Unfinished { queue: self, ticket: Some(ticket.clone()) };
        let result = ticket.await;
        unfinished.ticket = None;
        drop(Work::begin(self));
        result.map(drop).map_err(QueueError::from)
    }

    pub(crate) fn set_deleted(&self, is_deleted: bool) {
        self.is_deleted.store(is_deleted, Ordering::Release);
        if is_deleted {
            self.arrivals.notify_waiters();
        }
    }

    /// Tells where settings and tags are recorded; that record is durable.
    pub(crate) fn set_home(&self, home: u64) {
        let mut state = self.lock();
        state.home = state.home.max(home);
    }

    /// Tells driver and upkeep about a queue that was not made by its own requests.
    pub(crate) fn wake_up(&self) {
        drop(Work::begin(self));
    }

    pub(crate) fn wake_all(&self) {
        self.arrivals.notify_waiters();
    }

    /// The order behind the newest message, and how many messages are visible.
    pub(crate) fn extent(&self) -> (u64, u64) {
        let work = Work::begin(self);
        (work.engine().last_order() + 1, work.engine().counts().visible)
    }

    /// Levels that are asked for now and then.
    pub(crate) fn levels(&self, now: Moment) -> Levels {
        let Ok(work) = self.work() else { return Levels::default() };
        let engine = work.engine();
        let oldest_ms = engine.oldest().map(|message| message.sent_at_ms);
        let age_ms = oldest_ms.map_or(0, |sent_ms| now.unix_millis().saturating_sub(sent_ms));
        let lanes = engine.lanes();
        let noisy = lanes.noisy().map(|lane| u64::from(lanes.in_flight_of(lane)));
        let (noisy_groups, noisy_in_flight) =
            noisy.fold((0, 0), |(groups, messages), more| (groups + 1, messages + more));
        Levels {
            oldest_seconds: age_ms / 1_000,
            groups_in_flight: u64::from(lanes.busy_lanes()),
            noisy_groups,
            quiet_in_flight: engine.counts().in_flight.saturating_sub(noisy_in_flight),
        }
    }

    /// Does what is due; for the driver. Tells whether there is more to do at once.
    pub(crate) fn tick(&self, messages: usize) -> bool {
        let mut work = Work::begin(self);
        work.state.due_ms = None;
        let now_ms = work.now_ms;
        let is_more = work.engine_mut().advance(now_ms, messages);
        // A slot that is walked over costs about as much as a message that is due.
        let slots = u32::try_from(messages).unwrap_or(u32::MAX);
        let is_walking = work.engine_mut().walk(slots);
        is_more || is_walking
    }

    /// What is left of a queue that is no longer found: its memory is given back elsewhere.
    pub(crate) fn take_engine(&self) -> Engine {
        let mut state = self.lock();
        let is_fifo = state.engine.is_fifo();
        let due_ms = state.due_ms.take();
        let engine = std::mem::replace(&mut state.engine, Engine::new(is_fifo, u64::MAX));
        state.retire(&self.hub);
        drop(state);
        self.hub.set_due(self.id, due_ms, None);
        engine
    }

    fn meters(&self) -> &Meters {
        self.meters.get_or_init(|| Meters::new(&self.hub.metrics, &self.key, &self.this))
    }
}

/// A change whose caller waits for the disk.
struct Unfinished<'a> {
    queue: &'a Queue,
    ticket: Option<Ticket>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let (Some(ticket), Some(queue)) = (self.ticket.take(), self.queue.this.upgrade()) else {
            return;
        };
        // Outside of a runtime nobody waits for messages either.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // Either way it is settled.
                let _ = ticket.await;
                drop(Work::begin(&queue));
            });
        }
    }
}
