//! Runs the plugin that was asked for.

use std::ffi::OsString;

use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::global_flags::GlobalFlags;
use brume_plugin::render::suggest::did_you_mean;

use super::{Candidate, Form, Problem, cache, executable, find, inventory, library, search_path};
use crate::commands;
use crate::session::{Configuration, Session};
use crate::signals;
use crate::start::Start;
use crate::target;

/// Runs `brume NAME …`, where the name is no built-in's, and returns the exit code.
///
/// # Errors
/// When there is no such plugin, it is refused, or its target cannot be resolved.
pub fn run(start: &Start, leading: GlobalFlags, rest: &[OsString]) -> Result<u8> {
    let name = rest.first().map(|name| name.to_string_lossy()).unwrap_or_default();
    // Global flags behind the name are taken out only for a plugin that knows of them.
    let (flags, mut words) = GlobalFlags::extract(start.arguments.iter().cloned())?;
    let session = start.session(flags, Configuration::Required)?;
    let candidates = find::named(&inventory::folders_of(&session), &name);
    if !candidates.is_empty() {
        words.remove(0);
        return in_folder(session, &candidates, &words);
    }
    if session.config.plugins_on_path() {
        let path = session.environment.get("PATH");
        if let Some(found) = search_path::find(rest, path.as_deref()) {
            if !found.executable {
                return Err(Problem::NotExecutable.error(&name, &found.path));
            }
            let session = start.session(leading, Configuration::Required)?;
            let words = &rest[found.words..];
            let invocation = with_target(session, words)?;
            return Err(executable::replace(&name, &found.path, words, &invocation.invocation));
        }
    }
    Err(unknown(&session, &name))
}

/// Runs the first of a plugin's files that this core can run.
fn in_folder(session: Session, candidates: &[Candidate], words: &[OsString]) -> Result<u8> {
    let user = rustix::process::getuid().as_raw();
    let mut mismatch = None;
    for candidate in candidates {
        let Candidate { name, path, .. } = candidate;
        if let Some(problem) = inventory::refusal(candidate, &session, user) {
            return Err(problem.error(name, path));
        }
        // Of what else is known, a run tells more, or it is no reason not to run.
        if let Some(problem @ (Problem::NameMismatch { .. } | Problem::CoreTooOld { .. })) =
            cache::known_problem(candidate, &session.directories().cache)
        {
            return Err(problem.error(name, path));
        }
        if candidate.form == Form::Executable {
            let session = with_target(session, words)?;
            return Err(executable::replace(name, path, words, &session.invocation));
        }
        match library::load(path, name) {
            Ok(library) => {
                let session = with_target(session, words)?;
                return call(&session, &library, words);
            }
            // An executable beside it may serve a core of any ABI.
            Err(problem @ Problem::AbiMismatch { .. }) => mismatch = Some((problem, candidate)),
            Err(problem) => return Err(problem.error(name, path)),
        }
    }
    match mismatch {
        Some((problem, candidate)) => Err(problem.error(&candidate.name, &candidate.path)),
        None => Err(Error::new(ExitCode::Internal, "a plugin vanished while it was looked at")),
    }
}

fn call(session: &Session, library: &library::Loaded, words: &[OsString]) -> Result<u8> {
    let context = serde_json::to_string(&session.invocation).map_err(|error| {
        Error::new(ExitCode::Internal, "cannot pass the context").source(&error)
    })?;
    signals::install();
    let code = signals::exit_code(library.run(words, &context));
    // What a plugin may return is a byte; anything else is a bug in it.
    Ok(u8::try_from(code).unwrap_or(ExitCode::Internal.number()))
}

/// Resolves the target. A help page starts no emulator.
fn with_target(mut session: Session, words: &[OsString]) -> Result<Session> {
    let asks_help =
        words.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h");
    let start = if asks_help { target::Start::Never } else { target::Start::IfNeeded };
    session.invocation.target = target::resolve(&session, start)?;
    Ok(session)
}

fn unknown(session: &Session, name: &str) -> Error {
    let program = &session.program;
    let plugins = inventory::names(session);
    let known = commands::BUILT_INS.iter().map(|built_in| built_in.name);
    let known = known.chain(plugins.iter().map(String::as_str));
    let mut error =
        Error::new(ExitCode::UnknownCommand, format!("there is no command or plugin '{name}'"));
    error.hints.extend(did_you_mean(name, known));
    error.hint(format!("{program} --help"))
}
