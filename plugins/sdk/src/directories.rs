//! Where brume keeps its files: XDG, and overrides of our own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::invocation::Directories;

impl Directories {
    /// Resolves all folders; nothing is created.
    ///
    /// `BRUME_CONFIG_DIR` and its kin name a folder as it is; an XDG variable, or its default
    /// below `HOME`, gets `brume` appended. As the XDG specification asks, a relative path in a
    /// variable of it is ignored.
    #[must_use]
    pub fn from_environment(environment: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let home = set("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let xdg = |name: &str| {
            set(name).map(PathBuf::from).filter(|path| path.is_absolute()).map(|p| p.join("brume"))
        };
        let resolve = |kind: &str, below_home: &str| {
            set(&format!("BRUME_{kind}_DIR"))
                .map(PathBuf::from)
                .or_else(|| xdg(&format!("XDG_{kind}_HOME")))
                .unwrap_or_else(|| home.join(below_home).join("brume"))
        };
        let state = resolve("STATE", ".local/state");
        Self {
            config: resolve("CONFIG", ".config"),
            cache: resolve("CACHE", ".cache"),
            data: resolve("DATA", ".local/share"),
            runtime: set("BRUME_RUNTIME_DIR")
                .map(PathBuf::from)
                .or_else(|| xdg("XDG_RUNTIME_DIR"))
                .unwrap_or_else(|| Path::new(&state).join("run")),
            state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(variables: &[(&str, &str)]) -> Directories {
        Directories::from_environment(&|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn defaults_lie_below_home() {
        let directories = resolve(&[("HOME", "/home/a"), ("XDG_CACHE_HOME", "relative")]);
        assert_eq!(directories.config, Path::new("/home/a/.config/brume"));
        assert_eq!(directories.cache, Path::new("/home/a/.cache/brume"));
        assert_eq!(directories.data, Path::new("/home/a/.local/share/brume"));
        assert_eq!(directories.runtime, Path::new("/home/a/.local/state/brume/run"));
    }

    #[test]
    fn overrides_come_first() {
        let directories = resolve(&[
            ("HOME", "/home/a"),
            ("XDG_STATE_HOME", "/s"),
            ("BRUME_STATE_DIR", "/t"),
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_RUNTIME_DIR", "/run/user/1"),
        ]);
        assert_eq!(directories.state, Path::new("/t"));
        assert_eq!(directories.config, Path::new("/c/brume"));
        assert_eq!(directories.runtime, Path::new("/run/user/1/brume"));
    }
}
