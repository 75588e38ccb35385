//! Which files a command opens and whom it talks to, seen by strace.

use std::fs;
use std::path::PathBuf;

use crate::{Outcome, Sandbox, built};

/// What a traced command did.
#[derive(Debug)]
pub struct Trace {
    /// What came of the command itself.
    pub outcome: Outcome,
    /// The files that it opened, in order; failed attempts are left out.
    pub opened: Vec<PathBuf>,
    /// The programs that it and its children started, itself first.
    pub executed: Vec<PathBuf>,
    /// The internet addresses that it tried to connect to, as strace shows them.
    pub connected: Vec<String>,
}

/// Runs `brume` with the words of `line` and watches it and its children.
///
/// # Panics
/// When strace is missing or may not trace.
#[must_use]
pub fn brume(sandbox: &Sandbox, line: &str) -> Trace {
    let log = sandbox.path("tmp/trace");
    let outcome = sandbox
        .call("strace")
        .words("-f -qq -s 4096 -e trace=open,openat,execve,connect -o")
        .arg(&log)
        .arg(built::binary("brume"))
        .words(line)
        .run();
    let text =
        fs::read_to_string(&log).unwrap_or_else(|_| panic!("strace wrote nothing\n{outcome}"));
    let paths = |call: &str| -> Vec<PathBuf> {
        let calls = text.lines().filter(|line| line.contains(call) && !failed(line));
        calls.filter_map(first_string).collect()
    };
    // A connection that fails has been tried all the same.
    let connected = text.lines().filter(|line| line.contains("sa_family=AF_INET"));
    Trace {
        outcome,
        opened: [paths("open("), paths("openat(")].concat(),
        executed: paths("execve("),
        connected: connected.map(str::to_owned).collect(),
    }
}

fn failed(line: &str) -> bool {
    line.rsplit_once(" = ").is_none_or(|(_, result)| result.starts_with('-'))
}

fn first_string(line: &str) -> Option<PathBuf> {
    let (_, rest) = line.split_once('"')?;
    Some(PathBuf::from(rest.split_once('"')?.0))
}
