//! What a server said, kept on disk; losing any of it costs one request.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

/// One server's folder in brume's cache.
///
/// Every file starts with one line, the key that it answers; a file whose key differs is no
/// answer. Files are replaced as a whole, so that a reader never sees half of one.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache for a server; nothing is created before something is stored.
    #[must_use]
    pub fn new(cache_folder: &Path, server: &str) -> Self {
        Self { folder: cache_folder.join("explain").join(digest(server)) }
    }

    /// What was stored under `name` for `key`, unless it is older than `age_max`.
    #[must_use]
    pub fn load(&self, name: &str, key: &str, age_max: Option<Duration>) -> Option<Vec<u8>> {
        let path = self.path(name);
        if let Some(age_max) = age_max {
            let written = fs::metadata(&path).ok()?.modified().ok()?;
            // A file from the future is as good as none.
            if SystemTime::now().duration_since(written).ok()? > age_max {
                return None;
            }
        }
        let mut bytes = fs::read(path).ok()?;
        let head = key.len() + 1;
        if bytes.get(..head)?.strip_suffix(b"\n")? != key.as_bytes() {
            return None;
        }
        bytes.drain(..head);
        Some(bytes)
    }

    /// Stores `body` under `name`; a cache that cannot be written is no failure.
    pub fn store(&self, name: &str, key: &str, body: &[u8]) {
        let _ = self.try_store(name, key, body);
    }

    /// Forgets what was stored under `name`.
    pub fn forget(&self, name: &str) {
        let _ = fs::remove_file(self.path(name));
    }

    fn try_store(&self, name: &str, key: &str, body: &[u8]) -> std::io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let path = self.path(name);
        let temporary = path.with_extension(format!("{}.new", std::process::id()));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        let written = file
            .write_all(key.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.write_all(body));
        match written {
            Ok(()) => fs::rename(&temporary, path),
            Err(error) => {
                let _ = fs::remove_file(&temporary);
                Err(error)
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(digest(name))
    }
}

/// A file name that no server can choose.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_only_the_key_that_was_stored() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::new(folder.path(), "https://127.0.0.1:6443");
        assert_eq!(cache.load("apis/apps/v1", "hash=1", None), None);
        cache.store("apis/apps/v1", "hash=1", b"one\ntwo");
        assert_eq!(cache.load("apis/apps/v1", "hash=1", None).as_deref(), Some(&b"one\ntwo"[..]));
        assert_eq!(cache.load("apis/apps/v1", "hash=12", None), None);
        assert_eq!(cache.load("apis/apps/v1", "hash", None), None);
        assert_eq!(Cache::new(folder.path(), "other").load("apis/apps/v1", "hash=1", None), None);
        assert_eq!(cache.load("apis/apps/v1", "hash=1", Some(Duration::ZERO)), None);
        cache.forget("apis/apps/v1");
        assert_eq!(cache.load("apis/apps/v1", "hash=1", None), None);
    }
}
