//! The list of conditions of one name: any of them is enough.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::message::Scalar;
use crate::glob;
use crate::network::Block;

/// Characters of a list of conditions that an explanation shows.
const WORDS_MAX: usize = 300;

/// A number in units of 0.00001; nothing outside ±10⁹. Developer guide, "filter policy
/// constraints": five digits after the point.
pub(super) fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok().and_then(fixed)
}

fn fixed(value: f64) -> Option<i64> {
    const MOST: f64 = 1e9;
    // The product is below 2⁵³, so nothing is lost.
    (value.is_finite() && value.abs() <= MOST).then(|| (value * 1e5).round() as i64)
}

/// Conditions, ready to be compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Matcher {
    /// In order, to be searched by halves.
    strings: Box<[Box<str>]>,
    numbers: Box<[i64]>,
    /// Numbers that are out of range are compared as they are written.
    number_texts: Box<[Box<str>]>,
    addresses: Box<[IpAddr]>,
    patterns: Box<[Pattern]>,
    null: bool,
    yes: bool,
    no: bool,
    present: bool,
    absent: bool,
    /// For people.
    words: Box<str>,
}

#[derive(Clone, Debug)]
enum Pattern {
    Prefix(Box<str>),
    Suffix(Box<str>),
    Wildcard(Box<[Box<str>]>),
    /// In small letters.
    IgnoreCase(Box<str>),
    /// Both ends, each with whether it is left out.
    Range(Option<(i64, bool)>, Option<(i64, bool)>),
    Block(Block),
    Not(Not),
}

/// What `anything-but` leaves out.
#[derive(Clone, Debug)]
enum Not {
    Strings(Box<[Box<str>]>),
    Numbers(Box<[i64]>),
    Prefixes(Box<[Box<str>]>),
    Suffixes(Box<[Box<str>]>),
    Wildcards(Box<[Box<[Box<str>]>]>),
    IgnoringCase(Box<[Box<str>]>),
}

impl Matcher {
    /// Whether `{"exists": true}` is among the conditions.
    pub(super) const fn wants_present(&self) -> bool {
        self.present
    }

    /// Whether `{"exists": false}` is among the conditions.
    pub(super) const fn wants_absent(&self) -> bool {
        self.absent
    }

    /// The conditions in words: `"a" or a prefix "b"`.
    pub(super) fn words(&self) -> &str {
        &self.words
    }

    /// Whether a value that is there fits.
    pub(super) fn matches(&self, value: &Scalar<'_>) -> bool {
        if self.present {
            return true;
        }
        let plain = match value {
            Scalar::Null => self.null,
            Scalar::Bool(value) => {
                if *value {
                    self.yes
                } else {
                    self.no
                }
            }
            Scalar::Text(text) => self.matches_text(text),
            Scalar::Number { text, fixed } => self.matches_number(*fixed, text),
            Scalar::JsonNumber(number) => self.matches_json_number(number),
            Scalar::Nested => return false,
        };
        plain || self.patterns.iter().any(|pattern| pattern.matches(value))
    }

    fn matches_text(&self, text: &str) -> bool {
        let found = self.strings.binary_search_by(|other| other.as_ref().cmp(text)).is_ok();
        // The same address may be written in many ways.
        found
            || (!self.addresses.is_empty()
                && text.parse().is_ok_and(|address| self.addresses.contains(&address)))
    }

    fn matches_number(&self, fixed: Option<i64>, text: &str) -> bool {
        fixed.is_some_and(|fixed| self.numbers.binary_search(&fixed).is_ok())
            || self.number_texts.iter().any(|other| other.as_ref() == text)
    }

    fn matches_json_number(&self, number: &serde_json::Number) -> bool {
        let fixed = number.as_f64().and_then(fixed);
        match fixed {
            Some(_) => self.matches_number(fixed, ""),
            // Out of range: whole numbers digit by digit, others by value.
            None if number.is_f64() => {
                let value = number.as_f64();
                self.number_texts.iter().any(|text| text.parse().ok() == value)
            }
            None => !self.number_texts.is_empty() && self.matches_number(None, &number.to_string()),
        }
    }
}

