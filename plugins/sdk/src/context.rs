//! What a running plugin works with: the invocation, two streams, a way to ask and to be stopped.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::os::fd::BorrowedFd;

use crate::error::{Error, ExitCode, Result};
use crate::host::{Host, Stream};
use crate::invocation::{DryRun, Invocation, Output, Target, TargetKind};
use crate::progress::{Progress, with_progress};
use crate::writer::Writer;

/// How much a mutating command may hurt; see [`Context::confirm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    /// It can be undone: asks where the target is protected.
    Change,
    /// It destroys something for good: asks on every real target.
    Destroy,
}

/// Everything that a plugin may look at or print to while it runs.
#[derive(Debug)]
pub struct Context<'a> {
    invocation: &'a Invocation,
    host: &'a dyn Host,
    stdout: Writer<'a>,
    stderr: Writer<'a>,
}

impl<'a> Context<'a> {
    /// Makes a context; only a host and tests need this.
    #[must_use]
    pub fn new(invocation: &'a Invocation, host: &'a dyn Host) -> Self {
        Self {
            invocation,
            host,
            stdout: Writer::new(host, Stream::Stdout),
            stderr: Writer::new(host, Stream::Stderr),
        }
    }

    /// What the core resolved.
    #[must_use]
    pub fn invocation(&self) -> &'a Invocation {
        self.invocation
    }

    /// Where the command goes.
    #[must_use]
    pub fn target(&self) -> &'a Target {
        &self.invocation.target
    }

    /// What to print, and to what.
    #[must_use]
    pub fn output(&self) -> &'a Output {
        &self.invocation.output
    }

    /// The surroundings, for code that outlives a borrow of this context (threads, clients).
    #[must_use]
    pub fn host(&self) -> &'a dyn Host {
        self.host
    }

    /// Standard output: data only. Buffered; a command that streams flushes by itself.
    pub fn stdout(&mut self) -> &mut Writer<'a> {
        &mut self.stdout
    }

    /// Standard error: everything else. What waits for standard output is written first, so that
    /// the two stay in order on a terminal.
    pub fn stderr(&mut self) -> &mut Writer<'a> {
        if self.output().stdout_terminal && !self.stdout.is_empty() {
            // A failure shows again at the next write to standard output.
            let _ = self.stdout.flush();
        }
        &mut self.stderr
    }

    /// Writes out what the buffers hold.
    ///
    /// # Errors
    /// Silent when the reader has left, else what the stream says.
    pub fn flush(&mut self) -> Result<()> {
        let stdout = self.stdout.flush();
        self.stderr.flush()?;
        Ok(stdout?)
    }

    /// `-o` as typed; `None` means the command's own default.
    #[must_use]
    pub fn format(&self) -> Option<&'a str> {
        self.output().format.as_deref()
    }

    /// Columns to fit into; `None` when standard output is no terminal and nothing may be cut.
    #[must_use]
    pub fn width(&self) -> Option<usize> {
        self.output().stdout_terminal.then(|| usize::from(self.output().width))
    }

    /// Says whether `-v` was given at least `level` times.
    #[must_use]
    pub fn is_verbose(&self, level: u8) -> bool {
        self.invocation.verbosity >= level
    }

    /// Says whether the user asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.host.is_cancelled()
    }

    /// A file descriptor that becomes readable when the user asks to stop; never read from it.
    #[must_use]
    pub fn cancel_fd(&self) -> Option<BorrowedFd<'a>> {
        self.host.cancel_fd()
    }

    /// Ends the command when the user asked to stop: call it in every loop.
    ///
    /// # Errors
    /// Silent, exit code 130, once the user asked to stop.
    pub fn check_cancelled(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::silent(ExitCode::Interrupted)) } else { Ok(()) }
    }

    /// Runs `work` and shows on a terminal that something is going on; see
    /// [`crate::progress`].
    pub fn with_progress<T>(&self, label: &str, work: impl FnOnce(&Progress) -> T) -> T {
        with_progress(self.host, self.output(), label, work)
    }

    /// Prints one line on standard error.
    pub fn note(&mut self, line: impl std::fmt::Display) {
        // Standard error has no reader that could be told.
        let _ = writeln!(self.stderr(), "{line}");
    }

    /// Must be called before anything is changed: `action` completes "brume is about to …".
    ///
    /// Names a real or protected target on standard error. Asks when `risk` and target call for
    /// it, unless `--yes` was given; a dry run never asks.
    ///
    /// # Errors
    /// Usage (exit code 2) naming `--yes` when there is no terminal to ask on; exit code 130 when
    /// the answer is no or Ctrl-C.
    pub fn confirm(&mut self, risk: Risk, action: &str) -> Result<()> {
        let target = self.target();
        let real = target.kind == TargetKind::Real;
        if !real && !target.protected {
            return Ok(());
        }
        self.note(format_args!("target: {}", describe_target(target)));
        let asks = target.protected || (real && risk == Risk::Destroy);
        if !asks || self.invocation.assume_yes || self.invocation.dry_run != DryRun::None {
            return Ok(());
        }
        let output = self.output();
        if !output.stdin_terminal || !output.stderr_terminal {
            let reason = if target.protected { "is protected" } else { "is real" };
            return Err(Error::usage(format!("'{}' {reason}: will not {action}", target.name))
                .cause("there is no terminal to ask on")
                .hint("repeat the command with --yes if that is what you want"));
        }
        let _ = write!(self.stderr(), "About to {action}. Go on? [y/N] ");
        self.flush()?;
        match self.host.read_line() {
            Ok(answer) if ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()) => {
                return Ok(());
            }
            // Ctrl-C leaves the cursor behind the question.
            Err(error) if error.kind() == ErrorKind::Interrupted => self.note(""),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        Err(Error::new(ExitCode::Interrupted, "stopped; nothing was changed"))
    }
}

