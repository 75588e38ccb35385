//! A tree and a message to yes or no.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::fields::Field;
use super::parser::{Literal, Node, Operator};
use crate::message::{Attribute, DeadLetter};

/// A message, and what has been found out about it.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The message.
    pub letter: &'a DeadLetter,
    /// For `age`.
    pub now: Timestamp,
    /// Why it is here; `None` when nobody has looked, and no comparison matches then.
    pub reason: Option<&'a str>,
    /// The subscription by ARN and label, where the message itself does not tell.
    pub subscription: Option<&'a str>,
    body: OnceCell<Option<Value>>,
    envelope: OnceCell<Option<Value>>,
}

impl<'a> Subject<'a> {
    /// A message of which nothing but itself is known.
    #[must_use]
    pub fn new(letter: &'a DeadLetter, now: Timestamp) -> Self {
        let (body, envelope) = (OnceCell::new(), OnceCell::new());
        Self { letter, now, reason: None, subscription: None, body, envelope }
    }

    fn body(&self) -> Option<&Value> {
        let read = || serde_json::from_str(self.letter.payload()).ok();
        self.body.get_or_init(read).as_ref()
    }

    fn envelope(&self) -> Option<&Value> {
        let read = || serde_json::from_str(&self.letter.body).ok();
        self.envelope.get_or_init(read).as_ref()
    }

    pub(super) fn find(&self, field: &Field) -> Option<Found<'_>> {
        let text = |text: &'a str| Found::Text(Cow::Borrowed(text));
        match field {
            Field::Body(pointer) if pointer.is_empty() => Some(text(self.letter.payload())),
            Field::Envelope(pointer) if pointer.is_empty() => Some(text(&self.letter.body)),
            Field::Body(pointer) => Some(Found::Json(self.body()?.pointer(pointer)?)),
            Field::Envelope(pointer) => Some(Found::Json(self.envelope()?.pointer(pointer)?)),
            Field::Attribute(name) => {
                // With raw delivery the publisher's attributes are the message's own.
                let own = || self.letter.attributes.get(name);
                let found = self.letter.publisher_attributes().get(name).or_else(own)?;
                Some(Found::Attribute(found))
            }
            Field::System(name) => self.letter.system(name).map(text),
            Field::Subscription => self.letter.subscription_arn().or(self.subscription).map(text),
            Field::Topic => self.letter.topic_arn().map(text),
            Field::Source => self.letter.source_queue_arn().map(text),
            Field::Subject => self.letter.envelope.as_ref()?.subject.as_deref().map(text),
            Field::Group => self.letter.group().map(text),
            Field::Id => Some(text(&self.letter.id)),
            Field::SnsId => self.letter.sns_message_id().map(text),
            Field::Reason => self.reason.map(text),
            Field::Fingerprint => Some(Found::Text(Cow::Owned(self.letter.fingerprint()))),
            Field::Age => {
                let age = self.now.as_millisecond() - self.letter.sent_at()?.as_millisecond();
                #[allow(clippy::cast_precision_loss)] // Years in milliseconds fit.
                Some(Found::Number(age as f64))
            }
            #[allow(clippy::cast_precision_loss)] // Small numbers.
            Field::Receives => Some(Found::Number(self.letter.receive_count()? as f64)),
            #[allow(clippy::cast_precision_loss)] // At most a mebibyte.
            Field::Size => Some(Found::Number(self.letter.body.len() as f64)),
        }
    }
}

