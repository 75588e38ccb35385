//! Minute series: what CloudWatch shows, kept without timers.
//!
//! Comes in: amounts ([`Counter`]) and levels ([`Gauge`]) with the moment at which they were seen.
//! Goes out: sample count, sum, minimum and maximum for each period that is asked about.
//!
//! Three hours are kept by the minute, fifteen days by five minutes, and only where something was
//! recorded. All series of a [`Metrics`] share one budget of points: past it, a series that
//! grows drops its own oldest point. Recording locks its own series only.

mod point;
mod query;
mod registry;
mod series;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, PoisonError, RwLock};

pub use point::Statistics;
pub use query::{Datapoint, Window};
pub use registry::{Registry, SeriesId};
pub use series::{Counter, Gauge};

/// Seconds of the finest period.
pub const MINUTE_SECONDS: u64 = 60;
/// For how long single minutes are kept.
pub const MINUTES_KEPT: u32 = 3 * 60;
/// Minutes of a bucket of what is older than [`MINUTES_KEPT`].
pub const BUCKET_MINUTES: u32 = 5;
/// For how long buckets are kept, in minutes.
pub const BUCKETS_KEPT: u32 = 15 * 24 * 60;
/// Series of one registry; further ones are counted but not listed.
pub const SERIES_MAX: usize = 200_000;
/// Points of all series together, 40 bytes each.
pub const POINTS_MAX: usize = 1_000_000;
/// Registries of one [`Metrics`]; further ones are not kept.
pub const SCOPES_MAX: usize = 10_000;

/// One registry for each account and region: equal names in two of them are two series.
#[derive(Debug, Default)]
pub struct Metrics {
    scopes: RwLock<BTreeMap<Scope, Arc<Registry>>>,
    points: Arc<AtomicUsize>,
}

/// Account and region.
pub type Scope = (Box<str>, Box<str>);

impl Metrics {
    /// Makes one without series.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The registry of an account in a region, made when it is not there.
    #[must_use]
    pub fn scope(&self, account: &str, region: &str) -> Arc<Registry> {
        let key = (Box::from(account), Box::from(region));
        if let Some(found) = self.scopes.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(found);
        }
        let mut scopes = self.scopes.write().unwrap_or_else(PoisonError::into_inner);
        if scopes.len() >= SCOPES_MAX && !scopes.contains_key(&key) {
            return Arc::new(Registry::with_budget(Arc::clone(&self.points)));
        }
        let made = || Arc::new(Registry::with_budget(Arc::clone(&self.points)));
        Arc::clone(scopes.entry(key).or_insert_with(made))
    }

    /// All registries there are.
    #[must_use]
    pub fn scopes(&self) -> Vec<(Scope, Arc<Registry>)> {
        let scopes = self.scopes.read().unwrap_or_else(PoisonError::into_inner);
        scopes.iter().map(|(scope, registry)| (scope.clone(), Arc::clone(registry))).collect()
    }

    /// Forgets everything; series in somebody's hands go on unlisted.
    pub fn reset(&self) {
        // The registries stay: somebody may hold one.
        self.scopes().iter().for_each(|(_, registry)| registry.clear());
    }
}
