//! Executables `brume-*` on PATH, as kubectl finds its own: the longest dash-joined name wins.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Most words that a name is joined from.
const WORDS_MAX: usize = 8;

/// An executable on PATH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// How many leading words its name used up.
    pub words: usize,
    /// Whether it may be executed.
    pub executable: bool,
}

/// Finds the executable for the leading words of a command line.
///
/// `a b c` tries `brume-a-b-c`, `brume-a-b`, `brume-a`. A dash inside a word is an underscore in
/// the file name, so that `brume a-b` and `brume a b` differ; if there is no such file, the dash
/// itself is tried. Words end at the first flag.
#[must_use]
pub fn find(words: &[OsString], path: Option<&OsStr>) -> Option<Found> {
    let leading: Vec<&str> = words
        .iter()
        .map_while(|word| word.to_str().filter(|word| is_word(word)))
        .take(WORDS_MAX)
        .collect();
    let folders = folders(path);
    let mut refused = None;
    for count in (1..=leading.len()).rev() {
        let words = &leading[..count];
        let underscored =
            words.iter().map(|word| word.replace('-', "_")).collect::<Vec<_>>().join("-");
        let literal = words.join("-");
        let names =
            [Some(&underscored), (literal != underscored && count == 1).then_some(&literal)];
        for name in names.into_iter().flatten() {
            for folder in &folders {
                let path = folder.join(format!("brume-{name}"));
                let Some(executable) = is_executable(&path) else { continue };
                let found = Found { path, words: count, executable };
                if executable {
                    return Some(found);
                }
                refused.get_or_insert(found);
            }
        }
    }
    refused
}

/// The folders of PATH; empty, relative and repeated entries are left out.
#[must_use]
pub fn folders(path: Option<&OsStr>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in std::env::split_paths(path.unwrap_or_default()) {
        if folder.is_absolute() && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// Every executable `brume-*` on PATH, the first of each name, as (name, path).
#[must_use]
pub fn all(path: Option<&OsStr>) -> Vec<(String, PathBuf)> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for folder in folders(path) {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let mut here: Vec<(String, PathBuf)> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let name = entry.file_name().to_str()?.strip_prefix("brume-")?.to_owned();
                Some((name, entry.path()))
            })
            .filter(|(_, path)| is_executable(path).is_some())
            .collect();
        here.sort();
        found.extend(here);
    }
    found
}

/// `None` when it is no file, else whether somebody may execute it.
#[must_use]
pub fn is_executable(path: &Path) -> Option<bool> {
    let metadata = fs::metadata(path).ok()?;
    metadata.is_file().then(|| metadata.mode() & 0o111 != 0)
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && !word.starts_with('-') && !word.contains(['/', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_longest_name_wins_and_dashes_become_underscores() {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str, mode: u32| {
            let path = root.path().join(name);
            fs::write(&path, "#!/bin/sh\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        put("brume-a", 0o755);
        put("brume-a-b", 0o755);
        put("brume-c_d", 0o755);
        put("brume-c-d", 0o755);
        put("brume-e-f", 0o755);
        put("brume-g", 0o644);
        let path = Some(root.path().as_os_str());
        let table = [
            ("a", Some(("brume-a", 1, true))),
            ("a b c", Some(("brume-a-b", 2, true))),
            ("a --x b", Some(("brume-a", 1, true))),
            ("a-b", Some(("brume-a-b", 1, true))),
            ("c-d", Some(("brume-c_d", 1, true))),
            ("c d", Some(("brume-c-d", 2, true))),
            ("e-f", Some(("brume-e-f", 1, true))),
            ("g", Some(("brume-g", 1, false))),
            ("zzz", None),
            ("../a", None),
        ];
        for (text, expected) in table {
            let expected = expected.map(|(name, words, executable)| Found {
                path: root.path().join(name),
                words,
                executable,
            });
            assert_eq!(find(&words(text), path), expected, "{text}");
        }
    }

    #[test]
    fn the_working_folder_is_never_searched() {
        assert_eq!(
            folders(Some(OsStr::new(":.:bin:/usr/bin::/usr/bin"))),
            [PathBuf::from("/usr/bin")]
        );
        assert!(folders(None).is_empty());
    }
}
