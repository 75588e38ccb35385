//! Values that only a plugin knows, asked for in a child process with a short deadline.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use brume_plugin::run::standalone::COMPLETE_COMMAND;
use clap_complete::engine::CompletionCandidate;

use crate::environment::{COMPLETE, COMPLETION_TIMEOUT_MS, Environment};
use crate::plugins::child::Asked;
use crate::plugins::{Candidate, Form, executable, library};
use crate::session::Session;
use crate::target::{self, Start};

/// Time for a plugin to give its candidates, in milliseconds; beyond that, Tab feels stuck.
const TIMEOUT_DEFAULT_MS: u64 = 150;

/// Least that the user may ask for instead, in milliseconds.
const TIMEOUT_MIN_MS: u64 = 10;

/// Most that the user may ask for instead, in milliseconds.
const TIMEOUT_MAX_MS: u64 = 10_000;

/// Most bytes of candidates.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// The candidates of one plugin for the word under the cursor, asked for at most once.
#[derive(Debug)]
pub(super) struct PluginValues {
    session: Arc<Session>,
    candidate: Candidate,
    words: Vec<OsString>,
    answer: OnceLock<String>,
}

impl PluginValues {
    pub(super) fn new(session: Arc<Session>, candidate: Candidate, words: Vec<OsString>) -> Self {
        Self { session, candidate, words, answer: OnceLock::new() }
    }

    /// Those that begin with `current`.
    pub(super) fn get(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let answer = self.answer.get_or_init(|| self.ask().unwrap_or_default());
        parse(answer, current)
    }

    fn ask(&self) -> Option<String> {
        let mut invocation = self.session.invocation.clone();
        invocation.target = target::resolve(&self.session, Start::Never).ok()?;
        let mut command = match self.candidate.form {
            Form::Executable => {
                let mut command = Command::new(&self.candidate.path);
                command.arg(COMPLETE_COMMAND);
                command
            }
            Form::Library => {
                let mut command = Command::new(self.session.executable());
                command.args([library::COMPLETE_COMMAND, &self.candidate.name]);
                command.arg(&self.candidate.path);
                command
            }
        };
        command.args(&self.words);
        command.env_remove(COMPLETE);
        let context = executable::prepare(&mut command, &invocation).ok()?;
        let deadline = Instant::now() + timeout(&self.session.environment);
        let asked = Asked::begin(&mut command).ok()?;
        drop(context);
        let text = asked.answer(deadline, ANSWER_BYTES_MAX).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Time for a plugin to give its candidates. A value that is no number counts as not set: a shell
/// that completes has no place for errors.
pub(super) fn timeout(environment: &Environment) -> Duration {
    let given = environment.text(COMPLETION_TIMEOUT_MS).and_then(|text| text.parse().ok());
    let timeout_ms = given.unwrap_or(TIMEOUT_DEFAULT_MS);
    Duration::from_millis(timeout_ms.clamp(TIMEOUT_MIN_MS, TIMEOUT_MAX_MS))
}

/// One candidate a line: a value, and behind a tab what to show beside it.
fn parse(text: &str, current: &OsStr) -> Vec<CompletionCandidate> {
    text.lines()
        .filter(|line| !line.is_empty() && line.as_bytes().starts_with(current.as_bytes()))
        .map(|line| match line.split_once('\t') {
            Some((value, about)) => {
                CompletionCandidate::new(value).help(Some(about.to_owned().into()))
            }
            None => CompletionCandidate::new(line),
        })
        .collect()
}

/// The emulator instances that have been started.
pub(super) fn instances(session: &Session) -> Vec<CompletionCandidate> {
    brume_instance::paths::instances(&session.directories().runtime)
        .into_iter()
        .map(|name| CompletionCandidate::new(name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_candidates() {
        let text = "pods\ta set of containers\nnodes\n\n";
        let found = parse(text, OsStr::new(""));
        let values: Vec<_> = found.iter().map(|one| one.get_value().to_str().unwrap()).collect();
        assert_eq!(values, ["pods", "nodes"]);
        assert_eq!(found[0].get_help().unwrap().to_string(), "a set of containers");
        assert_eq!(parse(text, OsStr::new("no")).len(), 1);
    }

    #[test]
    fn the_time_for_candidates_is_the_users_within_limits() {
        for (text, expected_ms) in [
            ("", 150),
            ("5000", 5000),
            ("0", 10),
            ("10", 10),
            ("10000", 10_000),
            ("18446744073709551615", 10_000),
            ("-1", 150),
            ("soon", 150),
        ] {
            let environment = Environment::fixed([("BRUME_COMPLETION_TIMEOUT_MS", text)]);
            assert_eq!(timeout(&environment), Duration::from_millis(expected_ms), "{text}");
        }
    }
}
