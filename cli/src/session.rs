//! One run of a command: everything that it may look at, and the only way to print.
//!
//! In: what was typed, the environment, the configuration files. Out: text on the two streams.
//! Never here: a decision that belongs to one command.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use brume_plugin::context::Context;
use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::global_flags::GlobalFlags;
use brume_plugin::host::ProcessHost;
use brume_plugin::invocation::{Directories, Invocation, Output, Target};
use brume_plugin::output::{Layout, OutputFormat, Records};
use brume_plugin::serde_json::Value;
use serde::Serialize;

use crate::config::project::{self, Found};
use crate::config::{self, Config, Sources};
use crate::environment::Environment;
use crate::settings;
use crate::target::{self, Start};

/// The forms of `-o` that built-in commands have; CSV needs columns, which they do not define.
const FORMS: [&str; 13] = [
    "table",
    "wide",
    "json",
    "yaml",
    "name",
    "jsonl",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "custom-columns",
    "custom-columns-file",
    "go-template",
    "go-template-file",
];

/// What a built-in command works with.
#[derive(Debug)]
pub struct Session {
    /// How the user calls us in a hint or a usage line: `brume` or `kubectl brume`.
    pub program: String,
    /// The environment variables.
    pub environment: Environment,
    /// The global flags, as typed.
    pub flags: GlobalFlags,
    /// The merged configuration; without the files when they are broken and that is tolerated.
    pub config: Config,
    /// Why the files are missing in `config`; `None` when they were read.
    pub config_error: Option<Error>,
    /// The project's file, as far as it was looked for.
    pub project: Found,
    /// The resolved settings: output, verbosity, dry run, directories. Its target is empty until
    /// [`Session::resolve_target`] gives one.
    pub invocation: Invocation,
}

/// What a command needs of the configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configuration {
    /// Broken files are an error.
    Required,
    /// Broken files are left out; [`Session::config_error`] has the reason.
    Tolerant,
}

impl Session {
    /// Reads the configuration and resolves the settings.
    ///
    /// # Errors
    /// When a file is broken and `need` does not tolerate that, or a variable is not understood.
    pub fn open(
        program: &str,
        environment: &Environment,
        flags: GlobalFlags,
        need: Configuration,
    ) -> Result<Self> {
        let directories = Directories::find(|name| environment.get(name))?;
        let executable = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("brume"));
        let project = find_project(environment);
        let sources = Sources {
            user: &directories.config.join(config::FILE_NAME),
            project: match &project {
                Found::File(path) => Some(path),
                Found::Foreign(_) | Found::None => None,
            },
            environment,
            flags: &flags,
        };
        let (config, config_error) = match (config::load(&sources), need) {
            (Ok(config), _) => (config, None),
            (Err(error), Configuration::Required) => return Err(error),
            (Err(error), Configuration::Tolerant) => (config::without_files(&sources), Some(error)),
        };
        let invocation = settings::resolve(&flags, &config, environment, directories, &executable)?;
        Ok(Self {
            program: program.to_owned(),
            environment: environment.clone(),
            flags,
            config,
            config_error,
            project,
            invocation,
        })
    }

    /// What to print, and to what.
    #[must_use]
    pub fn output(&self) -> &Output {
        &self.invocation.output
    }

    /// brume's own folders.
    #[must_use]
    pub fn directories(&self) -> &Directories {
        &self.invocation.directories
    }

    /// Path of the user's configuration file, which need not exist.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.directories().config.join(config::FILE_NAME)
    }

    /// Path of the running `brume` binary.
    #[must_use]
    pub fn executable(&self) -> &Path {
        &self.invocation.core.executable
    }

    /// The emulator instance that a lifecycle command means when it has no `--instance`:
    /// the one that the chosen context names, else `BRUME_INSTANCE`, else `default`.
    #[must_use]
    pub fn default_instance(&self) -> String {
        target::default_instance(&self.config, &self.environment)
    }

    /// Resolves where the command goes, and starts the emulator when it goes to one.
    ///
    /// # Errors
    /// When flags contradict each other, the context is unknown, or the emulator does not start.
    pub fn resolve_target(&self) -> Result<Target> {
        target::resolve(self, Start::IfNeeded)
    }

    /// Streams, questions and printers, as a plugin has them. Flush it at the end.
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        Context::new(&self.invocation, &ProcessHost)
    }

    /// Prints `value` in the form that `-o` asks for; without `-o`, and for `-o table` or `wide`,
    /// prints what `text` makes of it. The items of a list are what `name`, `jsonl` and
    /// `custom-columns` see; any other value is its own only item.
    ///
    /// # Errors
    /// Usage for any other form or a template that cannot be read; silent when the reader has left.
    pub fn print<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        let format = self.output().format.as_deref().unwrap_or("table");
        let rendered = match OutputFormat::parse(format, &FORMS)? {
            OutputFormat::Table | OutputFormat::Wide => text(value),
            format => document(value, &format)?,
        };
        self.print_text(&rendered)
    }

    /// Prints text on standard output as it is; the caller ends the last line.
    ///
    /// # Errors
    /// Silent when the reader has left, else what the stream says.
    pub fn print_text(&self, text: &str) -> Result<()> {
        let mut context = self.context();
        context.stdout().write_all(text.as_bytes())?;
        context.flush()
    }

    /// Prints one line on standard error; a closed stream is ignored.
    pub fn notice(&self, line: &str) {
        self.context().note(line);
    }
}

/// Renders a document in a form that needs no columns.
fn document<T: Serialize>(value: &T, format: &OutputFormat) -> Result<String> {
    let document = serde_json::to_value(value).map_err(|error| {
        Error::new(ExitCode::Internal, "cannot print the result").source(&error)
    })?;
    let items = document.as_array().map_or(std::slice::from_ref(&document), Vec::as_slice);
    let name = |item: &Value| match item.get("name").unwrap_or(item) {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    };
    let records = Records { document: &document, items, columns: &[], name };
    records.render(format, Layout::default())
}

fn find_project(environment: &Environment) -> Found {
    let Ok(folder) = std::env::current_dir() else { return Found::None };
    let home = environment.get("HOME").map(PathBuf::from);
    project::find(&folder, home.as_deref(), rustix::process::getuid().as_raw())
}
