//! Files that only their owner may read, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes `bytes` to `path` with mode 0600: a reader sees the old file or the new one.
///
/// One writer at a time: the folder belongs to an instance, which its lock guards.
///
/// # Errors
/// The disk refuses; the old file then stays.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes).map_err(|error| cannot(&format!("write {}", path.display()), &error))
}

/// Makes `folder` and what is missing above it, with mode 0700.
///
/// # Errors
/// The disk refuses.
pub fn make_private_folder(folder: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| cannot(&format!("make {}", folder.display()), &error))
}

fn cannot(what: &str, error: &io::Error) -> Error {
    explain_disk(Error::failed(format!("cannot {what}")).source(error), error)
}

/// Adds the hint that fits what the disk said.
pub(crate) fn explain_disk(failure: Error, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            failure.hint("df -h    # make room; nothing that was acknowledged is lost")
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            failure.hint("make the state folder writable, or choose another: brume up --state DIR")
        }
        _ => failure,
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary_beside(path);
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // Best effort: the error worth telling is the first one.
        let _ = fs::remove_file(&temporary);
        return written;
    }
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Always the same name: what a crash left is overwritten by the next attempt.
fn temporary_beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_full_disk_has_a_hint() {
        let error = cannot("write x", &io::ErrorKind::StorageFull.into());
        assert!(error.hints.iter().any(|hint| hint.starts_with("df -h")), "{error:?}");
    }

    #[test]
    fn a_file_is_private_and_replaced_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(folder.path().join("secret.tmp"), b"left by a crash").expect("written");
        write_private(&path, b"one").expect("written");
        write_private(&path, b"two").expect("replaced");
        assert_eq!(fs::read(&path).expect("readable"), b"two");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }
}
