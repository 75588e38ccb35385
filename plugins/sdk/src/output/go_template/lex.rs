//! From text to pieces: text between actions, and the tokens inside them.

use serde_json::Value;

use crate::output::go_text::unquote;

/// Why a template is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Line in the template, from 1.
    pub(super) line: usize,
    /// In Go's words where Go refuses as well.
    pub(super) reason: String,
}

/// Text, or the tokens of an action.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Action(Vec<Token>, usize),
}

/// A token inside an action.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `.`
    Dot,
    /// `.name`; `true` when a space stands before it, so that it begins an operand of its own.
    Field(String, bool),
    /// `$` or `$name`, with the dollar sign.
    Variable(String),
    /// `range`, `eq`, `true`…
    Word(String),
    /// A literal.
    Literal(Value),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `|`
    Pipe,
    /// `:=`
    Declare,
    /// `=`
    Assign,
    /// `,`
    Comma,
}

/// Splits a template into pieces; white space is trimmed, comments are gone.
pub(super) fn pieces(source: &str) -> Result<Vec<Piece>, Fault> {
    let mut out = Vec::new();
    let mut rest = source;
    let mut trims_next = false;
    loop {
        let (text, action) = match rest.split_once("{{") {
            Some((text, action)) => (text, Some(action)),
            None => (rest, None),
        };
        let text = if trims_next { text.trim_start() } else { text };
        let Some(action) = action else {
            push_text(&mut out, text);
            return Ok(out);
        };
        let line = line_at(source, action);
        let trims = action.starts_with('-') && action[1..].starts_with(is_space);
        push_text(&mut out, if trims { text.trim_end() } else { text });
        let action = if trims { action[1..].trim_start() } else { action };
        let fault = |reason: &str| Fault { line, reason: reason.to_owned() };
        if let Some(comment) = action.strip_prefix("/*") {
            let (_, after) = comment.split_once("*/").ok_or_else(|| fault("unclosed comment"))?;
            (rest, trims_next) = match after.strip_prefix("}}") {
                Some(rest) => (rest, false),
                None => {
                    let rest = after.trim_start().strip_prefix("-}}");
                    let ends = fault("comment ends before closing delimiter");
                    (rest.ok_or(ends)?, true)
                }
            };
            continue;
        }
        let mut scanner = Scanner { rest: action, tokens: Vec::new() };
        trims_next = scanner.scan().map_err(|reason| Fault { line, reason })?;
        rest = scanner.rest;
        out.push(Piece::Action(scanner.tokens, line));
    }
}

fn push_text(out: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        out.push(Piece::Text(text.to_owned()));
    }
}

fn line_at(source: &str, rest: &str) -> usize {
    let before = source.len() - rest.len();
    source.as_bytes().iter().take(before).filter(|byte| **byte == b'\n').count() + 1
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

struct Scanner<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
}

impl Scanner<'_> {
    /// Scans up to the closing braces; says whether they trim what follows.
    fn scan(&mut self) -> Result<bool, String> {
        loop {
            let before = self.rest.len();
            self.rest = self.rest.trim_start_matches(is_space);
            let spaced = self.rest.len() < before;
            if let Some(rest) = self.rest.strip_prefix("}}") {
                self.rest = rest;
                return Ok(false);
            }
            if let Some(rest) = self.rest.strip_prefix("-}}").filter(|_| spaced) {
                self.rest = rest;
                return Ok(true);
            }
            let token = self.token(spaced || self.tokens.is_empty())?;
            self.tokens.push(token);
        }
    }

    fn token(&mut self, spaced: bool) -> Result<Token, String> {
        let first = self.rest.chars().next().ok_or("unclosed action")?;
        let second = self.rest.chars().nth(1);
        if first == '.' && !second.is_some_and(|c| c.is_ascii_digit()) {
            self.skip(1);
            let name = self.name();
            return Ok(if name.is_empty() { Token::Dot } else { Token::Field(name, spaced) });
        }
        let simple = match first {
            '(' => Some((Token::Open, 1)),
            ')' => Some((Token::Close, 1)),
            '|' => Some((Token::Pipe, 1)),
            ',' => Some((Token::Comma, 1)),
            '=' => Some((Token::Assign, 1)),
            ':' if second == Some('=') => Some((Token::Declare, 2)),
            _ => None,
        };
        if let Some((token, length)) = simple {
            self.skip(length);
            return Ok(token);
        }
        match first {
            '$' => {
                self.skip(1);
                Ok(Token::Variable(format!("${}", self.name())))
            }
            '"' | '`' => self.quoted(first).map(|text| Token::Literal(Value::String(text))),
            '\'' => Err("character literals are not supported".to_owned()),
            c if c.is_ascii_digit() || matches!(c, '+' | '-' | '.') => self.number(),
            c if is_name(c) => Ok(Token::Word(self.name())),
            c => Err(format!("bad character U+{:04X} '{c}'", u32::from(c))),
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn name(&mut self) -> String {
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name.to_owned()
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == quote && !escaped;
            escaped = quote != '`' && *c == '\\' && !escaped;
            ends
        });
        let (end, _) = end.ok_or(match quote {
            '`' => "unterminated raw quoted string",
            _ => "unterminated quoted string",
        })?;
        let (literal, rest) = self.rest.split_at(end + 1);
        self.rest = rest;
        unquote(literal).ok_or_else(|| match literal.contains('\n') {
            true => "unterminated quoted string".to_owned(),
            false => "invalid syntax".to_owned(),
        })
    }

    fn number(&mut self) -> Result<Token, String> {
        let sign = usize::from(self.rest.starts_with(['+', '-']));
        let body = self.rest.get(sign..).unwrap_or_default();
        let is_hex = body.starts_with("0x") || body.starts_with("0X");
        let mut previous = ' ';
        let end = body.find(|c: char| {
            let exponent = !is_hex && matches!(previous, 'e' | 'E') && matches!(c, '+' | '-');
            previous = c;
            !(c == '.' || is_name(c) || exponent)
        });
        let (text, rest) = self.rest.split_at(sign + end.unwrap_or(body.len()));
        self.rest = rest;
        parse_number(text)
            .map(Token::Literal)
            .ok_or_else(|| format!("bad number syntax: \"{text}\""))
    }
}

/// Reads a number as Go does; a whole number stays one, however it is written.
fn parse_number(text: &str) -> Option<Value> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let body = body.replace('_', "");
    let radix = |prefix: &[&str]| prefix.iter().find_map(|prefix| body.strip_prefix(prefix));
    let whole = if let Some(digits) = radix(&["0x", "0X"]) {
        i64::from_str_radix(digits, 16).ok()
    } else if let Some(digits) = radix(&["0o", "0O"]) {
        i64::from_str_radix(digits, 8).ok()
    } else if let Some(digits) = radix(&["0b", "0B"]) {
        i64::from_str_radix(digits, 2).ok()
    } else {
        body.parse().ok()
    };
    if let Some(whole) = whole {
        return Some(Value::from(if negative { -whole } else { whole }));
    }
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let float: f64 = body.parse().ok()?;
    let float = if negative { -float } else { float };
    #[allow(clippy::cast_possible_truncation)] // checked: no fraction, and well inside of i64
    if float.fract() == 0.0 && float.abs() < 1e15 && !body.contains('.') {
        return Some(Value::from(float as i64));
    }
    Some(Value::from(float))
}
