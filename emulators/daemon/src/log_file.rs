//! The log: a file that rotates by size, the last lines in memory, and those who follow along.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brume_foundation::clock::Moment;
use brume_foundation::log::{Level, Sink};
use tokio::sync::broadcast;

/// A file larger than this becomes `daemon.log.1`, whose predecessor is forgotten.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Lines kept in memory for `brume logs`.
const RECENT_LINES_MAX: usize = 1_000;
/// Longest line; the rest is cut.
const LINE_BYTES_MAX: usize = 8 * 1024;
/// Lines that a slow follower may be behind before it misses some.
const FOLLOWER_LINES_MAX: usize = 1_024;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) service: Arc<str>,
    pub(crate) text: Arc<str>,
}

/// The log of a daemon.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    echo: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    bytes: u64,
    recent: VecDeque<Line>,
    followers: broadcast::Sender<Line>,
}

impl LogFile {
    /// Opens the file for appending; with `echo`, lines also go to standard error.
    pub(crate) fn open(path: &Path, echo: bool) -> io::Result<Self> {
        let file = open(path)?;
        let bytes = file.metadata()?.len();
        let state = State {
            file,
            bytes,
            recent: VecDeque::new(),
            followers: broadcast::channel(FOLLOWER_LINES_MAX).0,
        };
        Ok(Self { path: path.to_path_buf(), echo, state: Mutex::new(state) })
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The last lines, and a receiver for those to come, with none missing between.
    pub(crate) fn follow(&self) -> (Vec<Line>, broadcast::Receiver<Line>) {
        let state = self.lock();
        (state.recent.iter().cloned().collect(), state.followers.subscribe())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, line: Line) {
        let mut state = self.lock();
        let bytes = line.text.len() as u64 + 1;
        if state.bytes + bytes > FILE_BYTES_MAX {
            self.rotate(&mut state);
        }
        let text = format!("{}\n", line.text);
        // A full disk must not stop the emulators: the line is still in memory.
        if state.file.write_all(text.as_bytes()).is_ok() {
            state.bytes += bytes;
        }
        if self.echo {
            let _ = io::stderr().write_all(text.as_bytes());
        }
        if state.recent.len() >= RECENT_LINES_MAX {
            state.recent.pop_front();
        }
        state.recent.push_back(line.clone());
        // An error means only that nobody follows.
        let _ = state.followers.send(line);
    }

    fn rotate(&self, state: &mut State) {
        let mut old = self.path.clone().into_os_string();
        old.push(".1");
        // On failure the old file simply grows on; the next line tries again.
        if fs::rename(&self.path, &old).is_ok()
            && let Ok(file) = open(&self.path)
        {
            state.file = file;
            state.bytes = 0;
        }
    }
}

impl Sink for LogFile {
    fn write(&self, level: Level, service: &str, message: &str) {
        let now = Moment::system();
        let mut text = format!("{now} {:5} {service}: ", level.name());
        for character in message.chars() {
            if text.len() >= LINE_BYTES_MAX {
                text.push('…');
                break;
            }
            // One message is one line, and it moves no cursor.
            if character.is_control() {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        self.append(Line { service: Arc::from(service), text: Arc::from(text) });
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_and_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = LogFile::open(&folder.path().join("daemon.log"), false).expect("opened");
        log.write(Level::Info, "kubernetes", "one\n\u{1b}[31mtwo");
        let (recent, mut followers) = log.follow();
        assert!(recent[0].text.ends_with("INFO  kubernetes: one\\n\\u{1b}[31mtwo"));
        log.write(Level::Warn, "daemon", "three");
        assert!(followers.try_recv().expect("a line").text.ends_with("WARN  daemon: three"));
        let text = fs::read_to_string(log.path()).expect("readable");
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn a_large_file_rotates_and_nothing_grows_without_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = LogFile::open(&folder.path().join("daemon.log"), false).expect("opened");
        let long = "x".repeat(2 * LINE_BYTES_MAX);
        for _ in 0..2_100 {
            log.write(Level::Info, "s", &long);
        }
        let length = |name| fs::metadata(folder.path().join(name)).expect("there").len();
        assert!(length("daemon.log") <= FILE_BYTES_MAX);
        assert!(length("daemon.log.1") <= FILE_BYTES_MAX);
        assert_eq!(log.follow().0.len(), RECENT_LINES_MAX);
    }
}
