//! Private folders, and files written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::{Error, Result};

/// Makes `folder` and what is missing above it with mode 0700, and makes sure that the folder is
/// ours and that nobody else can write to it.
///
/// # Errors
/// The disk refuses, or the folder belongs to somebody else.
pub fn make_private_folder(folder: &Path) -> Result<()> {
    let shown = folder.display();
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        let failure = Error::failed(format!("cannot make the folder {shown}")).cause(&error);
        explain_disk(failure, &error)
    })?;
    let metadata = fs::metadata(folder)
        .map_err(|error| Error::failed(format!("cannot look at {shown}")).cause(error))?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        let error = Error::failed(format!("the folder {shown} belongs to another user"));
        return Err(error.hint("export BRUME_RUNTIME_DIR and BRUME_STATE_DIR to folders of yours"));
    }
    if metadata.mode() & 0o022 != 0 {
        // Ours, but open to others: a folder that was made by hand. Closing it is safe.
        fs::set_permissions(folder, fs::Permissions::from_mode(metadata.mode() & 0o7755))
            .map_err(|error| Error::failed(format!("others can write to {shown}")).cause(error))?;
    }
    Ok(())
}

/// Writes `bytes` to `path` with mode 0600: a reader sees the old file or the new one.
///
/// One writer at a time. What a crash left half-written is overwritten by the next attempt.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // Best effort: the error worth telling is the first one.
        let _ = fs::remove_file(&temporary);
        return written;
    }
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Adds the hint that fits what the disk said.
pub(crate) fn explain_disk(failure: Error, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            failure.hint("brume up --state DIR    # with a folder that you can write to").hint(
                "brume up --ephemeral    # keeps no state at all; needs a writable runtime folder",
            )
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            failure.hint("df -h    # shows which disk is full")
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            failure.hint("brume up --state DIR    # with a folder that can be made")
        }
        _ => failure,
    }
}
