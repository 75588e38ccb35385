//! The plugin folders, in the order of the search.

use std::path::{Path, PathBuf};

use crate::environment::{self, Environment};

use super::Place;

/// One plugin folder; it need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The folder.
    pub path: PathBuf,
    /// What kind of folder it is.
    pub place: Place,
}

/// `BRUME_PLUGIN_PATH`, the user's folder, and the folder that ships with `executable`.
///
/// Empty and relative entries of the variable are ignored: what is run must not depend on the
/// folder that one happens to stand in.
#[must_use]
pub fn all(environment: &Environment, data: &Path, executable: &Path) -> Vec<Folder> {
    let variable = environment.get(environment::PLUGIN_PATH).unwrap_or_default();
    let mut folders: Vec<Folder> = std::env::split_paths(&variable)
        .filter(|path| path.is_absolute())
        .map(|path| Folder { path, place: Place::Variable })
        .collect();
    folders.push(Folder { path: user(data), place: Place::User });
    if let Some(prefix) = executable.parent().and_then(Path::parent) {
        folders.push(Folder { path: prefix.join("lib/brume/plugins"), place: Place::Shipped });
    }
    folders
}

/// The user's own plugin folder.
#[must_use]
pub fn user(data: &Path) -> PathBuf {
    data.join("plugins")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_order_and_absolute_only() {
        let environment = Environment::fixed([("BRUME_PLUGIN_PATH", "/a::.:b:/c")]);
        let folders = all(&environment, Path::new("/data"), Path::new("/usr/bin/brume"));
        let paths: Vec<_> = folders.iter().map(|folder| folder.path.to_str().unwrap()).collect();
        assert_eq!(paths, ["/a", "/c", "/data/plugins", "/usr/lib/brume/plugins"]);
    }
}
