//! `brume down`.

use std::time::{Duration, Instant};

use brume_instance::InstancePaths;
use brume_instance::client::REQUEST_TIMEOUT;
use brume_instance::paths::instances;
use brume_instance::protocol::Request;
use brume_plugin::error::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::instance::{self, shown};
use crate::session::Session;

/// How long a daemon may take to make its state durable and end.
const STOP_MAX: Duration = Duration::from_secs(30);

/// Describes the command.
pub fn command() -> Command {
    Command::new("down")
        .about("Stop the emulators")
        .long_about(
            "Stops the emulators of an instance. Their state stays; `brume reset` forgets it.",
        )
        .arg(instance::argument())
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .conflicts_with("instance")
                .help("Stop every instance"),
        )
}

/// Stops the instance; one that is down already is fine.
///
/// # Errors
/// It does not end.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    if !matches.get_flag("all") {
        let paths = instance::chosen(session, matches)?;
        if !stop(&paths)? {
            session.notice(&format!("Instance {} is not running.", paths.name));
        } else {
            session.notice(&format!("Instance {} is down.", paths.name));
        }
        return Ok(0);
    }
    for name in instances(&session.directories().runtime) {
        let paths = instance::named(session, name.as_str())?;
        if stop(&paths)? {
            session.notice(&format!("Instance {name} is down."));
        }
    }
    Ok(0)
}

/// Stops a daemon and waits for its end; false when there was none.
pub(super) fn stop(paths: &InstancePaths) -> Result<bool> {
    let deadline = Instant::now() + STOP_MAX;
    let Some(mut client) = instance::connect_before(paths, deadline)? else {
        return Ok(false);
    };
    client.request(&Request::Stop, REQUEST_TIMEOUT).map_err(shown)?;
    client.wait_for_end(STOP_MAX).map_err(shown)?;
    instance::wait_until_gone(paths, deadline)?;
    Ok(true)
}
