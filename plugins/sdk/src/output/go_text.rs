//! Values as Go prints them: `kubectl -o jsonpath`, `custom-columns` and `go-template` all do.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// Appends a value as Go's `fmt.Fprint` does: `map[a:1 b:[x y]]`, `<nil>`, `1e+06`.
pub fn push_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => push_number(out, number),
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                push_value(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push_str("map[");
            for (index, (key, item)) in sorted(fields).into_iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(key);
                out.push(':');
                push_value(out, item);
            }
            out.push(']');
        }
    }
}

/// A value as Go's `fmt.Sprint` gives it.
#[must_use]
pub fn value_text(value: &Value) -> String {
    let mut out = String::new();
    push_value(&mut out, value);
    out
}

/// Appends a number: integers as they are, fractions as Go's `%v`.
pub fn push_number(out: &mut String, number: &Number) {
    match number.as_f64() {
        Some(float) if number.is_f64() => out.push_str(&float_text(float)),
        _ => {
            let _ = write!(out, "{number}");
        }
    }
}

/// A float as Go's `%v`: the shortest digits that read back, and an exponent for 1e-05 and
/// smaller, 1e+06 and larger.
#[must_use]
pub fn float_text(float: f64) -> String {
    if !float.is_finite() {
        let text = if float.is_nan() { "NaN" } else { "+Inf" };
        return if float == f64::NEG_INFINITY { "-Inf".to_owned() } else { text.to_owned() };
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if float != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{float}")
}

/// The fields of a map in the order of their keys, as Go prints them.
#[must_use]
pub fn sorted(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_unstable_by_key(|(key, _)| *key);
    fields
}

/// A value as Go's `json.Marshal`: keys sorted, `<`, `>` and `&` escaped; with `indent`, as
/// `json.MarshalIndent` with that many spaces.
#[must_use]
pub fn json_text(value: &Value, indent: Option<usize>) -> String {
    let mut out = String::new();
    push_json(&mut out, value, indent, 0);
    out
}

fn push_json(out: &mut String, value: &Value, indent: Option<usize>, depth: usize) {
    match value {
        Value::Null | Value::Bool(_) => {
            let _ = write!(out, "{value}");
        }
        Value::Number(number) => push_json_number(out, number),
        Value::String(text) => push_json_string(out, text),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                next_line(out, indent, depth + 1, index > 0);
                push_json(out, item, indent, depth + 1);
            }
            next_line(out, indent, depth, false);
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (index, (key, item)) in sorted(fields).into_iter().enumerate() {
                next_line(out, indent, depth + 1, index > 0);
                push_json_string(out, key);
                out.push_str(if indent.is_some() { ": " } else { ":" });
                push_json(out, item, indent, depth + 1);
            }
            next_line(out, indent, depth, false);
            out.push('}');
        }
    }
}

fn next_line(out: &mut String, indent: Option<usize>, depth: usize, comma: bool) {
    if comma {
        out.push(',');
    }
    if let Some(indent) = indent {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent * depth));
    }
}

fn push_json_number(out: &mut String, number: &Number) {
    match number.as_f64() {
        Some(float) if number.is_f64() => {
            let magnitude = float.abs();
            if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
                let text = format!("{float:e}");
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let sign = if exponent.starts_with('-') { "" } else { "+" };
                let _ = write!(out, "{digits}e{sign}{exponent}");
            } else {
                let _ = write!(out, "{float}");
            }
        }
        _ => {
            let _ = write!(out, "{number}");
        }
    }
}

fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A string as Go's `%q`.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\u{b}' => out.push_str("\\v"),
            c if c.is_control() && u32::from(c) < 0x80 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The name of a value's type in Go's error messages.
#[must_use]
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// Reads a Go string literal, quotes included; single quotes may hold any number of characters.
///
/// `None` when the literal is not well formed.
#[must_use]
pub fn unquote(literal: &str) -> Option<String> {
    let quote = literal.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'))?;
    let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    if quote == '`' {
        return (!inner.contains('`')).then(|| inner.replace('\r', ""));
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        if c == quote || c == '\n' {
            return None;
        }
        out.push(if c == '\\' { unescape(&mut rest, quote)? } else { c });
    }
    Some(out)
}

fn unescape(rest: &mut std::str::Chars<'_>, quote: char) -> Option<char> {
    let escape = digits_escape(rest.clone().next()?);
    match escape {
        Some((count, radix)) => {
            let first = rest.next()?;
            let first = (radix == 8).then_some(first);
            let mut value = first.map_or(Some(0), |first| first.to_digit(radix))?;
            for _ in usize::from(first.is_some())..count {
                value = value.checked_mul(radix)?.checked_add(rest.next()?.to_digit(radix)?)?;
            }
            char::from_u32(value)
        }
        None => match rest.next()? {
            'a' => Some('\u{7}'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            '\\' => Some('\\'),
            c if c == quote => Some(c),
            _ => None,
        },
    }
}

/// Number of digits and radix of a numeric escape.
fn digits_escape(c: char) -> Option<(usize, u32)> {
    match c {
        'x' => Some((2, 16)),
        'u' => Some((4, 16)),
        'U' => Some((8, 16)),
        '0'..='7' => Some((3, 8)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_are_gos() {
        for (float, text) in [
            (0.0, "0"),
            (1.5, "1.5"),
            (100_000.5, "100000.5"),
            (1e6, "1e+06"),
            (100_000_000.5, "1.000000005e+08"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (-1e21, "-1e+21"),
        ] {
            assert_eq!(float_text(float), text);
        }
        assert_eq!(json_text(&json!([1e6, 1e21, 1e-7]), None), "[1000000,1e+21,1e-7]");
    }

    #[test]
    fn literals_are_read_as_go_reads_them() {
        for (literal, text) in [
            (r#""a\tb""#, Some("a\tb")),
            (r#""\x41\u00e9\101""#, Some("A\u{e9}A")),
            (r"'it\'s'", Some("it's")),
            (r#""\'""#, None),
            (r#""\xZZ""#, None),
            (r#""\uD800""#, None),
            ("`a\\n`", Some("a\\n")),
            ("\"", None),
            ("\"a\nb\"", None),
        ] {
            assert_eq!(unquote(literal).as_deref(), text, "{literal}");
        }
    }

    #[test]
    fn maps_are_sorted() {
        let value = json!({"b": [1, null], "a": {"x": true}});
        assert_eq!(value_text(&value), "map[a:map[x:true] b:[1 <nil>]]");
        assert_eq!(json_text(&value, None), r#"{"a":{"x":true},"b":[1,null]}"#);
    }
}
