//! One error type for everything in the emulators that a user may read.

use std::error::Error as StdError;
use std::fmt;

/// What kind of failure it is; the command line turns it into an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It failed, for a reason that the message names.
    Failed,
    /// The request or the arguments are wrong.
    Usage,
    /// The thing named does not exist.
    NotFound,
    /// It is in use, or exists already.
    Conflict,
    /// Something needed does not answer.
    Unreachable,
    /// Time ran out.
    Timeout,
    /// A bug.
    Internal,
}

impl ErrorKind {
    /// The stable name of the exit code that this kind maps to.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
        }
    }
}

/// A failure with its causes and with what to do about it.
#[derive(Clone, Debug)]
pub struct Error {
    /// Decides the exit code.
    pub kind: ErrorKind,
    /// What went wrong, in one line without a full stop.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What to do: each a command that can be pasted, or a short sentence.
    pub hints: Vec<String>,
}

impl Error {
    /// Makes an error of the given kind.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// Makes a general failure.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// Adds one line to the chain of causes.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds `source` and everything below it to the chain of causes.
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
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        for cause in &self.causes {
            write!(formatter, ": {cause}")?;
        }
        Ok(())
    }
}

impl StdError for Error {}

/// The result of everything in the foundation that can fail in front of a user.
pub type Result<T, E = Error> = std::result::Result<T, E>;
