//! Everything that is a plugin or would like to be one, with the reason when it is not run.

use std::time::Duration;

use brume_plugin::manifest::Manifest;

use super::folders::{self, Folder};
use super::{Candidate, Form, Place, Problem, cache, find, permissions, search_path, trust};
use crate::commands;
use crate::session::Session;

/// Programs of ours that are called `brume-*` and are no plugins.
const OWN_PROGRAMS: [&str; 2] = ["emulators", "generate"];

/// One entry of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The file. The name of an executable on PATH is what one types, words by spaces.
    pub candidate: Candidate,
    /// Whether it is run.
    pub status: Status,
    /// What it says of itself, when it could be asked.
    pub manifest: Option<Manifest>,
}

/// Whether a plugin is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Ok,
    /// Another one of the name comes first: its path, or `built-in NAME`.
    ShadowedBy(String),
    /// It is refused.
    Refused(Problem),
}

impl Listed {
    /// Whether help and completion offer it: a plugin that was only too slow to answer can be run.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        matches!(self.status, Status::Ok | Status::Refused(Problem::Slow))
    }
}

impl Status {
    /// The status column.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Ok => "ok".to_owned(),
            Self::ShadowedBy(what) => format!("shadowed-by({what})"),
            Self::Refused(problem) => problem.status(),
        }
    }
}

/// The plugin folders of a session.
#[must_use]
pub fn folders_of(session: &Session) -> Vec<Folder> {
    folders::all(&session.environment, &session.directories().data, session.executable())
}

/// The names of all plugins without opening any of their files, sorted.
#[must_use]
pub fn names(session: &Session) -> Vec<String> {
    let mut names: Vec<String> = candidates(session)
        .into_iter()
        .filter(|(_, status)| *status == Status::Ok)
        .map(|(candidate, _)| candidate.name)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Lists all plugins in the order of the search; asks those in plugin folders for their manifests.
#[must_use]
pub fn all(session: &Session) -> Vec<Listed> {
    let user = rustix::process::getuid().as_raw();
    let mut listed: Vec<Listed> = candidates(session)
        .into_iter()
        .map(|(candidate, status)| {
            let status = match (&status, candidate.place) {
                // Executables on PATH are the business of whoever fills PATH.
                (Status::Ok, Place::Path) => status,
                (Status::Ok, _) => match refusal(&candidate, session, user) {
                    Some(problem) => Status::Refused(problem),
                    None => status,
                },
                _ => status,
            };
            Listed { candidate, status, manifest: None }
        })
        .collect();
    ask(&mut listed, session);
    listed
}

/// The plugin that `brume NAME` would run, when it has a manifest or gives one within `limit`.
#[must_use]
pub fn one(session: &Session, name: &str, limit: Duration) -> Option<(Candidate, Manifest)> {
    let user = rustix::process::getuid().as_raw();
    let candidate = find::named(&folders_of(session), name).into_iter().next()?;
    if refusal(&candidate, session, user).is_some() {
        return None;
    }
    let folder = &session.directories().cache;
    let mut answers = cache::manifests(&[&candidate], folder, session.executable(), limit);
    let manifest = answers.pop()?.ok()?;
    Some((candidate, manifest))
}

/// What speaks against a plugin file without running any of it.
#[must_use]
pub fn refusal(candidate: &Candidate, session: &Session, user: u32) -> Option<Problem> {
    let executable = search_path::is_executable(&candidate.path).unwrap_or(false);
    if candidate.form == Form::Executable && !executable {
        return Some(Problem::NotExecutable);
    }
    permissions::check(&candidate.path, user)
        .and_then(|()| trust::check(candidate, &session.directories().data))
        .err()
}

fn ask(listed: &mut [Listed], session: &Session) {
    let mut open: Vec<&mut Listed> = listed
        .iter_mut()
        .filter(|listed| listed.status == Status::Ok && listed.candidate.place != Place::Path)
        .collect();
    let candidates: Vec<Candidate> = open.iter().map(|listed| listed.candidate.clone()).collect();
    let candidates: Vec<&Candidate> = candidates.iter().collect();
    let folder = &session.directories().cache;
    let answers = cache::manifests(&candidates, folder, session.executable(), cache::DEADLINE);
    for (listed, answer) in open.iter_mut().zip(answers) {
        match answer {
            Ok(manifest) => listed.manifest = Some(manifest),
            Err(problem) => listed.status = Status::Refused(problem),
        }
    }
}

/// All files, each with `Ok` or what shadows it.
fn candidates(session: &Session) -> Vec<(Candidate, Status)> {
    let mut found: Vec<(Candidate, Status)> = Vec::new();
    for folder in folders_of(session) {
        for candidate in find::all_in(&folder) {
            if OWN_PROGRAMS.contains(&candidate.name.as_str()) {
                continue;
            }
            let status = shadow(&candidate.name, &found);
            found.push((candidate, status));
        }
    }
    if session.config.plugins_on_path() {
        let path = session.environment.get("PATH");
        for (file, path) in search_path::all(path.as_deref()) {
            if OWN_PROGRAMS.contains(&file.as_str()) {
                continue;
            }
            // `brume-a_b-c` is called by `brume a-b c`.
            let name = file.replace('-', " ").replace('_', "-");
            let mut status = match shadow(&name, &found) {
                Status::Ok => shadow(&file, &found),
                status => status,
            };
            if status == Status::Ok && search_path::is_executable(&path) != Some(true) {
                status = Status::Refused(Problem::NotExecutable);
            }
            let form = Form::Executable;
            found.push((Candidate { name, path, form, place: Place::Path }, status));
        }
    }
    found
}

/// What comes before a plugin of this name.
fn shadow(name: &str, found: &[(Candidate, Status)]) -> Status {
    let first_word = name.split(' ').next().unwrap_or_default();
    if commands::find(first_word).is_some() {
        return Status::ShadowedBy(format!("built-in {first_word}"));
    }
    let earlier = found.iter().find(|(candidate, _)| {
        candidate.name == name || (candidate.place != Place::Path && candidate.name == first_word)
    });
    match earlier {
        Some((candidate, _)) => Status::ShadowedBy(candidate.path.display().to_string()),
        None => Status::Ok,
    }
}
