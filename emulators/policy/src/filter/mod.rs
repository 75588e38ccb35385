//! Filter policies of SNS subscriptions.
//!
//! Comes in: the text of a `FilterPolicy` attribute with its scope, and messages. Goes out: a
//! compiled [`FilterPolicy`] or the error that SNS would answer; and for each message an
//! [`Outcome`] and, on demand, why it does not match.
//!
//! SNS speaks the language of AWS's open-source Event Ruler; what is not in SNS's developer guide
//! ("filter policy constraints", "string value matching", …) follows its `JsonRuleCompiler`, from
//! which the error texts come too.
//!
//! Never inside: a decision about what happens to a message that does not match.

mod body;
mod compile;
mod error;
mod explain;
mod matcher;
mod message;

pub use error::{Call, FilterError};
pub use explain::{FilterExplanation, Reason};
pub use message::{Attribute, Message};

use matcher::Matcher;

/// Bytes of the largest policy.
pub const FILTER_BYTES_MAX: usize = 256 * 1024;

/// Names at the top level of a policy, `$or` being one.
pub const FILTER_KEYS_MAX: usize = 5;

/// Combinations of values: the product of the lengths of all lists, each weighed by its depth;
/// for `$or` the sum over its branches.
pub const FILTER_COMBINATIONS_MAX: u64 = 150;

/// What a policy looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Scope {
    /// The message's attributes.
    #[default]
    Attributes,
    /// The message's body, which is JSON.
    Body,
}

impl Scope {
    /// As `FilterPolicyScope` has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attributes => "MessageAttributes",
            Self::Body => "MessageBody",
        }
    }

    /// Reads `FilterPolicyScope`.
    ///
    /// # Errors
    /// It is neither `MessageAttributes` nor `MessageBody`.
    pub fn read(text: &str) -> Result<Self, FilterError> {
        match text {
            "MessageAttributes" => Ok(Self::Attributes),
            "MessageBody" => Ok(Self::Body),
            _ => Err(FilterError::scope(text)),
        }
    }
}

/// Whether a message goes to a subscriber; if not, which metric counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It matches.
    Matched,
    /// Its attributes do not match.
    FilteredByAttributes,
    /// Its body does not match.
    FilteredByBody,
    /// It has no attributes and the policy wants some.
    NoAttributes,
    /// An attribute that the policy looks at is no list, though it says so.
    InvalidAttributes,
    /// Its body is no JSON object.
    InvalidBody,
}

impl Outcome {
    /// The metric beside `NumberOfNotificationsFilteredOut` that counts it.
    #[must_use]
    pub const fn metric(self) -> Option<&'static str> {
        match self {
            Self::Matched => None,
            Self::FilteredByAttributes => {
                Some("NumberOfNotificationsFilteredOut-MessageAttributes")
            }
            Self::FilteredByBody => Some("NumberOfNotificationsFilteredOut-MessageBody"),
            Self::NoAttributes => Some("NumberOfNotificationsFilteredOut-NoMessageAttributes"),
            Self::InvalidAttributes => Some("NumberOfNotificationsFilteredOut-InvalidAttributes"),
            Self::InvalidBody => Some("NumberOfNotificationsFilteredOut-InvalidMessageBody"),
        }
    }
}

/// A policy, ready to judge messages; never changes.
#[derive(Clone, Debug)]
pub struct FilterPolicy {
    scope: Scope,
    keys: Box<[Key]>,
    /// Alternatives; in each, all keys must match. None at all for `{}`, which matches everything.
    rules: Box<[Box<[u16]>]>,
}

/// One name of a policy and what its value may be.
#[derive(Clone, Debug)]
struct Key {
    /// Names joined by dots, as SNS sees them: `{"a":{"b":…}}` and `{"a.b":…}` are the same.
    path: Box<str>,
    /// Length of the list times depth.
    weight: u64,
    matcher: Matcher,
}

impl FilterPolicy {
    /// Reads a policy. `{}` is one without conditions: it matches everything.
    ///
    /// # Errors
    /// What SNS refuses, in its words: see [`FilterError`].
    pub fn read(text: &str, scope: Scope) -> Result<Self, FilterError> {
        compile::policy(text, scope)
    }

    /// What it looks at.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether it has no conditions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Judges a message. Time grows with the number of conditions, not with the message, which
    /// is taken apart once for all policies.
    #[must_use]
    pub fn judge(&self, message: &Message<'_>) -> Outcome {
        if self.is_empty() {
            return Outcome::Matched;
        }
        match self.scope {
            Scope::Attributes => self.judge_attributes(message),
            Scope::Body => match message.body() {
                None => Outcome::InvalidBody,
                Some(body) if self.matches_body(body) => Outcome::Matched,
                Some(_) => Outcome::FilteredByBody,
            },
        }
    }

    /// Judges a message and says why it does not match.
    #[must_use]
    pub fn explain(&self, message: &Message<'_>) -> FilterExplanation {
        explain::explain(self, message)
    }

    fn judge_attributes(&self, message: &Message<'_>) -> Outcome {
        // A key stands in many alternatives but is looked up once: 0 unknown, 1 no, 2 yes.
        let mut known = [0_u8; compile::KEYS_TOTAL_MAX];
        let mut holds = |index: u16| {
            let index = usize::from(index);
            if known[index] == 0 {
                known[index] = 1 + u8::from(self.keys[index].matches_attribute(message));
            }
            known[index] == 2
        };
        if self.rules.iter().any(|rule| rule.iter().all(|index| holds(*index))) {
            return Outcome::Matched;
        }
        if message.has_no_attributes() {
            return Outcome::NoAttributes;
        }
        let broken = |key: &Key| message.attribute(&key.path).is_some_and(|one| one.is_broken());
        if self.keys.iter().any(broken) {
            return Outcome::InvalidAttributes;
        }
        Outcome::FilteredByAttributes
    }
}

impl Key {
    fn matches_attribute(&self, message: &Message<'_>) -> bool {
        match message.attribute(&self.path) {
            None => self.matcher.wants_absent(),
            Some(attribute) => {
                self.matcher.wants_present()
                    || attribute.values().iter().any(|value| self.matcher.matches(&value.scalar()))
            }
        }
    }
}

/// Reads any bytes as a policy and a message and judges one by the other; for fuzzing.
///
/// # Panics
/// When an explanation contradicts the judgement.
pub fn exercise(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (policy, body) = text.split_once('\n').unwrap_or((text, "{}"));
    let attributes = [
        Attribute { name: "a", data_type: "String", value: body },
        Attribute { name: "b", data_type: "String.Array", value: body },
        Attribute { name: "c", data_type: "Number", value: body },
    ];
    for scope in [Scope::Attributes, Scope::Body] {
        let Ok(policy) = FilterPolicy::read(policy, scope) else { continue };
        for attributes in [&attributes[..], &[]] {
            let message = Message::new(attributes.iter().copied(), body);
            let explanation = policy.explain(&message);
            assert_eq!(explanation.outcome, policy.judge(&message), "two answers");
            let _ = explanation.to_string();
        }
    }
}

#[cfg(test)]
mod tests;
