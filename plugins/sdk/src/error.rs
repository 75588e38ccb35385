//! One error type for everything that a user sees: what, why, and what to type next.

use std::error::Error as StdError;
use std::fmt;

/// The exit codes of every brume command; `brume help exit-codes` prints this table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// It worked.
    Ok = 0,
    /// It failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A check says no: drift, unhealthy, dead letters.
    CheckFailed = 3,
    /// Credentials are missing, wrong or not enough.
    Auth = 4,
    /// The thing named does not exist.
    NotFound = 5,
    /// The target cannot be reached, or the emulator is down.
    Unreachable = 6,
    /// Time ran out.
    Timeout = 7,
    /// Somebody else changed it, or it exists already.
    Conflict = 8,
    /// A bug in brume or a plugin.
    Internal = 70,
    /// A plugin cannot be loaded, or speaks another ABI.
    PluginLoad = 125,
    /// A plugin is not executable, or its permissions are not safe.
    PluginRefused = 126,
    /// No such command.
    UnknownCommand = 127,
    /// Interrupted (SIGINT).
    Interrupted = 130,
    /// Terminated (SIGTERM).
    Terminated = 143,
}

impl ExitCode {
    /// Every code, in numeric order.
    pub const ALL: [Self; 15] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::CheckFailed,
        Self::Auth,
        Self::NotFound,
        Self::Unreachable,
        Self::Timeout,
        Self::Conflict,
        Self::Internal,
        Self::PluginLoad,
        Self::PluginRefused,
        Self::UnknownCommand,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number that the process exits with.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// A stable name for JSON output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::CheckFailed => "check-failed",
            Self::Auth => "auth",
            Self::NotFound => "not-found",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Conflict => "conflict",
            Self::Internal => "internal",
            Self::PluginLoad => "plugin-load",
            Self::PluginRefused => "plugin-refused",
            Self::UnknownCommand => "unknown-command",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// One line for the help page.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "it worked",
            Self::Failed => "it failed",
            Self::Usage => "the command line is wrong",
            Self::CheckFailed => "a check says no: drift, unhealthy, dead letters",
            Self::Auth => "credentials are missing, wrong or not enough",
            Self::NotFound => "the thing named does not exist",
            Self::Unreachable => "the target cannot be reached, or the emulator is down",
            Self::Timeout => "time ran out",
            Self::Conflict => "somebody else changed it, or it exists already",
            Self::Internal => "a bug in brume or in a plugin",
            Self::PluginLoad => "a plugin cannot be loaded, or speaks another ABI",
            Self::PluginRefused => "a plugin is not executable, or its permissions are not safe",
            Self::UnknownCommand => "no such command",
            Self::Interrupted => "interrupted (SIGINT)",
            Self::Terminated => "terminated (SIGTERM)",
        }
    }
}

/// An error as the user sees it: `error:` what, `caused by:` chain, `hint:` a command to paste.
#[derive(Clone, Debug)]
pub struct Error {
    /// Decides the exit code.
    pub code: ExitCode,
    /// What went wrong, in one line without a full stop.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What to do: each a command that can be pasted, or a short sentence.
    pub hints: Vec<String>,
    /// Print the message without `error: ` before it, where another tool's text must be matched.
    pub verbatim: bool,
}

impl Error {
    /// Makes an error of the given kind.
    #[must_use]
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            verbatim: false,
        }
    }

    /// Makes a general error, exit code 1.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Failed, message)
    }

    /// Makes a usage error, exit code 2.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// Makes an error that prints nothing: the exit code alone says it, or there is nobody to tell.
    #[must_use]
    pub fn silent(code: ExitCode) -> Self {
        Self::new(code, "")
    }

    /// Says whether nothing is to be printed.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.code == ExitCode::Ok || self.message.is_empty()
    }

    /// Adds one line to the chain of causes.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds `source` and everything below it to the chain of causes, repeated lines left out.
    #[must_use]
    pub fn source(mut self, source: &(dyn StdError + 'static)) -> Self {
        let mut next = Some(source);
        while let Some(error) = next {
            let line = error.to_string();
            if self.causes.last() != Some(&line) {
                self.causes.push(line);
            }
            next = error.source();
        }
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Prints the message without `error: ` before it.
    #[must_use]
    pub fn verbatim(mut self) -> Self {
        self.verbatim = true;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl StdError for Error {}

impl From<brume_directories::NotFound> for Error {
    fn from(error: brume_directories::NotFound) -> Self {
        Self::failed(error.to_string()).hint(error.hint())
    }
}

/// The result of everything in the SDK that a user may see fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;