/// What a field holds.
pub(super) enum Found<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    Attribute(&'a Attribute),
    Json(&'a Value),
}

pub(super) fn matches(node: &Node, subject: &Subject<'_>) -> bool {
    match node {
        Node::Or(nodes) => nodes.iter().any(|node| matches(node, subject)),
        Node::And(nodes) => nodes.iter().all(|node| matches(node, subject)),
        Node::Not(node) => !matches(node, subject),
        Node::Present(field) => match subject.find(field) {
            None => false,
            Some(Found::Json(value)) => !matches!(value, Value::Null | Value::Bool(false)),
            Some(_) => true,
        },
        Node::Compare(field, operator, values) => {
            let Some(found) = subject.find(field) else { return false };
            values.iter().any(|value| compare(&found, *operator, value))
        }
    }
}

fn compare(found: &Found<'_>, operator: Operator, literal: &Literal) -> bool {
    match found {
        Found::Text(text) => compare_text(text, operator, literal),
        Found::Number(number) => match literal {
            Literal::DurationMs(wanted) => holds(operator, number.partial_cmp(wanted)),
            Literal::Number(wanted) => {
                let wanted = wanted.parse::<f64>().ok();
                holds(operator, wanted.and_then(|wanted| number.partial_cmp(&wanted)))
            }
            _ => false,
        },
        Found::Attribute(attribute) => match attribute.as_text() {
            // SNS and SQS carry lists as JSON text.
            Some(text) if attribute.data_type == "String.Array" => {
                match serde_json::from_str::<Value>(text) {
                    Ok(value) => compare_json(&value, operator, literal),
                    Err(_) => compare_text(text, operator, literal),
                }
            }
            Some(text) => compare_text(text, operator, literal),
            None => false,
        },
        Found::Json(value) => compare_json(value, operator, literal),
    }
}

/// A list matches when one of its items does.
fn compare_json(value: &Value, operator: Operator, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Array(items), _) => items.iter().any(|item| match item {
            // One level is enough for lists of names; deeper ones have pointers.
            Value::Array(_) => false,
            item => compare_json(item, operator, literal),
        }),
        (Value::Null, Literal::Null) => operator == Operator::Equal,
        (Value::Bool(found), Literal::Boolean(wanted)) => {
            operator == Operator::Equal && found == wanted
        }
        (Value::String(text), _) => compare_text(text, operator, literal),
        (Value::Number(number), Literal::Number(_)) => {
            compare_text(&number.to_string(), operator, literal)
        }
        (Value::Number(number), Literal::Text(wanted)) => {
            // An id is a number here and a text there.
            compare_text(&number.to_string(), operator, &Literal::Text(wanted.clone()))
        }
        _ => false,
    }
}

fn compare_text(found: &str, operator: Operator, literal: &Literal) -> bool {
    match literal {
        Literal::Text(wanted) if operator == Operator::Contains => contains(found, wanted),
        Literal::Number(wanted) if operator == Operator::Contains => contains(found, wanted),
        Literal::Text(wanted) => holds(operator, Some(found.cmp(wanted.as_str()))),
        Literal::Number(wanted) => holds(operator, compare_numbers(found, wanted)),
        Literal::Boolean(wanted) => {
            operator == Operator::Equal && found == if *wanted { "true" } else { "false" }
        }
        Literal::DurationMs(_) | Literal::Null => false,
    }
}

/// Whole numbers are compared exactly: ids are longer than what a float can hold.
fn compare_numbers(found: &str, wanted: &str) -> Option<Ordering> {
    let found = found.trim();
    if let (Ok(found), Ok(wanted)) = (found.parse::<i128>(), wanted.parse::<i128>()) {
        return Some(found.cmp(&wanted));
    }
    found.parse::<f64>().ok()?.partial_cmp(&wanted.parse::<f64>().ok()?)
}

fn holds(operator: Operator, ordering: Option<Ordering>) -> bool {
    let Some(ordering) = ordering else { return false };
    match operator {
        Operator::Equal => ordering == Ordering::Equal,
        Operator::Less => ordering == Ordering::Less,
        Operator::LessOrEqual => ordering != Ordering::Greater,
        Operator::Greater => ordering == Ordering::Greater,
        Operator::GreaterOrEqual => ordering != Ordering::Less,
        Operator::Contains => false,
    }
}

/// Says whether the parts of `pattern` between `*` follow each other in `text`, case ignored.
fn contains(text: &str, pattern: &str) -> bool {
    let text = text.to_lowercase();
    let pattern = pattern.to_lowercase();
    let mut rest = text.as_str();
    pattern.split('*').all(|part| match rest.find(part) {
        Some(place) => {
            rest = rest.get(place + part.len()..).unwrap_or_default();
            true
        }
        None => false,
    })
}
