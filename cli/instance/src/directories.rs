//! brume's own folders: XDG, and the `BRUME_*_DIR` variables before it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where brume keeps files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directories {
    /// `$BRUME_CONFIG_DIR`, else `$XDG_CONFIG_HOME/brume`, else `~/.config/brume`.
    pub config: PathBuf,
    /// `$BRUME_CACHE_DIR`, else `$XDG_CACHE_HOME/brume`, else `~/.cache/brume`.
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
    pub fn find(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = path("HOME");
        let folder = |own: &str, xdg: &str, below_home: &str| {
            let from_xdg = || path(xdg).filter(|folder| folder.is_absolute());
            let from_home = || home.as_ref().map(|home| home.join(below_home));
            path(own)
                .or_else(|| from_xdg().or_else(from_home).map(|folder| folder.join("brume")))
                .ok_or_else(|| {
                    Error::failed(format!("cannot tell where files go: {own} and HOME are not set"))
                        .hint(format!("export {own}=/some/folder"))
                })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pairs: &[(&str, &str)]) -> Result<Directories> {
        Directories::find(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn home_is_the_last_resort() {
        let found = find(&[("HOME", "/home/a")]).expect("found");
        assert_eq!(found.state, Path::new("/home/a/.local/state/brume"));
        assert_eq!(found.runtime, Path::new("/home/a/.local/state/brume/run"));
        assert_eq!(found.config, Path::new("/home/a/.config/brume"));
    }

    #[test]
    fn overrides_come_first_and_relative_xdg_values_do_not_count() {
        let found = find(&[
            ("HOME", "/home/a"),
            ("BRUME_STATE_DIR", "/s"),
            ("XDG_STATE_HOME", "/x"),
            ("XDG_CACHE_HOME", "relative"),
            ("XDG_RUNTIME_DIR", "/does/not/exist"),
        ]);
        let found = found.expect("found");
        assert_eq!(found.state, Path::new("/s"));
        assert_eq!(found.runtime, Path::new("/s/run"));
        assert_eq!(found.cache, Path::new("/home/a/.cache/brume"));
    }

    #[test]
    fn without_home_it_says_what_to_set() {
        let error = find(&[]).expect_err("nothing to go by");
        assert_eq!(error.hints, ["export BRUME_STATE_DIR=/some/folder"]);
    }
}
