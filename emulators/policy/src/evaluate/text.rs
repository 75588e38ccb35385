//! Patterns of a policy: plain, with wildcards, or with policy variables.

use super::Request;
use super::request::ContextValue;
use crate::glob::{self, Step};

/// A text of a policy, ready to be compared.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Without anything special.
    Plain(Box<str>),
    /// With `*` or `?`.
    Wild(Box<str>),
    /// With policy variables.
    Variable(Box<[Piece]>),
}

/// A piece of a text with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// As written; may have wildcards.
    Pattern(Box<str>),
    /// `${*}`, `${?}`, `${$}`: the character itself.
    Literal(char),
    /// `${key}` or `${key, 'default'}`.
    Key { name: Box<str>, default: Option<Box<str>> },
}

impl Pattern {
    /// Makes a text ready; variables only where the version has them.
    pub(super) fn new(text: &str, has_variables: bool) -> Self {
        if has_variables
            && text.contains("${")
            && let Some(pieces) = pieces(text)
        {
            return Self::Variable(pieces.into());
        }
        if text.contains(['*', '?']) { Self::Wild(text.into()) } else { Self::Plain(text.into()) }
    }

    /// Compares exactly: wildcards are plain characters, variables are filled in.
    pub(super) fn equals(&self, found: &str, ignore_case: bool, request: &Request<'_>) -> bool {
        let same = |wanted: &str| {
            if ignore_case {
                // Policies are compared by characters, not by bytes.
                wanted
                    .chars()
                    .flat_map(char::to_lowercase)
                    .eq(found.chars().flat_map(char::to_lowercase))
            } else {
                wanted == found
            }
        };
        match self {
            Self::Plain(text) | Self::Wild(text) => same(text),
            Self::Variable(pieces) => filled(pieces, request).is_some_and(|text| same(&text)),
        }
    }

    /// Compares with wildcards.
    pub(super) fn fits(&self, found: &str, request: &Request<'_>) -> bool {
        match self {
            Self::Plain(text) => text.as_ref() == found,
            Self::Wild(text) => glob::matches(text, found),
            Self::Variable(pieces) => {
                steps(pieces, request).is_some_and(|steps| glob::matches_steps(&steps, found))
            }
        }
    }

    /// Compares two ARNs part by part: a wildcard does not reach over a colon, except in the last.
    pub(super) fn fits_arn(&self, found: &str, request: &Request<'_>) -> bool {
        match self {
            Self::Plain(text) => text.as_ref() == found,
            Self::Wild(text) if text.as_ref() == "*" => true,
            Self::Wild(text) => {
                let mut wanted = text.splitn(6, ':');
                let mut parts = found.splitn(6, ':');
                loop {
                    match (wanted.next(), parts.next()) {
                        (None, None) => return true,
                        (Some(pattern), Some(part)) if glob::matches(pattern, part) => {}
                        _ => return false,
                    }
                }
            }
            Self::Variable(_) => self.fits(found, request),
        }
    }
}

/// Takes a text with variables apart; nothing if a brace is missing, and then nothing is special.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if at > 0 {
            pieces.push(Piece::Pattern(rest[..at].into()));
        }
        let (inner, after) = rest[at + 2..].split_once('}')?;
        pieces.push(match inner {
            "*" | "?" | "$" => Piece::Literal(inner.chars().next()?),
            _ => variable(inner),
        });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Pattern(rest.into()));
    }
    Some(pieces)
}

/// `key` or `key, 'default'`.
fn variable(inner: &str) -> Piece {
    let (name, default) = match inner.split_once(',') {
        Some((name, default)) => (name, Some(default.trim())),
        None => (inner, None),
    };
    let unquoted = |text: &str| text.strip_prefix('\'')?.strip_suffix('\'').map(Into::into);
    Piece::Key { name: name.trim().into(), default: default.and_then(unquoted) }
}

/// The value of a variable; a key with several values has none that could stand here.
fn value<'a>(piece: &'a Piece, request: &Request<'a>) -> Option<&'a str> {
    let Piece::Key { name, default } = piece else { return None };
    match request.key(name) {
        Some(ContextValue::One(value)) => Some(value),
        Some(ContextValue::Many([value])) => Some(value),
        Some(ContextValue::Many(_)) | None => default.as_deref(),
    }
}

fn filled(pieces: &[Piece], request: &Request<'_>) -> Option<String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Pattern(pattern) => text.push_str(pattern),
            Piece::Literal(character) => text.push(*character),
            Piece::Key { .. } => text.push_str(value(piece, request)?),
        }
    }
    Some(text)
}

/// What comes out of a variable is never special.
fn steps(pieces: &[Piece], request: &Request<'_>) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Pattern(pattern) => glob::extend_with_pattern(&mut steps, pattern),
            Piece::Literal(character) => {
                glob::extend_with_text(&mut steps, character.encode_utf8(&mut [0; 4]));
            }
            Piece::Key { .. } => glob::extend_with_text(&mut steps, value(piece, request)?),
        }
    }
    Some(steps)
}
