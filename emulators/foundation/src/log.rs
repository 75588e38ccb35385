//! The log that services write to; the daemon decides where it goes.

use std::fmt;
use std::sync::Arc;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Of use when looking for a bug.
    Debug,
    /// What happened.
    Info,
    /// Something is not as it should be, and work goes on.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// The word in the log file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// Where log lines go.
pub trait Sink: Send + Sync {
    /// Takes one line; must not block for long and must not fail the caller.
    fn write(&self, level: Level, service: &str, message: &str);
}

/// A handle for writing lines under one service's name.
#[derive(Clone)]
pub struct Log {
    sink: Arc<dyn Sink>,
    service: Arc<str>,
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Log").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Log {
    /// Makes a log for `service` that goes to `sink`.
    #[must_use]
    pub fn new(sink: Arc<dyn Sink>, service: &str) -> Self {
        Self { sink, service: Arc::from(service) }
    }

    /// Makes a log that goes nowhere.
    #[must_use]
    pub fn discard() -> Self {
        Self::new(Arc::new(Discard), "")
    }

    /// The same destination under another service's name.
    #[must_use]
    pub fn for_service(&self, service: &str) -> Self {
        Self { sink: Arc::clone(&self.sink), service: Arc::from(service) }
    }

    /// Writes a line of the given level.
    pub fn write(&self, level: Level, message: impl fmt::Display) {
        self.sink.write(level, &self.service, &message.to_string());
    }

    /// Writes a line of use when looking for a bug.
    pub fn debug(&self, message: impl fmt::Display) {
        self.write(Level::Debug, message);
    }

    /// Writes what happened.
    pub fn info(&self, message: impl fmt::Display) {
        self.write(Level::Info, message);
    }

    /// Writes a warning.
    pub fn warn(&self, message: impl fmt::Display) {
        self.write(Level::Warn, message);
    }

    /// Writes a failure.
    pub fn error(&self, message: impl fmt::Display) {
        self.write(Level::Error, message);
    }
}

struct Discard;

impl Sink for Discard {
    fn write(&self, _level: Level, _service: &str, _message: &str) {}
}
