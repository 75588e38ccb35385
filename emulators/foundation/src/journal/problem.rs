//! What the disk says, in words that help.

use std::io;

use crate::error::Error;

/// The error for something that the disk refused.
pub(super) fn cannot(what: &str, error: &io::Error) -> Error {
    let failure = Error::failed(format!("the journal cannot {what}")).source(error);
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            failure.hint("df -h    # make room; the journal goes on by itself then")
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            failure.hint("make the state folder writable, or choose another: brume up --state DIR")
        }
        _ => failure,
    }
}

/// The error for damage that a crash does not explain.
pub(super) fn damaged(what: &str) -> Error {
    Error::failed(format!("the journal is damaged: {what}"))
        .hint("brume up --repair    # moves damaged files aside, keeps what precedes the damage")
        .hint("brume snapshot load FILE    # brings an older state back")
}
