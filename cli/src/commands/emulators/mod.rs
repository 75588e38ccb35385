//! The life of the emulators: start, stop, look, reset, time, faults, snapshots.
//!
//! In: arguments and the control socket of an instance. Out: a running daemon, or what it answered.
//! Never here: an emulator, or a guess about whether one runs: that is what its lock says.

mod aws_options;
pub mod clock;
mod daemon;
pub mod down;
pub mod env;
pub mod fault;
mod instance;
mod leash;
pub mod logs;
pub mod ls;
pub mod reset;
pub mod run;
mod shell;
pub mod snapshot;
mod span;
pub mod status;
pub mod up;

use std::time::{Duration, Instant};

use brume_instance::EndpointDocument;
use brume_plugin::error::Result;

use crate::session::Session;
use daemon::Start;

/// How long a start may take when nobody says otherwise.
const START_MAX: Duration = Duration::from_secs(10);

/// Starts the instance when it does not run, saying so on standard error, and tells where its
/// services listen.
///
/// # Errors
/// When it does not start, or is of another version.
pub fn ensure_running(session: &Session, instance: &str) -> Result<EndpointDocument> {
    let paths = instance::named(session, instance)?;
    let deadline = Instant::now() + START_MAX;
    if let Some(document) = instance::running(&paths, deadline)? {
        return Ok(document);
    }
    let begun = Instant::now();
    let document = daemon::start(session, &Start::new(&paths), deadline)?;
    let millis = begun.elapsed().as_millis();
    session.notice(&format!("Started the emulators (instance {instance}) in {millis} ms."));
    Ok(document)
}
