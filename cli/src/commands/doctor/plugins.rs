//! Checks of plugin folders, plugins and the folders that brume writes to.

use std::fs;

use super::Finding;
use crate::atomic::{self, Durability};
use crate::plugins::inventory::{self, Status};
use crate::plugins::{Problem, permissions};
use crate::session::Session;

pub(super) fn check(session: &Session) -> Vec<Finding> {
    let mut findings = folders(session);
    let listed = inventory::all(session);
    let run = listed.iter().filter(|listed| listed.status == Status::Ok).count();
    findings.push(Finding::ok("plugins", format!("{run} of {} are run", listed.len())));
    for listed in &listed {
        let candidate = &listed.candidate;
        let shown = candidate.path.display();
        match &listed.status {
            Status::Ok => {}
            Status::ShadowedBy(what) => findings.push(Finding::warn(
                "plugins",
                format!("{shown} is shadowed by {what}"),
                "brume plugin list",
            )),
            Status::Refused(problem @ Problem::Slow) => {
                let error = problem.error(&candidate.name, &candidate.path);
                let hint = error.hints.first().cloned().unwrap_or_default();
                findings.push(Finding::warn("plugins", error.message, hint));
            }
            Status::Refused(problem) => {
                let error = problem.error(&candidate.name, &candidate.path);
                let mut detail = error.message;
                if let Problem::Broken(reason) = problem {
                    detail = format!("{detail}: {reason}");
                }
                findings.push(Finding::fail("plugins", detail, error.hints.first().cloned()));
            }
        }
    }
    findings.push(cache(session));
    findings
}

fn folders(session: &Session) -> Vec<Finding> {
    const CHECK: &str = "plugin folder";
    let user = rustix::process::getuid().as_raw();
    inventory::folders_of(session)
        .into_iter()
        .filter(|folder| fs::metadata(&folder.path).is_ok())
        .map(|folder| match permissions::check_folder(&folder.path, user) {
            Ok(()) => Finding::ok(CHECK, folder.path.display().to_string()),
            Err(Problem::Insecure { path, reason, mend }) => {
                Finding::fail(CHECK, format!("{} {reason}", path.display()), Some(mend))
            }
            Err(problem) => {
                let detail = format!("{}: {}", folder.path.display(), problem.status());
                Finding::fail(CHECK, detail, None)
            }
        })
        .collect()
}

fn cache(session: &Session) -> Finding {
    let folder = &session.directories().cache;
    let probe = folder.join("doctor");
    let written = atomic::write(&probe, b"", Durability::Process);
    let _ = fs::remove_file(&probe);
    match written {
        Ok(()) => Finding::ok("cache", folder.display().to_string()),
        Err(error) => Finding::warn(
            "cache",
            format!(
                "{} cannot be written: {error}; help and completion are slower",
                folder.display()
            ),
            "export BRUME_CACHE_DIR=/some/folder",
        ),
    }
}
