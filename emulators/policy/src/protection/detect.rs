//! Finds one kind of data in a text.

use std::borrow::Cow;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::managed::Managed;

/// Characters between a keyword and the data, on either side. AWS says "in proximity"; the number
/// is ours, taken from the guide of Macie, which detects the same kinds.
const PROXIMITY_CHARACTERS: usize = 30;

/// Findings of one identifier in one message. Ours.
const FINDINGS_MAX: usize = 10_000;

/// Bytes that a compiled expression may take. Ours; AWS refuses what is "too complicated".
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the identifier without its prefix: `Ssn-US`.
    pub identifier: Arc<str>,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset behind its last character.
    pub end: usize,
}

/// Finds data of one kind.
#[derive(Debug)]
pub(super) struct Detector {
    name: Arc<str>,
    /// Found wherever it stands.
    alone: Option<Regex>,
    /// Found near a keyword.
    near: Option<(Regex, Regex)>,
    check: fn(&str) -> bool,
}

impl Detector {
    /// Makes ready what AWS manages. Nothing comes back if an expression of ours is wrong, which
    /// a test rules out.
    pub(super) fn managed(managed: &Managed) -> Option<Self> {
        let alone = match managed.alone {
            "" => None,
            pattern => Some(bounded(pattern)?),
        };
        let near = match managed.near {
            "" => None,
            pattern => Some((bounded(pattern)?, keywords(managed.keywords)?)),
        };
        Some(Self { name: managed.name.into(), alone, near, check: managed.check })
    }

    /// Makes ready what a policy defines itself.
    pub(super) fn custom(name: &str, pattern: &str) -> Option<Self> {
        let mut builder = RegexBuilder::new(pattern);
        let regex = builder.size_limit(COMPILED_BYTES_MAX).nest_limit(20).build().ok()?;
        Some(Self { name: name.into(), alone: Some(regex), near: None, check: |_| true })
    }

    /// Whether it is the identifier of that name.
    pub(super) fn is_named(&self, name: &str) -> bool {
        *self.name == *name
    }

    /// Adds what it finds. Linear in the text.
    pub(super) fn find(&self, text: &str, findings: &mut Vec<Finding>) {
        let from = findings.len();
        let most = from + FINDINGS_MAX;
        let add = |findings: &mut Vec<Finding>, start: usize, end: usize| {
            if start < end && findings.len() < most {
                findings.push(Finding { identifier: Arc::clone(&self.name), start, end });
            }
        };
        if let Some(alone) = &self.alone {
            for found in alone.find_iter(text) {
                if (self.check)(found.as_str()) {
                    add(findings, found.start(), found.end());
                }
            }
        }
        let Some((near, keywords)) = &self.near else { return };
        let keywords: Vec<(usize, usize)> =
            keywords.find_iter(text).map(|found| (found.start(), found.end())).collect();
        if keywords.is_empty() {
            return;
        }
        let mut next = 0;
        let mut already: Vec<(usize, usize)> =
            findings[from..].iter().map(|finding| (finding.start, finding.end)).collect();
        already.reverse();
        for found in near.find_iter(text) {
            // What was found by itself is not found once more.
            while already.last().is_some_and(|(_, end)| *end <= found.start()) {
                already.pop();
            }
            if already.last().is_some_and(|(start, _)| *start < found.end()) {
                continue;
            }
            while keywords.get(next).is_some_and(|(start, _)| *start < found.start()) {
                next += 1;
            }
            let before = next.checked_sub(1).and_then(|index| keywords.get(index));
            let is_before = before.is_some_and(|(_, end)| is_near(text, *end, found.start()));
            let after = keywords[next..].iter().find(|(start, _)| *start >= found.end());
            let is_after = || after.is_some_and(|(start, _)| is_near(text, found.end(), *start));
            if (is_before || is_after()) && (self.check)(found.as_str()) {
                add(findings, found.start(), found.end());
            }
        }
    }
}

/// Whether few characters lie between two places; a keyword that overlaps the data is near.
fn is_near(text: &str, from: usize, to: usize) -> bool {
    match text.get(from..to) {
        None => true,
        Some(between) => {
            between.chars().take(PROXIMITY_CHARACTERS + 1).count() <= PROXIMITY_CHARACTERS
        }
    }
}

/// A pattern that neither begins nor ends inside a word.
fn bounded(pattern: &str) -> Option<Regex> {
    Regex::new(&format!(r"\b{{start-half}}(?:{pattern})\b{{end-half}}")).ok()
}

/// One expression for many keywords: any case; a blank may be missing or be `_` or `-`.
fn keywords(lists: &[&[&str]]) -> Option<Regex> {
    let mut words: Vec<&str> = lists.iter().flat_map(|list| list.iter().copied()).collect();
    // The longest first: the expression takes the first that fits.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    let is_word = |end: Option<char>| end.is_some_and(char::is_alphanumeric);
    let each = words.iter().map(|word| {
        let plain = regex::escape(&typographic(word)).replace(r"\ ", " ").replace(' ', "[ _-]?");
        let start = if is_word(word.chars().next()) { r"\b{start-half}" } else { "" };
        let end = if is_word(word.chars().next_back()) { r"\b{end-half}" } else { "" };
        format!("{start}{plain}{end}")
    });
    let pattern = each.collect::<Vec<_>>().join("|");
    // `_` is part of words to the expression, but it also joins names: `card_number`.
    let pattern = pattern
        .replace(r"\b{start-half}", r"(?:\b{start-half}|_)")
        .replace(r"\b{end-half}", r"(?:\b{end-half}|_)");
    RegexBuilder::new(&pattern).case_insensitive(true).size_limit(4 << 20).build().ok()
}

/// Keywords are written with plain apostrophes.
fn typographic(word: &str) -> Cow<'_, str> {
    if word.contains('’') { word.replace('’', "'").into() } else { word.into() }
}
