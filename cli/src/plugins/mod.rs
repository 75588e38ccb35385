//! Plugins: found, checked, loaded or executed.
//!
//! In: a name. Out: a command that runs in this process (a library) or in its place (an
//! executable). Never here: the opening of a file of any plugin that was not asked for, except by
//! `--help`, `plugin list` and completion, which go through the metadata cache.

pub mod answer;
pub mod cache;
pub mod child;
pub mod dispatch;
pub mod elf;
pub mod executable;
pub mod find;
pub mod folders;
pub mod host;
pub mod inventory;
pub mod library;
pub mod metadata;
pub mod permissions;
pub mod problem;
pub mod search_path;
pub mod stamp;
pub mod trust;

use std::path::PathBuf;

pub use problem::Problem;

/// One file that may be a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The word after `brume`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// How it is run.
    pub form: Form,
    /// Where it was found.
    pub place: Place,
}

/// How a plugin is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Loaded into this process.
    Library,
    /// Executed in place of this process.
    Executable,
}

/// Where a plugin was found, in the order of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A folder of `BRUME_PLUGIN_PATH`.
    Variable,
    /// The user's plugin folder.
    User,
    /// The folder that ships with the binary.
    Shipped,
    /// A folder of `PATH`: an executable without a manifest.
    Path,
}

impl Place {
    /// Whether a library from here needs `brume plugin trust` before it is loaded.
    ///
    /// Naming a folder in a variable is trust enough, and so is installing brume itself.
    #[must_use]
    pub const fn needs_trust(self) -> bool {
        matches!(self, Self::User)
    }
}
