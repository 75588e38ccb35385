//! YAML in kubectl's style: block form, lists not indented, texts quoted only where they must be.
//!
//! "Must" is Go's idea of it: what a YAML 1.1 reader would take for a number, a date or a truth
//! value (`yes`, `on`, `0x1f`, `12:30:45`) is quoted. Unlike kubectl this never folds long lines.

use std::fmt::Write as _;

use serde_json::Value;

use crate::output::go_text::push_number;

/// A whole document, with a line end.
#[must_use]
pub fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => push_map(&mut out, value, 0, false),
        Value::Array(items) if !items.is_empty() => push_list(&mut out, items, 0, false),
        scalar => {
            // A literal block is indented even where nothing is around it.
            push_scalar(&mut out, scalar, 2);
            if !matches!(scalar, Value::String(text) if is_literal(text)) {
                out.push('\n');
            }
        }
    }
    out
}

/// Appends the fields of a map; the first one goes on in the present line when `inline`.
fn push_map(out: &mut String, map: &Value, indent: usize, inline: bool) {
    let fields = map.as_object().into_iter().flatten();
    for (index, (key, value)) in fields.enumerate() {
        if index > 0 || !inline {
            push_spaces(out, indent);
        }
        push_key(out, key);
        out.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                push_map(out, value, indent + 2, false);
            }
            // A list stands as far left as its key.
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                push_list(out, items, indent, false);
            }
            scalar => push_after_mark(out, scalar, indent),
        }
    }
}

fn push_list(out: &mut String, items: &[Value], indent: usize, inline: bool) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 || !inline {
            push_spaces(out, indent);
        }
        out.push('-');
        match item {
            Value::Object(fields) if !fields.is_empty() => {
                out.push(' ');
                push_map(out, item, indent + 2, true);
            }
            Value::Array(inner) if !inner.is_empty() => {
                out.push(' ');
                push_list(out, inner, indent + 2, true);
            }
            scalar => push_after_mark(out, scalar, indent),
        }
    }
}

/// Appends a scalar behind `key:` or `-`, and ends the line.
fn push_after_mark(out: &mut String, scalar: &Value, indent: usize) {
    out.push(' ');
    push_scalar(out, scalar, indent + 2);
    if !out.ends_with('\n') || matches!(scalar, Value::String(text) if !is_literal(text)) {
        out.push('\n');
    }
}

fn push_spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

fn push_scalar(out: &mut String, scalar: &Value, indent: usize) {
    match scalar {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => push_number(out, number),
        Value::String(text) if is_literal(text) => push_literal(out, text, indent),
        Value::String(text) => push_flow(out, text),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

fn push_key(out: &mut String, key: &str) {
    // Without quotes this one would merge its value into the map.
    if key == "<<" { push_double_quoted(out, key) } else { push_flow(out, key) }
}

/// Appends a text on one line, in the plainest style that keeps it a text.
fn push_flow(out: &mut String, text: &str) {
    if is_resolved(text) || needs_escapes(text) || text.contains('\n') {
        push_double_quoted(out, text);
    } else if is_plain(text) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

/// A text of several lines that a literal block can hold as it is.
fn is_literal(text: &str) -> bool {
    text.contains('\n') && !needs_escapes(text) && !text.contains(" \n") && !text.ends_with(' ')
}

fn push_literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        // The reader could not tell the indentation from the first line.
        out.push('2');
    }
    let body = text.strip_suffix('\n');
    match body {
        None => out.push('-'),
        Some(body) if body.is_empty() || body.ends_with('\n') => out.push('+'),
        Some(_) => {}
    }
    for line in body.unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            push_spaces(out, indent);
            out.push_str(line);
        }
    }
    out.push('\n');
}

/// Says whether a text holds something that only the double-quoted style can show.
fn needs_escapes(text: &str) -> bool {
    text.chars().any(|c| c != '\n' && !is_printable(c))
}

fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\u{0}'..='\u{9f}' | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => {
            false
        }
        _ => true,
    }
}

fn push_double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) <= 0xff => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.push('"');
}

/// Says whether a printable text on one line can stand without quotes.
fn is_plain(text: &str) -> bool {
    let starts = |signs: &[char]| text.starts_with(signs);
    let marks =
        text.starts_with(['-', '?', ':']) && text.chars().nth(1).is_none_or(char::is_whitespace);
    !(text.starts_with(' ')
        || text.ends_with(' ')
        || text.starts_with("---")
        || text.starts_with("...")
        || starts(&[
            '#', ',', '[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`',
        ])
        || marks
        || text.contains(": ")
        || text.ends_with(':')
        || text.contains(" #"))
}

/// Says whether a reader of YAML 1.1 would take the text for something else than a text.
fn is_resolved(text: &str) -> bool {
    const WORDS: [&str; 39] = [
        "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "y",
        "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off",
        "OFF", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
        "-.Inf", "-.INF",
    ];
    if WORDS.contains(&text) {
        return true;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let begins = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    begins && (is_number(&unsigned.replace('_', "")) || is_sexagesimal(unsigned) || is_date(text))
}

fn is_number(text: &str) -> bool {
    let all =
        |digits: &str, radix: u32| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    let prefixed = text.split_at_checked(2).is_some_and(|(prefix, digits)| match prefix {
        "0x" | "0X" => all(digits, 16),
        "0o" | "0O" => all(digits, 8),
        "0b" | "0B" => all(digits, 2),
        _ => false,
    });
    if prefixed {
        return true;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let exponent_fits = exponent
        .is_none_or(|exponent| all(exponent.strip_prefix(['+', '-']).unwrap_or(exponent), 10));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    exponent_fits && digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// `12:30:45` was a number to base 60 once.
fn is_sexagesimal(text: &str) -> bool {
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    let Some(last) = rest.last_mut() else { return false };
    let (whole, fraction) = last.split_once('.').unwrap_or((last, ""));
    *last = whole;
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c == '_');
    let below_sixty =
        |part: &&str| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    !first.is_empty() && digits(first) && digits(fraction) && rest.iter().all(below_sixty)
}

/// `2026-11-22`, with or without a time of day.
fn is_date(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, ""),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let number = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let [year, month, day] = parts.as_slice() else { return false };
    let time_fits = time.chars().all(|c| c.is_ascii_digit() || ":.+-Z".contains(c));
    year.len() == 4 && number(year, 4) && number(month, 2) && number(day, 2) && time_fits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lone_text_keeps_its_leading_spaces() {
        assert_eq!(document(&json!(" a\nb\n")), "|2\n   a\n  b\n");
        assert_eq!(document(&json!("a\nb")), "|-\n  a\n  b\n");
    }

    #[test]
    fn empty_and_simple_documents_have_one_line() {
        for (value, text) in [
            (json!({}), "{}\n"),
            (json!([]), "[]\n"),
            (json!("yes"), "\"yes\"\n"),
            (json!(null), "null\n"),
        ] {
            assert_eq!(document(&value), text);
        }
    }

    #[test]
    fn versions_and_quantities_need_no_quotes() {
        for text in ["1.2.3", "10.0.0.1", "1Gi", "100m", "0x", "v1", "a:b", "http://x", "-x", "1-2"]
        {
            assert_eq!(document(&json!(text)), format!("{text}\n"));
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            "[ a:#'\"\n-]{0,6}",
            prop::sample::select(vec![
                "yes",
                "1e3",
                "0o7",
                "~",
                "",
                "12:30",
                "2026-01-02",
                "=",
                "<<"
            ])
            .prop_map(str::to_owned),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((text.clone(), inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in value()) {
            let text = document(&value);
            let read: Value = serde_saphyr::from_str(&text)
                .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(read, value, "{}", text);
        }
    }
}
