//! `print`, `println` and `printf`, with Go's verbs and Go's complaints inside the text.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

use crate::output::go_text::{float_text, quoted, value_text};

/// Widest field and longest fraction, in characters; Go has the same kind of limit.
const WIDTH_MAX: usize = 1_000;

/// Joins values: with `line`, spaces between all and a line end; else spaces between two that are
/// not texts.
pub(super) fn print(values: &[Cow<'_, Value>], line: bool) -> String {
    let mut out = String::new();
    let mut previous_is_text = true;
    for (index, value) in values.iter().enumerate() {
        let is_text = value.is_string();
        if index > 0 && (line || !(is_text || previous_is_text)) {
            out.push(' ');
        }
        out.push_str(&value_text(value));
        previous_is_text = is_text;
    }
    if line {
        out.push('\n');
    }
    out
}

/// What stands between `%` and the verb.
#[derive(Default)]
struct Directive {
    left: bool,
    plus: bool,
    zero: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
}

/// Formats values.
pub(super) fn printf(format: &str, values: &[Cow<'_, Value>]) -> String {
    let mut out = String::new();
    let mut values_left = values.iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut directive = Directive::default();
        while let Some(flag) = chars.next_if(|c| matches!(c, '-' | '+' | '0' | ' ' | '#')) {
            match flag {
                '-' => directive.left = true,
                '+' => directive.plus = true,
                '0' => directive.zero = true,
                ' ' => directive.space = true,
                _ => {}
            }
        }
        directive.width = number(&mut chars);
        if chars.next_if_eq(&'.').is_some() {
            directive.precision = Some(number(&mut chars));
        }
        match chars.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) => match values_left.next() {
                Some(value) => push(&mut out, &directive, verb, value),
                None => {
                    let _ = write!(out, "%!{verb}(MISSING)");
                }
            },
        }
    }
    let extra: Vec<String> =
        values_left.map(|value| format!("{}={}", kind(value), value_text(value))).collect();
    if !extra.is_empty() {
        let _ = write!(out, "%!(EXTRA {})", extra.join(", "));
    }
    out
}

/// Takes the digits that come next as a number, no larger than [`WIDTH_MAX`].
fn number(chars: &mut Peekable<Chars<'_>>) -> usize {
    let mut number = 0;
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        let digit = digit.to_digit(10).unwrap_or_default() as usize;
        number = (number * 10 + digit).min(WIDTH_MAX);
    }
    number
}

/// Go's name for the type of a value in a complaint.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Number(number) if !number.is_f64() => "int",
        value => crate::output::go_text::type_name(value),
    }
}

fn push(out: &mut String, directive: &Directive, verb: char, value: &Value) {
    let text = match verb {
        'v' => Some(match value {
            Value::Number(number) => signed(directive, &value_text(&Value::Number(number.clone()))),
            value => value_text(value),
        }),
        'T' => Some(kind(value).to_owned()),
        _ => match value {
            Value::String(text) => text_verb(directive, verb, text),
            Value::Bool(flag) => (verb == 't').then(|| flag.to_string()),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => integer_verb(directive, verb, whole),
                None => float_verb(directive, verb, number.as_f64().unwrap_or_default()),
            },
            Value::Null => None,
            list => (verb == 's').then(|| value_text(list)),
        },
    };
    let Some(text) = text else {
        let _ = match value {
            Value::Null => write!(out, "%!{verb}(<nil>)"),
            value => write!(out, "%!{verb}({}={})", kind(value), value_text(value)),
        };
        return;
    };
    pad(out, directive, &text, value.is_number());
}

fn pad(out: &mut String, directive: &Directive, text: &str, number: bool) {
    let missing = directive.width.saturating_sub(text.chars().count());
    let fill = |character| std::iter::repeat_n(character, missing);
    if directive.left {
        out.push_str(text);
        out.extend(fill(' '));
    } else if directive.zero && number {
        let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-', ' '])));
        out.push_str(sign);
        out.extend(fill('0'));
        out.push_str(digits);
    } else {
        out.extend(fill(' '));
        out.push_str(text);
    }
}

fn signed(directive: &Directive, text: &str) -> String {
    match (text.starts_with('-'), directive.plus, directive.space) {
        (false, true, _) => format!("+{text}"),
        (false, false, true) => format!(" {text}"),
        _ => text.to_owned(),
    }
}

fn text_verb(directive: &Directive, verb: char, text: &str) -> Option<String> {
    let cut: String = match directive.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    match verb {
        's' => Some(cut),
        'q' => Some(quoted(&cut)),
        'x' => Some(cut.bytes().map(|byte| format!("{byte:02x}")).collect()),
        'X' => Some(cut.bytes().map(|byte| format!("{byte:02X}")).collect()),
        _ => None,
    }
}

fn integer_verb(directive: &Directive, verb: char, number: i64) -> Option<String> {
    let magnitude = number.unsigned_abs();
    let digits = match verb {
        'd' => magnitude.to_string(),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        'o' => format!("{magnitude:o}"),
        'b' => format!("{magnitude:b}"),
        'c' => return u32::try_from(number).ok().and_then(char::from_u32).map(String::from),
        _ => return None,
    };
    let digits = format!("{digits:0>width$}", width = directive.precision.unwrap_or_default());
    let text = if number < 0 { format!("-{digits}") } else { digits };
    Some(signed(directive, &text))
}

fn float_verb(directive: &Directive, verb: char, number: f64) -> Option<String> {
    let precision = directive.precision;
    let text = match verb {
        'f' | 'F' => format!("{number:.*}", precision.unwrap_or(6)),
        'e' | 'E' => {
            let text = format!("{number:.*e}", precision.unwrap_or(6));
            let (digits, exponent) = text.split_once('e')?;
            let exponent: i32 = exponent.parse().ok()?;
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}{verb}{sign}{:02}", exponent.abs())
        }
        'g' | 'G' if precision.is_none() => float_text(number),
        _ => return None,
    };
    Some(signed(directive, &text))
}
