//! The built-in commands: each has a `command()` that describes it and a `run()` that does it.
//!
//! Built-ins win over plugins of the same name; [`BUILT_INS`] is the one place that knows their
//! names. The modules below [`emulators`] follow the same form, one for each lifecycle command, and
//! its `ensure_running(&Session, instance)` starts the emulators when a target needs them.

pub mod completion;
pub mod config;
pub mod doctor;
pub mod emulators;
pub mod help;
pub mod plugin;
mod table;
pub mod version;

use brume_plugin::error::Result;
use clap::{ArgMatches, Command};

use crate::session::{Configuration, Session};

/// One built-in command.
#[derive(Debug)]
pub struct BuiltIn {
    /// The word after `brume`.
    pub name: &'static str,
    /// Where `brume --help` lists it.
    pub group: Group,
    /// What it needs of the configuration files.
    pub configuration: Configuration,
    /// Describes arguments and help, without the global flags: those are taken out beforehand.
    pub command: fn() -> Command,
    /// Does it, and returns the number that the process exits with.
    pub run: fn(&ArgMatches, &Session) -> Result<u8>,
}

/// A heading in `brume --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The emulators' life.
    Emulators,
    /// Contexts and configuration.
    Configuration,
    /// Everything about brume itself.
    Brume,
}

/// Every built-in command, in the order of `brume --help`.
pub static BUILT_INS: &[BuiltIn] = &[
    emulator("up", emulators::up::command, emulators::up::run),
    emulator("down", emulators::down::command, emulators::down::run),
    emulator("status", emulators::status::command, emulators::status::run),
    emulator("env", emulators::env::command, emulators::env::run),
    emulator("run", emulators::run::command, emulators::run::run),
    emulator("logs", emulators::logs::command, emulators::logs::run),
    emulator("reset", emulators::reset::command, emulators::reset::run),
    emulator("ls", emulators::ls::command, emulators::ls::run),
    emulator("clock", emulators::clock::command, emulators::clock::run),
    emulator("fault", emulators::fault::command, emulators::fault::run),
    emulator("snapshot", emulators::snapshot::command, emulators::snapshot::run),
    BuiltIn {
        name: "config",
        group: Group::Configuration,
        configuration: Configuration::Tolerant,
        command: config::command,
        run: config::run,
    },
    BuiltIn {
        name: "plugin",
        group: Group::Configuration,
        configuration: Configuration::Required,
        command: plugin::command,
        run: plugin::run,
    },
    about_brume("doctor", doctor::command, doctor::run),
    about_brume("completion", completion::command, completion::run),
    about_brume("help", help::command, help::run),
    about_brume("version", version::command, version::run),
];

/// Finds a built-in by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static BuiltIn> {
    BUILT_INS.iter().find(|built_in| built_in.name == name)
}

const fn emulator(
    name: &'static str,
    command: fn() -> Command,
    run: fn(&ArgMatches, &Session) -> Result<u8>,
) -> BuiltIn {
    BuiltIn { name, group: Group::Emulators, configuration: Configuration::Required, command, run }
}

const fn about_brume(
    name: &'static str,
    command: fn() -> Command,
    run: fn(&ArgMatches, &Session) -> Result<u8>,
) -> BuiltIn {
    BuiltIn { name, group: Group::Brume, configuration: Configuration::Tolerant, command, run }
}
