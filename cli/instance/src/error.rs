//! A failure as it travels from the daemon to the user.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of failure it is: the names of the exit-code table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// It failed, for a reason that the message names.
    Failed,
    /// The request is wrong.
    Usage,
    /// The thing named does not exist.
    NotFound,
    /// The emulator is down, or does not answer.
    Unreachable,
    /// Time ran out.
    Timeout,
    /// It is in use, or exists already.
    Conflict,
    /// A bug.
    Internal,
}

/// A failure with its causes and with what to do about it; this is also its form on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// Decides the exit code.
    pub code: Code,
    /// What went wrong, in one line without a full stop.
    pub message: String,
    /// Why, outermost first.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What to do: each a command that can be pasted, or a short sentence.
    #[serde(default)]
    pub hints: Vec<String>,
}

impl Error {
    /// Makes an error of the given kind.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// Makes a general failure.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Code::Failed, message)
    }

    /// Adds one line to the chain of causes.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
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

impl std::error::Error for Error {}

/// The result of everything here that can fail in front of a user.
pub type Result<T, E = Error> = std::result::Result<T, E>;
