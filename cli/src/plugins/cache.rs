//! What plugins said of themselves, kept until their files change.
//!
//! A cache that is missing, torn or of another version is an empty one; it is written anew after
//! the plugins were asked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use brume_plugin::manifest::Manifest;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::metadata;
use super::stamp::Stamp;
use super::{Candidate, Problem, find};
use crate::atomic::{self, Durability};

/// Name of the cache file in brume's cache folder.
const FILE_NAME: &str = "plugins.v1.json";

/// Largest cache that is read, in bytes.
const CACHE_BYTES_MAX: u64 = 64 << 20;

/// Room for most caches, in bytes: one is read at every start of a plugin, and at once then.
const CACHE_BYTES_TYPICAL: usize = 64 << 10;

/// How long a plugin that was too slow is not asked again: the machine may just have been busy.
const SLOW_RETRY_S: u64 = 10;

/// Time for all plugins together to give their metadata.
pub const DEADLINE: Duration = Duration::from_millis(200);

/// Time for the one plugin whose words are completed: it is asked once, and then known.
pub const DEADLINE_OF_ONE: Duration = Duration::from_secs(1);

/// One remembered answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    stamp: Stamp,
    sidecar: Option<Stamp>,
    /// The core that asked: another version may judge otherwise.
    core: String,
    asked_s: u64,
    answer: Result<Manifest, Problem>,
}

type Entries = BTreeMap<PathBuf, Entry>;

/// The manifests of `candidates`, from the cache or by asking those whose files have changed.
///
/// The answers come in the same order.
#[must_use]
pub fn manifests(
    candidates: &[&Candidate],
    cache: &Path,
    core: &Path,
    limit: Duration,
) -> Vec<Result<Manifest, Problem>> {
    let path = cache.join(FILE_NAME);
    let mut entries = read(&path);
    let now_s = now_s();
    let stale: Vec<&Candidate> = candidates
        .iter()
        .copied()
        .filter(|candidate| {
            entries.get(&candidate.path).is_none_or(|entry| {
                let was_slow = entry.answer == Err(Problem::Slow);
                !entry.is_fresh(candidate, now_s) || (was_slow && limit > DEADLINE)
            })
        })
        .collect();
    if !stale.is_empty() {
        let answers = metadata::ask(&stale, core, limit);
        for (candidate, answer) in stale.iter().zip(answers) {
            if let Some(entry) = Entry::new(candidate, answer, now_s) {
                entries.insert(candidate.path.clone(), entry);
            }
        }
        entries.retain(|path, _| path.exists());
        write(&path, &entries);
    }
    candidates
        .iter()
        .map(|candidate| match entries.get(&candidate.path) {
            Some(entry) => entry.answer.clone(),
            None => Err(Problem::Broken("it vanished".to_owned())),
        })
        .collect()
}

/// What the sidecar, else a fresh answer in the cache, says against a plugin. Nothing is run, and
/// no other plugin's answer is parsed.
#[must_use]
pub fn known_problem(candidate: &Candidate, cache: &Path) -> Option<Problem> {
    if let Some(answer) = metadata::from_sidecar(candidate) {
        return answer.err();
    }
    let text = read_text(&cache.join(FILE_NAME))?;
    let entries: BTreeMap<PathBuf, &RawValue> = serde_json::from_slice(&text).ok()?;
    let entry: Entry = serde_json::from_str(entries.get(&candidate.path)?.get()).ok()?;
    if entry.is_fresh(candidate, now_s()) { entry.answer.err() } else { None }
}

impl Entry {
    fn new(candidate: &Candidate, answer: Result<Manifest, Problem>, asked_s: u64) -> Option<Self> {
        Some(Self {
            stamp: Stamp::of(&candidate.path).ok()?,
            sidecar: sidecar_stamp(candidate),
            core: env!("CARGO_PKG_VERSION").to_owned(),
            asked_s,
            answer,
        })
    }

    fn is_fresh(&self, candidate: &Candidate, now_s: u64) -> bool {
        let old = now_s.abs_diff(self.asked_s) >= SLOW_RETRY_S;
        !(old && self.answer == Err(Problem::Slow))
            && self.core == env!("CARGO_PKG_VERSION")
            && Stamp::of(&candidate.path).is_ok_and(|stamp| stamp == self.stamp)
            && sidecar_stamp(candidate) == self.sidecar
    }
}

fn sidecar_stamp(candidate: &Candidate) -> Option<Stamp> {
    Stamp::of(&find::sidecar(&candidate.path, &candidate.name)).ok()
}

fn read(path: &Path) -> Entries {
    read_text(path).and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

fn read_text(path: &Path) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(CACHE_BYTES_TYPICAL);
    File::open(path).ok()?.take(CACHE_BYTES_MAX).read_to_end(&mut text).ok()?;
    Some(text)
}

fn write(path: &Path, entries: &Entries) {
    if let Ok(text) = serde_json::to_vec(entries) {
        // A cache that cannot be written costs time, nothing else; `brume doctor` says so.
        let _ = atomic::write(path, &text, Durability::Process);
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::{Form, Place};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// A plugin that counts how often it was asked.
    fn plugin(root: &Path, version: &str) -> Candidate {
        let path = root.join("brume-x");
        let text = format!(
            "#!/bin/sh\necho asked >> {}\n\
             echo '{{\"schema\":1,\"name\":\"x\",\"version\":\"{version}\"}}'\n",
            root.join("count").display()
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Candidate { name: "x".into(), path, form: Form::Executable, place: Place::Variable }
    }

    fn asked(root: &Path) -> usize {
        fs::read_to_string(root.join("count")).unwrap_or_default().lines().count()
    }

    #[test]
    fn a_plugin_is_asked_once_and_again_when_it_or_the_cache_changes() {
        let root = tempfile::tempdir().unwrap();
        let cache = root.path().join("cache");
        let look = |candidate: &Candidate| {
            // A busy machine may need more than one deadline to start a shell.
            for _ in 0..50 {
                let answer =
                    manifests(&[candidate], &cache, Path::new("/none"), DEADLINE).remove(0);
                if let Ok(manifest) = answer {
                    return manifest.version;
                }
                let _ = fs::remove_file(cache.join(FILE_NAME));
            }
            panic!("no answer")
        };
        let candidate = plugin(root.path(), "1");
        assert_eq!(look(&candidate), "1");
        let first = asked(root.path());
        assert_eq!(look(&candidate), "1");
        assert_eq!(asked(root.path()), first, "the cache answered");

        let candidate = plugin(root.path(), "22");
        assert_eq!(look(&candidate), "22");
        let second = asked(root.path());
        assert!(second > first);

        fs::write(cache.join(FILE_NAME), "{ torn").unwrap();
        assert_eq!(look(&candidate), "22");
        assert!(asked(root.path()) > second);
        assert!(
            serde_json::from_slice::<Entries>(&fs::read(cache.join(FILE_NAME)).unwrap()).is_ok()
        );
    }
}
