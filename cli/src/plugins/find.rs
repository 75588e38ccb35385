//! Finds plugins in plugin folders: the one that is named by stat calls alone, all by reading.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::folders::Folder;
use super::{Candidate, Form};

/// Longest plugin name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// Most plugins that are listed from one folder.
const LISTED_MAX: usize = 1000;

/// Says whether a word can be a plugin's name: lower case letters, digits and dashes.
#[must_use]
pub fn is_name(word: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    word.len() <= NAME_BYTES_MAX
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && !word.ends_with('-')
        && word.chars().all(letters)
}

/// The files of the first folder that has the plugin: its library, then its executable.
#[must_use]
pub fn named(folders: &[Folder], name: &str) -> Vec<Candidate> {
    if !is_name(name) {
        return Vec::new();
    }
    folders
        .iter()
        .map(|folder| in_folder(folder, name))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// The files of a plugin in one folder.
#[must_use]
pub fn in_folder(folder: &Folder, name: &str) -> Vec<Candidate> {
    [(library_file(name), Form::Library), (executable_file(name), Form::Executable)]
        .into_iter()
        .map(|(file, form)| (folder.path.join(file), form))
        .filter(|(path, _)| fs::metadata(path).is_ok_and(|metadata| metadata.is_file()))
        .map(|(path, form)| Candidate { name: name.to_owned(), path, form, place: folder.place })
        .collect()
}

/// Every plugin file of a folder, by name, a library before an executable of the same name.
#[must_use]
pub fn all_in(folder: &Folder) -> Vec<Candidate> {
    let Ok(entries) = fs::read_dir(&folder.path) else { return Vec::new() };
    let mut found: Vec<Candidate> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let (name, form) = parse_file(&entry.file_name())?;
            let path = entry.path();
            path.is_file().then_some(Candidate { name, path, form, place: folder.place })
        })
        .take(LISTED_MAX)
        .collect();
    found.sort_by(|left, right| {
        let key =
            |candidate: &Candidate| (candidate.name.clone(), candidate.form == Form::Executable);
        key(left).cmp(&key(right))
    });
    found
}

/// The file name of a plugin's library.
#[must_use]
pub fn library_file(name: &str) -> String {
    format!("libbrume_{}.so", name.replace('-', "_"))
}

/// The file name of a plugin's executable.
#[must_use]
pub fn executable_file(name: &str) -> String {
    format!("brume-{name}")
}

/// The sidecar with the manifest of a plugin file.
#[must_use]
pub fn sidecar(path: &Path, name: &str) -> std::path::PathBuf {
    path.with_file_name(format!("{name}.brume.json"))
}

fn parse_file(file: &OsStr) -> Option<(String, Form)> {
    let file = file.to_str()?;
    let (name, form) = match file.strip_prefix("libbrume_") {
        Some(rest) => (rest.strip_suffix(".so")?.replace('_', "-"), Form::Library),
        None => (file.strip_prefix("brume-")?.to_owned(), Form::Executable),
    };
    is_name(&name).then_some((name, form))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::Place;

    #[test]
    fn names() {
        for name in ["explain", "sns-dlq", "k8s"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "A", "a/b", "a.b", "..", "8s", "a_b", &"a".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn the_first_folder_wins_and_libraries_come_first() {
        let root = tempfile::tempdir().unwrap();
        let folders: Vec<Folder> = ["one", "two"]
            .map(|name| Folder { path: root.path().join(name), place: Place::Variable })
            .into();
        for folder in &folders {
            fs::create_dir(&folder.path).unwrap();
        }
        let touch = |path: &str| fs::write(root.path().join(path), "").unwrap();
        touch("two/libbrume_sns_dlq.so");
        assert_eq!(named(&folders, "sns-dlq").len(), 1);
        touch("one/brume-sns-dlq");
        touch("one/libbrume_sns_dlq.so");
        touch("one/libbrume_odd");
        touch("one/NOTES");
        let found = named(&folders, "sns-dlq");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].form, Form::Library);
        assert!(found.iter().all(|candidate| candidate.path.starts_with(&folders[0].path)));
        assert_eq!(all_in(&folders[0]), found);
        assert!(named(&folders, "../two/x").is_empty());
    }
}
