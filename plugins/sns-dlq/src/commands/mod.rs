//! The commands, one file each: its part of the command line on top, what it does below.

pub mod audit;
pub mod compare;
pub mod edit;
pub mod export;
pub mod group;
pub mod import;
pub mod ls;
pub mod metrics;
pub mod peek;
pub mod purge;
pub mod redrive;
mod redrive_native;
pub mod show;
pub mod simulate;
pub mod topology;
pub mod trace;
pub mod watch;

use brume_plugin::clap::{ArgMatches, Command};
use brume_plugin::{Context, Error, Result};

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its part of the command line; its name is the command's.
    pub command: fn() -> Command,
    /// Runs it.
    pub run: fn(&ArgMatches, &mut Context<'_>) -> Result<()>,
}

/// All commands, in the order of the help page.
pub const COMMANDS: &[Entry] = &[
    Entry { command: ls::command, run: ls::run },
    Entry { command: topology::command, run: topology::run },
    Entry { command: peek::command, run: peek::run },
    Entry { command: show::command, run: show::run },
    Entry { command: trace::command, run: trace::run },
    Entry { command: group::command, run: group::run },
    Entry { command: audit::command, run: audit::run },
    Entry { command: export::command, run: export::run },
    Entry { command: import::command, run: import::run },
    Entry { command: redrive::command, run: redrive::run },
    Entry { command: edit::command, run: edit::run },
    Entry { command: purge::command, run: purge::run },
    Entry { command: watch::command, run: watch::run },
    Entry { command: metrics::command, run: metrics::run },
    Entry { command: simulate::command, run: simulate::run },
    Entry { command: compare::command, run: compare::run },
];

/// Runs the command that was typed.
///
/// # Errors
/// What the command says.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let (name, matches) =
        matches.subcommand().ok_or_else(|| Error::usage("sns-dlq needs a command"))?;
    let entry = COMMANDS.iter().find(|entry| (entry.command)().get_name() == name);
    let entry = entry.ok_or_else(|| Error::usage(format!("sns-dlq has no command '{name}'")))?;
    (entry.run)(matches, context)
}
