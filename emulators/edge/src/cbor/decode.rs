//! Reads CBOR, strictly.

use std::collections::HashSet;
use std::fmt;

use super::Value;

/// How deep values may be nested.
pub const DEPTH_MAX: usize = 32;
/// How many values a document may have.
pub const VALUES_MAX: usize = 200_000;

/// Why a document cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It ends too early.
    Truncated,
    /// Something follows it.
    Trailing,
    /// Nested deeper than [`DEPTH_MAX`], or more values than [`VALUES_MAX`].
    TooLarge,
    /// A length or a type that there is not.
    Malformed,
    /// Text that is not UTF-8.
    Text,
    /// A name that is no text, or is there twice.
    Name,
    /// A tag other than that of timestamps, or a number that does not fit.
    Unsupported,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Truncated => "the document ends too early",
            Self::Trailing => "something follows the document",
            Self::TooLarge => "the document is too large",
            Self::Malformed => "the document is malformed",
            Self::Text => "a text is not UTF-8",
            Self::Name => "a name is no text, or is there twice",
            Self::Unsupported => "a tag or a number is not supported",
        })
    }
}

impl std::error::Error for DecodeError {}

/// Reads one value that takes up all of `bytes`.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader { rest: bytes, values_left: VALUES_MAX };
    let value = reader.value(DEPTH_MAX)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(DecodeError::Trailing) }
}

struct Reader<'a> {
    rest: &'a [u8],
    values_left: usize,
}

/// The argument of an initial byte.
enum Argument {
    Number(u64),
    /// The length is told by a break at the end.
    Indefinite,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self, bytes: usize) -> Result<u64, DecodeError> {
        Ok(self.take(bytes)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn argument(&mut self, information: u8) -> Result<Argument, DecodeError> {
        Ok(Argument::Number(match information {
            0..=23 => u64::from(information),
            24 => self.number(1)?,
            25 => self.number(2)?,
            26 => self.number(4)?,
            27 => self.number(8)?,
            31 => return Ok(Argument::Indefinite),
            _ => return Err(DecodeError::Malformed),
        }))
    }

    fn definite(&mut self, information: u8) -> Result<u64, DecodeError> {
        match self.argument(information)? {
            Argument::Number(number) => Ok(number),
            Argument::Indefinite => Err(DecodeError::Malformed),
        }
    }

    /// Whether a break comes next; takes it.
    fn at_break(&mut self) -> Result<bool, DecodeError> {
        match self.rest.first() {
            Some(0xff) => {
                self.rest = &self.rest[1..];
                Ok(true)
            }
            Some(_) => Ok(false),
            None => Err(DecodeError::Truncated),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, DecodeError> {
        self.values_left = self.values_left.checked_sub(1).ok_or(DecodeError::TooLarge)?;
        let depth = depth.checked_sub(1).ok_or(DecodeError::TooLarge)?;
        let initial = self.take(1)?[0];
        let information = initial & 0x1f;
        match initial >> 5 {
            0 => integer(self.definite(information)?, false),
            1 => integer(self.definite(information)?, true),
            2 => Ok(Value::Bytes(self.string(2, information)?)),
            3 => Ok(Value::Text(self.text(information)?)),
            4 => self.list(information, depth),
            5 => self.map(information, depth),
            6 => self.tagged(information, depth),
            _ => self.simple(information),
        }
    }

    /// The bytes of a string, in one piece or in several of the same type.
    fn string(&mut self, major: u8, information: u8) -> Result<Vec<u8>, DecodeError> {
        match self.argument(information)? {
            Argument::Number(length) => {
                let length = usize::try_from(length).map_err(|_| DecodeError::Truncated)?;
                Ok(self.take(length)?.to_vec())
            }
            Argument::Indefinite => {
                let mut whole = Vec::new();
                while !self.at_break()? {
                    let initial = self.take(1)?[0];
                    if initial >> 5 != major || initial & 0x1f == 31 {
                        return Err(DecodeError::Malformed);
                    }
                    whole.extend(self.string(major, initial & 0x1f)?);
                }
                Ok(whole)
            }
        }
    }

    fn text(&mut self, information: u8) -> Result<String, DecodeError> {
        String::from_utf8(self.string(3, information)?).map_err(|_| DecodeError::Text)
    }

    fn list(&mut self, information: u8, depth: usize) -> Result<Value, DecodeError> {
        let mut values = Vec::new();
        match self.argument(information)? {
            Argument::Number(count) => {
                for _ in 0..count {
                    values.push(self.value(depth)?);
                }
            }
            Argument::Indefinite => {
                while !self.at_break()? {
                    values.push(self.value(depth)?);
                }
            }
        }
        Ok(Value::List(values))
    }

    fn map(&mut self, information: u8, depth: usize) -> Result<Value, DecodeError> {
        let mut entries = Vec::new();
        let mut left = match self.argument(information)? {
            Argument::Number(count) => Some(count),
            Argument::Indefinite => None,
        };
        loop {
            match &mut left {
                Some(0) => break,
                Some(count) => *count -= 1,
                None if self.at_break()? => break,
                None => {}
            }
            let initial = self.take(1)?[0];
            if initial >> 5 != 3 {
                return Err(DecodeError::Name);
            }
            let name = self.text(initial & 0x1f)?;
            entries.push((name, self.value(depth)?));
        }
        let mut seen = HashSet::with_capacity(entries.len());
        if entries.iter().all(|(name, _)| seen.insert(name.as_str())) {
            Ok(Value::Map(entries))
        } else {
            Err(DecodeError::Name)
        }
    }

    fn tagged(&mut self, information: u8, depth: usize) -> Result<Value, DecodeError> {
        if self.definite(information)? != 1 {
            return Err(DecodeError::Unsupported);
        }
        match self.value(depth)? {
            // Timestamps lie far inside what an f64 holds exactly.
            Value::Integer(seconds) => Ok(Value::Timestamp(seconds as f64)),
            Value::Float(seconds) => Ok(Value::Timestamp(seconds)),
            _ => Err(DecodeError::Malformed),
        }
    }

    fn simple(&mut self, information: u8) -> Result<Value, DecodeError> {
        Ok(match information {
            20 => Value::Boolean(false),
            21 => Value::Boolean(true),
            22 | 23 => Value::Null,
            25 => Value::Float(half(self.number(2)?)),
            26 => {
                let bits = u32::try_from(self.number(4)?).map_err(|_| DecodeError::Malformed)?;
                Value::Float(f64::from(f32::from_bits(bits)))
            }
            27 => Value::Float(f64::from_bits(self.number(8)?)),
            _ => return Err(DecodeError::Malformed),
        })
    }
}

fn integer(argument: u64, is_negative: bool) -> Result<Value, DecodeError> {
    let number = i64::try_from(argument).map_err(|_| DecodeError::Unsupported)?;
    Ok(Value::Integer(if is_negative { -1 - number } else { number }))
}

/// A number of 16 bits (IEEE 754 binary16).
fn half(bits: u64) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = (bits >> 10) & 0x1f;
    // Ten bits fit exactly.
    let fraction = (bits & 0x3ff) as f64;
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1_024.0 + fraction) * 2_f64.powf(exponent as f64 - 25.0),
    };
    sign * size
}
