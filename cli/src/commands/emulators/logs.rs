//! `brume logs`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use brume_instance::protocol::{Reply, Request};
use brume_instance::services::canonical;
use brume_plugin::error::Result;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::instance::{self, shown};
use crate::session::Session;

/// Describes the command.
pub fn command() -> Command {
    Command::new("logs")
        .about("Print the log of the emulators")
        .arg(Arg::new("service").value_name("SERVICE").help("Only lines of this emulator"))
        .arg(
            Arg::new("follow")
                .long("follow")
                .short('f')
                .action(ArgAction::SetTrue)
                .help("Go on until Ctrl-C"),
        )
        .arg(
            Arg::new("tail")
                .long("tail")
                .value_name("N")
                .default_value("200")
                .value_parser(value_parser!(u32))
                .help("Begin with the last lines, so many at most"),
        )
        .arg(instance::argument())
}

/// Prints the last lines, and with `-f` those to come.
///
/// # Errors
/// There is nothing to read, or nothing to follow.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let paths = instance::chosen(session, matches)?;
    let service = matches.get_one::<String>("service").map(|name| canonical(name).to_owned());
    let follow = matches.get_flag("follow");
    let lines_max = matches.get_one::<u32>("tail").copied().unwrap_or_default() as usize;
    let deadline = Instant::now() + super::START_MAX;
    let Some(mut client) = instance::connect_before(&paths, deadline)? else {
        if follow {
            return Err(instance::is_down(&paths));
        }
        let text = read(&paths.log(false), service.as_deref(), lines_max)
            .map_err(|error| instance::is_down(&paths).source(&error))?;
        session.print_text(&text)?;
        return Ok(0);
    };
    let request = Request::Logs { service, follow, lines_max };
    client.begin(&request, None).map_err(shown)?;
    loop {
        match client.next_reply() {
            Ok(Reply::Log { line }) => session.print_text(&format!("{line}\n"))?,
            Ok(Reply::Done) => return Ok(0),
            Ok(other) => return Err(instance::unexpected(&other)),
            Err(error) if follow && error.code == brume_instance::Code::Unreachable => {
                session.notice(&format!("Instance {} went down.", paths.name));
                return Ok(0);
            }
            Err(error) => return Err(shown(error)),
        }
    }
}

/// The last lines of the file that a daemon left.
fn read(path: &Path, service: Option<&str>, lines_max: usize) -> std::io::Result<String> {
    let mut last = VecDeque::new();
    for line in BufReader::new(File::open(path)?).lines() {
        let line = line?;
        if service.is_none_or(|service| belongs(&line, service)) {
            last.push_back(line + "\n");
        }
        if last.len() > lines_max {
            last.pop_front();
        }
    }
    Ok(last.into_iter().collect())
}

/// A line is: time, level, service and a colon, message.
fn belongs(line: &str, service: &str) -> bool {
    line.split_whitespace().nth(2).and_then(|word| word.strip_suffix(':')) == Some(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_belong_to_their_service() {
        let line = "2026-01-01T00:00:00.000Z INFO  kubernetes: daemon: started";
        assert!(belongs(line, "kubernetes"));
        assert!(!belongs(line, "daemon"));
        assert!(!belongs("", "daemon"));
    }
}
