//! `brume up`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use brume_instance::endpoint::MOVED_FROM_PORT;
use brume_instance::services::{PLANNED, canonical};
use brume_instance::{EndpointDocument, InstancePaths};
use brume_plugin::duration::parse_duration_ms;
use brume_plugin::error::{Error, ExitCode, Result};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::super::table::table;
use super::daemon::{self, Start};
use super::{START_MAX, instance};
use crate::session::Session;

/// Describes the command.
pub fn command() -> Command {
    Command::new("up")
        .about("Start the emulators")
        .long_about(
            "Starts the emulators of an instance in the background and waits until every one of \
             them has answered a real request. If they run already, says where.",
        )
        .arg(
            Arg::new("services")
                .value_name("SERVICE")
                .num_args(0..)
                .help("Emulators to start; all there are by default"),
        )
        .arg(
            Arg::new("ephemeral")
                .long("ephemeral")
                .action(ArgAction::SetTrue)
                .help("Keep state in memory only"),
        )
        .arg(
            Arg::new("state")
                .long("state")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("Keep state in this folder"),
        )
        .arg(instance::argument())
        .arg(
            Arg::new("foreground")
                .long("foreground")
                .action(ArgAction::SetTrue)
                .help("Stay in the foreground, for containers and service managers"),
        )
        .arg(
            Arg::new("port-base")
                .long("port-base")
                .value_name("N")
                .value_parser(value_parser!(u16))
                .help("First port to try; 0 takes free ports, which is the default with CI=true"),
        )
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("SERVICE=N")
                .action(ArgAction::Append)
                .value_parser(check_port)
                .help("Port of one service, or an error; 0 takes a free one"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("Seed of the emulators' randomness"),
        )
        .args(super::aws_options::arguments())
        .arg(
            Arg::new("repair")
                .long("repair")
                .action(ArgAction::SetTrue)
                .help("Move damaged files aside and go on with what precedes the damage"),
        )
        .arg(
            Arg::new("wait")
                .long("wait")
                .value_name("DURATION")
                .default_value("10s")
                .value_parser(parse_duration_ms)
                .help("Give up after this time"),
        )
}

/// The daemon reads it; a slip of the finger is better said before it starts.
fn check_port(text: &str) -> Result<String, String> {
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    match text.split_once('=') {
        Some((service, port)) if is_port(port) => Ok(format!("{}={port}", canonical(service))),
        _ => Err(format!("'{text}' is not SERVICE=N, a port from 0 to 65535")),
    }
}

/// Starts what does not run yet and prints where it listens.
///
/// # Errors
/// It does not start, or runs already in another way than was asked for.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let mut paths = instance::chosen(session, matches)?;
    let state = matches.get_one::<PathBuf>("state");
    if let Some(state) = state {
        let absolute = std::path::absolute(state).map_err(|error| {
            Error::usage(format!("`{}` is not a folder", state.display())).source(&error)
        })?;
        paths = paths.with_state(absolute);
    }
    let strings = |name| matches.get_many::<String>(name).into_iter().flatten().cloned();
    let start = Start {
        paths: &paths,
        services: strings("services").collect(),
        is_ephemeral: matches.get_flag("ephemeral"),
        port_base: matches.get_one("port-base").copied(),
        ports: strings("port").collect(),
        seed: matches.get_one("seed").copied(),
        repair: matches.get_flag("repair"),
        aws: super::aws_options::chosen(matches),
    };
    if matches.get_flag("foreground") {
        return daemon::become_daemon(session, &start);
    }
    let wait = matches.get_one("wait").copied().map_or(START_MAX, Duration::from_millis);
    let begun = Instant::now();
    let deadline = begun + wait;
    if let Some(document) = instance::running(&paths, deadline)? {
        check(&document, &start, state.is_some())?;
        session.notice(&format!("Instance {} runs already.", paths.name));
        return print(session, &paths, &document);
    }
    let document = daemon::start(session, &start, deadline)?;
    let millis = begun.elapsed().as_millis();
    let kind = if document.ephemeral { ", in memory only" } else { "" };
    session.notice(&format!("Instance {} is up in {millis} ms{kind}.", paths.name));
    note_moved_ports(session, &document);
    print(session, &paths, &document)
}

/// Whether what runs is what was asked for.
fn check(document: &EndpointDocument, start: &Start<'_>, state_was_asked: bool) -> Result<()> {
    let name = &start.paths.name;
    let differs = |how: String| {
        let message = format!("instance {name} runs already, {how}");
        Err(Error::new(ExitCode::Conflict, message)
            .hint(format!("brume down --instance {name}    # then `brume up` again"))
            .hint("brume up --instance NAME    # another one beside it"))
    };
    if start.is_ephemeral && !document.ephemeral {
        return differs("and keeps its state on disk".to_owned());
    }
    if state_was_asked && document.state_dir != start.paths.state {
        let kept = if document.ephemeral {
            "in memory".to_owned()
        } else {
            format!("in {}", document.state_dir.display())
        };
        return differs(format!("with its state {kept}"));
    }
    if let Some(aws) = document.service("aws") {
        for (option, value) in &start.aws {
            let running = aws.extra.get(option.trim_start_matches('-'));
            if let Some(running) = running.filter(|running| *running != value) {
                return differs(format!("with {option} {running}"));
            }
        }
    }
    for service in &start.services {
        let canonical = canonical(service);
        if PLANNED.contains(&canonical) {
            let message = format!("the service `{canonical}` is not supported yet");
            return Err(Error::usage(message).hint("brume up kubernetes"));
        }
        if document.service(canonical).is_none() {
            return differs(format!("without {canonical}"));
        }
    }
    Ok(())
}

/// A port that is not the usual one is worth a word: the usual one was taken.
fn note_moved_ports(session: &Session, document: &EndpointDocument) {
    for service in &document.services {
        if let Some(moved) = service.extra.get(MOVED_FROM_PORT) {
            let url = &service.url;
            session.notice(&format!("Port {moved} is in use: {} is at {url}.", service.name));
        }
    }
}

fn print(session: &Session, paths: &InstancePaths, document: &EndpointDocument) -> Result<u8> {
    session.print(document, |document| {
        let rows =
            document.services.iter().map(|service| vec![service.name.clone(), service.url.clone()]);
        table(&["SERVICE", "URL"], rows)
    })?;
    if session.output().format.is_none() && session.output().stderr_terminal {
        let option = match paths.name.as_str() {
            "default" => String::new(),
            name => format!(" --instance {name}"),
        };
        session.notice(&format!("For other tools: eval \"$(brume env{option})\""));
    }
    Ok(0)
}
