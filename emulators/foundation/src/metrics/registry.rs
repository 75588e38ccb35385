//! The series of one account and region, by name.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Bound;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::query::{Datapoint, Window};
use super::series::{Counter, Gauge};
use super::{SERIES_MAX, Statistics};
use crate::clock::Moment;

/// What names a series.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId {
    /// `AWS/SQS`.
    pub namespace: Arc<str>,
    /// `NumberOfMessagesSent`.
    pub name: Arc<str>,
    /// Names and values, in the order of names.
    pub dimensions: Arc<[(Arc<str>, Arc<str>)]>,
}

impl SeriesId {
    /// Makes a name; the order of the dimensions does not matter.
    #[must_use]
    pub fn new(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Self {
        let mut dimensions = dimensions
            .iter()
            .map(|&(name, value)| (Arc::from(name), Arc::from(value)))
            .collect::<Vec<(Arc<str>, Arc<str>)>>();
        dimensions.sort_unstable();
        let (namespace, name) = (Arc::from(namespace), Arc::from(name));
        Self { namespace, name, dimensions: Arc::from(dimensions) }
    }
}

/// Where the level of a gauge comes from when nobody sets it.
type Source = Arc<dyn Fn(Moment) -> Option<f64> + Send + Sync>;

#[derive(Clone)]
enum Series {
    Counter(Arc<Counter>),
    Gauge(Arc<Gauge>),
    Sampled(Arc<Gauge>, Source),
}

/// All series of one account and region.
#[derive(Default)]
pub struct Registry {
    named: RwLock<Named>,
    points: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Named {
    series: BTreeMap<SeriesId, Series>,
    by_dimension: HashMap<(Arc<str>, Arc<str>), Vec<SeriesId>>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Registry").field("series", &self.len()).finish()
    }
}

impl Registry {
    /// Makes one without series.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn with_budget(points: Arc<AtomicUsize>) -> Self {
        Self { named: RwLock::default(), points }
    }

    #[cfg(test)]
    pub(super) fn points_for_tests(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.points)
    }

    /// The counter of that name, made when it is not there. Keep it: finding it costs a lock.
    ///
    /// A name that a gauge has already, or that is one too many, gives a counter that nobody sees.
    #[must_use]
    pub fn counter(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
    ) -> Arc<Counter> {
        let id = SeriesId::new(namespace, name, dimensions);
        let made = Arc::new(Counter::new(Arc::clone(&self.points)));
        match self.find_or_add(id, Series::Counter(Arc::clone(&made))) {
            Some(Series::Counter(found)) => found,
            _ => made,
        }
    }

    /// The gauge of that name, made when it is not there. Keep it: finding it costs a lock.
    ///
    /// A name that a counter has already, or that is one too many, gives a gauge that nobody sees.
    #[must_use]
    pub fn gauge(&self, namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Arc<Gauge> {
        let id = SeriesId::new(namespace, name, dimensions);
        let made = Arc::new(Gauge::new(Arc::clone(&self.points)));
        match self.find_or_add(id, Series::Gauge(Arc::clone(&made))) {
            Some(Series::Gauge(found) | Series::Sampled(found, _)) => found,
            _ => made,
        }
    }

    /// A gauge whose level is asked for whenever somebody reads it; for levels that move by
    /// themselves, such as an age. `source` must not use this registry.
    pub fn sampled(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        source: impl Fn(Moment) -> Option<f64> + Send + Sync + 'static,
    ) {
        let id = SeriesId::new(namespace, name, dimensions);
        let gauge = Arc::new(Gauge::new(Arc::clone(&self.points)));
        self.find_or_add(id, Series::Sampled(gauge, Arc::new(source)));
    }

    fn find_or_add(&self, id: SeriesId, made: Series) -> Option<Series> {
        if let Some(found) = self.read().series.get(&id) {
            return Some(found.clone());
        }
        let mut named = self.write();
        if let Some(found) = named.series.get(&id) {
            return Some(found.clone());
        }
        if named.series.len() >= SERIES_MAX {
            return None;
        }
        for dimension in &*id.dimensions {
            named.by_dimension.entry(dimension.clone()).or_default().push(id.clone());
        }
        named.series.insert(id, made.clone());
        Some(made)
    }

    /// Forgets every series of `namespace` that has the dimension; returns how many there were.
    pub fn remove(&self, namespace: &str, dimension: &str, value: &str) -> usize {
        let mut named = self.write();
        let key = (Arc::from(dimension), Arc::from(value));
        let Some(ids) = named.by_dimension.remove(&key) else { return 0 };
        let (gone, stay): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(|id| *id.namespace == *namespace);
        if !stay.is_empty() {
            named.by_dimension.insert(key.clone(), stay);
        }
        for id in &gone {
            named.series.remove(id);
            for other in id.dimensions.iter().filter(|other| **other != key) {
                if let Some(ids) = named.by_dimension.get_mut(other) {
                    ids.retain(|listed| listed != id);
                    if ids.is_empty() {
                        named.by_dimension.remove(other);
                    }
                }
            }
        }
        gone.len()
    }

    /// Forgets every series.
    pub fn clear(&self) {
        *self.write() = Named::default();
    }

    /// How many series there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().series.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is a series of that name.
    #[must_use]
    pub fn contains(&self, id: &SeriesId) -> bool {
        self.read().series.contains_key(id)
    }

    /// At most `limit` names after `after`, in order, of those that `wanted` says yes to.
    #[must_use]
    pub fn list(
        &self,
        after: Option<&SeriesId>,
        limit: usize,
        wanted: impl Fn(&SeriesId) -> bool,
    ) -> Vec<SeriesId> {
        let named = self.read();
        let from = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.clone()));
        let names = named.series.range((from, Bound::Unbounded)).map(|(id, _)| id);
        names.filter(|id| wanted(id)).take(limit).cloned().collect()
    }

    /// The datapoints of a series, oldest first; empty for one that is not there.
    #[must_use]
    pub fn statistics(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        window: &Window,
    ) -> Vec<Datapoint> {
        self.datapoints(&SeriesId::new(namespace, name, dimensions), window)
    }

    /// The datapoints of a series, oldest first; empty for one that is not there.
    #[must_use]
    pub fn datapoints(&self, id: &SeriesId, window: &Window) -> Vec<Datapoint> {
        match self.find(id) {
            Some(Series::Counter(counter)) => counter.datapoints(window),
            Some(Series::Gauge(gauge)) => gauge.datapoints(window),
            Some(Series::Sampled(gauge, source)) => {
                if let Some(value) = source(window.now) {
                    gauge.set(window.now, value);
                }
                gauge.datapoints(window)
            }
            None => Vec::new(),
        }
    }

    /// The present level of a gauge, or everything that is kept of a counter; the flag says
    /// whether it is a gauge.
    #[must_use]
    pub fn summary(&self, id: &SeriesId, now: Moment) -> Option<(Statistics, bool)> {
        let level = |gauge: &Gauge| gauge.value().map(|value| (Statistics::one(value), true));
        match self.find(id)? {
            Series::Counter(counter) => Some((counter.total(), false)),
            Series::Gauge(gauge) => level(&gauge),
            Series::Sampled(gauge, source) => {
                if let Some(value) = source(now) {
                    gauge.set(now, value);
                }
                level(&gauge)
            }
        }
    }

    fn find(&self, id: &SeriesId) -> Option<Series> {
        self.read().series.get(id).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, Named> {
        self.named.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Named> {
        self.named.write().unwrap_or_else(PoisonError::into_inner)
    }
}
