//! One command with a time limit, and what came of it.

use std::ffi::OsStr;
use std::fmt;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Generous: a debug build on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long output may stay open after the command itself ended.
const OUTPUT_GRACE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(2);

/// A command about to be run; nothing happens before [`Call::run`].
#[derive(Debug)]
#[must_use]
pub struct Call {
    command: Command,
    stdin: Option<Vec<u8>>,
    deadline: Duration,
}

impl Call {
    /// Makes a call of `program` with an empty environment; [`crate::Sandbox`] fills it.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.env_clear().process_group(0);
        Self { command, stdin: None, deadline: DEADLINE }
    }

    /// Adds one argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Adds the words of `line`, which are split at spaces; there is no quoting.
    pub fn words(self, line: &str) -> Self {
        self.args(line.split_whitespace())
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes a variable.
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sets the working folder.
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Gives it `text` to read; without this, standard input is empty.
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Changes the time limit from 60 s.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Starts it without waiting, its output discarded; the caller ends and reaps it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn spawn(mut self) -> Child {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command))
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it cannot be started, runs into the time limit (it is killed then), or leaves behind
    /// a process that holds its output open: whoever pipes it would hang.
    pub fn run(mut self) -> Outcome {
        let line = line(&self.command);
        let stdin = if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let start = Instant::now();
        let mut child =
            self.command.spawn().unwrap_or_else(|error| panic!("cannot run {line}: {error}"));
        if let (Some(mut pipe), Some(text)) = (child.stdin.take(), self.stdin.take()) {
            // A command may end without reading; that is its right.
            thread::spawn(move || pipe.write_all(&text));
        }
        let stdout = collect(child.stdout.take().expect("stdout is piped"));
        let stderr = collect(child.stderr.take().expect("stderr is piped"));
        let status = wait(&mut child, start + self.deadline);
        let wall = start.elapsed();
        let stdout = stdout.recv_timeout(OUTPUT_GRACE);
        let stderr = stderr.recv_timeout(OUTPUT_GRACE);
        let Some(status) = status else {
            panic!("{line} did not end in {:?}\nstdout: {stdout:?}\nstderr: {stderr:?}", wall);
        };
        let (Ok(stdout), Ok(stderr)) = (stdout, stderr) else {
            panic!("{line} left a process behind that holds its output open");
        };
        Outcome { line, status, stdout, stderr, wall }
    }
}

/// The program and its arguments, without folder and environment.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// Waits until `deadline`, then kills the child; `None` if it had to.
fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("our own child can be waited for") {
            return Some(status);
        }
        thread::sleep(POLL);
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// What a command printed, and how it ended.
#[derive(Clone, Debug)]
#[must_use]
pub struct Outcome {
    line: String,
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// Time from start to end.
    pub wall: Duration,
}

impl Outcome {
    /// The exit code; 128 + N when signal N ended it, as shells count.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.status
            .code()
            .unwrap_or_else(|| 128 + self.status.signal().expect("ended by code or signal"))
    }

    /// Standard output.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[must_use]
    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap_or_else(|_| panic!("not UTF-8\n{self}"))
    }

    /// Standard error.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[must_use]
    pub fn stderr(&self) -> &str {
        std::str::from_utf8(&self.stderr).unwrap_or_else(|_| panic!("not UTF-8\n{self}"))
    }

    /// The line of standard error that says what failed: the first that does not just say where
    /// the command went (`note:`, `target:`).
    #[must_use]
    pub fn error_line(&self) -> &str {
        let is_aside = |line: &str| line.starts_with("note: ") || line.starts_with("target: ");
        self.stderr().lines().find(|line| !is_aside(line)).unwrap_or_default()
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not JSON: {error}\n{self}"))
    }

    /// Checks that it worked.
    ///
    /// # Panics
    /// When the exit code is not 0.
    pub fn success(self) -> Self {
        self.exits(0)
    }

    /// Checks the exit code.
    ///
    /// # Panics
    /// When it is another.
    pub fn exits(self, code: i32) -> Self {
        assert!(self.code() == code, "expected exit code {code}\n{self}");
        self
    }

    /// Checks that it failed as every brume command should: the code, an `error:` line that
    /// contains `message`, nothing on standard output, no trace of a panic.
    ///
    /// # Panics
    /// When it did not.
    pub fn fails(self, code: i32, message: &str) -> Self {
        let outcome = self.exits(code);
        let line = outcome.error_line();
        assert!(line.starts_with("error: "), "no `error:` line\n{outcome}");
        assert!(line.contains(message), "`{message}` is not in the error line\n{outcome}");
        assert!(outcome.stdout.is_empty(), "an error belongs on stderr\n{outcome}");
        assert!(!outcome.stderr().contains("panicked"), "it panicked\n{outcome}");
        outcome
    }

    /// Checks that a `hint:` line contains `text`.
    ///
    /// # Panics
    /// When none does.
    pub fn hints(self, text: &str) -> Self {
        let found =
            self.stderr().lines().any(|line| line.starts_with("hint: ") && line.contains(text));
        assert!(found, "no hint with `{text}`\n{self}");
        self
    }

    /// Checks that standard output contains `text`.
    ///
    /// # Panics
    /// When it does not.
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout().contains(text), "`{text}` is not in stdout\n{self}");
        self
    }

    /// Everything that was printed with what differs from run to run replaced; see
    /// [`crate::text::normalise`].
    #[must_use]
    pub fn normalised(&self, sandbox: &crate::Sandbox) -> String {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        let all = match (stdout.is_empty(), stderr.is_empty()) {
            (_, true) => stdout.to_owned(),
            (true, false) => stderr.to_owned(),
            (false, false) => format!("{stdout}--- stderr\n{stderr}"),
        };
        crate::text::normalise(&all, sandbox.root())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "command: {}", self.line)?;
        writeln!(formatter, "exit code: {}", self.code())?;
        writeln!(formatter, "stdout:\n{}", String::from_utf8_lossy(&self.stdout))?;
        writeln!(formatter, "stderr:\n{}", String::from_utf8_lossy(&self.stderr))
    }
}