/// Describes a target in one line: its name, then whatever it is known to consist of.
#[must_use]
pub fn describe_target(target: &Target) -> String {
    let mut details = Vec::new();
    let mut add = |what: &str, value: &Option<String>| {
        if let Some(value) = value {
            details.push(format!("{what} {value}"));
        }
    };
    add("kube context", &target.kubernetes.context);
    add("namespace", &target.kubernetes.namespace);
    add("AWS profile", &target.aws.profile);
    add("region", &target.aws.region);
    add("endpoint", &target.aws.endpoint_url);
    add("Snowflake connection", &target.snowflake.connection);
    add("Argo CD server", &target.argocd.server);
    let mut line = if target.name.is_empty() { "ambient".to_owned() } else { target.name.clone() };
    if !details.is_empty() {
        let _ = write!(line, " ({})", details.join(", "));
    }
    if target.protected {
        line.push_str(", protected");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::testing::MemoryHost;

    fn invocation(kind: TargetKind, protected: bool, terminal: bool, yes: bool) -> Invocation {
        Invocation {
            target: Target { name: "shop".into(), kind, protected, ..Target::default() },
            output: Output {
                stdin_terminal: terminal,
                stderr_terminal: terminal,
                ..Output::default()
            },
            assume_yes: yes,
            ..Invocation::default()
        }
    }

    fn ask(invocation: &Invocation, risk: Risk, answer: &str) -> (Result<()>, String) {
        let host = MemoryHost::default();
        host.answers.lock().unwrap().push(answer.to_owned());
        let result = Context::new(invocation, &host).confirm(risk, "purge queue q");
        (result, host.stderr())
    }

    #[test]
    fn an_emulator_is_changed_without_a_word() {
        let (result, stderr) =
            ask(&invocation(TargetKind::Emulated, false, false, false), Risk::Destroy, "");
        assert!(result.is_ok() && stderr.is_empty());
    }

    #[test]
    fn a_real_target_is_named_and_asks_only_before_destruction() {
        let real = invocation(TargetKind::Real, false, true, false);
        let (result, stderr) = ask(&real, Risk::Change, "");
        assert!(result.is_ok());
        assert_eq!(stderr, "target: shop\n");
        let (result, stderr) = ask(&real, Risk::Destroy, "no");
        assert_eq!(result.unwrap_err().code, ExitCode::Interrupted);
        assert!(stderr.ends_with("About to purge queue q. Go on? [y/N] "));
        assert!(ask(&real, Risk::Destroy, "YES").0.is_ok());
    }

    #[test]
    fn a_stop_is_a_no() {
        let real = invocation(TargetKind::Real, false, true, false);
        let mut host = MemoryHost::default();
        host.cancelled = true;
        let error = Context::new(&real, &host).confirm(Risk::Destroy, "purge queue q").unwrap_err();
        assert_eq!(error.code, ExitCode::Interrupted);
        assert!(host.stderr().ends_with("[y/N] \n"), "the next line is its own");
        let error = Error::from(host.read_line().unwrap_err());
        assert_eq!((error.code, error.is_silent()), (ExitCode::Interrupted, true));
    }

    #[test]
    fn a_protected_target_needs_an_answer_or_the_flag() {
        let unattended = invocation(TargetKind::Emulated, true, false, false);
        let error = ask(&unattended, Risk::Change, "y").0.unwrap_err();
        assert_eq!(error.code, ExitCode::Usage);
        assert!(error.hints.iter().any(|hint| hint.contains("--yes")));
        assert!(ask(&invocation(TargetKind::Real, true, false, true), Risk::Destroy, "").0.is_ok());
    }

    #[test]
    fn a_target_says_what_it_consists_of() {
        let mut target = Target { name: "shop".into(), protected: true, ..Target::default() };
        target.aws.profile = Some("prod".into());
        target.aws.region = Some("eu-west-3".into());
        let expected = "shop (AWS profile prod, region eu-west-3), protected";
        assert_eq!(describe_target(&target), expected);
    }
}
