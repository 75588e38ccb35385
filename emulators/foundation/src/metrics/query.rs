//! From points to the datapoints of a period.

use std::collections::BTreeMap;

use super::MINUTE_SECONDS;
use super::point::{Point, Statistics};
use super::series::minute_of;
use crate::clock::Moment;

/// Which stretch of time is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub start: Moment,
    /// The first moment after it. Levels are not told beyond it, nor beyond `now`.
    pub end: Moment,
    /// Seconds that one datapoint stands for; whole minutes, at least one.
    pub period_seconds: u64,
    /// What the clock shows.
    pub now: Moment,
}

/// The statistics of one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datapoint {
    /// Where the period begins.
    pub start: Moment,
    /// What was in it.
    pub statistics: Statistics,
}

/// A window in minutes.
struct Minutes {
    first: u32,
    /// The first minute that is not asked about.
    end: u32,
    period: u32,
}

impl Minutes {
    fn of(window: &Window) -> Self {
        let period = (window.period_seconds / MINUTE_SECONDS).max(1);
        let period = u32::try_from(period).unwrap_or(u32::MAX);
        let first = minute_of(window.start) / period * period;
        let last_nanos = window.end.unix_nanos().saturating_sub(1);
        let end = match window.end > window.start {
            true => minute_of(Moment::from_unix_nanos(last_nanos)).saturating_add(1),
            false => first,
        };
        Self { first, end, period }
    }

    fn period_of(&self, minute: u32) -> u32 {
        minute / self.period * self.period
    }
}

pub(super) fn of_counter(points: &[Point], window: &Window) -> Vec<Datapoint> {
    let minutes = Minutes::of(window);
    let mut periods = BTreeMap::<u32, Statistics>::new();
    for point in points {
        if (minutes.first..minutes.end).contains(&point.minute) {
            let period = periods.entry(minutes.period_of(point.minute)).or_default();
            period.merge(&point.statistics);
        }
    }
    datapoints(periods)
}

pub(super) fn of_gauge(points: &[Point], window: &Window) -> Vec<Datapoint> {
    let minutes = Minutes::of(window);
    let end = minutes.end.min(minute_of(window.now).saturating_add(1));
    let mut periods = BTreeMap::<u32, Statistics>::new();
    for (index, point) in points.iter().enumerate() {
        if (minutes.first..end).contains(&point.minute) {
            let period = periods.entry(minutes.period_of(point.minute)).or_default();
            period.merge(&point.statistics);
        }
        let next = points.get(index + 1).map_or(end, |next| next.minute.min(end));
        let mut minute = point.minute.saturating_add(1).max(minutes.first);
        while minute < next {
            let period = minutes.period_of(minute);
            let until = period.saturating_add(minutes.period).min(next);
            let held = f64::from(until - minute);
            let value = point.statistics.sum;
            let statistics = Statistics {
                sample_count: held,
                sum: value * held,
                minimum: value,
                maximum: value,
            };
            periods.entry(period).or_default().merge(&statistics);
            minute = until;
        }
    }
    datapoints(periods)
}

fn datapoints(periods: BTreeMap<u32, Statistics>) -> Vec<Datapoint> {
    let start = |minute: u32| Moment::from_unix_millis(u64::from(minute) * MINUTE_SECONDS * 1_000);
    periods
        .into_iter()
        .map(|(minute, statistics)| Datapoint { start: start(minute), statistics })
        .collect()
}
