//! Text to tokens.

use super::problem::Problem;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A name, a keyword or a value without quotes.
    Word(String),
    /// A value in quotes.
    Text(String),
    /// A number, as written.
    Number(String),
    /// A time span in milliseconds.
    Duration(f64),
    /// `==` and its like, in their plain spelling.
    Operator(&'static str),
    Open,
    Close,
    Comma,
}

/// A token and its place in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
    pub(super) length: usize,
}

/// Operators, longest first; the second is the plain spelling.
const OPERATORS: [(&str, &str); 13] = [
    ("==", "=="),
    ("!=", "!="),
    ("!~", "!~"),
    ("=~", "~"),
    ("<=", "<="),
    (">=", ">="),
    ("<>", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("=", "=="),
    ("<", "<"),
    (">", ">"),
    ("~", "~"),
];

/// Units of time spans in milliseconds, longest spelling first where one begins with another.
const UNITS: [(&str, f64); 6] = [
    ("ms", 1.0),
    ("s", 1_000.0),
    ("m", 60_000.0),
    ("h", 3_600_000.0),
    ("d", 86_400_000.0),
    ("w", 604_800_000.0),
];

/// Splits a text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = token(rest, first, at)?;
        tokens.push(Token { kind, at, length });
        at += length;
    }
    Ok(tokens)
}

fn token(rest: &str, first: char, at: usize) -> Result<(Kind, usize), Problem> {
    match first {
        '(' => return Ok((Kind::Open, 1)),
        ')' => return Ok((Kind::Close, 1)),
        ',' => return Ok((Kind::Comma, 1)),
        '"' | '\'' => {
            let (text, length) = quoted(rest, first, at)?;
            return Ok((Kind::Text(text), length));
        }
        _ => {}
    }
    if let Some((typed, plain)) = OPERATORS.iter().find(|(typed, _)| rest.starts_with(typed)) {
        return Ok(match *plain {
            "and" | "or" => (Kind::Word((*plain).to_owned()), typed.len()),
            _ => (Kind::Operator(plain), typed.len()),
        });
    }
    if first == '!' {
        return Ok((Kind::Word("not".to_owned()), 1));
    }
    if first.is_alphanumeric() || matches!(first, '-' | '_' | '/' | '.') {
        return word(rest, at);
    }
    Err(Problem::new(at, first.len_utf8(), format!("'{first}' has no meaning here"))
        .hint("put a text into quotes: body./kind == \"a&b\""))
}

/// A text in quotes; a backslash takes away the meaning of what follows, `\n` and `\t` are as in
/// JSON.
fn quoted(rest: &str, quote: char, at: usize) -> Result<(String, usize), Problem> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((index, c)) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, escaped)) => text.push(escaped),
                None => break,
            },
            c if c == quote => return Ok((text, index + 1)),
            c => text.push(c),
        }
    }
    Err(Problem::new(at, rest.len(), format!("this text has no closing {quote}"))
        .hint("keep the shell from taking the quotes: --where 'body./kind == \"x\"'"))
}

/// A word: a name with dots and a JSON pointer, a keyword, a number, a time span, an ARN.
fn word(rest: &str, at: usize) -> Result<(Kind, usize), Problem> {
    let mut name = String::new();
    let mut length = 0;
    let mut in_pointer = false;
    while let Some(c) = rest.get(length..).and_then(|tail| tail.chars().next()) {
        let next = rest.get(length + c.len_utf8()..).and_then(|tail| tail.chars().next());
        in_pointer |= c == '/';
        let is_part = c.is_alphanumeric()
            || matches!(c, '_' | '-' | '.' | '/' | ':' | '$' | '@' | '#' | '*' | '+')
            // In a JSON pointer ~0 is a tilde and ~1 a slash.
            || (in_pointer && c == '~' && matches!(next, Some('0' | '1')));
        if is_part {
            name.push(c);
            length += c.len_utf8();
        } else if matches!(c, '"' | '\'') && matches!(name.chars().last(), Some('.' | '/')) {
            let (text, taken) = quoted(rest.get(length..).unwrap_or_default(), c, at + length)?;
            name.push_str(&text);
            length += taken;
        } else {
            break;
        }
    }
    let is_numeric = name.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.'));
    let number = name.parse::<f64>().is_ok_and(f64::is_finite);
    Ok(match duration_ms(&name) {
        _ if is_numeric && number => (Kind::Number(name), length),
        Some(ms) => (Kind::Duration(ms), length),
        None => (Kind::Word(name), length),
    })
}

/// Reads `1h30m`.
fn duration_ms(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut total_ms = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, tail) = rest.split_at(digits);
        let number: f64 = number.parse().ok()?;
        let (unit, factor) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
        total_ms += number * factor;
        rest = tail.get(unit.len()..)?;
    }
    (!text.is_empty() && total_ms.is_finite()).then_some(total_ms)
}
