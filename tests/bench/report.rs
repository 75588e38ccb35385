//! What the benches found: a table to read and a document to keep.

use std::time::Duration;

use serde_json::{Value, json};

use crate::samples::{Samples, milliseconds};

/// A bar that the issue sets, and where we stand.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What is compared, such as `wall, ours / kubectl`.
    pub what: &'static str,
    /// Where we stand.
    pub measured: f64,
    /// At most this.
    pub limit: f64,
    /// Printed after both numbers.
    pub unit: &'static str,
}

impl Bar {
    /// A bar on the ratio of two medians.
    pub fn ratio(what: &'static str, ours: Duration, theirs: Duration, limit: f64) -> Self {
        let measured = ours.as_secs_f64() / theirs.as_secs_f64().max(f64::EPSILON);
        Self { what, measured, limit, unit: "" }
    }

    fn is_met(&self) -> bool {
        self.measured <= self.limit
    }
}

/// One bench: the commands that were run, and the bars.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its title.
    pub title: &'static str,
    /// Each command with its runs, ours first.
    pub rows: Vec<(String, Samples)>,
    /// The bars.
    pub bars: Vec<Bar>,
}

impl Finding {
    /// The finding as text, with an empty line at its end.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        for (name, samples) in &self.rows {
            text.push_str(&format!(
                "  {name:<44} {:>9.2} ms  (min {:.2})  cpu {:>8.2} ms  peak {:>6.1} MiB\n",
                milliseconds(samples.wall_median()),
                milliseconds(samples.wall_min()),
                milliseconds(samples.cpu_median()),
                samples.memory_mib(),
            ));
        }
        for bar in &self.bars {
            let verdict = if bar.is_met() { "met" } else { "MISSED" };
            text.push_str(&format!(
                "  -> {:<41} {:>9.3}{}  bar {:.3}{}  {verdict}\n",
                bar.what, bar.measured, bar.unit, bar.limit, bar.unit
            ));
        }
        text.push('\n');
        text
    }

    /// The finding as JSON.
    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(name, samples)| json!({ "command": name, "cost": samples.json() }))
            .collect();
        let bars: Vec<Value> = self
            .bars
            .iter()
            .map(|bar| {
                json!({
                    "what": bar.what,
                    "measured": bar.measured,
                    "limit": bar.limit,
                    "unit": bar.unit,
                    "met": bar.is_met(),
                })
            })
            .collect();
        json!({ "title": self.title, "commands": rows, "bars": bars })
    }
}
