//! The benches: pairs of commands in turn, so that whatever else the machine does hits both alike.
//!
//! Out: a table, and the same as JSON beside the binary. A missed bar is reported and is no error:
//! times are never a test.
//!
//! usage: brume-bench [WORD]      only the benches whose title contains WORD

mod broker;
mod cases;
mod measure;
mod report;
mod samples;
mod stage;

use std::io::{self, Write};
use std::process::{Command, ExitCode};
use std::{env, fs};

use serde_json::Value;

use crate::report::Finding;
use crate::samples::Samples;

/// Measured runs of each command, after the warm-up.
const RUNS: usize = 21;
/// Runs before that, not counted: caches fill, pages are read.
const WARM_UP_RUNS: usize = 3;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let only = env::args().nth(1).unwrap_or_default();
    if only == "--bare-server" {
        return broker::bare::serve();
    }
    let mut findings = Vec::new();
    for (title, case) in cases::ALL.iter().chain(broker::ALL) {
        if title.contains(only.as_str()) {
            let finding = case(title)?;
            write!(io::stdout(), "{}", finding.text())?;
            findings.push(finding);
        }
    }
    let document = Value::Array(findings.iter().map(Finding::json).collect());
    let file = brume_tests::built::folder().join("bench.json");
    fs::write(&file, format!("{document:#}\n"))?;
    writeln!(io::stdout(), "written to {}", file.display())
}

/// Runs the commands in turn, many times, and returns the costs of each.
fn compare(commands: &mut [Command]) -> io::Result<Vec<Samples>> {
    let mut samples = vec![Samples::default(); commands.len()];
    for round in 0..WARM_UP_RUNS + RUNS {
        for (command, samples) in commands.iter_mut().zip(&mut samples) {
            let cost = measure::run(command)?;
            if round >= WARM_UP_RUNS {
                samples.push(cost);
            }
        }
    }
    Ok(samples)
}
