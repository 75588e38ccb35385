//! Lines of limited length.

use std::fmt;
use std::io::{self, BufRead, Read};

/// Longest line of the control protocol in bytes.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// Why no line could be read.
#[derive(Debug)]
pub enum LineError {
    /// The other side closed the connection.
    Closed,
    /// The line is longer than [`LINE_BYTES_MAX`], or is not UTF-8.
    Malformed,
    /// The connection failed, or time ran out.
    Io(io::Error),
}

impl fmt::Display for LineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => formatter.write_str("the connection was closed"),
            Self::Malformed => formatter.write_str("not a line of the control protocol"),
            Self::Io(error) => error.fmt(formatter),
        }
    }
}

/// Reads one line, without its end.
///
/// # Errors
/// See [`LineError`].
pub fn read_line(reader: &mut impl BufRead) -> Result<String, LineError> {
    let mut bytes = Vec::new();
    let mut limited = reader.take(LINE_BYTES_MAX as u64 + 1);
    limited.read_until(b'\n', &mut bytes).map_err(LineError::Io)?;
    match bytes.pop() {
        None => Err(LineError::Closed),
        Some(b'\n') => String::from_utf8(bytes).map_err(|_| LineError::Malformed),
        Some(_) if bytes.len() >= LINE_BYTES_MAX => Err(LineError::Malformed),
        Some(_) => Err(LineError::Closed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_and_are_limited() {
        let mut reader = &b"one\n\ntwo"[..];
        assert_eq!(read_line(&mut reader).expect("a line"), "one");
        assert_eq!(read_line(&mut reader).expect("a line"), "");
        assert!(matches!(read_line(&mut reader), Err(LineError::Closed)));
        let long = vec![b'x'; LINE_BYTES_MAX + 10];
        assert!(matches!(read_line(&mut &long[..]), Err(LineError::Malformed)));
        assert!(matches!(read_line(&mut &b"\xFF\n"[..]), Err(LineError::Malformed)));
    }
}
