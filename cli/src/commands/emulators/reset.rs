//! `brume reset`.

use std::time::Duration;

use brume_instance::protocol::Request;
use brume_instance::services::{AWS_PARTS, canonical};
use brume_plugin::error::{Error, Result};
use clap::{Arg, ArgMatches, Command};

use super::instance;
use crate::session::Session;

/// Removing a large state takes time.
const RESET_MAX: Duration = Duration::from_secs(120);

/// Describes the command.
pub fn command() -> Command {
    Command::new("reset")
        .about("Make the emulators forget their state")
        .long_about(
            "Makes the emulators of an instance forget their state. They keep running on the same \
             ports; fault rules and the clock stay as they are.",
        )
        .arg(Arg::new("service").value_name("SERVICE").help("Only this emulator"))
        .arg(instance::argument())
}

/// Resets.
///
/// # Errors
/// The instance, or the service in it, is not running.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let paths = instance::chosen(session, matches)?;
    if let Some(part) = matches.get_one::<String>("service").map(String::as_str)
        && AWS_PARTS.contains(&part)
    {
        // Subscriptions lead to queues: half of them forgotten would be a state that never was.
        let message = format!("{part} is a part of aws and is not reset alone");
        return Err(Error::usage(message).hint("brume reset aws"));
    }
    let service = matches.get_one::<String>("service").map(|name| canonical(name).to_owned());
    let what = service.clone().unwrap_or_else(|| "everything".to_owned());
    instance::ask_for(&paths, &Request::Reset { service }, RESET_MAX)?;
    session.notice(&format!("Instance {}: {what} is empty again.", paths.name));
    Ok(0)
}
