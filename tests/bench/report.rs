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
    /// At most this, or at least.
    pub limit: f64,
    /// Whether more is better.
    pub is_minimum: bool,
    /// Printed after both numbers.
    pub unit: &'static str,
}

impl Bar {
    /// A bar on the ratio of two medians.
    pub fn ratio(what: &'static str, ours: Duration, theirs: Duration, limit: f64) -> Self {
        let measured = ours.as_secs_f64() / theirs.as_secs_f64().max(f64::EPSILON);
        Self::at_most(what, measured, limit, "")
    }

    /// A bar that `measured` must not exceed.
    pub const fn at_most(
        what: &'static str,
        measured: f64,
        limit: f64,
        unit: &'static str,
    ) -> Self {
        Self { what, measured, limit, is_minimum: false, unit }
    }

    /// A bar that `measured` must reach.
    pub const fn at_least(
        what: &'static str,
        measured: f64,
        limit: f64,
        unit: &'static str,
    ) -> Self {
        Self { what, measured, limit, is_minimum: true, unit }
    }

    fn is_met(&self) -> bool {
        if self.is_minimum { self.measured >= self.limit } else { self.measured <= self.limit }
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
    /// What is no command with runs: servers under load, for example.
    pub table: Option<Table>,
}

/// Numbers in columns.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Names to the left, numbers to the right.
    fn text(&self) -> String {
        let head: Vec<String> = self.columns.iter().map(|&name| name.to_owned()).collect();
        let lines: Vec<&Vec<String>> = std::iter::once(&head).chain(&self.rows).collect();
        let width = |column: usize| {
            lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = String::new();
        for line in lines {
            text.push(' ');
            for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
                match column {
                    0 => text.push_str(&format!(" {cell:<width$}")),
                    _ => text.push_str(&format!("  {cell:>width$}")),
                }
            }
            text.push('\n');
        }
        text
    }

    fn json(&self) -> Value {
        let row = |row: &Vec<String>| {
            let cells = self.columns.iter().zip(row);
            let cells = cells.map(|(name, cell)| {
                let cell = cell.parse::<f64>().map_or_else(|_| json!(cell), |cell| json!(cell));
                ((*name).to_owned(), cell)
            });
            Value::Object(cells.collect())
        };
        self.rows.iter().map(row).collect()
    }
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
        if let Some(table) = &self.table {
            text.push_str(&table.text());
        }
        for bar in &self.bars {
            let at = if bar.is_minimum { "at least " } else { "" };
            let verdict = if bar.is_met() { "met" } else { "MISSED" };
            text.push_str(&format!(
                "  -> {:<41} {:>9.3}{}  bar {at}{:.3}{}  {verdict}\n",
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
                    "at_least": bar.is_minimum,
                    "unit": bar.unit,
                    "met": bar.is_met(),
                })
            })
            .collect();
        let table = self.table.as_ref().map(Table::json);
        json!({ "title": self.title, "commands": rows, "table": table, "bars": bars })
    }
}
