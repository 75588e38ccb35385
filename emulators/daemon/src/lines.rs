//! Lines of limited length, read asynchronously.

use std::io;

use brume_instance::LINE_BYTES_MAX;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// Reads one line, without its end.
///
/// # Errors
/// The other side closed, or the line is longer than [`LINE_BYTES_MAX`] or not UTF-8.
pub(crate) async fn read_line(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut limited = reader.take(LINE_BYTES_MAX as u64 + 1);
    limited.read_until(b'\n', &mut bytes).await?;
    if bytes.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    String::from_utf8(bytes).map_err(io::Error::other)
}