fn fixed_of(value: &Scalar<'_>) -> Option<i64> {
    match value {
        Scalar::Number { fixed, .. } => *fixed,
        Scalar::JsonNumber(number) => number.as_f64().and_then(fixed),
        _ => None,
    }
}

impl Pattern {
    fn matches(&self, value: &Scalar<'_>) -> bool {
        if let Self::Not(not) = self {
            return !not.leaves_out(value);
        }
        match (self, value) {
            (Self::Prefix(prefix), Scalar::Text(text)) => text.starts_with(prefix.as_ref()),
            (Self::Suffix(suffix), Scalar::Text(text)) => text.ends_with(suffix.as_ref()),
            (Self::Wildcard(pieces), Scalar::Text(text)) => glob::matches_pieces(pieces, text),
            (Self::IgnoreCase(wanted), Scalar::Text(text)) => same_ignoring_case(wanted, text),
            (Self::Block(block), Scalar::Text(text)) => {
                text.parse().is_ok_and(|address| block.contains(address))
            }
            (Self::Range(bottom, top), _) => fixed_of(value).is_some_and(|number| {
                bottom.is_none_or(|(bound, open)| number > bound || (number == bound && !open))
                    && top.is_none_or(|(bound, open)| number < bound || (number == bound && !open))
            }),
            _ => false,
        }
    }
}

impl Not {
    fn leaves_out(&self, value: &Scalar<'_>) -> bool {
        if let (Self::Numbers(numbers), Some(number)) = (self, fixed_of(value)) {
            return numbers.binary_search(&number).is_ok();
        }
        let Scalar::Text(text) = value else { return false };
        match self {
            Self::Numbers(_) => false,
            Self::Strings(strings) => {
                strings.binary_search_by(|other| other.as_ref().cmp(text)).is_ok()
            }
            Self::Prefixes(texts) => texts.iter().any(|one| text.starts_with(one.as_ref())),
            Self::Suffixes(texts) => texts.iter().any(|one| text.ends_with(one.as_ref())),
            Self::Wildcards(patterns) => {
                patterns.iter().any(|pieces| glob::matches_pieces(pieces, text))
            }
            Self::IgnoringCase(texts) => texts.iter().any(|one| same_ignoring_case(one, text)),
        }
    }
}

/// Compares with a text in small letters.
fn same_ignoring_case(small: &str, text: &str) -> bool {
    text.chars().flat_map(char::to_lowercase).eq(small.chars())
}

fn small(text: &str) -> Box<str> {
    text.chars().flat_map(char::to_lowercase).collect::<String>().into()
}

/// Collects conditions as they are read.
#[derive(Debug, Default)]
pub(super) struct Builder {
    matcher: Matcher,
    strings: Vec<Box<str>>,
    numbers: Vec<i64>,
    number_texts: Vec<Box<str>>,
    addresses: Vec<IpAddr>,
    patterns: Vec<Pattern>,
    words: String,
}

impl Builder {
    fn say(&mut self, words: std::fmt::Arguments<'_>) {
        if self.words.len() > WORDS_MAX {
            if !self.words.ends_with('…') {
                self.words.push_str(" or …");
            }
            return;
        }
        if !self.words.is_empty() {
            self.words.push_str(" or ");
        }
        // Writing to a text does not fail.
        let _ = self.words.write_fmt(words);
    }

    pub(super) fn string(&mut self, text: &str) {
        self.say(format_args!("{text:?}"));
        if let Ok(address) = text.parse() {
            self.addresses.push(address);
        }
        self.strings.push(text.into());
    }

    pub(super) fn number(&mut self, text: &str) {
        self.say(format_args!("{text}"));
        match number(text) {
            Some(number) => self.numbers.push(number),
            None => self.number_texts.push(text.into()),
        }
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.say(format_args!("{value}"));
        if value { self.matcher.yes = true } else { self.matcher.no = true }
    }

