//! The configuration: two files, the environment and the flags, merged with their origins.
//!
//! In: `config.toml` of the user, `brume.toml` of the project, `BRUME_*`, flags; later ones win.
//! Out: [`Config`], where every value knows where it came from. Never here: a secret, and from a
//! project's file anything that could be executed.

pub mod edit;
pub mod file;
pub mod keys;
pub mod project;
pub mod source;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::global_flags::GlobalFlags;
use brume_plugin::render::suggest::did_you_mean;

use crate::environment::{self, Environment};
use file::Owner;

/// Name of the user's configuration file, in brume's configuration folder.
pub const FILE_NAME: &str = "config.toml";

/// Names that always mean the same target, and so cannot be contexts of the user's.
pub const RESERVED_NAMES: [&str; 2] = ["local", "ambient"];

/// The merged configuration, or one layer of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Keys at the top, see [`keys::TOP`].
    pub settings: BTreeMap<&'static str, Entry>,
    /// Keys of `[plugins]`, see [`keys::PLUGINS`].
    pub plugins: BTreeMap<&'static str, Entry>,
    /// The contexts by name, see [`keys::CONTEXT`].
    pub contexts: BTreeMap<String, BTreeMap<&'static str, Entry>>,
}

/// One value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Scalar,
    /// Where it came from.
    pub origin: Origin,
}

/// A configuration value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A switch.
    Boolean(bool),
    /// A table from service name to URL.
    Addresses(BTreeMap<String, String>),
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file, counted from 1.
    File {
        /// The file.
        path: PathBuf,
        /// The line of the key.
        line: usize,
    },
    /// An environment variable.
    Environment(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Environment(name) => write!(formatter, "${name}"),
            Self::Flag(name) => write!(formatter, "--{name}"),
        }
    }
}

/// What a context says, by key.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a>(&'a BTreeMap<&'static str, Entry>);

impl<'a> Context<'a> {
    /// A text of the context.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'a str> {
        match &self.0.get(key)?.value {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text of the context, owned.
    #[must_use]
    pub fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    /// A switch of the context, off when it is not there.
    #[must_use]
    pub fn switch(&self, key: &str) -> bool {
        matches!(self.0.get(key).map(|entry| &entry.value), Some(Scalar::Boolean(true)))
    }

    /// The addresses by AWS service.
    #[must_use]
    pub fn addresses(&self) -> BTreeMap<String, String> {
        match self.0.get("endpoint-urls").map(|entry| &entry.value) {
            Some(Scalar::Addresses(addresses)) => addresses.clone(),
            _ => BTreeMap::new(),
        }
    }
}

impl Config {
    /// A text at the top of the configuration.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.settings.get(key)?.value {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether executables on PATH are commands.
    #[must_use]
    pub fn plugins_on_path(&self) -> bool {
        !matches!(self.plugins.get("path").map(|entry| &entry.value), Some(Scalar::Boolean(false)))
    }

    /// A context by name.
    ///
    /// # Errors
    /// When there is none of that name; the hint names the nearest, or how to make it.
    pub fn context(&self, name: &str) -> Result<Context<'_>> {
        if let Some(entries) = self.contexts.get(name) {
            return Ok(Context(entries));
        }
        let mut error = Error::new(ExitCode::NotFound, format!("there is no context '{name}'"));
        let known = self.contexts.keys().map(String::as_str).chain(RESERVED_NAMES);
        error.hints.extend(did_you_mean(name, known));
        Err(error
            .hint("brume config get-contexts")
            .hint(format!("brume config set-context {name} --kube-context {name}")))
    }

    /// Lays `over` on top. A switch `protected` that is on stays on: a project's file must not
    /// take away what its reader set up for safety.
    pub fn overlay(&mut self, over: Self) {
        self.settings.extend(over.settings);
        self.plugins.extend(over.plugins);
        for (name, entries) in over.contexts {
            let context = self.contexts.entry(name).or_default();
            for (key, entry) in entries {
                let protected = key == "protected" && Context(context).switch(key);
                if !protected {
                    context.insert(key, entry);
                }
            }
        }
    }
}

/// The files and other sources of a configuration.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The user's `config.toml`.
    pub user: &'a Path,
    /// The project's `brume.toml`, if there is one.
    pub project: Option<&'a Path>,
    /// Variables.
    pub environment: &'a Environment,
    /// Flags.
    pub flags: &'a GlobalFlags,
}

/// Reads and merges all layers.
///
/// # Errors
/// When a file is broken.
pub fn load(sources: &Sources<'_>) -> Result<Config> {
    let mut config = file::read(sources.user, Owner::User)?;
    if let Some(path) = sources.project {
        config.overlay(file::read(path, Owner::Project)?);
    }
    config.overlay(without_files(sources));
    Ok(config)
}

/// Merges the layers that are not files: what remains when a file is broken.
#[must_use]
pub fn without_files(sources: &Sources<'_>) -> Config {
    let mut config = from_environment(sources.environment);
    config.overlay(from_flags(sources.flags));
    config
}

/// The layer of the environment.
#[must_use]
pub fn from_environment(environment: &Environment) -> Config {
    let mut config = Config::default();
    for (key, variable) in [
        ("current-context", environment::CONTEXT),
        ("output", environment::OUTPUT),
        ("color", environment::COLOR),
        ("request-timeout", environment::REQUEST_TIMEOUT),
    ] {
        if let Some(value) = environment.text(variable) {
            let entry = Entry { value: Scalar::Text(value), origin: Origin::Environment(variable) };
            config.settings.insert(key, entry);
        }
    }
    config
}

/// The layer of the flags.
#[must_use]
pub fn from_flags(flags: &GlobalFlags) -> Config {
    let mut config = Config::default();
    for (key, flag, value) in [
        ("current-context", "context", flags.context.clone()),
        ("current-context", "local", flags.local.then(|| "local".to_owned())),
        ("output", "output", flags.output.clone()),
        ("color", "color", flags.color.map(|choice| choice.name().to_owned())),
        (
            "request-timeout",
            "request-timeout",
            flags.request_timeout_ms.map(|ms| format!("{ms}ms")),
        ),
    ] {
        if let Some(value) = value {
            let entry = Entry { value: Scalar::Text(value), origin: Origin::Flag(flag) };
            config.settings.insert(key, entry);
        }
    }
    config
}

/// Checks the name of a context that somebody wants to define.
///
/// # Errors
/// The reason, when it is reserved, empty, too long or would not survive a shell.
pub fn check_context_name(name: &str) -> std::result::Result<(), String> {
    if RESERVED_NAMES.contains(&name) {
        return Err(format!("'{name}' is a name that brume keeps for itself"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+".contains(c);
    if name.is_empty() || name.len() > 253 || name.starts_with('-') || !name.chars().all(allowed) {
        return Err(format!(
            "'{name}' is not a context name: letters, digits and -_.:/@+, at most 253"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
