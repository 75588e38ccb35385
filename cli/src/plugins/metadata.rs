//! Asks plugins for their manifests: from the sidecar file, else from a child process.
//!
//! A child, because a plugin that hangs, aborts or prints rubbish must not take `brume --help`
//! with it. All children run at once, under one deadline.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use brume_abi::{ABI_MAJOR, ABI_MINOR};
use brume_plugin::manifest::{CommandTree, Manifest};
use brume_plugin::run::standalone::METADATA_COMMAND;

use super::child::Asked;
use super::{Candidate, Form, Problem, find, library, permissions};
use crate::environment;

/// Largest manifest, in bytes.
const MANIFEST_BYTES_MAX: usize = 1 << 20;

/// Deepest command tree.
const TREE_DEPTH_MAX: usize = 8;

/// Most commands and arguments in a tree.
const TREE_NODES_MAX: usize = 10_000;

/// Asks all `candidates` at once; the answers come in the same order.
///
/// `core` is the path of this binary, which libraries are loaded by.
#[must_use]
pub fn ask(
    candidates: &[&Candidate],
    core: &Path,
    limit: Duration,
) -> Vec<Result<Manifest, Problem>> {
    let deadline = Instant::now() + limit;
    let questions: Vec<Question> =
        candidates.iter().map(|candidate| Question::begin(candidate, core)).collect();
    questions
        .into_iter()
        .zip(candidates)
        .map(|(question, candidate)| check(&question.answer(deadline)?, &candidate.name))
        .collect()
}

/// Checks a manifest that claims to be the plugin `name`'s.
///
/// # Errors
/// When it is not JSON of the right shape, of another ABI or name, for a newer core, or too large.
pub fn check(text: &[u8], name: &str) -> Result<Manifest, Problem> {
    let broken = |reason: String| Problem::Broken(reason);
    if text.len() > MANIFEST_BYTES_MAX {
        return Err(broken(format!("its metadata is larger than {MANIFEST_BYTES_MAX} bytes")));
    }
    let manifest: Manifest = serde_json::from_slice(text)
        .map_err(|error| broken(format!("its metadata cannot be read: {error}")))?;
    if manifest.schema != 1 {
        return Err(broken(format!("its metadata has schema {}, not 1", manifest.schema)));
    }
    if manifest.name != name {
        return Err(Problem::NameMismatch { actual: manifest.name });
    }
    let major = manifest.abi.split('.').next().and_then(|major| major.parse::<u32>().ok());
    // An executable in another language knows of no ABI, and needs none.
    if !manifest.abi.is_empty() && major != Some(ABI_MAJOR) {
        let need = format!("{ABI_MAJOR}.{ABI_MINOR}");
        return Err(Problem::AbiMismatch { have: manifest.abi, need });
    }
    if version(&manifest.min_core) > version(env!("CARGO_PKG_VERSION")) {
        return Err(Problem::CoreTooOld { need: manifest.min_core });
    }
    let mut nodes = 0;
    if !is_small(&manifest.command, 1, &mut nodes) {
        return Err(broken("its command tree is too large".to_owned()));
    }
    Ok(manifest)
}

/// `major.minor.patch` as numbers; what is no number counts as 0.
fn version(text: &str) -> [u64; 3] {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

fn is_small(tree: &CommandTree, depth: usize, nodes: &mut usize) -> bool {
    *nodes += 1 + tree.arguments.len();
    depth <= TREE_DEPTH_MAX
        && *nodes <= TREE_NODES_MAX
        && tree.subcommands.iter().all(|tree| is_small(tree, depth + 1, nodes))
}

/// A question that was put.
enum Question {
    /// The sidecar had the answer, or the child could not be started.
    Answered(Result<Vec<u8>, Problem>),
    /// The child is at it.
    Asked(Asked),
}

impl Question {
    fn begin(candidate: &Candidate, core: &Path) -> Self {
        match sidecar(candidate) {
            Some(answer) => Self::Answered(answer),
            None => Self::spawn(candidate, core),
        }
    }

    fn spawn(candidate: &Candidate, core: &Path) -> Self {
        let mut command = match candidate.form {
            Form::Executable => {
                let mut command = Command::new(&candidate.path);
                command.arg(METADATA_COMMAND);
                command
            }
            Form::Library => {
                let mut command = Command::new(core);
                command.args([library::METADATA_COMMAND, &candidate.name]).arg(&candidate.path);
                // We may be answering a shell; the child is to answer us.
                command.env_remove(environment::COMPLETE);
                command
            }
        };
        match Asked::begin(&mut command) {
            Ok(asked) => Self::Asked(asked),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Self::Answered(Err(Problem::NotExecutable))
            }
            Err(error) => Self::Answered(Err(Problem::Broken(error.to_string()))),
        }
    }

    fn answer(self, deadline: Instant) -> Result<Vec<u8>, Problem> {
        let text = match self {
            Self::Answered(answer) => return answer,
            Self::Asked(asked) => asked.answer(deadline, MANIFEST_BYTES_MAX),
        };
        match text {
            Ok(text) if text.is_empty() => Err(Problem::Broken("it gives no metadata".to_owned())),
            Ok(text) => Ok(text),
            Err(error) if error.kind() == ErrorKind::TimedOut => Err(Problem::Slow),
            Err(error) => Err(Problem::Broken(error.to_string())),
        }
    }
}

