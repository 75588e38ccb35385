//! Which instance a command means, and the way to its daemon.

use std::thread::sleep;
use std::time::{Duration, Instant};

use brume_instance::client::{self, Client, REQUEST_TIMEOUT};
use brume_instance::protocol::{Reply, Request};
use brume_instance::{Code, EndpointDocument, InstancePaths};
use brume_plugin::error::{Error, ExitCode, Result};
use clap::{Arg, ArgMatches};

use crate::session::Session;

/// How often a daemon that is starting or ending is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// The `--instance` option of every lifecycle command.
pub(super) fn argument() -> Arg {
    Arg::new("instance")
        .long("instance")
        .value_name("NAME")
        .help("Instance; default is the context's, $BRUME_INSTANCE, or `default`")
}

/// The files of the instance that the command means.
pub(super) fn chosen(session: &Session, matches: &ArgMatches) -> Result<InstancePaths> {
    match matches.get_one::<String>("instance") {
        Some(name) => named(session, name),
        None => named(session, &session.default_instance()),
    }
}

/// The files of an instance.
pub(super) fn named(session: &Session, name: &str) -> Result<InstancePaths> {
    let name = name.parse().map_err(shown)?;
    let directories = session.directories();
    Ok(InstancePaths::new(&directories.state, &directories.runtime, &name))
}

/// An error of the instance in the form that the user sees.
pub(super) fn shown(error: brume_instance::Error) -> Error {
    let code = match error.code {
        Code::Failed => ExitCode::Failed,
        Code::Usage => ExitCode::Usage,
        Code::NotFound => ExitCode::NotFound,
        Code::Unreachable => ExitCode::Unreachable,
        Code::Timeout => ExitCode::Timeout,
        Code::Conflict => ExitCode::Conflict,
        Code::Internal => ExitCode::Internal,
    };
    let mut shown = Error::new(code, error.message);
    (shown.causes, shown.hints) = (error.causes, error.hints);
    shown
}

/// The error for an instance that is down.
pub(super) fn is_down(paths: &InstancePaths) -> Error {
    let name = &paths.name;
    let hint = if name.as_str() == "default" {
        "brume up".to_owned()
    } else {
        format!("brume up --instance {name}")
    };
    Error::new(ExitCode::Unreachable, format!("instance {name} is not running")).hint(hint)
}

/// Connects to a daemon that must be running.
///
/// # Errors
/// [`ExitCode::Unreachable`] when it is not.
pub(super) fn connect(paths: &InstancePaths) -> Result<Client> {
    let deadline = Instant::now() + super::START_MAX;
    connect_before(paths, deadline)?.ok_or_else(|| is_down(paths))
}

/// Connects to a daemon, waiting while it is just starting; `None` when there is none.
pub(super) fn connect_before(paths: &InstancePaths, deadline: Instant) -> Result<Option<Client>> {
    loop {
        if let Some(client) = Client::connect(paths).map_err(shown)? {
            return Ok(Some(client));
        }
        if !client::is_alive(paths) {
            return Ok(None);
        }
        if Instant::now() >= deadline {
            let message = format!("instance {} is there and does not get ready", paths.name);
            return Err(Error::new(ExitCode::Timeout, message)
                .hint(format!("brume logs --instance {}", paths.name)));
        }
        sleep(GLANCE);
    }
}

/// Waits until no daemon holds the instance.
///
/// # Errors
/// It still does at the deadline.
pub(super) fn wait_until_gone(paths: &InstancePaths, deadline: Instant) -> Result<()> {
    while client::is_alive(paths) {
        if Instant::now() >= deadline {
            let message = format!("instance {} does not end", paths.name);
            return Err(Error::new(ExitCode::Timeout, message)
                .hint(format!("brume logs --instance {}", paths.name)));
        }
        sleep(GLANCE);
    }
    Ok(())
}

/// Asks a daemon that must be running.
pub(super) fn ask(paths: &InstancePaths, request: &Request) -> Result<Reply> {
    ask_for(paths, request, REQUEST_TIMEOUT)
}

/// Asks a daemon that must be running, and may take its time.
pub(super) fn ask_for(
    paths: &InstancePaths,
    request: &Request,
    timeout: Duration,
) -> Result<Reply> {
    connect(paths)?.request(request, timeout).map_err(shown)
}

/// The error for an answer that fits no question.
pub(super) fn unexpected(reply: &Reply) -> Error {
    Error::new(ExitCode::Internal, "the daemon gave an answer that fits no question")
        .cause(format!("{reply:?}"))
}

/// The endpoint document of an instance, if it runs and talks with us.
pub(super) fn running(
    paths: &InstancePaths,
    deadline: Instant,
) -> Result<Option<EndpointDocument>> {
    // A daemon writes the document before it is ready and removes it before it ends, and its lock
    // says whether it lives: no conversation is needed.
    while client::is_alive(paths) {
        if let Some(document) = EndpointDocument::read(&paths.endpoint()).map_err(shown)? {
            return Ok(Some(document));
        }
        if connect_before(paths, deadline)?.is_none() {
            return Ok(None);
        }
        sleep(GLANCE);
    }
    Ok(None)
}
