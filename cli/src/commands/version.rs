//! `brume version` and `brume --version`: about a millisecond, nothing read.

use std::io::Write as _;

use brume_abi::{ABI_MAJOR, ABI_MINOR};
use brume_plugin::context::Context;
use brume_plugin::error::Result;
use brume_plugin::host::ProcessHost;
use brume_plugin::invocation::Invocation;
use clap::{ArgMatches, Command};
use serde::Serialize;

use crate::session::Session;

#[derive(Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
    plugin_abi: String,
}

/// Describes the command.
pub fn command() -> Command {
    Command::new("version").about("Print the version of brume and of its plugin ABI")
}

/// Prints the version.
///
/// # Errors
/// When `-o` asks for a form that does not fit.
pub fn run(_: &ArgMatches, session: &Session) -> Result<u8> {
    let version = Version {
        name: "brume",
        version: env!("CARGO_PKG_VERSION"),
        plugin_abi: format!("{ABI_MAJOR}.{ABI_MINOR}"),
    };
    session.print(&version, |version| {
        format!("{} {} (plugin ABI {})\n", version.name, version.version, version.plugin_abi)
    })?;
    Ok(0)
}

/// Prints one line without looking at anything.
///
/// # Errors
/// Silent when the reader has left.
pub fn print() -> Result<u8> {
    let invocation = Invocation::default();
    let mut context = Context::new(&invocation, &ProcessHost);
    writeln!(context.stdout(), "brume {}", env!("CARGO_PKG_VERSION"))?;
    context.flush()?;
    Ok(0)
}
