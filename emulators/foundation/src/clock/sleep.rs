//! The asynchronous side of the clock: sleepers, their ticks, and the driver that wakes them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::state::Key;
use super::{Moment, Shared};

/// The driver looks at least this often: after the machine slept, system time has jumped while the
/// runtime's own timers stood still.
const DRIVER_NAP_MAX: Duration = Duration::from_secs(30);

/// Waits for a moment; the result is the [`Tick`] of it.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    shared: Arc<Shared>,
    key: Key,
    is_done: bool,
}

/// A moment that has come. While it is held, an advance goes no further.
#[derive(Debug)]
pub struct Tick {
    shared: Arc<Shared>,
    moment: Moment,
}

impl Tick {
    /// The moment that was waited for.
    #[must_use]
    pub const fn moment(&self) -> Moment {
        self.moment
    }
}

impl Drop for Tick {
    fn drop(&mut self) {
        release(&self.shared);
    }
}

impl Sleep {
    pub(super) fn register(shared: &Arc<Shared>, moment: Moment) -> Self {
        let mut state = shared.lock();
        let key = state.register(moment);
        let is_first = state.timers.first_key_value().is_some_and(|(first, _)| *first == key);
        if state.now() >= moment && is_first {
            // Due already, and nobody is before it.
            state.fire_next(moment);
        }
        let needs_driver = !std::mem::replace(&mut state.has_driver, true);
        drop(state);
        if needs_driver {
            tokio::spawn(drive(Arc::downgrade(shared), Arc::clone(&shared.changed)));
        } else if is_first {
            shared.changed.notify_one();
        }
        Self { shared: Arc::clone(shared), key, is_done: false }
    }
}

impl Future for Sleep {
    type Output = Tick;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Tick> {
        let mut state = self.shared.lock();
        if let Some(waker) = state.timers.get_mut(&self.key) {
            *waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        drop(state);
        self.is_done = true;
        Poll::Ready(Tick { shared: Arc::clone(&self.shared), moment: self.key.0 })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let was_waiting = self.shared.lock().timers.remove(&self.key).is_some();
        if !was_waiting {
            // It had fired and nobody looked: its tick must not hold up an advance.
            release(&self.shared);
        }
    }
}

fn release(shared: &Shared) {
    let mut state = shared.lock();
    state.outstanding = state.outstanding.saturating_sub(1);
    let is_last = state.outstanding == 0;
    drop(state);
    if is_last {
        shared.settled.notify_waiters();
    }
}

/// Wakes sleepers while the clock runs; ends when the clock and its last sleeper are gone.
async fn drive(shared: std::sync::Weak<Shared>, changed: Arc<tokio::sync::Notify>) {
    loop {
        let wait = match shared.upgrade() {
            Some(shared) => shared.lock().run(),
            None => return,
        };
        match wait {
            Some(wait) => {
                let wait = wait.min(DRIVER_NAP_MAX);
                // The result does not matter: either way it is time to look again.
                let _ = tokio::time::timeout(wait, changed.notified()).await;
            }
            None => changed.notified().await,
        }
    }
}
