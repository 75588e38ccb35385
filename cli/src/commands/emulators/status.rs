//! `brume status`.

use std::fmt::Write as _;

use brume_instance::protocol::{Reply, Request, Status};
use brume_plugin::error::{ExitCode, Result};
use clap::{ArgMatches, Command};

use super::super::table::table;
use super::{env, instance, span};
use crate::session::Session;

/// Describes the command.
pub fn command() -> Command {
    Command::new("status")
        .about("Show how the emulators are")
        .long_about(
            "Asks every emulator of an instance a real request and shows how it went. Exit code 3 \
             when one does not answer, 6 when the instance is not running. `-o env` prints what \
             `brume env` prints.",
        )
        .arg(instance::argument())
}

/// Prints how the instance is.
///
/// # Errors
/// It is not running.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let paths = instance::chosen(session, matches)?;
    let status = match instance::ask(&paths, &Request::Status)? {
        Reply::Status(status) => *status,
        other => return Err(instance::unexpected(&other)),
    };
    if session.output().format.as_deref() == Some("env") {
        return env::print(session, &status.endpoint);
    }
    session.print(&status, text)?;
    let is_healthy = status.services.iter().all(|service| service.healthy);
    Ok(if is_healthy { 0 } else { ExitCode::CheckFailed.number() })
}

fn text(status: &Status) -> String {
    let endpoint = &status.endpoint;
    let state = if endpoint.ephemeral {
        "in memory only".to_owned()
    } else {
        endpoint.state_dir.display().to_string()
    };
    let rows = status.services.iter().map(|service| {
        let state = match &service.problem {
            Some(problem) => format!("down: {problem}"),
            None => "ok".to_owned(),
        };
        vec![service.name.clone(), service.url.clone(), state]
    });
    let mut text = table(&["SERVICE", "URL", "STATUS"], rows);
    let uptime = span::format(status.uptime_ms);
    let memory = status.memory_kib / 1_024;
    // Writing to a string cannot fail.
    let _ = writeln!(text);
    let _ = writeln!(
        text,
        "instance  {}, pid {}, up {uptime}, {memory} MiB",
        endpoint.instance, endpoint.pid
    );
    let _ = writeln!(text, "state     {state}");
    let _ = writeln!(text, "clock     {}", super::clock::describe(&status.clock));
    if status.faults > 0 {
        let _ = writeln!(text, "faults    {} rules: brume fault ls", status.faults);
    }
    let _ = writeln!(text, "log       {}", status.log);
    text
}
