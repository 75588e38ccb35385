//! `brume run -- COMMAND`.

use std::ffi::OsString;
use std::io;
use std::process::Command as Process;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use brume_plugin::error::{Error, ExitCode, Result};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::daemon::{self, Start};
use super::{START_MAX, down, env, instance, leash};
use crate::session::Session;
use crate::{environment, signals};

/// Describes the command.
pub fn command() -> Command {
    Command::new("run")
        .about("Run a command with emulators of its own")
        .long_about(
            "Starts emulators that keep their state in memory, runs a command with the variables \
             of `brume env`, and stops the emulators again. The exit code is the command's.\n\n    \
             brume run -- pytest\n    brume run --service kubernetes -- kubectl get nodes",
        )
        .arg(
            Arg::new("service")
                .long("service")
                .value_name("SERVICE")
                .action(ArgAction::Append)
                .help("Emulator to start; all there are by default"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("Seed of the emulators' randomness"),
        )
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .num_args(1..)
                .required(true)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(value_parser!(OsString))
                .help("The command and its arguments"),
        )
}

/// Runs the command between start and tear-down.
///
/// # Errors
/// The emulators do not start, or the command cannot be run.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let words: Vec<&OsString> = matches.get_many("command").into_iter().flatten().collect();
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::usage("no command is given").hint("brume run -- COMMAND"));
    };
    let paths = instance::named(session, &unique_name())?;
    let start = Start {
        services: matches.get_many("service").into_iter().flatten().cloned().collect(),
        is_ephemeral: true,
        port_base: Some(0),
        seed: matches.get_one("seed").copied(),
        ..Start::new(&paths)
    };
    signals::install();
    let (document, leash) = daemon::start_leashed(session, &start, Instant::now() + START_MAX)?;
    let mut process = Process::new(program);
    process.args(arguments).envs(env::variables(&document));
    // What the command calls as `brume` means these emulators, too.
    process.env(environment::CONTEXT, "local");
    let status = process
        .spawn()
        .and_then(|mut child| leash::wait(&mut child))
        .map_err(|error| cannot_run(program, &error));
    // Also after a failure. If we are killed instead, the daemon sees the end of its leash.
    let stopped = down::stop(&paths);
    drop(leash);
    let code = leash::exit_code(status?);
    stopped?;
    Ok(code)
}

fn cannot_run(program: &OsString, error: &io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => ExitCode::UnknownCommand,
        io::ErrorKind::PermissionDenied => ExitCode::PluginRefused,
        _ => ExitCode::Failed,
    };
    Error::new(code, format!("cannot run `{}`", program.display())).source(error)
}

/// A name that no other run has.
fn unique_name() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("run-{}-{:x}", std::process::id(), since.as_nanos() & 0xFFFF_FFFF)
}
