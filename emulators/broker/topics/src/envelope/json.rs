//! JSON as SNS writes it: two spaces, and a space on both sides of the colon.

use std::fmt::Write as _;

use crate::message::StoredAttribute;

/// An object that is being written.
#[derive(Debug)]
pub(super) struct Object {
    text: String,
    is_empty: bool,
}

impl Object {
    pub(super) fn new(capacity: usize) -> Self {
        let mut text = String::with_capacity(capacity);
        text.push('{');
        Self { text, is_empty: true }
    }

    /// Adds a text.
    pub(super) fn string(&mut self, name: &str, value: &str) {
        self.name(name);
        quote(value, &mut self.text);
    }

    /// Adds the object of message attributes.
    pub(super) fn attributes(&mut self, attributes: &[StoredAttribute]) {
        self.name("MessageAttributes");
        self.text.push('{');
        for (index, attribute) in attributes.iter().enumerate() {
            self.text.push_str(if index == 0 { "\n    " } else { ",\n    " });
            quote(&attribute.name, &mut self.text);
            self.text.push_str(" : {\"Type\":");
            quote(&attribute.data_type, &mut self.text);
            self.text.push_str(",\"Value\":");
            quote(&attribute.value, &mut self.text);
            self.text.push('}');
        }
        self.text.push_str("\n  }");
    }

    /// Begins a text whose value somebody else writes.
    pub(super) fn open_string(&mut self, name: &str) {
        self.name(name);
        self.text.push('"');
    }

    /// Takes what was written so far.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Ends a text that somebody else wrote.
    pub(super) fn close_string(&mut self) {
        self.text.push('"');
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str("\n}");
        self.text
    }

    fn name(&mut self, name: &str) {
        self.text.push_str(if self.is_empty { "\n  \"" } else { ",\n  \"" });
        self.is_empty = false;
        self.text.push_str(name);
        self.text.push_str("\" : ");
    }
}

/// Writes a JSON string.
pub(super) fn quote(value: &str, text: &mut String) {
    text.push('"');
    let mut rest = value;
    while let Some(index) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        let (plain, special) = rest.split_at(index);
        text.push_str(plain);
        let Some(character) = special.chars().next() else { break };
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{C}' => text.push_str("\\f"),
            // Writing to a string cannot fail.
            other => drop(write!(text, "\\u{:04x}", u32::from(other))),
        }
        rest = &special[character.len_utf8()..];
    }
    text.push_str(rest);
    text.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_back(value in any::<String>()) {
            let mut text = String::new();
            quote(&value, &mut text);
            prop_assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
        }
    }
}
