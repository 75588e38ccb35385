//! Reads `application/x-www-form-urlencoded`, of bodies and query strings.

use std::fmt;

use crate::Parameters;

/// Parameters of one request. A batch of ten messages with ten attributes each has under 500.
pub const PARAMETERS_MAX: usize = 4_096;
/// Bytes of a decoded name.
pub const NAME_BYTES_MAX: usize = 512;

/// Why a form cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormError {
    /// `%` without two hexadecimal digits, or what is encoded is not UTF-8.
    Encoding,
    /// More than [`PARAMETERS_MAX`].
    TooMany,
    /// A name longer than [`NAME_BYTES_MAX`].
    LongName,
    /// This name is there twice.
    Duplicate(String),
}

impl fmt::Display for FormError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding => formatter.write_str("The query string is not properly encoded"),
            Self::TooMany => {
                write!(formatter, "The request has more than {PARAMETERS_MAX} parameters")
            }
            Self::LongName => {
                write!(formatter, "A parameter's name is longer than {NAME_BYTES_MAX} bytes")
            }
            Self::Duplicate(name) => {
                let shown = name.escape_debug();
                write!(formatter, "The parameter {shown} is given more than once")
            }
        }
    }
}

impl std::error::Error for FormError {}

/// Reads a query string and a body, either of which may be empty.
///
/// # Errors
/// See [`FormError`].
pub fn parse(query: &[u8], body: &[u8]) -> Result<Parameters, FormError> {
    let mut pairs = Vec::with_capacity(8);
    for text in [query, body] {
        read(text, &mut pairs)?;
    }
    Parameters::from_pairs(pairs).map_err(FormError::Duplicate)
}

fn read(text: &[u8], pairs: &mut Vec<(String, String)>) -> Result<(), FormError> {
    for pair in text.split(|&byte| byte == b'&') {
        if pair.is_empty() {
            continue;
        }
        if pairs.len() == PARAMETERS_MAX {
            return Err(FormError::TooMany);
        }
        let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
        let name = decode(&pair[..equals])?;
        if name.len() > NAME_BYTES_MAX {
            return Err(FormError::LongName);
        }
        let value = decode(pair.get(equals + 1..).unwrap_or_default())?;
        pairs.push((name, value));
    }
    Ok(())
}

/// Undoes the percent-encoding of a path.
pub(crate) fn decode_path(path: &str) -> Option<String> {
    // In a path, `+` is a plus.
    decode(path.replace('+', "%2B").as_bytes()).ok()
}

/// Undoes percent-encoding; `+` is a space.
fn decode(text: &[u8]) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%' || byte == b'+') {
        bytes.extend_from_slice(&rest[..at]);
        if rest[at] == b'+' {
            bytes.push(b' ');
            rest = &rest[at + 1..];
        } else {
            let digit = |offset: usize| {
                rest.get(at + offset).and_then(|&byte| hex_digit(byte)).ok_or(FormError::Encoding)
            };
            bytes.push(digit(1)? << 4 | digit(2)?);
            rest = &rest[at + 3..];
        }
    }
    bytes.extend_from_slice(rest);
    String::from_utf8(bytes).map_err(|_| FormError::Encoding)
}

/// The value of a hexadecimal digit.
pub(crate) const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairs_are_decoded() {
        let read = parse(b"Action=Go&Empty=&Flag&&A%20b=%C3%A9+%2b", b"Body=x=y").unwrap();
        let expected =
            [("A b", "\u{e9} +"), ("Action", "Go"), ("Body", "x=y"), ("Empty", ""), ("Flag", "")];
        assert_eq!(read.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_not_encoded_properly_is_refused() {
        for wrong in ["A=%", "A=%4", "A=%zz", "A=%+1", "A=%ff", "%ed%a0%80=1"] {
            assert_eq!(parse(b"", wrong.as_bytes()), Err(FormError::Encoding), "{wrong}");
        }
        assert_eq!(parse(b"A=1", b"A=2"), Err(FormError::Duplicate("A".to_owned())));
    }

    #[test]
    fn sizes_have_limits() {
        let many = (0..=PARAMETERS_MAX).map(|n| format!("P{n}=&")).collect::<String>();
        assert_eq!(parse(b"", many.as_bytes()), Err(FormError::TooMany));
        let long = format!("{}=1", "n".repeat(NAME_BYTES_MAX + 1));
        assert_eq!(parse(b"", long.as_bytes()), Err(FormError::LongName));
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes, b"");
        }

        #[test]
        fn what_was_encoded_comes_back(value in "\\PC{0,40}") {
            let encoded = value.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
            let read = parse(b"", format!("V={encoded}").as_bytes()).unwrap();
            prop_assert_eq!(read.get("V"), Some(value.as_str()));
        }
    }
}
