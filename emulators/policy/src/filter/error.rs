//! What SNS says about a filter policy that it does not take.

use std::fmt;

use crate::json::{Position, Problem};

/// Characters of the policy that Jackson quotes in its messages.
const SOURCE_CHARACTERS_MAX: usize = 500;

/// The call that brought the policy; SNS words its errors accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Subscribe, with attributes.
    Subscribe,
    /// SetSubscriptionAttributes.
    SetAttributes,
}

/// Why a filter policy is refused. The code is always `InvalidParameter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// What SNS says after `Invalid parameter: `.
    message: String,
    /// Where in the policy, if it is about a place.
    at: Option<Position>,
}

impl FilterError {
    /// A rule about the policy as a whole.
    pub(super) fn whole(message: &str) -> Self {
        Self { message: message.to_owned(), at: None }
    }

    pub(super) fn scope(found: &str) -> Self {
        let found: String = found.chars().take(SOURCE_CHARACTERS_MAX).collect();
        Self::whole(&format!(
            "FilterPolicyScope: Invalid value [{found}]. Please use either MessageBody or \
             MessageAttributes"
        ))
    }

    /// A problem at a place, with the source as Jackson quotes it.
    pub(super) fn at(problem: Problem, source: &str, prefix: &str) -> Self {
        let quoted = source.char_indices().nth(SOURCE_CHARACTERS_MAX);
        let (quoted, rest) = match quoted {
            Some((at, _)) => source.split_at(at),
            None => (source, ""),
        };
        let truncated = match rest.chars().count() {
            0 => String::new(),
            more => format!("[truncated {more} chars]"),
        };
        let Problem { what, at } = problem;
        let message = format!(
            "FilterPolicy: {prefix}{what}\n at [Source: (String)\"{quoted}\"{truncated}; \
             line: {}, column: {}]",
            at.line, at.column
        );
        Self { message, at: Some(at) }
    }

    /// The message on the wire.
    #[must_use]
    pub fn wire(&self, call: Call) -> String {
        match call {
            Call::Subscribe => format!("Invalid parameter: Attributes Reason: {}", self.message),
            Call::SetAttributes => format!("Invalid parameter: {}", self.message),
        }
    }

    /// Where in the policy, if it is about a place.
    #[must_use]
    pub const fn position(&self) -> Option<Position> {
        self.at
    }
}

impl fmt::Display for FilterError {
    /// The first line of SNS's message, for people.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.message.lines().next().unwrap_or_default();
        formatter.write_str(line.strip_prefix("FilterPolicy: ").unwrap_or(line))?;
        match self.at {
            Some(at) => write!(formatter, " ({at})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FilterError {}
