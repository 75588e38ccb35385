//! What the disk says, in words that help.

use std::io;

use crate::error::{Error, ErrorKind};
use crate::files::explain_disk;

/// The error for something that the disk refused.
pub(super) fn cannot(what: &str, error: &io::Error) -> Error {
    let failure = Error::failed(format!("the journal cannot {what}")).source(error);
    explain_disk(failure, error)
}

/// The error for damage that a crash does not explain.
pub(super) fn damaged(what: &str) -> Error {
    Error::failed(format!("the journal is damaged: {what}"))
        .hint("brume up --repair    # moves damaged files aside, keeps what precedes the damage")
        .hint("brume snapshot load FILE    # brings an older state back")
}

/// The error for a record that no segment takes.
pub(super) fn too_large(bytes: usize, bytes_max: usize) -> Error {
    let message = format!("a record of {bytes} bytes is too large: {bytes_max} at most");
    Error::new(ErrorKind::Usage, message)
}
