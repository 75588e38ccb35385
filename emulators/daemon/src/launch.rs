//! Starts a detached daemon and waits until it is ready or says why not.

use std::ffi::OsString;
use std::io::{self, BufReader};
use std::process::{Command, Stdio};

use brume_instance::protocol::Readiness;
use brume_instance::{Error, Result, read_line};

/// Runs this executable once more, detached, and returns what it said.
///
/// The daemon is not our child for long: it makes a session of its own, and we end.
///
/// # Errors
/// It cannot be started, or ends without a word.
pub(crate) fn launch(arguments: &[OsString]) -> Result<Readiness> {
    let failed = |reason: &dyn std::fmt::Display| {
        Error::failed("cannot start the daemon").cause(reason).hint("brume doctor")
    };
    let executable = std::env::current_exe().map_err(|error| failed(&error))?;
    let mut child = Command::new(executable)
        .args(arguments)
        .arg("--detached")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| failed(&error))?;
    let stdout = child.stdout.take().ok_or_else(|| failed(&io::ErrorKind::BrokenPipe))?;
    let line = read_line(&mut BufReader::new(stdout))
        .map_err(|error| failed(&format_args!("it ended without a word: {error}")))?;
    serde_json::from_str(&line).map_err(|error| failed(&error))
}
