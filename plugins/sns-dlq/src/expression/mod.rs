//! The language of `--where`: which messages are meant.
//!
//! In: text such as `attr.kind in ("a", "b") and age > 2h`. Out: yes or no for a message. Pure:
//! the time is a parameter, and what only the cloud knows (reason, subscription) comes in
//! [`Subject`]. Never here: a way to change anything, or to run for long. Limits: 4 KiB of text,
//! 32 levels, 256 comparisons.

mod evaluate;
mod fields;
mod lexer;
mod parser;
mod problem;
mod selector;
#[cfg(test)]
mod tests;

use brume_plugin::Error;

pub use evaluate::Subject;
use fields::Field;
use parser::Node;
pub use selector::Selector;

/// Longest expression, in bytes.
pub const TEXT_BYTES_MAX: usize = 4096;

/// Deepest nesting of parentheses and `not`.
pub const DEPTH_MAX: usize = 32;

/// Most comparisons, items of lists included.
pub const COMPARISONS_MAX: usize = 256;

/// What the help page says of the language.
pub const HELP: &str = "\
Expressions (--where):
  FIELD OPERATOR VALUE, joined by and, or, not and parentheses; a FIELD alone: is it there?
  Fields:
    body./json/pointer   what the publisher sent, read as JSON; body is the whole text
    attr.NAME            a message attribute, of the SNS envelope where there is one
    envelope./pointer    the message as the queue holds it, read as JSON
    system.NAME          a system attribute of SQS, as in system.SenderId
    subscription, topic, source, subject, group, id, sns-id, reason, fingerprint
    age, receives, size  as in age > 2h, receives >= 3, size > 1000
  Operators: == != < <= > >=, ~ (contains, case ignored, * is any text), !~, in (...), not in (...)
  Values: \"text\", 'text', word, 12.5, 90s 15m 2h 7d, true, false, null
  Examples:
    body./order/id == \"x-17\" and not attr.test
    subscription ~ \"orders*sqs\" and (age > 2h or receives >= 3)
    reason == policy";

/// An expression that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    root: Node,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Usage, with the place marked.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match parser::parse(text) {
            Ok(root) => Ok(Self { text: text.to_owned(), root }),
            Err(problem) => Err(problem.into_error(text)),
        }
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Says whether the message is meant. What is missing matches no comparison but `!=`, `!~` and
    /// `not in`.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        evaluate::matches(&self.root, subject)
    }

    /// Says whether the answer depends on [`Subject::reason`], which costs requests to find.
    #[must_use]
    pub fn asks_reason(&self) -> bool {
        self.root.asks(&Field::Reason)
    }

    /// Says whether the answer depends on [`Subject::subscription`].
    #[must_use]
    pub fn asks_subscription(&self) -> bool {
        self.root.asks(&Field::Subscription)
    }
}
