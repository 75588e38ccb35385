//! Messages as a file: nothing is lost on the way there and back.
//!
//! In: messages. Out: a file of JSON lines: a header, a line for each message, a trailer with the
//! number of messages and the SHA-256 of everything before it. Never here: a file that looks whole
//! and is not: a trailer is written last, and a reader that finds none says so.

mod line;
mod reader;
mod writer;

pub use reader::{Exported, read, read_path};
pub use writer::{Writer, backup, export};

/// Version of the format.
pub const FORMAT: &str = "brume-dlq/1";

/// Longest line, in bytes: a message of 1 MiB whose every byte is escaped.
pub const LINE_BYTES_MAX: usize = 8 << 20;

/// Longest file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 4 << 30;
