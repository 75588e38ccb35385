//! A fingerprint: messages that are alike but for ids, numbers and times have the same.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::DeadLetter;

/// Depth below which a document's shape no longer counts.
const DEPTH_MAX: usize = 6;

impl DeadLetter {
    /// Twelve hexadecimal digits over what kind of message this is: its topic or source queue, its
    /// attribute names, and the shape of its payload.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut shape = String::new();
        let origin = self.topic_arn().or(self.source_queue_arn()).unwrap_or_default();
        let _ = write!(shape, "{origin}\n{:?}\n", self.envelope.as_ref().map(|e| &e.subject));
        for (name, attribute) in self.publisher_attributes() {
            let _ = writeln!(shape, "{name}:{}", attribute.data_type);
        }
        match serde_json::from_str::<Value>(self.payload()) {
            Ok(value) => push_shape(&mut shape, &value, 0),
            Err(_) => push_words(&mut shape, self.payload()),
        }
        let digest = Sha256::digest(shape.as_bytes());
        digest.iter().take(6).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Writes the keys and types of a document; short words that hold no digit stay as they are,
/// because they are kinds and states far more often than data.
fn push_shape(out: &mut String, value: &Value, depth: usize) {
    match value {
        _ if depth > DEPTH_MAX => out.push('_'),
        Value::Null => out.push('n'),
        Value::Bool(flag) => {
            let _ = write!(out, "{flag}");
        }
        Value::Number(_) => out.push('0'),
        Value::String(text) if is_kind(text) => {
            let _ = write!(out, "\"{text}\"");
        }
        Value::String(_) => out.push('s'),
        Value::Array(items) => {
            out.push('[');
            // One item stands for all: lists differ in length, not in kind.
            if let Some(item) = items.first() {
                push_shape(out, item, depth + 1);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            out.push('{');
            for name in names {
                let _ = write!(out, "{name}:");
                if let Some(member) = members.get(name) {
                    push_shape(out, member, depth + 1);
                }
                out.push(',');
            }
            out.push('}');
        }
    }
}

fn is_kind(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | '.' | ':');
    !text.is_empty() && text.len() <= 32 && text.chars().all(is_word)
}

/// Writes the words of a text, those with a digit as `0`.
fn push_words(out: &mut String, text: &str) {
    for word in text.split_whitespace().take(64) {
        let word = if word.chars().any(|c| c.is_ascii_digit()) { "0" } else { word };
        out.push_str(word);
        out.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(body: &str) -> String {
        DeadLetter { body: body.to_owned(), ..DeadLetter::default() }.fingerprint()
    }

    #[test]
    fn ids_and_numbers_make_no_difference() {
        let alike = [
            r#"{"id": 1, "kind": "order.created", "at": "2026-01-02T03:04:05Z", "rows": [1]}"#,
            r#"{"at": "2026-02-02T03:04:05Z", "id": 77, "kind": "order.created", "rows": [2, 3]}"#,
        ];
        assert_eq!(fingerprint(alike[0]), fingerprint(alike[1]));
        assert_eq!(fingerprint("order 17 failed"), fingerprint("order 18 failed"));
    }

    #[test]
    fn kinds_and_shapes_do() {
        let kinds = [
            r#"{"id": 1, "kind": "order.created"}"#,
            r#"{"id": 1, "kind": "order.cancelled"}"#,
            r#"{"id": "1", "kind": "order.created"}"#,
            r#"{"kind": "order.created"}"#,
            "order 17 failed",
            "order 17 passed",
        ];
        let distinct: std::collections::BTreeSet<String> = kinds.map(fingerprint).into();
        assert_eq!(distinct.len(), kinds.len());
    }
}
