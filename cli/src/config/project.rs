//! Finds the project's `brume.toml`: the nearest one at or above the working folder.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Name of a project's configuration file.
pub const FILE_NAME: &str = "brume.toml";

/// Folders looked at, the working folder included.
const FOLDERS_MAX: usize = 64;

/// What the search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No project file.
    None,
    /// This one.
    File(PathBuf),
    /// This one, which belongs to somebody else and is therefore not read.
    Foreign(PathBuf),
}

/// Searches upwards from `folder`, up to and including `home` or the root.
///
/// A file of another user is not trusted: anybody could leave one in a shared folder like `/tmp`.
#[must_use]
pub fn find(folder: &Path, home: Option<&Path>, user: u32) -> Found {
    for folder in folder.ancestors().take(FOLDERS_MAX) {
        let path = folder.join(FILE_NAME);
        if let Ok(metadata) = fs::metadata(&path)
            && metadata.is_file()
        {
            let owner = metadata.uid();
            return if owner == user || owner == 0 {
                Found::File(path)
            } else {
                Found::Foreign(path)
            };
        }
        if Some(folder) == home {
            break;
        }
    }
    Found::None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_wins_and_home_is_the_end() {
        let root = tempfile::tempdir().unwrap();
        let user = fs::metadata(root.path()).unwrap().uid();
        let home = root.path().join("home");
        let deep = home.join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(root.path().join(FILE_NAME), "").unwrap();
        assert_eq!(find(&deep, Some(&home), user), Found::None);
        fs::write(home.join(FILE_NAME), "").unwrap();
        assert_eq!(find(&deep, Some(&home), user), Found::File(home.join(FILE_NAME)));
        fs::write(home.join("a").join(FILE_NAME), "").unwrap();
        assert_eq!(find(&deep, Some(&home), user), Found::File(home.join("a").join(FILE_NAME)));
    }
}
