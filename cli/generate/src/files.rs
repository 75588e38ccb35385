//! A set of generated files: written, or compared with what is there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Every file that ought to be in a few folders, and no other.
#[derive(Debug)]
pub struct Files<'a> {
    root: &'a Path,
    folders: &'a [&'a str],
    files: BTreeMap<PathBuf, String>,
}

impl<'a> Files<'a> {
    /// Takes the texts by their paths below `root`, all of them inside one of `folders`.
    pub fn new(
        root: &'a Path,
        folders: &'a [&'a str],
        files: impl IntoIterator<Item = (PathBuf, String)>,
    ) -> Self {
        Self { root, folders, files: files.into_iter().collect() }
    }

    /// The paths that differ from what is on disk, each with what is wrong about it.
    ///
    /// # Errors
    /// When a folder or file cannot be read.
    pub fn stale(&self) -> Result<Vec<String>, String> {
        let mut stale = Vec::new();
        for (path, text) in &self.files {
            match fs::read_to_string(self.root.join(path)) {
                Ok(found) if found == *text => {}
                Ok(_) => stale.push(format!("{}: differs", path.display())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    stale.push(format!("{}: is missing", path.display()));
                }
                Err(error) => return Err(format!("{}: {error}", path.display())),
            }
        }
        for path in self.superfluous()? {
            stale.push(format!("{}: is not generated any more", path.display()));
        }
        Ok(stale)
    }

    /// Writes what differs and removes what does not belong; returns what was stale.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self) -> Result<Vec<String>, String> {
        let stale = self.stale()?;
        for (path, text) in &self.files {
            let full = self.root.join(path);
            if fs::read_to_string(&full).is_ok_and(|found| found == *text) {
                continue;
            }
            let folder = full.parent().unwrap_or(self.root);
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(&full, text))
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        for path in self.superfluous()? {
            fs::remove_file(self.root.join(&path))
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(stale)
    }

    fn superfluous(&self) -> Result<Vec<PathBuf>, String> {
        let mut found = Vec::new();
        for folder in self.folders {
            let entries = match fs::read_dir(self.root.join(folder)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(format!("{folder}: {error}")),
            };
            for entry in entries {
                let entry = entry.map_err(|error| format!("{folder}: {error}"))?;
                let path = Path::new(folder).join(entry.file_name());
                if !self.files.contains_key(&path) {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_files_are_named_and_writing_mends_them() {
        let root = tempfile::tempdir().unwrap();
        let texts = [("man/a.1", "one"), ("man/b.1", "two")];
        let texts = texts.map(|(path, text)| (PathBuf::from(path), text.to_owned()));
        let files = Files::new(root.path(), &["man"], texts);
        assert_eq!(files.stale().unwrap(), ["man/a.1: is missing", "man/b.1: is missing"]);
        files.write().unwrap();
        assert!(files.stale().unwrap().is_empty());
        fs::write(root.path().join("man/a.1"), "other").unwrap();
        fs::write(root.path().join("man/old.1"), "old").unwrap();
        let expected = ["man/a.1: differs", "man/old.1: is not generated any more"];
        assert_eq!(files.stale().unwrap(), expected);
        assert_eq!(files.write().unwrap(), expected);
        assert!(files.stale().unwrap().is_empty());
        assert!(!root.path().join("man/old.1").exists());
    }
}
