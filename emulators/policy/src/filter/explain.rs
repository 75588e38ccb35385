//! Says in words why a message does not match.

use std::fmt;

use super::body::search;
use super::message::Scalar;
use super::{FilterPolicy, Key, Message, Outcome, Scope};

/// Values that an explanation shows, and characters of each.
const VALUES_MAX: usize = 3;
const VALUE_CHARACTERS_MAX: usize = 80;

/// A judgement with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterExplanation {
    /// The judgement.
    pub outcome: Outcome,
    /// What does not match in the alternative that comes nearest; empty when it matches, or when
    /// the keys match one by one but not in the same element of a list.
    pub reasons: Vec<Reason>,
}

/// A key that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `store`, or a path: `detail.scope`.
    pub key: String,
    /// What the policy wants, in words.
    pub wanted: String,
    /// What the message has, in words; absent when it has no such attribute or member.
    pub found: Option<String>,
}

/// Explains a judgement.
pub(super) fn explain(policy: &FilterPolicy, message: &Message<'_>) -> FilterExplanation {
    let outcome = policy.judge(message);
    let mut reasons = Vec::new();
    if !matches!(outcome, Outcome::Matched | Outcome::InvalidBody) {
        let rules = policy.rules.iter().map(|rule| {
            let keys = rule.iter().map(|index| &policy.keys[usize::from(*index)]);
            keys.filter_map(|key| reason(policy.scope, key, message)).collect::<Vec<_>>()
        });
        reasons = rules.min_by_key(Vec::len).unwrap_or_default();
    }
    FilterExplanation { outcome, reasons }
}

fn reason(scope: Scope, key: &Key, message: &Message<'_>) -> Option<Reason> {
    let mut values = Vec::new();
    let mut matches = false;
    match scope {
        Scope::Attributes => {
            matches = key.matches_attribute(message);
            if let Some(attribute) = message.attribute(&key.path) {
                values.extend(attribute.values().iter().map(|value| say(&value.scalar())));
                if attribute.is_broken() {
                    values.push("no JSON list, though its type is String.Array".to_owned());
                }
            }
        }
        Scope::Body => {
            let body = message.body()?;
            search(body, Some(&key.path), false, &mut |scalar, _| {
                matches |= key.matcher.matches(&scalar);
                values.push(say(&scalar));
                false
            });
            matches |= key.is_absent_as_wanted(body);
        }
    }
    if matches {
        return None;
    }
    let more = values.len().saturating_sub(VALUES_MAX);
    values.truncate(VALUES_MAX);
    let mut found = values.join(", ");
    if more > 0 {
        found.push_str(&format!(" and {more} more"));
    }
    Some(Reason {
        key: key.path.to_string(),
        wanted: key.matcher.words().to_owned(),
        found: (!found.is_empty()).then_some(found),
    })
}

fn say(scalar: &Scalar<'_>) -> String {
    match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Text(text) => match text.char_indices().nth(VALUE_CHARACTERS_MAX) {
            Some((at, _)) => format!("{:?}…", &text[..at]),
            None => format!("{text:?}"),
        },
        Scalar::Number { text, .. } => text.chars().take(VALUE_CHARACTERS_MAX).collect(),
        Scalar::JsonNumber(number) => number.to_string(),
        Scalar::Nested => "a list or an object".to_owned(),
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, wanted, found } = self;
        match found {
            Some(found) => write!(formatter, "{key} is {found} and the policy wants {wanted}"),
            None => write!(formatter, "{key} is absent and the policy wants {wanted}"),
        }
    }
}

impl fmt::Display for FilterExplanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.outcome {
            Outcome::Matched => return formatter.write_str("the message matches"),
            Outcome::InvalidBody => {
                return formatter.write_str("the body is no JSON object, which the policy needs");
            }
            Outcome::NoAttributes => "the message has no attributes: ",
            _ if self.reasons.is_empty() => {
                return formatter.write_str("the conditions do not match in one element of a list");
            }
            _ => "",
        })?;
        for (index, reason) in self.reasons.iter().enumerate() {
            write!(formatter, "{}{reason}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