/// What the sidecar file of a plugin says, which is believed in its place; `None` without one.
#[must_use]
pub fn from_sidecar(candidate: &Candidate) -> Option<Result<Manifest, Problem>> {
    sidecar(candidate).map(|text| check(&text?, &candidate.name))
}

fn sidecar(candidate: &Candidate) -> Option<Result<Vec<u8>, Problem>> {
    let path = find::sidecar(&candidate.path, &candidate.name);
    let text = fs::read(&path).ok()?;
    let user = rustix::process::getuid().as_raw();
    Some(permissions::check(&path, user).map(|()| text))
}

/// Says whether a plugin has a sidecar file, which is believed in its place.
#[must_use]
pub fn sidecar_exists(candidate: &Candidate) -> bool {
    find::sidecar(&candidate.path, &candidate.name).is_file()
}

/// Asks a plugin itself, past its sidecar.
///
/// # Errors
/// As for [`check`], or when the plugin does not answer.
pub fn ask_plugin(
    candidate: &Candidate,
    core: &Path,
    limit: Duration,
) -> Result<Manifest, Problem> {
    let question = Question::spawn(candidate, core);
    check(&question.answer(Instant::now() + limit)?, &candidate.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::Place;
    use std::os::unix::fs::PermissionsExt;

    const GOOD: &str = r#"{"schema":1,"name":"x","abi":"1.7","later":true,"command":{"name":"x"}}"#;

    #[test]
    fn a_manifest_is_checked() {
        assert_eq!(check(GOOD.as_bytes(), "x").unwrap().name, "x");
        assert!(check(br#"{"schema":1,"name":"x"}"#, "x").is_ok(), "an executable has no ABI");
        let table = [
            ("", "broken"),
            ("[]", "broken"),
            (r#"{"schema":2,"name":"x","abi":"1.0"}"#, "broken"),
            (r#"{"schema":1,"name":"y","abi":"1.0"}"#, "name-mismatch(y)"),
            (r#"{"schema":1,"name":"x","abi":"2.1"}"#, "abi-mismatch(2.1/1.0)"),
            (r#"{"schema":1,"name":"x","abi":"1.0","min_core":"99.0.0"}"#, "core-too-old(99.0.0)"),
        ];
        for (text, status) in table {
            assert_eq!(check(text.as_bytes(), "x").unwrap_err().status(), status, "{text}");
        }
    }

    #[test]
    fn a_bottomless_tree_is_refused() {
        let mut tree = r#"{"name":"x"}"#.to_owned();
        for _ in 0..9 {
            tree = format!(r#"{{"name":"x","subcommands":[{tree}]}}"#);
        }
        let text = format!(r#"{{"schema":1,"name":"x","abi":"1.0","command":{tree}}}"#);
        assert!(matches!(check(text.as_bytes(), "x"), Err(Problem::Broken(_))));
        let deep = "[".repeat(100_000);
        assert!(matches!(check(deep.as_bytes(), "x"), Err(Problem::Broken(_))));
    }

    #[test]
    fn scripts_answer_hang_fail_and_chatter() {
        let root = tempfile::tempdir().unwrap();
        let script = |name: &str, body: &str| {
            let path = root.path().join(format!("brume-{name}"));
            fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            Candidate { name: name.into(), path, form: Form::Executable, place: Place::Variable }
        };
        let candidates = [
            script("x", &format!("echo '{GOOD}'")),
            script("hangs", "sleep 60"),
            script("fails", "exit 3"),
            script("chatters", "exec yes"),
        ];
        let began = Instant::now();
        let candidates: Vec<&Candidate> = candidates.iter().collect();
        let answers = ask(&candidates, Path::new("/nonexistent"), Duration::from_secs(2));
        assert!(began.elapsed() < Duration::from_secs(20), "the hanging one was waited for");
        assert!(answers[0].is_ok(), "{:?}", answers[0]);
        assert_eq!(answers[1], Err(Problem::Slow));
        assert!(answers[2].is_err());
        assert!(answers[3].is_err());
    }
}
