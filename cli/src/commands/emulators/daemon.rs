//! Finds the daemon's executable and starts it.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use brume_instance::protocol::Readiness;
use brume_instance::{EndpointDocument, InstancePaths};
use brume_plugin::error::{Error, ExitCode, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::instance::{self, shown};
use crate::environment::EMULATORS;
use crate::session::Session;

/// Name of the executable.
const EXECUTABLE: &str = "brume-emulators";
/// Where packages put it, seen from the folder of `brume`.
const PACKAGED: &str = "../libexec/brume";
/// A readiness line longer than this is none.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// What to start.
#[derive(Clone, Debug)]
pub(super) struct Start<'a> {
    pub(super) paths: &'a InstancePaths,
    pub(super) services: Vec<String>,
    pub(super) is_ephemeral: bool,
    pub(super) port_base: Option<u16>,
    pub(super) ports: Vec<String>,
    pub(super) seed: Option<u64>,
    pub(super) repair: bool,
    /// Options of the AWS services, for the daemon as they are: `("--account", "123456789012")`.
    pub(super) aws: Vec<(&'static str, String)>,
}

impl<'a> Start<'a> {
    /// All services, durable, on their preferred ports.
    pub(super) const fn new(paths: &'a InstancePaths) -> Self {
        Self {
            paths,
            services: Vec::new(),
            is_ephemeral: false,
            port_base: None,
            ports: Vec::new(),
            seed: None,
            repair: false,
            aws: Vec::new(),
        }
    }

    fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec![
            "--instance".into(),
            self.paths.name.as_str().into(),
            "--state".into(),
            self.paths.state.clone().into(),
            "--runtime".into(),
            self.paths.runtime.clone().into(),
        ];
        if self.is_ephemeral {
            arguments.push("--ephemeral".into());
        }
        if self.repair {
            arguments.push("--repair".into());
        }
        if let Some(base) = self.port_base {
            arguments.extend(["--port-base".into(), base.to_string().into()]);
        }
        for port in &self.ports {
            arguments.extend(["--port".into(), port.into()]);
        }
        if let Some(seed) = self.seed {
            arguments.extend(["--seed".into(), seed.to_string().into()]);
        }
        for (option, value) in &self.aws {
            arguments.extend([(*option).into(), value.into()]);
        }
        // Behind `--`, so that no name is taken for an option.
        arguments.push("--".into());
        arguments.extend(self.services.iter().map(Into::into));
        arguments
    }
}

/// Starts a daemon and waits until every service has answered.
///
/// If somebody else starts the same instance at the same time, theirs is as good as ours.
///
/// # Errors
/// The executable is missing, the daemon says why it will not run, or the deadline passes.
pub(super) fn start(
    session: &Session,
    start: &Start<'_>,
    deadline: Instant,
) -> Result<EndpointDocument> {
    let mut command = detached(session)?;
    let mut child = spawn(command.args(start.arguments()).stdin(Stdio::null()))?;
    match wait_for_readiness(&mut child, start, deadline) {
        Err(error) if error.code == ExitCode::Conflict => {
            match instance::running(start.paths, deadline)? {
                Some(document) => Ok(document),
                None => Err(error),
            }
        }
        result => result,
    }
}

/// Starts a daemon that ends when the returned pipe is closed, whatever becomes of us.
///
/// # Errors
/// As [`start`].
pub(super) fn start_leashed(
    session: &Session,
    start: &Start<'_>,
    deadline: Instant,
) -> Result<(EndpointDocument, Option<ChildStdin>)> {
    let mut command = detached(session)?;
    let mut child = spawn(command.arg("--leash").args(start.arguments()).stdin(Stdio::piped()))?;
    let document = wait_for_readiness(&mut child, start, deadline)?;
    Ok((document, child.stdin.take()))
}

/// Becomes a daemon in the foreground.
///
/// # Errors
/// The executable cannot be run.
pub(super) fn become_daemon(session: &Session, start: &Start<'_>) -> Result<u8> {
    let executable = find(session)?;
    let error = Command::new(&executable).arg("--foreground").args(start.arguments()).exec();
    Err(cannot_start(&error))
}

fn detached(session: &Session) -> Result<Command> {
    let mut command = Command::new(find(session)?);
    command.arg("--detached");
    Ok(command)
}

fn spawn(command: &mut Command) -> Result<Child> {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| cannot_start(&error))
}

fn find(session: &Session) -> Result<PathBuf> {
    if let Some(path) = session.environment.get(EMULATORS).map(PathBuf::from) {
        if path.is_file() {
            return Ok(path);
        }
        let message = format!("{EMULATORS} names {}, which is not a file", path.display());
        return Err(Error::failed(message).hint(format!("unset {EMULATORS}")));
    }
    let folder = session.executable().parent().map(PathBuf::from).unwrap_or_default();
    let candidates = [folder.join(EXECUTABLE), folder.join(PACKAGED).join(EXECUTABLE)];
    candidates.iter().find(|path| path.is_file()).cloned().ok_or_else(|| {
        candidates
            .iter()
            .fold(
                Error::failed(format!("cannot find the executable {EXECUTABLE}")),
                |error, path| error.cause(format!("it is not at {}", path.display())),
            )
            .hint(format!("export {EMULATORS}=/path/to/{EXECUTABLE}"))
    })
}

fn cannot_start(error: &std::io::Error) -> Error {
    Error::failed(format!("cannot start {EXECUTABLE}")).source(error).hint("brume doctor")
}

fn wait_for_readiness(
    child: &mut Child,
    start: &Start<'_>,
    deadline: Instant,
) -> Result<EndpointDocument> {
    let line = match child.stdout.take().map(|stdout| read_line(stdout, deadline)) {
        Some(Ok(line)) => line,
        Some(Err(error)) if error.kind() == std::io::ErrorKind::TimedOut => {
            // Half-started is of no use to anybody; its locks go with it.
            let _ = child.kill();
            let _ = child.wait();
            let log = start.paths.log(start.is_ephemeral);
            return Err(Error::new(ExitCode::Timeout, "the emulators did not get ready in time")
                .hint("brume up --wait 60s")
                .hint(format!("less {}", log.display())));
        }
        Some(Err(error)) => return Err(cannot_start(&error)),
        None => Vec::new(),
    };
    match serde_json::from_slice(&line) {
        Ok(Readiness::Ready(document)) => Ok(document),
        Ok(Readiness::Failed(error)) => Err(shown(error)),
        Err(error) => {
            // Usage errors of the daemon itself end here: it is of another version, or broken.
            let status = child.wait().map_or_else(|error| error.to_string(), |s| s.to_string());
            let message = format!("{EXECUTABLE} ended before it was ready ({status})");
            Err(Error::failed(message).source(&error).hint("brume doctor"))
        }
    }
}

/// Reads up to the end of the first line.
fn read_line(mut stdout: ChildStdout, deadline: Instant) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(std::io::Error::other)?;
        match poll(&mut [PollFd::new(&stdout, PollFlags::IN)], Some(&left)) {
            Ok(0) => return Err(std::io::ErrorKind::TimedOut.into()),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let length = stdout.read(&mut buffer)?;
        line.extend_from_slice(&buffer[..length]);
        if length == 0 || line.ends_with(b"\n") || line.len() > LINE_BYTES_MAX {
            return Ok(line);
        }
    }
}
