//! What is done about a policy that does not let somebody in.

use std::fmt;
use std::str::FromStr;

/// What to do when a resource's policy does not let somebody in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyMode {
    /// Refuse, as AWS does.
    #[default]
    Enforce,
    /// Let it through and write the reason into the log.
    Warn,
    /// Do not look at policies.
    Off,
}

impl PolicyMode {
    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }
}

impl FromStr for PolicyMode {
    type Err = NotAPolicyMode;

    fn from_str(text: &str) -> Result<Self, NotAPolicyMode> {
        [Self::Enforce, Self::Warn, Self::Off]
            .into_iter()
            .find(|mode| mode.as_str() == text)
            .ok_or(NotAPolicyMode)
    }
}

impl fmt::Display for PolicyMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// The text names no policy mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPolicyMode;

impl fmt::Display for NotAPolicyMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a policy mode is enforce, warn or off")
    }
}

impl std::error::Error for NotAPolicyMode {}
