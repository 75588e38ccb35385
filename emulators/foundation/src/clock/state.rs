//! The clock without its asynchronous side: mode, order of timers, what fires next.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Moment;

/// A step back of the system clock larger than this is made good; smaller ones are waited out.
const STEP_BACK_MAX_NANOS: u64 = 1_000_000_000;

/// How the clock gets its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// System time plus an offset, which is what advances and pauses have left.
    Running {
        /// The offset.
        offset_nanos: i128,
    },
    /// Stands still.
    Frozen {
        /// Where.
        now: Moment,
    },
}

/// What must be kept of a clock across restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockState {
    /// Distance to system time in milliseconds while running.
    pub offset_ms: i64,
    /// Where it stands, in nanoseconds since the epoch, when it is frozen.
    pub frozen_at: Option<Moment>,
}

impl ClockState {
    pub(super) fn of(mode: &Mode) -> Self {
        match *mode {
            Mode::Running { offset_nanos } => {
                // Rounded up: a later start must not show an earlier time.
                let offset_ms = offset_nanos.div_euclid(1_000_000)
                    + i128::from(offset_nanos.rem_euclid(1_000_000) > 0);
                let offset_ms = i64::try_from(offset_ms).unwrap_or(i64::MAX);
                Self { offset_ms, frozen_at: None }
            }
            Mode::Frozen { now } => Self { offset_ms: 0, frozen_at: Some(now) },
        }
    }

    pub(super) fn mode(&self) -> Mode {
        match self.frozen_at {
            Some(now) => Mode::Frozen { now },
            None => Mode::Running { offset_nanos: i128::from(self.offset_ms) * 1_000_000 },
        }
    }
}

/// A timer's place: its moment, then the order of registration.
pub(super) type Key = (Moment, u64);

#[derive(Debug)]
pub(super) struct State {
    pub(super) mode: Mode,
    pub(super) timers: BTreeMap<Key, Option<Waker>>,
    /// Ticks that were given out and not dropped yet.
    pub(super) outstanding: usize,
    pub(super) has_driver: bool,
    latest: Moment,
    registered: u64,
}

impl State {
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            mode,
            timers: BTreeMap::new(),
            outstanding: 0,
            has_driver: false,
            latest: Moment::default(),
            registered: 0,
        }
    }

    pub(super) fn now(&mut self) -> Moment {
        let raw = match self.mode {
            Mode::Frozen { now } => now,
            Mode::Running { offset_nanos } => shift(Moment::system(), offset_nanos),
        };
        if let Mode::Running { .. } = self.mode
            && self.latest.unix_nanos().saturating_sub(raw.unix_nanos()) > STEP_BACK_MAX_NANOS
        {
            self.run_from(self.latest);
        }
        self.latest = self.latest.max(raw);
        self.latest
    }

    /// Follows system time from now on, beginning at `moment`.
    pub(super) fn run_from(&mut self, moment: Moment) {
        let offset_nanos =
            i128::from(moment.unix_nanos()) - i128::from(Moment::system().unix_nanos());
        self.mode = Mode::Running { offset_nanos };
    }

    pub(super) fn register(&mut self, moment: Moment) -> Key {
        self.registered += 1;
        let key = (moment, self.registered);
        self.timers.insert(key, None);
        key
    }

    /// Fires the earliest timer that is due at `target`, with the clock standing at its moment.
    pub(super) fn fire_next(&mut self, target: Moment) -> bool {
        let Some(entry) = self.timers.first_entry() else { return false };
        let moment = entry.key().0;
        if moment > target {
            return false;
        }
        let waker = entry.remove();
        if let Mode::Frozen { now } = &mut self.mode {
            *now = moment.max(*now);
        }
        self.outstanding += 1;
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Fires what is due on a running clock; tells how long until the next timer.
    pub(super) fn run(&mut self) -> Option<Duration> {
        if let Mode::Frozen { .. } = self.mode {
            return None;
        }
        let now = self.now();
        while self.fire_next(now) {}
        self.timers.first_key_value().map(|(key, _)| key.0.since(now))
    }
}

fn shift(moment: Moment, offset_nanos: i128) -> Moment {
    let nanos = (i128::from(moment.unix_nanos()) + offset_nanos).max(0);
    Moment::from_unix_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
