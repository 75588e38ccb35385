//! `brume plugin trust`.

use brume_plugin::error::{Error, ExitCode, Result};

use crate::plugins::inventory::Status;
use crate::plugins::trust::{self, Lock};
use crate::plugins::{Place, Problem};
use crate::session::Session;

/// Vouches for a plugin, or takes that back.
pub(super) fn run(session: &Session, name: &str, remove: bool) -> Result<u8> {
    let data = &session.directories().data;
    let path = trust::path(data);
    let failed = |error: &dyn std::fmt::Display| {
        Error::failed(format!("cannot change {}", path.display())).cause(error)
    };
    let mut lock = Lock::read(data).map_err(|reason| {
        Error::failed("the list of trusted plugins is broken")
            .cause(reason)
            .hint(format!("rm {}", crate::plugins::problem::quote(&path)))
    })?;
    if remove {
        if !lock.forget(name) {
            return Err(Error::new(ExitCode::NotFound, format!("'{name}' was not trusted"))
                .hint("brume plugin list"));
        }
        lock.write(data).map_err(|error| failed(&error))?;
        session.notice(&format!("'{name}' is not trusted any more."));
        return Ok(0);
    }
    let listed = super::find(session, name)?;
    let candidate = &listed.candidate;
    if candidate.place == Place::Path {
        return Err(Error::usage(format!(
            "'{name}' is an executable on PATH, which needs no trust"
        )));
    }
    // Whoever could change the file would inherit the trust.
    if let Status::Refused(problem @ Problem::Insecure { .. }) = &listed.status {
        return Err(problem.error(name, &candidate.path));
    }
    let sha256 = lock.trust(candidate).map_err(|error| failed(&error))?.sha256.clone();
    lock.write(data).map_err(|error| failed(&error))?;
    session.notice(&format!("Trusted {} with SHA-256 {sha256}.", candidate.path.display()));
    Ok(0)
}
