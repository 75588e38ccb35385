//! A buffered stream of a plugin, on which a reader that leaves is no failure.

use std::fmt;
use std::io::{self, Write};

use crate::error::{Error, ExitCode};
use crate::host::{Host, Stream};

/// Bytes held back before they are written in one go.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// A buffered output stream.
///
/// Standard output is written when the buffer is full and at the end; a command that streams
/// flushes by itself. Standard error is written at every line end.
///
/// When the reader has left (`brume … | head -1`) a write fails with an error that turns into an
/// [`Error`] that prints nothing and exits with 0, so that `?` ends the command quietly.
#[derive(Debug)]
pub struct Writer<'a> {
    host: &'a dyn Host,
    stream: Stream,
    buffer: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Makes a writer with an empty buffer.
    #[must_use]
    pub fn new(host: &'a dyn Host, stream: Stream) -> Self {
        Self { host, stream, buffer: Vec::new() }
    }

    /// Says whether something waits to be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        match self.host.write(self.stream, bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => match self.stream {
                Stream::Stdout => Err(io::Error::new(io::ErrorKind::BrokenPipe, ReaderLeft)),
                // Nobody reads what went wrong; the data may still be wanted.
                Stream::Stderr => Ok(()),
            },
            other => other,
        }
    }
}

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES_MAX {
            self.flush()?;
        }
        if bytes.len() > BUFFER_BYTES_MAX {
            self.send(bytes)?;
            return Ok(bytes.len());
        }
        self.buffer.extend_from_slice(bytes);
        if self.stream == Stream::Stderr && bytes.contains(&b'\n') {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        self.send(&buffer)
    }
}

/// Tells a closed standard output from a connection that broke somewhere else.
#[derive(Debug)]
struct ReaderLeft;

impl fmt::Display for ReaderLeft {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the reader of standard output has left")
    }
}

impl std::error::Error for ReaderLeft {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if error.get_ref().is_some_and(|inner| inner.is::<ReaderLeft>()) {
            return Self::silent(ExitCode::Ok);
        }
        // The standard library goes on after a signal: what comes through is a user who stops.
        if error.kind() == io::ErrorKind::Interrupted {
            return Self::silent(ExitCode::Interrupted);
        }
        Self::failed("input or output failed").source(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::testing::{ClosedHost, MemoryHost};

    #[test]
    fn stdout_waits_and_stderr_does_not() {
        let host = MemoryHost::default();
        let mut stdout = Writer::new(&host, Stream::Stdout);
        let mut stderr = Writer::new(&host, Stream::Stderr);
        writeln!(stdout, "data").unwrap();
        writeln!(stderr, "note").unwrap();
        assert_eq!((host.stdout(), host.stderr()), (String::new(), "note\n".to_owned()));
        stdout.flush().unwrap();
        assert_eq!(host.stdout(), "data\n");
    }

    #[test]
    fn large_writes_keep_their_order() {
        let host = MemoryHost::default();
        let mut stdout = Writer::new(&host, Stream::Stdout);
        stdout.write_all(b"first ").unwrap();
        stdout.write_all(&vec![b'x'; BUFFER_BYTES_MAX + 1]).unwrap();
        stdout.write_all(b" last").unwrap();
        stdout.flush().unwrap();
        let text = host.stdout();
        assert!(text.starts_with("first x") && text.ends_with("x last"));
        assert_eq!(text.len(), BUFFER_BYTES_MAX + 12);
    }

    #[test]
    fn a_reader_that_left_is_silent_and_another_broken_pipe_is_not() {
        let mut stdout = Writer::new(&ClosedHost, Stream::Stdout);
        stdout.write_all(b"x").unwrap();
        let error = Error::from(stdout.flush().unwrap_err());
        assert!(error.is_silent());
        assert_eq!(error.code, ExitCode::Ok);
        assert!(!Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).is_silent());
    }
}
