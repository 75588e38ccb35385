//! How those who wait learn that their records are durable.
//!
//! All tickets of a journal share one number, up to which everything is durable, and one list of
//! wakers. When the disk fails, what waited has failed for good: the next records belong to
//! another epoch, which may use the same numbers again.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use crate::error::{Error, Result};

/// The time between two failures of the disk.
#[derive(Debug)]
pub(super) struct Epoch {
    durable: AtomicU64,
    failure: OnceLock<Error>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    wakers: Vec<Entry>,
    registered: u64,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    sequence: u64,
    waker: Waker,
}

impl Epoch {
    pub(super) fn new(durable: u64) -> Arc<Self> {
        let (failure, waiting) = (OnceLock::new(), Mutex::default());
        Arc::new(Self { durable: AtomicU64::new(durable), failure, waiting })
    }

    pub(super) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// Everything up to `sequence` is durable: wakes who waits for it. `woken` is empty before
    /// and after; it is kept by the caller for its memory.
    pub(super) fn advance(&self, sequence: u64, woken: &mut Vec<Waker>) {
        self.durable.store(sequence, Ordering::Release);
        let mut waiting = self.lock();
        let wakers = &mut waiting.wakers;
        woken.extend(wakers.extract_if(.., |it| it.sequence <= sequence).map(|it| it.waker));
        drop(waiting);
        woken.drain(..).for_each(Waker::wake);
    }

    /// What is not durable by now never will be.
    pub(super) fn fail(&self, error: Error) {
        // A second failure of the same epoch adds nothing.
        let _ = self.failure.set(error);
        let wakers = std::mem::take(&mut self.lock().wakers);
        wakers.into_iter().for_each(|it| it.waker.wake());
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while the lock is held, so the list is whole in any case.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a record on its way.
#[derive(Clone, Debug)]
pub enum TicketState {
    /// It waits for the disk.
    Waiting,
    /// It is as durable as promised.
    Durable,
    /// It was not written, nor will it be.
    Failed(Error),
}

/// A record on its way; resolves to its sequence number once it is as durable as promised.
///
/// Dropping a ticket does not take the record back. Clones stand for the same record.
#[must_use = "a record is acknowledged only when its ticket says so"]
pub struct Ticket {
    epoch: Arc<Epoch>,
    sequence: u64,
    /// Which waker is its own.
    registered: Option<u64>,
}

impl Clone for Ticket {
    fn clone(&self) -> Self {
        Self { epoch: Arc::clone(&self.epoch), sequence: self.sequence, registered: None }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ticket").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}

impl Ticket {
    pub(super) const fn new(epoch: Arc<Epoch>, sequence: u64) -> Self {
        Self { epoch, sequence, registered: None }
    }

    /// A ticket that has failed already.
    pub(super) fn refused(error: Error) -> Self {
        let epoch = Epoch::new(0);
        epoch.fail(error);
        Self::new(epoch, u64::MAX)
    }

    /// The number that the record has if it becomes durable; after a failure another record may
    /// get it.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// How it stands, without waiting.
    #[must_use]
    pub fn state(&self) -> TicketState {
        if self.is_durable() {
            return TicketState::Durable;
        }
        match self.epoch.failure.get() {
            // It may have become durable before that failure.
            Some(_) if self.is_durable() => TicketState::Durable,
            Some(error) => TicketState::Failed(error.clone()),
            None => TicketState::Waiting,
        }
    }

    /// Whether it is as durable as promised.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.epoch.durable() >= self.sequence
    }

    /// Waits without a runtime.
    ///
    /// # Errors
    /// The record was not written. Records that were queued behind it have failed as well.
    pub fn wait(mut self) -> Result<u64> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            match Pin::new(&mut self).poll(&mut context) {
                Poll::Ready(result) => return result,
                Poll::Pending => thread::park(),
            }
        }
    }

    /// Whether a record of this epoch that is behind it implies that it is there.
    pub(super) fn is_part_of(&self, epoch: &Arc<Epoch>) -> bool {
        Arc::ptr_eq(&self.epoch, epoch) || self.is_durable()
    }

    fn result(&self) -> Option<Result<u64>> {
        match self.state() {
            TicketState::Waiting => None,
            TicketState::Durable => Some(Ok(self.sequence)),
            TicketState::Failed(error) => Some(Err(error)),
        }
    }

    fn register(&mut self, waker: &Waker) {
        let mut waiting = self.epoch.lock();
        let own = self.registered.and_then(|id| waiting.wakers.iter().position(|it| it.id == id));
        if let Some(own) = own {
            waiting.wakers[own].waker.clone_from(waker);
            return;
        }
        waiting.registered += 1;
        let id = waiting.registered;
        waiting.wakers.push(Entry { id, sequence: self.sequence, waker: waker.clone() });
        self.registered = Some(id);
    }
}

impl Future for Ticket {
    type Output = Result<u64>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        if let Some(result) = self.result() {
            return Poll::Ready(result);
        }
        self.register(context.waker());
        // It may have become durable before the waker was in the list.
        self.result().map_or(Poll::Pending, Poll::Ready)
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
