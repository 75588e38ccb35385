//! A place to run commands in: its own home, an environment that is known to the last variable.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::processes::{self, MARK};
use crate::{Call, built};

/// A home of its own; everything that was started in it ends, and everything in it is deleted,
/// when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    root: TempDir,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// Makes a sandbox with brume's own plugins installed.
    #[must_use]
    pub fn new() -> Self {
        let sandbox = Self::bare();
        for name in ["explain", "sns-dlq"] {
            sandbox.install_library(name, &built::plugin_library(name));
        }
        sandbox
    }

    /// Makes a sandbox without any plugin.
    ///
    /// # Panics
    /// When the folders cannot be made.
    #[must_use]
    pub fn bare() -> Self {
        // Short, since a socket's path may not exceed 107 bytes.
        let root = tempfile::Builder::new().prefix("brume-").tempdir().expect("a temporary folder");
        let sandbox = Self { root };
        for folder in ["bin", "home", "plugins", "run", "tmp"] {
            let path = sandbox.path(folder);
            DirBuilder::new().mode(0o700).create(&path).expect("a new folder");
        }
        sandbox
    }

    /// The folder that holds everything.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// A path inside.
    #[must_use]
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root().join(relative)
    }

    /// The folder that `BRUME_PLUGIN_PATH` names.
    #[must_use]
    pub fn plugins(&self) -> PathBuf {
        self.path("plugins")
    }

    /// Where the daemon of `instance` says that it runs.
    #[must_use]
    pub fn runtime(&self, instance: &str) -> PathBuf {
        self.path("run/brume").join(instance)
    }

    /// What the daemon of `instance` wrote of itself.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn endpoint(&self, instance: &str) -> Value {
        let path = self.runtime(instance).join("endpoint.json");
        let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_slice(&text).expect("endpoint.json is JSON")
    }

    /// Where `instance` keeps its data.
    #[must_use]
    pub fn state(&self, instance: &str) -> PathBuf {
        self.path("home/.local/state/brume").join(instance)
    }

    /// Writes a file, its folders included, and returns its path.
    ///
    /// # Panics
    /// When that fails.
    pub fn write(&self, relative: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("folders of a sandbox can be made");
        fs::write(&path, text).expect("files of a sandbox can be written");
        path
    }

    /// Writes an executable file and returns its path.
    ///
    /// # Panics
    /// When that fails.
    pub fn script(&self, relative: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.write(relative, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a file of our own");
        path
    }

    /// Writes the user's configuration.
    pub fn config(&self, text: &str) -> PathBuf {
        self.write("home/.config/brume/config.toml", text)
    }

    /// Puts a plugin library into the plugin folder under the name that the core looks for.
    ///
    /// # Panics
    /// When it is there already.
    pub fn install_library(&self, name: &str, library: &Path) -> PathBuf {
        let path = self.plugins().join(format!("libbrume_{}.so", name.replace('-', "_")));
        symlink(library, &path).expect("a link in a sandbox");
        path
    }

    /// The environment, which has nothing of the caller's.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let text = |relative: &str| self.path(relative).display().to_string();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", text("bin"));
        vec![
            ("PATH", path),
            ("HOME", text("home")),
            ("XDG_CACHE_HOME", text("home/.cache")),
            ("XDG_CONFIG_HOME", text("home/.config")),
            ("XDG_DATA_HOME", text("home/.local/share")),
            ("XDG_STATE_HOME", text("home/.local/state")),
            ("XDG_RUNTIME_DIR", text("run")),
            ("TMPDIR", text("tmp")),
            ("BRUME_PLUGIN_PATH", text("plugins")),
            ("COLUMNS", "80".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("TZ", "UTC".to_owned()),
            (MARK, self.root().display().to_string()),
        ]
    }

    /// A call of any program, in the sandbox's home.
    pub fn call(&self, program: impl AsRef<OsStr>) -> Call {
        let call = Call::new(program).current_dir(self.path("home"));
        self.environment().into_iter().fold(call, |call, (name, value)| call.env(name, value))
    }

    /// A call of `brume` with the words of `line`.
    pub fn brume(&self, line: &str) -> Call {
        self.call(built::binary("brume")).words(line)
    }

    /// The processes that were started here and still run.
    #[must_use]
    pub fn processes(&self) -> Vec<processes::Marked> {
        processes::marked(self.root())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        processes::end_all(self.root());
        // A test may have made folders read-only to see what happens.
        let _ = make_writable(self.root());
    }
}

fn make_writable(folder: &Path) -> std::io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}
