//! What a message says, as one number: equal content has equal digests, whatever its ids.

use sha2::{Digest as _, Sha256};

use crate::message::{Attribute, AttributeValue, DeadLetter};

/// SHA-256 in hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The digits of bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Over body, attributes and group; every part with its length, so that none can pass for another.
#[must_use]
pub fn of(letter: &DeadLetter) -> String {
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    add(letter.body.as_bytes());
    add(letter.group().unwrap_or_default().as_bytes());
    for (name, Attribute { data_type, value }) in &letter.attributes {
        add(name.as_bytes());
        add(data_type.as_bytes());
        match value {
            AttributeValue::Text(text) => add(text.as_bytes()),
            AttributeValue::Binary(bytes) => add(bytes),
        }
    }
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_and_ids_do_not() {
        let letter = |id: &str, body: &str, value: &str| DeadLetter {
            id: id.to_owned(),
            body: body.to_owned(),
            attributes: [("a".to_owned(), Attribute::text(value))].into(),
            ..DeadLetter::default()
        };
        assert_eq!(of(&letter("1", "x", "y")), of(&letter("2", "x", "y")));
        assert_ne!(of(&letter("1", "x", "y")), of(&letter("1", "xy", "")));
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
