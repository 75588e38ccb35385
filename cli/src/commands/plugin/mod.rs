//! `brume plugin`: which plugins there are, what they are, and which are trusted.

mod info;
mod list;
mod trust;
mod verify;

use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::render::suggest::did_you_mean;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::plugins::inventory::{self, Listed, Status};
use crate::session::Session;

/// Describes the command.
pub fn command() -> Command {
    Command::new("plugin")
        .about("Look at plugins: list, inspect, check and trust them")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("List all plugins, those that are not run with the reason")
                .arg(
                    Arg::new("strict")
                        .long("strict")
                        .action(ArgAction::SetTrue)
                        .help("Exit with 3 when one of them is not run"),
                ),
        )
        .subcommand(
            Command::new("info")
                .about("Print what a plugin says of itself")
                .arg(Arg::new("name").value_name("NAME").required(true).help("Plugin to look at")),
        )
        .subcommand(
            Command::new("verify")
                .about("Check plugins: permissions, trust, metadata, options")
                .arg(
                    Arg::new("name")
                        .value_name("NAME")
                        .num_args(0..)
                        .help("Plugins to check; without it, all"),
                ),
        )
        .subcommand(
            Command::new("trust")
                .about("Vouch for a plugin as it is now, by its SHA-256")
                .arg(Arg::new("name").value_name("NAME").required(true).help("Plugin to trust"))
                .arg(
                    Arg::new("remove")
                        .long("remove")
                        .action(ArgAction::SetTrue)
                        .help("Take the trust away again"),
                ),
        )
}

/// Does what the subcommand says.
///
/// # Errors
/// When a plugin that is named does not exist, or a check fails.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    match matches.subcommand() {
        Some(("list", matches)) => list::run(session, matches.get_flag("strict")),
        Some(("info", matches)) => info::run(session, name(matches)),
        Some(("verify", matches)) => {
            let names: Vec<&String> = matches.get_many("name").into_iter().flatten().collect();
            verify::run(session, &names)
        }
        Some(("trust", matches)) => trust::run(session, name(matches), matches.get_flag("remove")),
        _ => Err(Error::usage("which subcommand?").hint("brume plugin --help")),
    }
}

fn name(matches: &ArgMatches) -> &str {
    matches.get_one::<String>("name").map(String::as_str).unwrap_or_default()
}

/// The plugin of this name that comes first in the search, whatever its status.
fn find(session: &Session, name: &str) -> Result<Listed> {
    let listed = inventory::all(session);
    let shadowed = |listed: &Listed| matches!(listed.status, Status::ShadowedBy(_));
    let position = listed
        .iter()
        .position(|listed| listed.candidate.name == name && !shadowed(listed))
        .or_else(|| listed.iter().position(|listed| listed.candidate.name == name));
    match position {
        Some(at) => Ok(listed.into_iter().nth(at).ok_or_else(|| missing(name, &[]))?),
        None => {
            let names: Vec<&str> = listed.iter().map(|one| one.candidate.name.as_str()).collect();
            Err(missing(name, &names))
        }
    }
}

fn missing(name: &str, known: &[&str]) -> Error {
    let mut error = Error::new(ExitCode::NotFound, format!("there is no plugin '{name}'"));
    error.hints.extend(did_you_mean(name, known.iter().copied()));
    error.hint("brume plugin list")
}
