//! One field by itself: for columns and for groups.

use brume_plugin::Error;
use serde_json::Value;

use super::evaluate::{Found, Subject};
use super::fields::Field;
use crate::message::AttributeValue;

/// A field that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    text: String,
    field: Field,
}

impl Selector {
    /// Reads a field as `--where` names it; a colon may stand for the first dot.
    ///
    /// # Errors
    /// Usage, with the place marked.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let dotted = match text.split_once(':') {
            Some((head @ ("attr" | "body" | "envelope" | "system"), rest)) => {
                format!("{head}.{rest}")
            }
            _ => text.to_owned(),
        };
        match Field::parse(&dotted, 0) {
            Ok(field) => Ok(Self { text: text.to_owned(), field }),
            Err(problem) => Err(problem.into_error(&dotted)),
        }
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Says whether the answer depends on [`Subject::reason`].
    #[must_use]
    pub fn asks_reason(&self) -> bool {
        self.field == Field::Reason
    }

    /// What the field holds, as text; `None` when it is missing.
    #[must_use]
    pub fn value(&self, subject: &Subject<'_>) -> Option<String> {
        Some(match subject.find(&self.field)? {
            Found::Text(text) => text.into_owned(),
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // an age
            Found::Number(ms) if self.field == Field::Age => {
                crate::text::duration((ms.max(0.0) / 1000.0) as u64)
            }
            Found::Number(number) => number.to_string(),
            Found::Attribute(attribute) => match &attribute.value {
                AttributeValue::Text(text) => text.clone(),
                AttributeValue::Binary(bytes) => format!("<{} bytes>", bytes.len()),
            },
            Found::Json(Value::String(text)) => text.clone(),
            Found::Json(value) => value.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::message::{Attribute, DeadLetter};

    #[test]
    fn a_field_is_read_and_shown() {
        let mut letter =
            DeadLetter { body: r#"{"a":{"b":[1,2]}}"#.to_owned(), ..DeadLetter::default() };
        letter.attributes.insert("kind".to_owned(), Attribute::text("x"));
        letter.system.insert("SentTimestamp".to_owned(), "1000".to_owned());
        let now = Timestamp::from_second(121).expect("valid");
        let subject = Subject::new(&letter, now);
        for (text, expected) in [
            ("body:/a/b/1", Some("2")),
            ("body./a/b", Some("[1,2]")),
            ("attr:kind", Some("x")),
            ("attr.none", None),
            ("age", Some("2m")),
            ("reason", None),
        ] {
            let selector = Selector::parse(text).expect(text);
            assert_eq!(selector.value(&subject).as_deref(), expected, "{text}");
        }
        assert!(Selector::parse("nonsense").is_err());
    }
}
