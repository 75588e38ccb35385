//! Many runs of one command, summed up.

use std::time::Duration;

use serde_json::{Value, json};

use crate::measure::Cost;

/// The costs of several runs; never empty once it is asked.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    costs: Vec<Cost>,
}

impl Samples {
    /// Adds one run.
    pub fn push(&mut self, cost: Cost) {
        self.costs.push(cost);
    }

    /// Middle of the wall times.
    pub fn wall_median(&self) -> Duration {
        median(self.costs.iter().map(|cost| cost.wall))
    }

    /// Shortest wall time.
    pub fn wall_min(&self) -> Duration {
        self.costs.iter().map(|cost| cost.wall).min().unwrap_or_default()
    }

    /// Middle of the processor times.
    pub fn cpu_median(&self) -> Duration {
        median(self.costs.iter().map(|cost| cost.cpu))
    }

    /// Highest peak of memory, in MiB.
    pub fn memory_mib(&self) -> f64 {
        let kib = self.costs.iter().map(|cost| cost.memory_kib).max().unwrap_or_default();
        kib as f64 / 1024.0
    }

    /// Everything, for the file.
    pub fn json(&self) -> Value {
        json!({
            "runs": self.costs.len(),
            "wall_median_ms": milliseconds(self.wall_median()),
            "wall_min_ms": milliseconds(self.wall_min()),
            "cpu_median_ms": milliseconds(self.cpu_median()),
            "memory_mib": self.memory_mib(),
        })
    }
}

/// A duration as fractional milliseconds.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn median(values: impl Iterator<Item = Duration>) -> Duration {
    let mut values: Vec<Duration> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}
