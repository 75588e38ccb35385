//! The lock that says whether an instance runs. A process id in a file could be anybody's by now;
//! a lock is released by the kernel however its holder ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::error::{Code, Error, Result};
use crate::files::explain_disk;

/// A glance by [`is_held`] takes the lock for an instant; a starting daemon waits it out.
const GLANCE: Duration = Duration::from_millis(10);
const ATTEMPTS_MAX: usize = 10;

/// An exclusive lock on a file, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct InstanceLock {
    _file: File,
}

impl InstanceLock {
    /// Takes the lock on `path`, making the file where it is missing.
    ///
    /// # Errors
    /// [`Code::Conflict`] when another process holds it; otherwise the disk refuses.
    pub fn acquire(path: &Path) -> Result<Self> {
        for attempt in 1.. {
            let file = open(path)?;
            match file.try_lock() {
                // Whoever held it before may have removed the file: then this lock is on a file
                // that nobody else will ever find.
                Ok(()) if is_at(&file, path) => return Ok(Self { _file: file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if attempt < ATTEMPTS_MAX => sleep(GLANCE),
                Err(TryLockError::WouldBlock) => {
                    let message = format!("another process holds {}", path.display());
                    return Err(Error::new(Code::Conflict, message));
                }
                Err(TryLockError::Error(error)) => return Err(cannot("lock", path, &error)),
            }
        }
        Err(Error::failed(format!("cannot lock {}", path.display())))
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(held), Ok(found)) = (file.metadata(), path.metadata()) else { return false };
    (held.dev(), held.ino()) == (found.dev(), found.ino())
}

/// Whether some process holds the lock on `path`; a missing file is not held.
#[must_use]
pub fn is_held(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| cannot("open", path, &error))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Error {
    explain_disk(Error::failed(format!("cannot {what} {}", path.display())).cause(error), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        assert!(!is_held(&path));
        let lock = InstanceLock::acquire(&path).expect("free");
        assert!(is_held(&path));
        assert_eq!(InstanceLock::acquire(&path).expect_err("held").code, Code::Conflict);
        drop(lock);
        assert!(!is_held(&path));
        InstanceLock::acquire(&path).expect("free again");
    }
}
