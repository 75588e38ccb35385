//! `brume help`, `brume --help`, and the topics that are not commands.

mod overview;
mod topics;

use std::ffi::OsString;

use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::render::suggest::did_you_mean;
use clap::{Arg, ArgMatches, Command};

use crate::commands;
use crate::plugins::inventory;
use crate::session::Session;
use crate::start::{self, Start};

pub use overview::overview;
pub use topics::{TOPICS, Topic};

/// Describes the command.
pub fn command() -> Command {
    Command::new("help")
        .about("Explain a command, a plugin or a topic")
        .arg(
            Arg::new("subject")
                .value_name("COMMAND | PLUGIN | TOPIC")
                .num_args(0..)
                .help("What to explain; without it, brume as a whole"),
        )
        .after_help("Topics: exit-codes, environment, contexts")
}

/// Prints the help page of the subject.
///
/// # Errors
/// When there is no such subject.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let words: Vec<&String> = matches.get_many("subject").into_iter().flatten().collect();
    let Some(first) = words.first() else {
        return overview::print(session);
    };
    if let Some(topic) = TOPICS.iter().find(|topic| topic.name == first.as_str()) {
        (topic.print)(session)?;
        return Ok(0);
    }
    let is_plugin = || inventory::names(session).iter().any(|name| name == first.as_str());
    if commands::find(first).is_some() || is_plugin() {
        // The command itself knows best; it runs as if `--help` had been typed.
        let mut arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        arguments.push("--help".into());
        let program = if session.program == "brume" { "brume" } else { "kubectl-brume" };
        let arguments = std::iter::once(OsString::from(program)).chain(arguments);
        return Ok(start::run(arguments, session.environment.clone()));
    }
    let plugins = inventory::names(session);
    let known = commands::BUILT_INS.iter().map(|built_in| built_in.name);
    let known = known.chain(TOPICS.iter().map(|topic| topic.name));
    let known = known.chain(plugins.iter().map(String::as_str));
    let mut error = Error::new(
        ExitCode::UnknownCommand,
        format!("there is no command, plugin or topic '{first}'"),
    );
    error.hints.extend(did_you_mean(first, known));
    Err(error.hint(format!("{} --help", session.program)))
}

/// The help page of all of brume.
///
/// # Errors
/// As for [`Session::open`].
fn open(start: &Start, flags: brume_plugin::global_flags::GlobalFlags) -> Result<Session> {
    start.session(flags, crate::session::Configuration::Tolerant)
}
