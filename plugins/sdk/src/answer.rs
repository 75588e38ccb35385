//! One line of an answer, or the end of the wait for it.

use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Longest line, in bytes: what a terminal passes on at once.
const LINE_BYTES_MAX: usize = 4096;

/// Reads one line without its line end; empty at the end of the input.
///
/// The bytes behind the line stay where they are. The wait ends when `cancel` becomes readable, or
/// `is_cancelled` says so after a signal.
///
/// # Errors
/// `Interrupted` when the wait was ended, `InvalidData` for a line that is longer than 4 KiB or not
/// UTF-8, else what the input says.
pub(crate) fn read_line(
    input: BorrowedFd<'_>,
    cancel: Option<BorrowedFd<'_>>,
    is_cancelled: &dyn Fn() -> bool,
) -> io::Result<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        wait(input, cancel, is_cancelled)?;
        // Byte by byte: what is behind the line may be meant for somebody else.
        let mut byte = [0];
        match rustix::io::read(input, &mut byte) {
            Ok(0) => break,
            Ok(_) if line.len() == LINE_BYTES_MAX => {
                return Err(io::Error::new(ErrorKind::InvalidData, "the line is too long"));
            }
            Ok(_) => line.extend_from_slice(&byte),
            // Another process that shares the terminal may have been faster.
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut line =
        String::from_utf8(line).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    line.truncate(line.trim_end().len());
    Ok(line)
}

/// Waits until there is something to read. A blocking read would not do: the core's signal handlers
/// have it go on after Ctrl-C.
fn wait(
    input: BorrowedFd<'_>,
    cancel: Option<BorrowedFd<'_>>,
    is_cancelled: &dyn Fn() -> bool,
) -> io::Result<()> {
    let mut waits: Vec<PollFd<'_>> = std::iter::once(input)
        .chain(cancel)
        .map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN))
        .collect();
    loop {
        let ready = match poll(&mut waits, None) {
            Err(Errno::INTR) => false,
            result => result.map(|count| count > 0)?,
        };
        if is_cancelled() || waits.get(1).is_some_and(|cancel| !cancel.revents().is_empty()) {
            return Err(ErrorKind::Interrupted.into());
        }
        if ready {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use rustix::pipe::pipe;

    use super::*;

    fn never() -> bool {
        false
    }

    #[test]
    fn one_line_is_read_and_the_next_one_is_left() {
        let (input, writer) = pipe().unwrap();
        rustix::io::write(&writer, b"yes \r\nno").unwrap();
        drop(writer);
        let (cancel, _open) = pipe().unwrap();
        for expected in ["yes", "no", "", ""] {
            let line = read_line(input.as_fd(), Some(cancel.as_fd()), &never).unwrap();
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_stop_ends_the_wait_at_once() {
        // Nobody writes an answer, and the end of the input does not come.
        let (input, _open) = pipe().unwrap();
        let (cancel, stop) = pipe().unwrap();
        let user = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            rustix::io::write(&stop, b"x").unwrap();
            stop
        });
        let error = read_line(input.as_fd(), Some(cancel.as_fd()), &never).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        drop(user.join());
    }

    #[test]
    fn a_stop_comes_before_an_answer() {
        let (input, writer) = pipe().unwrap();
        rustix::io::write(&writer, b"yes\n").unwrap();
        let error = read_line(input.as_fd(), None, &|| true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for bytes in [[b'y'; LINE_BYTES_MAX + 1].as_slice(), b"\xff\n"] {
            let (input, writer) = pipe().unwrap();
            rustix::io::write(&writer, bytes).unwrap();
            let error = read_line(input.as_fd(), None, &never).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
        }
    }
}
