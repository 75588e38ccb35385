//! brume's own folders: XDG, and the `BRUME_*_DIR` variables before it.
//!
//! In: an environment. Out: five paths. Never here: the making of a folder, and any dependency of
//! weight, because core, plugins and daemon all find their folders by this and must agree.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where brume keeps files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Directories {
    /// `$BRUME_CONFIG_DIR`, else `$XDG_CONFIG_HOME/brume`, else `~/.config/brume`.
    pub config: PathBuf,
    /// `$BRUME_CACHE_DIR`, else `$XDG_CACHE_HOME/brume`, else `~/.cache/brume`: everything in it
    /// may be deleted at any time.
    pub cache: PathBuf,
    /// `$BRUME_DATA_DIR`, else `$XDG_DATA_HOME/brume`, else `~/.local/share/brume`.
    pub data: PathBuf,
    /// `$BRUME_STATE_DIR`, else `$XDG_STATE_HOME/brume`, else `~/.local/state/brume`.
    pub state: PathBuf,
    /// `$BRUME_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/brume`, else `run` in the state folder.
    pub runtime: PathBuf,
}

impl Directories {
    /// Finds the folders in an environment; makes none of them.
    ///
    /// Relative values of XDG variables are ignored, as the XDG specification demands.
    ///
    /// # Errors
    /// A folder is needed that only `HOME` could tell, and `HOME` is not set.
    pub fn find(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, NotFound> {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = path("HOME");
        let folder = |own: &'static str, xdg: &str, below_home: &str| {
            let from_xdg = || path(xdg).filter(|folder| folder.is_absolute());
            let from_home = || home.as_ref().map(|home| home.join(below_home));
            path(own)
                .or_else(|| from_xdg().or_else(from_home).map(|folder| folder.join("brume")))
                .ok_or(NotFound { variable: own })
        };
        let state = folder("BRUME_STATE_DIR", "XDG_STATE_HOME", ".local/state")?;
        let runtime = path("BRUME_RUNTIME_DIR")
            .or_else(|| {
                let xdg = path("XDG_RUNTIME_DIR").filter(|folder| is_usable(folder))?;
                Some(xdg.join("brume"))
            })
            .unwrap_or_else(|| state.join("run"));
        Ok(Self {
            config: folder("BRUME_CONFIG_DIR", "XDG_CONFIG_HOME", ".config")?,
            cache: folder("BRUME_CACHE_DIR", "XDG_CACHE_HOME", ".cache")?,
            data: folder("BRUME_DATA_DIR", "XDG_DATA_HOME", ".local/share")?,
            state,
            runtime,
        })
    }
}

/// `XDG_RUNTIME_DIR` often survives a `su` or a container start that its folder did not.
fn is_usable(folder: &Path) -> bool {
    folder.is_absolute() && folder.is_dir()
}

/// The environment does not tell where a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFound {
    variable: &'static str,
}

impl NotFound {
    /// A command that mends it.
    #[must_use]
    pub fn hint(&self) -> String {
        format!("export {}=/some/folder", self.variable)
    }
}

impl fmt::Display for NotFound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot tell where files go: {} and HOME are not set", self.variable)
    }
}

impl Error for NotFound {}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pairs: &[(&str, &str)]) -> Result<Directories, NotFound> {
        Directories::find(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn home_is_the_last_resort() {
        let found = find(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "")]).unwrap();
        assert_eq!(found.config, Path::new("/home/a/.config/brume"));
        assert_eq!(found.cache, Path::new("/home/a/.cache/brume"));
        assert_eq!(found.data, Path::new("/home/a/.local/share/brume"));
        assert_eq!(found.state, Path::new("/home/a/.local/state/brume"));
        assert_eq!(found.runtime, Path::new("/home/a/.local/state/brume/run"));
    }

    #[test]
    fn overrides_come_first_and_relative_xdg_values_do_not_count() {
        let found = find(&[
            ("HOME", "/home/a"),
            ("BRUME_STATE_DIR", "/s"),
            ("XDG_STATE_HOME", "/x"),
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_CACHE_HOME", "relative"),
        ]);
        let found = found.unwrap();
        assert_eq!(found.state, Path::new("/s"));
        assert_eq!(found.config, Path::new("/c/brume"));
        assert_eq!(found.cache, Path::new("/home/a/.cache/brume"));
    }

    #[test]
    fn a_runtime_folder_must_exist() {
        for (folder, expected) in [("/", "/brume"), ("/does/not/exist", "/s/run"), (".", "/s/run")]
        {
            let pairs = [("HOME", "/h"), ("BRUME_STATE_DIR", "/s"), ("XDG_RUNTIME_DIR", folder)];
            assert_eq!(find(&pairs).unwrap().runtime, Path::new(expected), "{folder}");
        }
    }

    #[test]
    fn without_home_it_says_what_to_set() {
        let error = find(&[("BRUME_STATE_DIR", "/s")]).unwrap_err();
        assert_eq!(error.hint(), "export BRUME_CONFIG_DIR=/some/folder");
        assert!(error.to_string().contains("BRUME_CONFIG_DIR and HOME"), "{error}");
    }
}
