//! A line that shows that something is going on, where somebody is there to see it.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::host::{Host, Stream};
use crate::invocation::Output;

/// A command that is faster than this shows nothing.
const DELAY: Duration = Duration::from_millis(500);

/// Time between two pictures.
const FRAME: Duration = Duration::from_millis(100);

/// The pictures; one column each.
const PICTURES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/// Goes back to the beginning of the line and clears it.
const CLEAR: &str = "\r\u{1b}[K";

/// Runs `work` and shows `label` on standard error meanwhile: only on a terminal, only after half a
/// second, and not under `CI` or `BRUME_NO_PROGRESS`. The line is gone when `work` returns.
///
/// `work` gets a [`Progress`] to tell how far it is.
pub fn with_progress<T>(
    host: &dyn Host,
    output: &Output,
    label: &str,
    work: impl FnOnce(&Progress) -> T,
) -> T {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let shows = output.stderr_terminal && !set("CI") && !set("BRUME_NO_PROGRESS");
    let width = usize::from(output.width).saturating_sub(3).max(1);
    run(host, shows.then_some(DELAY), width, label, work)
}

fn run<T>(
    host: &dyn Host,
    delay: Option<Duration>,
    width: usize,
    label: &str,
    work: impl FnOnce(&Progress) -> T,
) -> T {
    let Some(delay) = delay else { return work(&Progress { updates: None }) };
    thread::scope(|scope| {
        let (updates, received) = mpsc::channel();
        let label = label.to_owned();
        let painter = scope.spawn(move || paint(host, delay, width, label, &received));
        // Dropped before the scope waits for the painter, on a panic in `work` as well.
        let progress = Progress { updates: Some(updates) };
        let result = work(&progress);
        drop(progress);
        drop(painter);
        result
    })
}

fn paint(
    host: &dyn Host,
    delay: Duration,
    width: usize,
    label: String,
    updates: &mpsc::Receiver<String>,
) {
    let mut label = label;
    let mut next_picture = Instant::now() + delay;
    let mut pictures = PICTURES.iter().cycle();
    let mut shown = false;
    loop {
        // However often the label changes, the pictures keep their pace.
        match updates.recv_timeout(next_picture.saturating_duration_since(Instant::now())) {
            Ok(next) => label = next,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                next_picture = Instant::now() + FRAME;
                let picture = pictures.next().copied().unwrap_or(' ');
                let line: String = label.chars().filter(|c| !c.is_control()).take(width).collect();
                let text = format!("{CLEAR}{picture} {line}");
                // A terminal that cannot be written to needs no progress.
                shown |= host.write(Stream::Stderr, text.as_bytes()).is_ok();
            }
        }
    }
    if shown {
        let _ = host.write(Stream::Stderr, CLEAR.as_bytes());
    }
}

/// Tells the line what to say.
#[derive(Debug)]
pub struct Progress {
    updates: Option<Sender<String>>,
}

impl Progress {
    /// A line that nobody sees.
    #[must_use]
    pub const fn silent() -> Self {
        Self { updates: None }
    }

    /// Replaces the label; costs nothing where nothing is shown.
    pub fn update(&self, label: impl std::fmt::Display) {
        if let Some(updates) = &self.updates {
            // The painter ends only after us.
            let _ = updates.send(label.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::testing::MemoryHost;

    #[test]
    fn a_quick_command_and_a_pipe_show_nothing() {
        let host = MemoryHost::default();
        assert_eq!(run(&host, Some(Duration::from_secs(60)), 20, "x", |_| 7), 7);
        assert_eq!(with_progress(&host, &Output::default(), "x", |_| 7), 7);
        assert_eq!(host.stderr(), "");
    }

    #[test]
    fn a_slow_command_shows_its_label_and_clears_it() {
        let host = MemoryHost::default();
        run(&host, Some(Duration::from_millis(1)), 8, "reading\u{1b} the schema", |progress| {
            thread::sleep(Duration::from_millis(30));
            progress.update("two");
            thread::sleep(Duration::from_millis(250));
        });
        let text = host.stderr();
        assert!(text.starts_with("\r\u{1b}[K⠋ reading "), "{text:?}");
        assert!(text.contains("⠙ two") && text.ends_with(CLEAR), "{text:?}");
    }
}