    pub(super) fn null(&mut self) {
        self.say(format_args!("null"));
        self.matcher.null = true;
    }

    pub(super) fn exists(&mut self, wanted: bool) {
        self.say(format_args!("{}", if wanted { "any value" } else { "nothing" }));
        if wanted { self.matcher.present = true } else { self.matcher.absent = true }
    }

    pub(super) fn prefix(&mut self, text: &str) {
        self.say(format_args!("something that begins with {text:?}"));
        self.patterns.push(Pattern::Prefix(text.into()));
    }

    pub(super) fn suffix(&mut self, text: &str) {
        self.say(format_args!("something that ends with {text:?}"));
        self.patterns.push(Pattern::Suffix(text.into()));
    }

    pub(super) fn wildcard(&mut self, pieces: Vec<Box<str>>, text: &str) {
        self.say(format_args!("something like {text:?}"));
        self.patterns.push(Pattern::Wildcard(pieces.into()));
    }

    pub(super) fn ignore_case(&mut self, text: &str) {
        self.say(format_args!("{text:?} in any case"));
        self.patterns.push(Pattern::IgnoreCase(small(text)));
    }

    pub(super) fn cidr(&mut self, block: Block, text: &str) {
        self.say(format_args!("an address in {text}"));
        self.patterns.push(Pattern::Block(block));
    }

    /// Both ends, each with whether it is left out.
    pub(super) fn range(
        &mut self,
        bottom: Option<(i64, bool)>,
        top: Option<(i64, bool)>,
        written: &str,
    ) {
        self.say(format_args!("a number {written}"));
        self.patterns.push(Pattern::Range(bottom, top));
    }

    pub(super) fn not_strings(&mut self, mut strings: Vec<String>) {
        self.say(format_args!("anything but {}", quoted(&strings)));
        strings.sort();
        self.not(Not::Strings(boxed(strings)));
    }

    pub(super) fn not_numbers(&mut self, mut numbers: Vec<i64>, written: &str) {
        self.say(format_args!("anything but {written}"));
        numbers.sort_unstable();
        self.not(Not::Numbers(numbers.into()));
    }

    pub(super) fn not_prefixes(&mut self, texts: Vec<String>) {
        self.say(format_args!("nothing that begins with {}", quoted(&texts)));
        self.not(Not::Prefixes(boxed(texts)));
    }

    pub(super) fn not_suffixes(&mut self, texts: Vec<String>) {
        self.say(format_args!("nothing that ends with {}", quoted(&texts)));
        self.not(Not::Suffixes(boxed(texts)));
    }

    pub(super) fn not_wildcards(&mut self, patterns: Vec<Vec<Box<str>>>, texts: &[String]) {
        self.say(format_args!("nothing like {}", quoted(texts)));
        self.not(Not::Wildcards(patterns.into_iter().map(Into::into).collect()));
    }

    pub(super) fn not_ignoring_case(&mut self, texts: &[String]) {
        self.say(format_args!("anything but {} in any case", quoted(texts)));
        self.not(Not::IgnoringCase(texts.iter().map(|text| small(text)).collect()));
    }

    fn not(&mut self, not: Not) {
        self.patterns.push(Pattern::Not(not));
    }

    pub(super) fn finish(mut self) -> Matcher {
        self.strings.sort();
        self.numbers.sort_unstable();
        Matcher {
            strings: self.strings.into(),
            numbers: self.numbers.into(),
            number_texts: self.number_texts.into(),
            addresses: self.addresses.into(),
            patterns: self.patterns.into(),
            words: self.words.into(),
            ..self.matcher
        }
    }
}

fn boxed(texts: Vec<String>) -> Box<[Box<str>]> {
    texts.into_iter().map(Into::into).collect()
}

fn quoted(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
    texts.join(" or ")
}
