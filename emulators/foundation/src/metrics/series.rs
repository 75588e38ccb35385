//! One series: recent minutes, older buckets.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::point::{Point, Statistics};
use super::query::{Datapoint, Window, of_counter, of_gauge};
use super::{BUCKET_MINUTES, BUCKETS_KEPT, MINUTES_KEPT, POINTS_MAX};
use crate::clock::Moment;

/// The minute that a moment belongs to, counted from the epoch.
pub(super) fn minute_of(now: Moment) -> u32 {
    // A moment reaches to the year 2554, which is minute 307 million.
    u32::try_from(now.unix_seconds() / super::MINUTE_SECONDS).unwrap_or(u32::MAX)
}

/// Amounts that add up: messages sent, bytes published.
#[derive(Debug)]
pub struct Counter {
    series: Series,
}

impl Counter {
    pub(super) fn new(points: Arc<AtomicUsize>) -> Self {
        Self { series: Series::new(points) }
    }

    /// Records one sample. Amounts that are not finite are ignored.
    #[inline]
    pub fn add(&self, now: Moment, amount: f64) {
        if amount.is_finite() {
            self.series.record(minute_of(now), &Statistics::one(amount), Merge::Add);
        }
    }

    /// Records several samples at once, of the present or of the past fifteen days.
    pub fn add_statistics(&self, at: Moment, statistics: &Statistics) {
        if statistics.is_sound() {
            self.series.record(minute_of(at), statistics, Merge::Add);
        }
    }

    pub(super) fn datapoints(&self, window: &Window) -> Vec<Datapoint> {
        of_counter(&self.series.lock().points(), window)
    }

    /// Everything that is kept, in one.
    pub(super) fn total(&self) -> Statistics {
        let mut total = Statistics::default();
        self.series.lock().points().iter().for_each(|point| total.merge(&point.statistics));
        total
    }
}

/// A level that stays until it changes: messages in a queue.
///
/// A minute without a change has one sample, the level; a minute with changes has one as well,
/// the last level, and the lowest and highest in between.
#[derive(Debug)]
pub struct Gauge {
    series: Series,
}

impl Gauge {
    pub(super) fn new(points: Arc<AtomicUsize>) -> Self {
        Self { series: Series::new(points) }
    }

    /// Sets the level. Values that are not finite are ignored.
    #[inline]
    pub fn set(&self, now: Moment, value: f64) {
        if value.is_finite() {
            self.series.record(minute_of(now), &Statistics::one(value), Merge::Replace);
        }
    }

    /// The present level, if one was set.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let state = self.series.lock();
        (state.current.statistics.sample_count > 0.0).then_some(state.current.statistics.sum)
    }

    pub(super) fn datapoints(&self, window: &Window) -> Vec<Datapoint> {
        of_gauge(&self.series.lock().points(), window)
    }
}

/// How a sample joins those of the same minute.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Merge {
    Add,
    /// The sum is the last value; lowest and highest are kept.
    Replace,
}

impl Merge {
    #[inline]
    fn apply(self, into: &mut Statistics, more: &Statistics) {
        match self {
            Self::Add => into.merge(more),
            Self::Replace => {
                into.sum = more.sum;
                into.minimum = into.minimum.min(more.minimum);
                into.maximum = into.maximum.max(more.maximum);
            }
        }
    }
}

#[derive(Debug)]
struct Series {
    state: Mutex<State>,
    /// Points of all series that share the budget.
    points: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct State {
    /// The newest minute; without samples before the first one.
    current: Point,
    /// Minutes before it, oldest first.
    minutes: VecDeque<Point>,
    /// Buckets before those, oldest first.
    buckets: VecDeque<Point>,
}

impl Series {
    fn new(points: Arc<AtomicUsize>) -> Self {
        Self { state: Mutex::default(), points }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn record(&self, minute: u32, statistics: &Statistics, merge: Merge) {
        let mut state = self.lock();
        let is_first = state.current.statistics.sample_count == 0.0;
        if state.current.minute == minute && !is_first {
            merge.apply(&mut state.current.statistics, statistics);
        } else {
            self.record_elsewhere(&mut state, Point { minute, statistics: *statistics }, merge);
        }
    }

    #[cold]
    fn record_elsewhere(&self, state: &mut State, point: Point, merge: Merge) {
        let before = state.kept();
        if state.current.statistics.sample_count == 0.0 {
            state.current = point;
        } else if point.minute > state.current.minute {
            let ended = std::mem::replace(&mut state.current, point);
            state.minutes.push_back(ended);
        } else if state.current.minute - point.minute > BUCKETS_KEPT {
            return;
        } else if state.current.minute - point.minute > MINUTES_KEPT {
            insert(&mut state.buckets, bucket(point), merge);
        } else {
            insert(&mut state.minutes, point, merge);
        }
        state.age(merge);
        let grown = state.kept().saturating_sub(before);
        if grown > 0 && self.points.load(Ordering::Relaxed) + grown > POINTS_MAX {
            let _ = state.buckets.pop_front().or_else(|| state.minutes.pop_front());
        }
        let after = state.kept();
        if after >= before {
            self.points.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.points.fetch_sub(before - after, Ordering::Relaxed);
        }
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        let kept = self.lock().kept();
        self.points.fetch_sub(kept, Ordering::Relaxed);
    }
}

impl State {
    fn kept(&self) -> usize {
        self.minutes.len() + self.buckets.len()
    }

    /// Moves old minutes into buckets and drops buckets that are too old.
    fn age(&mut self, merge: Merge) {
        let now = self.current.minute;
        while let Some(oldest) = self.minutes.front()
            && now - oldest.minute > MINUTES_KEPT
        {
            let point = bucket(*oldest);
            self.minutes.pop_front();
            insert(&mut self.buckets, point, merge);
        }
        while self.buckets.front().is_some_and(|oldest| now - oldest.minute > BUCKETS_KEPT) {
            self.buckets.pop_front();
        }
    }

    /// All points, oldest first.
    fn points(&self) -> Vec<Point> {
        let mut points = Vec::with_capacity(self.kept() + 1);
        points.extend(&self.buckets);
        points.extend(&self.minutes);
        points.extend((self.current.statistics.sample_count > 0.0).then_some(&self.current));
        points
    }
}

fn bucket(point: Point) -> Point {
    Point { minute: point.minute / BUCKET_MINUTES * BUCKET_MINUTES, ..point }
}

/// Adds a point at its place.
fn insert(points: &mut VecDeque<Point>, point: Point, merge: Merge) {
    let at = points.partition_point(|other| other.minute < point.minute);
    match points.get_mut(at) {
        Some(same) if same.minute == point.minute => {
            merge.apply(&mut same.statistics, &point.statistics);
        }
        _ => points.insert(at, point),
    }
}
