//! What publications, deliveries and the configuration share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brume_foundation::clock::{Clock, Moment, Tick};
use brume_foundation::faults::Faults;
use brume_foundation::log::Log;
use brume_foundation::random::Random;
use tokio::sync::Notify;

use super::HttpClient;
use crate::core::Core;
use crate::mailbox::Mailbox;
use crate::meter::Meters;
use crate::options::Options;
use crate::signing::{Signer, SigningKey};
use crate::store::{Entry, Store, Written};

/// The engine's insides.
#[derive(Debug)]
pub(crate) struct Shared {
    core: Mutex<Core>,
    pub(crate) store: Store,
    pub(crate) options: Options,
    pub(crate) clock: Arc<Clock>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) random: Random,
    pub(crate) log: Log,
    pub(crate) signer: Arc<Signer>,
    pub(crate) mailbox: Mailbox,
    pub(crate) meters: Meters,
    pub(crate) http: HttpClient,
    /// Wakes the courier: something was put on the schedule, or is over.
    pub(crate) wake: Notify,
    /// Attempts that are being made.
    pub(crate) in_flight: AtomicUsize,
    /// Ticks of attempts that are over; the courier drops them when its next timer is set.
    ticks: Mutex<Vec<Arc<Tick>>>,
    is_closed: AtomicBool,
}

/// What a [`Shared`] is made of, beside the options.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) core: Core,
    pub(crate) store: Store,
    pub(crate) clock: Arc<Clock>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) random: Random,
    pub(crate) log: Log,
    pub(crate) signer: Signer,
    pub(crate) mailbox: Mailbox,
}

impl Shared {
    pub(crate) fn new(parts: Parts, options: Options) -> Arc<Self> {
        Arc::new(Self {
            core: Mutex::new(parts.core),
            store: parts.store,
            meters: Meters::new(Arc::clone(&options.metrics)),
            options,
            clock: parts.clock,
            faults: parts.faults,
            random: parts.random,
            log: parts.log,
            signer: Arc::new(parts.signer),
            mailbox: parts.mailbox,
            http: HttpClient::new(),
            wake: Notify::new(),
            in_flight: AtomicUsize::new(0),
            ticks: Mutex::default(),
            is_closed: AtomicBool::new(false),
        })
    }

    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        // Nothing panics while the lock is held, so the state is whole in any case.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// Gives a tick back whose attempt is over.
    pub(crate) fn give_back(&self, tick: Option<Arc<Tick>>) {
        self.ticks.lock().unwrap_or_else(PoisonError::into_inner).extend(tick);
        self.wake.notify_one();
    }

    /// Ticks that may be dropped.
    pub(crate) fn take_ticks(&self) -> Vec<Arc<Tick>> {
        std::mem::take(&mut *self.ticks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Appends an entry that nobody waits for; a disk that refuses is noticed by the next change.
    pub(crate) fn note(self: &Arc<Self>, entry: &Entry) {
        let written = self.store.append(entry);
        self.watch(written);
    }

    /// Waits for an entry in the background.
    pub(crate) fn watch(self: &Arc<Self>, written: Written) {
        if written.is_nothing() {
            return;
        }
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = shared.store.wait(written).await {
                shared.log.warn(format_args!("a delivery was not noted: {error}"));
            }
        });
    }

    /// The signing key; made off the runtime's threads when it is not there yet.
    pub(crate) async fn key(&self) -> brume_foundation::Result<Arc<SigningKey>> {
        if let Some(key) = self.signer.ready() {
            return Ok(key);
        }
        let signer = Arc::clone(&self.signer);
        blocking(move || signer.key()).await
    }
}

/// Runs something that takes milliseconds off the runtime's threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> brume_foundation::Result<T> + Send + 'static,
) -> brume_foundation::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(brume_foundation::Error::failed("a task ended early").source(&error)),
    }
}
