//! The functions that a template can call.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::printf::{print, printf};
use crate::output::compare::{equal, order};
use crate::output::go_text::type_name;

/// What is there.
pub(super) const FUNCTIONS: [&str; 16] = [
    "and",
    "base64decode",
    "eq",
    "exists",
    "ge",
    "gt",
    "index",
    "le",
    "len",
    "lt",
    "ne",
    "not",
    "or",
    "print",
    "printf",
    "println",
];

/// What Go or kubectl has and this has not.
pub(super) const UNSUPPORTED: [&str; 5] = ["call", "html", "js", "slice", "urlquery"];

type Outcome = Result<Value, String>;

/// Calls a function of [`FUNCTIONS`]; `and` and `or` are not called, they decide what is.
pub(super) fn call(name: &str, arguments: &[Cow<'_, Value>]) -> Outcome {
    let count = arguments.len();
    let exactly = |wanted: usize| match count == wanted {
        true => Ok(()),
        false => Err(format!("wrong number of args for {name}: want {wanted} got {count}")),
    };
    let at_least_one = || {
        arguments
            .split_first()
            .ok_or_else(|| format!("wrong number of args for {name}: want at least 1 got 0"))
    };
    let result = match name {
        "print" => return Ok(Value::String(print(arguments, false))),
        "println" => return Ok(Value::String(print(arguments, true))),
        "printf" => {
            let (format, rest) = at_least_one()?;
            let format = format.as_str().ok_or("wrong type for value; expected string")?;
            return Ok(Value::String(printf(format, rest)));
        }
        "not" => exactly(1).map(|()| Value::Bool(!arguments.iter().any(|value| is_true(value)))),
        "eq" => {
            let (first, rest) = at_least_one()?;
            any_equal(first, rest).map(Value::Bool)
        }
        "index" => {
            let (first, rest) = at_least_one()?;
            index(first, rest)
        }
        "exists" => {
            let (first, rest) = at_least_one()?;
            return Ok(Value::Bool(index(first, rest).is_ok_and(|value| !value.is_null())));
        }
        "len" => {
            exactly(1)?;
            arguments.first().map_or(Ok(Value::Null), |value| length(value))
        }
        "base64decode" => {
            exactly(1)?;
            let text = arguments.first().and_then(|value| value.as_str());
            decode_base64(text.ok_or("wrong type for value; expected string")?)
        }
        "ne" | "lt" | "le" | "gt" | "ge" => {
            exactly(2)?;
            match arguments {
                [left, right] => compare(name, left, right).map(Value::Bool),
                _ => Ok(Value::Null),
            }
        }
        _ => Err(format!("{name} is not a function here")),
    };
    result.map_err(|reason| match reason.starts_with("wrong number") {
        true => reason,
        false => format!("error calling {name}: {reason}"),
    })
}

/// Go's idea of truth: whatever is not empty.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn any_equal(first: &Value, rest: &[Cow<'_, Value>]) -> Result<bool, String> {
    if rest.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    for other in rest {
        if equal_or_nothing(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Nothing equals nothing, and nothing else.
fn equal_or_nothing(left: &Value, right: &Value) -> Result<bool, String> {
    if left.is_null() || right.is_null() {
        return Ok(left.is_null() && right.is_null());
    }
    equal(left, right)
}

fn compare(name: &str, left: &Value, right: &Value) -> Result<bool, String> {
    if name == "ne" {
        return equal_or_nothing(left, right).map(|equal| !equal);
    }
    let ordering = order(left, right)?;
    Ok(match name {
        "lt" => ordering == Ordering::Less,
        "le" => ordering != Ordering::Greater,
        "gt" => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    })
}

fn index(base: &Value, path: &[Cow<'_, Value>]) -> Outcome {
    let mut value = base;
    for step in path {
        value = match (value, step.as_ref()) {
            (Value::Array(items), Value::Number(number)) => {
                let position = number.as_u64().and_then(|number| usize::try_from(number).ok());
                position
                    .and_then(|position| items.get(position))
                    .ok_or_else(|| format!("index out of range: {number}"))?
            }
            (Value::Object(fields), Value::String(key)) => fields.get(key).unwrap_or(&Value::Null),
            (Value::Null, _) => return Err("index of untyped nil".to_owned()),
            (Value::Array(_) | Value::Object(_), step) => {
                return Err(format!("cannot index slice/array with type {}", type_name(step)));
            }
            (other, _) => return Err(format!("can't index item of type {}", type_name(other))),
        };
    }
    Ok(value.clone())
}

fn length(value: &Value) -> Outcome {
    Ok(Value::from(match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        Value::Null => return Err("len of nil pointer".to_owned()),
        Value::Number(number) if !number.is_f64() => return Err("len of type int".to_owned()),
        other => return Err(format!("len of type {}", type_name(other))),
    }))
}

/// Decodes standard base64 with padding; what is no text afterwards is shown as far as it is.
fn decode_base64(text: &str) -> Outcome {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let illegal =
        |at: usize| format!("base64 decode failed: illegal base64 data at input byte {at}");
    for (group, four) in digits.chunks(4).enumerate() {
        let at = group * 4;
        let filled = four.iter().take_while(|byte| **byte != b'=').count();
        let is_last = at + 4 >= digits.len();
        let padding_fits =
            four.len() == 4 && filled >= 2 && four.iter().skip(filled).all(|byte| *byte == b'=');
        let mut bits = 0_u32;
        for (offset, byte) in four.iter().take(filled).enumerate() {
            let digit = base64_digit(*byte).ok_or_else(|| illegal(at + offset))?;
            bits |= u32::from(digit) << (18 - 6 * offset);
        }
        if !padding_fits || (filled < 4 && !is_last) {
            return Err(illegal(at + filled));
        }
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(filled - 1));
    }
    Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
}

fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
