//! `plugins.lock`: the libraries that the user vouched for, by SHA-256.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::stamp::Stamp;
use super::{Candidate, Form, Problem};
use crate::atomic::{self, Durability};

/// Largest lock file that is read, in bytes.
const LOCK_BYTES_MAX: u64 = 1 << 20;

/// Version of the lock file.
const VERSION: u32 = 1;

/// The lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    version: u32,
    plugins: BTreeMap<String, Trusted>,
}

/// One plugin that was trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trusted {
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its stamp at that time: while it fits, nothing needs to be hashed.
    pub stamp: Stamp,
}

/// Where the lock file is.
#[must_use]
pub fn path(data: &Path) -> PathBuf {
    data.join("plugins.lock")
}

impl Lock {
    /// Reads the lock file; one that is missing is empty.
    ///
    /// # Errors
    /// When it cannot be read or understood: then nothing is trusted, and the user must know why.
    pub fn read(data: &Path) -> Result<Self, String> {
        let path = path(data);
        let explain = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let mut text = String::new();
        match File::open(&path) {
            Ok(file) => file.take(LOCK_BYTES_MAX).read_to_string(&mut text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => Err(error),
        }
        .map_err(|error| explain(&error))?;
        let lock: Self = serde_json::from_str(&text).map_err(|error| explain(&error))?;
        if lock.version != VERSION {
            return Err(explain(&format!("version {} is not known", lock.version)));
        }
        Ok(lock)
    }

    /// What was trusted under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Trusted> {
        self.plugins.get(name)
    }

    /// Vouches for a plugin as it is now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn trust(&mut self, candidate: &Candidate) -> io::Result<&Trusted> {
        let path = &candidate.path;
        let trusted =
            Trusted { path: path.clone(), stamp: Stamp::of(path)?, sha256: sha256(path)? };
        self.plugins.insert(candidate.name.clone(), trusted);
        Ok(&self.plugins[&candidate.name])
    }

    /// Takes a plugin out; says whether it was in.
    pub fn forget(&mut self, name: &str) -> bool {
        self.plugins.remove(name).is_some()
    }

    /// Writes the lock file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, data: &Path) -> io::Result<()> {
        self.version = VERSION;
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        atomic::write(&path(data), text.as_bytes(), Durability::Machine)
    }
}

/// Checks a plugin file against the lock file.
///
/// # Errors
/// [`Problem::Untrusted`] for a library that needs trust and has none, [`Problem::HashChanged`]
/// for any file that was trusted and is another now.
pub fn check(candidate: &Candidate, data: &Path) -> Result<(), Problem> {
    let needs_trust = candidate.form == Form::Library && candidate.place.needs_trust();
    let lock = match Lock::read(data) {
        Ok(lock) => lock,
        Err(reason) if needs_trust => return Err(Problem::Broken(reason)),
        Err(_) => return Ok(()),
    };
    match lock.get(&candidate.name).filter(|trusted| trusted.path == candidate.path) {
        None if needs_trust => Err(Problem::Untrusted),
        None => Ok(()),
        Some(trusted) => {
            let unreadable = |error: io::Error| Problem::Broken(error.to_string());
            let same = Stamp::of(&candidate.path).map_err(unreadable)? == trusted.stamp
                || sha256(&candidate.path).map_err(unreadable)? == trusted.sha256;
            if same { Ok(()) } else { Err(Problem::HashChanged) }
        }
    }
}

/// The SHA-256 of a file in hexadecimal.
///
/// # Errors
/// What the file system says.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::Place;

    #[test]
    fn a_library_in_the_users_folder_needs_trust_until_it_changes() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("libbrume_x.so");
        std::fs::write(&path, "one").unwrap();
        let candidate =
            |form, place| Candidate { name: "x".into(), path: path.clone(), form, place };
        let library = candidate(Form::Library, Place::User);
        assert_eq!(check(&library, data.path()), Err(Problem::Untrusted));
        assert_eq!(check(&candidate(Form::Library, Place::Shipped), data.path()), Ok(()));
        assert_eq!(check(&candidate(Form::Executable, Place::User), data.path()), Ok(()));

        let mut lock = Lock::read(data.path()).unwrap();
        let hash = lock.trust(&library).unwrap().sha256.clone();
        assert_eq!(hash, "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
        lock.write(data.path()).unwrap();
        assert_eq!(check(&library, data.path()), Ok(()));

        std::fs::write(&path, "two").unwrap();
        assert_eq!(check(&library, data.path()), Err(Problem::HashChanged));
        std::fs::write(&path, "one").unwrap();
        assert_eq!(check(&library, data.path()), Ok(()), "another time, but the same bytes");

        assert!(lock.forget("x"));
        lock.write(data.path()).unwrap();
        assert_eq!(check(&library, data.path()), Err(Problem::Untrusted));
    }

    #[test]
    fn a_broken_lock_trusts_nothing() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(path(data.path()), "{").unwrap();
        let library = Candidate {
            name: "x".into(),
            path: data.path().join("libbrume_x.so"),
            form: Form::Library,
            place: Place::User,
        };
        assert!(matches!(check(&library, data.path()), Err(Problem::Broken(_))));
    }
}
