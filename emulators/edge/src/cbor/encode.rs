//! Writes CBOR, every length definite.

use super::Value;

/// Writes a value.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(&mut out, value);
    out
}

fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Boolean(false) => out.push(0xf4),
        Value::Boolean(true) => out.push(0xf5),
        Value::Integer(number) => match u64::try_from(*number) {
            Ok(number) => head(out, 0, number),
            // -1 - n is what a negative number is written as.
            Err(_) => head(out, 1, !number.cast_unsigned()),
        },
        Value::Float(number) => float(out, *number),
        Value::Text(text) => {
            head(out, 3, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Bytes(bytes) => {
            head(out, 2, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
        Value::Timestamp(seconds) => {
            head(out, 6, 1);
            float(out, *seconds);
        }
        Value::List(values) => {
            head(out, 4, values.len() as u64);
            values.iter().for_each(|value| write(out, value));
        }
        Value::Map(entries) => {
            head(out, 5, entries.len() as u64);
            for (name, value) in entries {
                head(out, 3, name.len() as u64);
                out.extend_from_slice(name.as_bytes());
                write(out, value);
            }
        }
    }
}

fn float(out: &mut Vec<u8>, number: f64) {
    out.push(0xfb);
    out.extend_from_slice(&number.to_be_bytes());
}

/// Writes a major type with its argument in the shortest form.
fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(major | bytes[7]),
        24..=0xff => out.extend_from_slice(&[major | 24, bytes[7]]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend_from_slice(&bytes[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&bytes);
        }
    }
}
