//! The one source of time of every engine: real, frozen, or advanced by hand.
//!
//! Comes in: wishes to be woken at a [`Moment`]. Goes out: wake-ups, strictly in the order of their
//! moments, equal ones in the order of registration. Never: time that goes backwards.
//!
//! Under [`Clock::advance`] each timer fires alone, with the clock standing at its moment; the next
//! one fires after the [`Tick`] of the one before was dropped. A task that keeps its tick until it
//! has set its next timer therefore sees exactly what it would have seen in real time:
//!
//! ```
//! # async fn example(clock: std::sync::Arc<brume_foundation::clock::Clock>) {
//! # use std::time::Duration;
//! let mut next = clock.sleep(Duration::from_secs(60));
//! loop {
//!     let tick = next.await;
//!     // … what is due at tick.moment() …
//!     next = clock.sleep(Duration::from_secs(60));
//!     drop(tick);
//! #   break;
//! }
//! # }
//! ```

mod moment;
mod sleep;
mod state;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

pub use moment::Moment;
pub use sleep::{Sleep, Tick};
pub use state::ClockState;

use state::{Mode, State};

/// How long [`Clock::advance`] waits for one woken task before it goes on without it.
const TICK_HELD_MAX: Duration = Duration::from_secs(5);

/// How often an advance lets other tasks run after a tick was dropped, so that what the tick set in
/// motion through channels settles as well.
const SETTLING_ROUNDS: usize = 8;

/// A clock that its owner can stop and push forward.
#[derive(Debug)]
pub struct Clock {
    shared: Arc<Shared>,
    // Held for the whole of an advance: two at a time would interleave their timers.
    advancing: tokio::sync::Mutex<()>,
}

/// What the clock, its sleepers and its driver share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Wakes the driver: an earlier timer was set, or the mode changed, or the clock is gone.
    changed: Arc<Notify>,
    /// Wakes an advance: the last outstanding tick was dropped.
    settled: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held, so the state is whole in any case.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

impl Clock {
    /// Makes a clock that follows real time.
    #[must_use]
    pub fn real() -> Arc<Self> {
        Self::new(Mode::Running { offset_nanos: 0 })
    }

    /// Makes a clock that stands at `now`.
    #[must_use]
    pub fn frozen(now: Moment) -> Arc<Self> {
        Self::new(Mode::Frozen { now })
    }

    /// Makes a clock that goes on where another one was saved.
    #[must_use]
    pub fn restored(saved: &ClockState) -> Arc<Self> {
        Self::new(saved.mode())
    }

    fn new(mode: Mode) -> Arc<Self> {
        let shared = Shared {
            state: Mutex::new(State::new(mode)),
            changed: Arc::new(Notify::new()),
            settled: Notify::new(),
        };
        Arc::new(Self { shared: Arc::new(shared), advancing: tokio::sync::Mutex::new(()) })
    }

    /// The present moment; never earlier than one returned before.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.shared.lock().now()
    }

    /// Waits until the clock shows `moment`. Must be called inside a tokio runtime.
    pub fn sleep_until(&self, moment: Moment) -> Sleep {
        Sleep::register(&self.shared, moment)
    }

    /// Waits for a duration of this clock's time.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.now().after(duration))
    }

    /// Stops the clock and tells where it stands.
    pub fn freeze(&self) -> Moment {
        let mut state = self.shared.lock();
        let now = state.now();
        state.mode = Mode::Frozen { now };
        now
    }

    /// Lets the clock run on from where it stands.
    pub fn resume(&self) -> Moment {
        let mut state = self.shared.lock();
        let now = state.now();
        state.run_from(now);
        drop(state);
        self.shared.changed.notify_one();
        now
    }

    /// Pushes the clock forward, firing every timer on the way in order; returns how many fired.
    ///
    /// A running clock runs on afterwards, a frozen one stays frozen. A task that holds its tick
    /// for more than five seconds of real time is no longer waited for.
    pub async fn advance(&self, duration: Duration) -> u64 {
        let _alone = self.advancing.lock().await;
        let target = self.now().after(duration);
        let pause = Pause::begin(&self.shared);
        // Ticks that were due before the advance come before those that it brings.
        self.settle().await;
        let mut fired = 0;
        while self.shared.lock().fire_next(target) {
            fired += 1;
            self.settle().await;
        }
        self.shared.lock().mode = Mode::Frozen { now: target };
        drop(pause);
        fired
    }

    /// Waits until nobody holds a tick, then lets other tasks run.
    async fn settle(&self) {
        let idle = async {
            loop {
                let settled = self.shared.settled.notified();
                if self.shared.lock().outstanding == 0 {
                    return;
                }
                settled.await;
            }
        };
        // Going on is right also when time ran out: see `advance`.
        let _ = tokio::time::timeout(TICK_HELD_MAX, idle).await;
        for _ in 0..SETTLING_ROUNDS {
            tokio::task::yield_now().await;
        }
    }

    /// What must be kept so that time does not go backwards after a restart.
    #[must_use]
    pub fn state(&self) -> ClockState {
        ClockState::of(&self.shared.lock().mode)
    }

    /// Goes on where another clock was saved, but never back in time.
    pub fn restore(&self, saved: &ClockState) {
        let mut state = self.shared.lock();
        // Keeps the latest moment shown, below which `now` does not go.
        let _ = state.now();
        state.mode = saved.mode();
        drop(state);
        self.shared.changed.notify_one();
    }
}

/// Stops the clock for an advance, and lets it run on at the end, even if that is an early one.
struct Pause {
    shared: Arc<Shared>,
    was_running: bool,
}

impl Pause {
    fn begin(shared: &Arc<Shared>) -> Self {
        let mut state = shared.lock();
        let was_running = matches!(state.mode, Mode::Running { .. });
        let now = state.now();
        state.mode = Mode::Frozen { now };
        drop(state);
        Self { shared: Arc::clone(shared), was_running }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if !self.was_running {
            return;
        }
        let mut state = self.shared.lock();
        let now = state.now();
        state.run_from(now);
        drop(state);
        self.shared.changed.notify_one();
    }
}
