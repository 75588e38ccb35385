//! What stands between a plugin and the process that it runs in.

use std::fmt::Debug;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags};

use crate::answer::read_line;

/// One of the two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Data, and nothing else.
    Stdout,
    /// Everything that is not data: errors, notes, progress, questions.
    Stderr,
}

/// What a running plugin may ask of its surroundings; usable from any thread.
pub trait Host: Debug + Send + Sync {
    /// Writes all bytes to a stream, unbuffered.
    ///
    /// # Errors
    /// What the stream says; `BrokenPipe` when the reader has left.
    fn write(&self, stream: Stream, bytes: &[u8]) -> io::Result<()>;

    /// Says whether the user asked to stop.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// A file descriptor that becomes readable when the user asks to stop; never read from it.
    fn cancel_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Reads one line of an answer, without its line end; empty at the end of the input.
    ///
    /// It reads past the buffer of [`io::stdin`], and nothing behind the line.
    ///
    /// # Errors
    /// `Interrupted` when the user asks to stop first, which becomes exit code 130; `InvalidData`
    /// for a line that is too long or no text; else what standard input says.
    fn read_line(&self) -> io::Result<String> {
        read_line(io::stdin().as_fd(), self.cancel_fd(), &|| self.is_cancelled())
    }
}

/// The process itself: for executables, and for the core's own commands.
///
/// A plugin that is a process of its own gets SIGINT and SIGTERM itself, and ends by them as any
/// other tool does: `is_cancelled` never turns true here.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessHost;

impl Host for ProcessHost {
    fn write(&self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        match stream {
            Stream::Stdout => write_all(io::stdout().as_fd(), bytes),
            Stream::Stderr => write_all(io::stderr().as_fd(), bytes),
        }
    }
}

/// Writes past the standard library's line buffer, which would cost one system call a line.
fn write_all(target: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(target, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            // Another process may have made the shared terminal or pipe non-blocking.
            Err(rustix::io::Errno::AGAIN) => {
                let mut wait = [PollFd::new(&target, PollFlags::OUT)];
                rustix::event::poll(&mut wait, None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Hosts for tests.
#[cfg(test)]
pub(crate) mod testing {
    use std::io;
    use std::sync::Mutex;

    use super::{Host, Stream};

    /// Keeps what was written, and answers questions from a list.
    #[derive(Debug, Default)]
    pub(crate) struct MemoryHost {
        streams: Mutex<(Vec<u8>, Vec<u8>)>,
        /// Answers, last first.
        pub(crate) answers: Mutex<Vec<String>>,
        /// What `is_cancelled` says; no question gets an answer then.
        pub(crate) cancelled: bool,
    }

    impl MemoryHost {
        pub(crate) fn stdout(&self) -> String {
            String::from_utf8_lossy(&self.streams.lock().unwrap().0).into_owned()
        }

        pub(crate) fn stderr(&self) -> String {
            String::from_utf8_lossy(&self.streams.lock().unwrap().1).into_owned()
        }
    }

    impl Host for MemoryHost {
        fn write(&self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
            let mut streams = self.streams.lock().unwrap();
            match stream {
                Stream::Stdout => streams.0.extend_from_slice(bytes),
                Stream::Stderr => streams.1.extend_from_slice(bytes),
            }
            Ok(())
        }

        fn is_cancelled(&self) -> bool {
            self.cancelled
        }

        fn read_line(&self) -> io::Result<String> {
            if self.cancelled {
                return Err(io::ErrorKind::Interrupted.into());
            }
            Ok(self.answers.lock().unwrap().pop().unwrap_or_default())
        }
    }

    /// A terminal whose reader has left.
    #[derive(Debug)]
    pub(crate) struct ClosedHost;

    impl Host for ClosedHost {
        fn write(&self, _: Stream, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
}
