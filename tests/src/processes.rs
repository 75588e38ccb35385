//! The processes that a sandbox started, daemons included, and their end.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The variable that marks everything started in a sandbox; its value is the sandbox's root.
pub const MARK: &str = "BRUME_TEST_SANDBOX";

const GRACE: Duration = Duration::from_secs(5);

/// One process that carries a sandbox's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Its id.
    pub id: i32,
    /// Its command line, for messages.
    pub line: String,
}

/// Lists the living processes that were started, by whatever detour, in the sandbox at `root`.
#[must_use]
pub fn marked(root: &Path) -> Vec<Marked> {
    let mark = format!("{MARK}={}", root.display()).into_bytes();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|&id| is_marked(id, &mark)).map(|id| Marked { id, line: command_line(id) }).collect()
}

fn is_marked(id: i32, mark: &[u8]) -> bool {
    // A zombie has an empty environment, a stranger's cannot be read: neither is ours.
    let Ok(environment) = fs::read(format!("/proc/{id}/environ")) else { return false };
    environment.split(|&byte| byte == 0).any(|variable| variable == mark)
}

fn command_line(id: i32) -> String {
    let raw = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&raw).replace('\0', " ").trim_end().to_owned()
}

/// Sends `signal` to one process.
///
/// # Panics
/// When there is no such process.
pub fn signal(id: i32, signal: Signal) {
    let pid = Pid::from_raw(id).expect("a process id is positive");
    kill_process(pid, signal).unwrap_or_else(|error| panic!("cannot signal {id}: {error}"));
}

/// Whether the process exists and is no zombie. One whose first thread has ended lives on until its
/// other threads have: its files are open, and its locks held, until then.
#[must_use]
pub fn is_alive(id: i32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else { return false };
    // The state follows the name, which is in parentheses and may itself contain any character.
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    let threads = fs::read_dir(format!("/proc/{id}/task")).map_or(0, Iterator::count);
    !matches!(state, None | Some('Z' | 'X')) || threads > 1
}

/// Ends what a sandbox started: a request first, force after five seconds.
pub fn end_all(root: &Path) {
    let deadline = Instant::now() + GRACE;
    let mut asked = Vec::new();
    loop {
        let left = marked(root);
        if left.is_empty() {
            return;
        }
        let late = Instant::now() > deadline;
        for process in left {
            let Some(pid) = Pid::from_raw(process.id) else { continue };
            if late {
                let _ = kill_process(pid, Signal::KILL);
            } else if !asked.contains(&process.id) {
                asked.push(process.id);
                let _ = kill_process(pid, Signal::TERM);
            }
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until `ready` says yes, for at most `limit`; returns whether it did.
pub fn wait_until(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if ready() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
