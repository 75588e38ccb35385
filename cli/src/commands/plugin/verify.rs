//! `brume plugin verify`: everything that can be checked without running a command of a plugin.

use std::time::Duration;

use brume_plugin::command_tree::check_reserved;
use brume_plugin::error::{ExitCode, Result};
use brume_plugin::manifest::Manifest;
use serde::Serialize;

use super::super::table::table;
use crate::plugins::inventory::{self, Listed, Status};
use crate::plugins::{Candidate, Place, Problem, metadata};
use crate::session::Session;

/// Time for one plugin to give its metadata: long, because here nobody waits for a prompt.
const DEADLINE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Verdict {
    name: String,
    path: String,
    verdict: &'static str,
    reason: String,
}

/// Checks the named plugins, or all; exit code 3 when one of them fails.
pub(super) fn run(session: &Session, names: &[&String]) -> Result<u8> {
    let listed: Vec<Listed> = if names.is_empty() {
        inventory::all(session)
    } else {
        names.iter().map(|name| super::find(session, name)).collect::<Result<_>>()?
    };
    let verdicts: Vec<Verdict> = listed.iter().map(|listed| verdict(listed, session)).collect();
    session.print(&verdicts, |verdicts| {
        let cells = verdicts.iter().map(|verdict| {
            vec![verdict.verdict.to_owned(), verdict.name.clone(), verdict.reason.clone()]
        });
        table(&["VERDICT", "NAME", "REASON"], cells)
    })?;
    let failed = verdicts.iter().any(|verdict| verdict.verdict == "fail");
    Ok(if failed { ExitCode::CheckFailed.number() } else { 0 })
}

fn verdict(listed: &Listed, session: &Session) -> Verdict {
    let candidate = &listed.candidate;
    let (verdict, reason) = match &listed.status {
        Status::ShadowedBy(what) => ("warn", format!("shadowed by {what}")),
        Status::Refused(problem) => ("fail", reason(problem, candidate)),
        Status::Ok if candidate.place == Place::Path => ("ok", "an executable on PATH".to_owned()),
        Status::Ok => match check(candidate, session) {
            Ok(()) => ("ok", String::new()),
            Err(reason) => ("fail", reason),
        },
    };
    let path = candidate.path.display().to_string();
    Verdict { name: candidate.name.clone(), path, verdict, reason }
}

fn check(candidate: &Candidate, session: &Session) -> Result<(), String> {
    let mut answers = metadata::ask(&[candidate], session.executable(), DEADLINE);
    let manifest: Manifest = match answers.pop() {
        Some(Ok(manifest)) => manifest,
        Some(Err(problem)) => return Err(reason(&problem, candidate)),
        None => return Err("it gives no metadata".to_owned()),
    };
    check_reserved(&manifest.command).map_err(|error| error.message)?;
    if metadata::sidecar_exists(candidate) {
        let actual = metadata::ask_plugin(candidate, session.executable(), DEADLINE)
            .map_err(|problem| reason(&problem, candidate))?;
        if actual != manifest {
            return Err("its sidecar file is not what it says of itself".to_owned());
        }
    }
    Ok(())
}

fn reason(problem: &Problem, candidate: &Candidate) -> String {
    let error = problem.error(&candidate.name, &candidate.path);
    match problem {
        Problem::Broken(reason) => reason.clone(),
        _ => error.message,
    }
}
