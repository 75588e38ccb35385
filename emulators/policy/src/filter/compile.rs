//! From text to a policy, in the order in which Event Ruler reads.

use super::matcher::{Builder, number};
use super::{
    FILTER_BYTES_MAX, FILTER_COMBINATIONS_MAX, FILTER_KEYS_MAX, FilterError, FilterPolicy, Key,
    Scope,
};
use crate::json::{Problem, Reader, Token};

/// Lists with conditions in a whole policy. Ours: AWS has no such limit on keys inside `$or`.
pub(super) const KEYS_TOTAL_MAX: usize = 256;

/// Keys that must match together.
const KEYS_OF_A_RULE_MAX: usize = 64;

/// Objects and lists inside each other.
const DEPTH_MAX: usize = 64;

/// Names that Event Ruler keeps for itself inside `$or`.
const RESERVED: [&str; 7] =
    ["exactly", "prefix", "suffix", "equals-ignore-case", "anything-but", "cidr", "numeric"];

const TOO_COMPLEX: &str = "FilterPolicy: Filter policy is too complex";

/// A refusal: at a place, or of the whole.
enum Stop {
    Place(Problem),
    Whole(String),
    TooComplex,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Place(problem)
    }
}

/// Alternatives as they grow; each is a list of keys by number.
type Rules = Vec<Vec<u16>>;

struct Compiler<'a> {
    reader: Reader<'a>,
    keys: Vec<Key>,
    is_nested: bool,
}

/// Reads a policy.
pub(super) fn policy(text: &str, scope: Scope) -> Result<FilterPolicy, FilterError> {
    if text.len() > FILTER_BYTES_MAX {
        return Err(FilterError::whole("FilterPolicy: Filter policy is too large"));
    }
    // Whether it is JSON at all comes first, with words of its own.
    if let Err(problem) = syntax(text) {
        return Err(FilterError::at(problem, text, "failed to parse JSON. "));
    }
    if is_empty_object(text) {
        return Ok(FilterPolicy { scope, keys: Box::default(), rules: Box::default() });
    }
    let reader = Reader::new(text, DEPTH_MAX);
    let mut compiler = Compiler { reader, keys: Vec::new(), is_nested: false };
    let (rules, top_level) = match compiler.document() {
        Ok(found) => found,
        Err(Stop::Place(problem)) => return Err(FilterError::at(problem, text, "")),
        Err(Stop::Whole(what)) => return Err(FilterError::whole(&format!("FilterPolicy: {what}"))),
        Err(Stop::TooComplex) => return Err(FilterError::whole(TOO_COMPLEX)),
    };
    if top_level > FILTER_KEYS_MAX {
        let message = "FilterPolicy: Filter policy can not have more than 5 keys";
        return Err(FilterError::whole(message));
    }
    if compiler.is_nested && scope == Scope::Attributes {
        return Err(FilterError::whole(
            "Filter policy scope MessageAttributes does not support nested filter policy",
        ));
    }
    let weight = |rule: &Vec<u16>| {
        let weights = rule.iter().map(|index| compiler.keys[usize::from(*index)].weight);
        weights.fold(1, u64::saturating_mul)
    };
    if rules.iter().map(weight).fold(0, u64::saturating_add) > FILTER_COMBINATIONS_MAX {
        return Err(FilterError::whole(TOO_COMPLEX));
    }
    Ok(FilterPolicy {
        scope,
        keys: compiler.keys.into(),
        rules: rules.into_iter().map(Into::into).collect(),
    })
}

/// Whether a text that is known to be JSON is `{}`.
fn is_empty_object(text: &str) -> bool {
    let inner = text.trim_ascii().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    inner.is_some_and(|inner| inner.trim_ascii().is_empty())
}

fn syntax(text: &str) -> Result<(), Problem> {
    let mut reader = Reader::new(text, DEPTH_MAX);
    while reader.advance()?.is_some() {}
    Ok(())
}

impl<'a> Compiler<'a> {
    /// The next token; the text is known to be whole JSON.
    fn next(&mut self) -> Result<Token<'a>, Stop> {
        match self.reader.advance()? {
            Some(token) => Ok(token),
            None => Err(self.refuse("Unexpected end-of-input")),
        }
    }

    /// Refuses at the place where Jackson stands after a glance at the token.
    fn refuse(&self, what: impl Into<String>) -> Stop {
        Stop::Place(self.reader.problem(what))
    }

    /// Refuses after the token's text was read.
    fn refuse_text(&self, what: impl Into<String>) -> Stop {
        Stop::Place(self.reader.problem_after(what))
    }

    fn document(&mut self) -> Result<(Rules, usize), Stop> {
        if self.next()? != Token::ObjectStart {
            return Err(self.refuse("Filter is not an object"));
        }
        let mut rules = Rules::new();
        let top_level = self.object(&mut rules, "", 1, false)?;
        Ok((rules, top_level))
    }

    /// Reads the members of an object; returns how many there are.
    fn object(
        &mut self,
        rules: &mut Rules,
        path: &str,
        depth: u64,
        inside_or: bool,
    ) -> Result<usize, Stop> {
        let mut members = 0;
        while let Token::Name(name) = self.next()? {
            members += 1;
            if name == "$or" {
                self.alternatives(rules, path, depth)?;
                continue;
            }
            if inside_or && RESERVED.contains(&name.as_ref()) {
                let what =
                    format!("{name} is Ruler reserved fieldName which cannot be used inside $or.");
                return Err(self.refuse(what));
            }
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            match self.next()? {
                Token::ObjectStart => {
                    self.is_nested = true;
                    self.object(rules, &path, depth + 1, inside_or)?;
                }
                Token::ArrayStart => self.conditions(rules, &path, depth)?,
                _ => {
                    let what = format!("\"{name}\" must be an object or an array");
                    return Err(self.refuse(what));
                }
            }
        }
        if members == 0 {
            return Err(self.refuse("Empty objects are not allowed"));
        }
        Ok(members)
    }

    /// Reads the branches of `$or`: each continues what was there before.
    fn alternatives(&mut self, rules: &mut Rules, path: &str, depth: u64) -> Result<(), Stop> {
        let before = std::mem::take(rules);
        if self.next()? != Token::ArrayStart {
            return Err(self.refuse("It must be an Array followed with $or."));
        }
        let mut branches = 0;
        loop {
            match self.next()? {
                Token::ArrayEnd => break,
                Token::ObjectStart => {
                    branches += 1;
                    let mut branch = before.clone();
                    if branch.is_empty() {
                        branch.push(Vec::new());
                    }
                    self.object(&mut branch, path, depth, true)?;
                    rules.append(&mut branch);
                    if rules.len() as u64 > FILTER_COMBINATIONS_MAX {
                        return Err(Stop::TooComplex);
                    }
                }
                _ => {
                    let what = "Only JSON object is allowed in array of $or relationship.";
                    return Err(self.refuse(what));
                }
            }
        }
        if branches < 2 {
            let what = "There must have at least 2 Objects in $or relationship.";
            return Err(self.refuse(what));
        }
        Ok(())
    }

    /// Reads the list of conditions of one name and adds it to every alternative.
    fn conditions(&mut self, rules: &mut Rules, path: &str, depth: u64) -> Result<(), Stop> {
        let mut builder = Builder::default();
        let mut values = 0;
        loop {
            let token = self.next()?;
            match &token {
                Token::ArrayEnd => break,
                Token::ObjectStart => self.expression(&mut builder)?,
                Token::String(text) => builder.string(text),
                Token::Number(text) => builder.number(text),
                Token::Bool(value) => builder.bool(*value),
                Token::Null => builder.null(),
                _ => {
                    let what = "Match value must be String, number, true, false, or null";
                    return Err(self.refuse(what));
                }
            }
            values += 1;
            if values > FILTER_BYTES_MAX as u64 {
                return Err(Stop::TooComplex);
            }
        }
        if values == 0 {
            return Err(self.refuse("Empty arrays are not allowed"));
        }
        if self.keys.len() >= KEYS_TOTAL_MAX {
            return Err(Stop::TooComplex);
        }
        let index = self.keys.len() as u16;
        let weight = depth.saturating_mul(values);
        self.keys.push(Key { path: path.into(), weight, matcher: builder.finish() });
        if rules.is_empty() {
            rules.push(Vec::new());
        }
        for rule in rules {
            // A name that comes twice counts as it came last.
            rule.retain(|other| self.keys[usize::from(*other)].path.as_ref() != path);
            if rule.len() >= KEYS_OF_A_RULE_MAX {
                return Err(Stop::TooComplex);
            }
            rule.push(index);
        }
        Ok(())
    }

    /// Reads `{"prefix": "x"}` and the like, after the brace.
    fn expression(&mut self, builder: &mut Builder) -> Result<(), Stop> {
        let Token::Name(name) = self.next()? else {
            return Err(self.refuse("Match expression name not found"));
        };
        match name.as_ref() {
            "exactly" => {
                let text = self.string("exact match pattern must be a string")?;
                builder.string(&text);
            }
            "prefix" | "suffix" | "equals-ignore-case" | "wildcard" => {
                let text = self.string(&format!("{name} match pattern must be a string"))?;
                self.text_pattern(builder, &name, &text)?;
            }
            "cidr" => {
                // The message is Ruler's own.
                let text = self.string("prefix match pattern must be a string")?;
                // Ruler names no place here.
                let block = cidr(&text).map_err(Stop::Whole)?;
                builder.cidr(block, &text);
            }
            "exists" => match self.next()? {
                Token::Bool(wanted) => builder.exists(wanted),
                _ => {
                    let what = "exists match pattern must be either true or false.";
                    return Err(self.refuse(what));
                }
            },
            "numeric" => {
                if self.next()? != Token::ArrayStart {
                    return Err(self.refuse("Value of numeric must be an array."));
                }
                self.numeric(builder)?;
                if self.next()? != Token::ObjectEnd {
                    return Err(self.refuse("Too many elements in numeric expression"));
                }
                return Ok(());
            }
            "anything-but" => return self.anything_but(builder),
            _ => return Err(self.refuse(format!("Unrecognized match type {name}"))),
        }
        self.end_of_expression()
    }

    fn end_of_expression(&mut self) -> Result<(), Stop> {
        match self.next()? {
            Token::ObjectEnd => Ok(()),
            _ => Err(self.refuse("Only one key allowed in match expression")),
        }
    }

    fn string(&mut self, otherwise: &str) -> Result<String, Stop> {
        match self.next()? {
            Token::String(text) => Ok(text.into_owned()),
            _ => Err(self.refuse(otherwise)),
        }
    }

    fn text_pattern(&self, builder: &mut Builder, name: &str, text: &str) -> Result<(), Stop> {
        match name {
            "prefix" => builder.prefix(text),
            "suffix" => builder.suffix(text),
            "wildcard" => {
                let pieces = wildcard(text).map_err(|what| self.refuse_text(what))?;
                builder.wildcard(pieces, text);
            }
            _ => builder.ignore_case(text),
        }
        Ok(())
    }

    /// Reads what follows `"anything-but":`.
    fn anything_but(&mut self, builder: &mut Builder) -> Result<(), Stop> {
        match self.next()? {
            Token::String(text) => builder.not_strings(vec![text.into_owned()]),
            Token::Number(text) => {
                let number = self.fixed(text)?;
                builder.not_numbers(vec![number], text);
            }
            Token::ArrayStart => self.anything_but_list(builder)?,
            Token::ObjectStart => {
                self.anything_but_pattern(builder)?;
                return self.end_of_expression();
            }
            _ => {
                let what = "Value of anything-but must be an array or single string/number value.";
                return Err(self.refuse(what));
            }
        }
        match self.next()? {
            Token::ObjectEnd => Ok(()),
            _ => Err(self.refuse("Too many elements in numeric expression")),
        }
    }

    fn anything_but_list(&mut self, builder: &mut Builder) -> Result<(), Stop> {
        let (mut strings, mut numbers) = (Vec::new(), Vec::new());
        let mut written = String::new();
        loop {
            let token = self.next()?;
            match token {
                Token::ArrayEnd => break,
                Token::String(text) => strings.push(text.into_owned()),
                Token::Number(text) => {
                    numbers.push(self.fixed(text)?);
                    written.push_str(if written.is_empty() { "" } else { " or " });
                    written.push_str(text);
                }
                _ => {
                    let what = "Inside anything but list, start|null|boolean is not supported.";
                    return Err(self.refuse(what));
                }
            }
        }
        if strings.is_empty() == numbers.is_empty() {
            return Err(self.refuse(
                "Inside anything but list, either all values are number or string, mixed type is \
                 not supported",
            ));
        }
        if numbers.is_empty() {
            builder.not_strings(strings);
        } else {
            builder.not_numbers(numbers, &written);
        }
        Ok(())
    }

    /// Reads `{"prefix": "x"}` below `anything-but`, with the closing brace.
    fn anything_but_pattern(&mut self, builder: &mut Builder) -> Result<(), Stop> {
        let Token::Name(name) = self.next()? else {
            return Err(self.refuse("Anything-But expression name not found"));
        };
        if !matches!(name.as_ref(), "prefix" | "suffix" | "wildcard" | "equals-ignore-case") {
            return Err(self.refuse(format!("Unsupported anything-but pattern: {name}")));
        }
        let texts = match self.next()? {
            Token::String(text) => vec![text.into_owned()],
            Token::ArrayStart => self.strings(&name)?,
            _ => return Err(self.refuse(format!("{name} match pattern must be a string"))),
        };
        for text in &texts {
            if text.is_empty() && name != "equals-ignore-case" {
                return Err(self.refuse_text("Null prefix/suffix not allowed"));
            }
        }
        match name.as_ref() {
            "prefix" => builder.not_prefixes(texts),
            "suffix" => builder.not_suffixes(texts),
            "wildcard" => {
                let pieces: Result<_, _> = texts.iter().map(|text| wildcard(text)).collect();
                builder.not_wildcards(pieces.map_err(|what| self.refuse_text(what))?, &texts);
            }
            _ => builder.not_ignoring_case(&texts),
        }
        self.end_of_expression()
    }

    fn strings(&mut self, name: &str) -> Result<Vec<String>, Stop> {
        let mut texts = Vec::new();
        loop {
            match self.next()? {
                Token::ArrayEnd if !texts.is_empty() => return Ok(texts),
                Token::String(text) => texts.push(text.into_owned()),
                _ => return Err(self.refuse(format!("{name} match pattern must be a string"))),
            }
        }
    }

    /// A number that is compared by value; the range is that of the developer guide.
    fn fixed(&self, text: &str) -> Result<i64, Stop> {
        number(text).ok_or_else(|| self.refuse("Value must be between -1.0E9 and 1.0E9, inclusive"))
    }

    /// Reads `"=", 5` or `">", 0, "<=", 9` with the closing bracket.
    fn numeric(&mut self, builder: &mut Builder) -> Result<(), Stop> {
        let first = self.next()?;
        let Token::String(operator) = &first else {
            let what = format!("Invalid member in numeric match: {}", first.text());
            return Err(self.refuse(what));
        };
        let token = self.next()?;
        let name = match operator.as_ref() {
            "=" => "equals",
            ">" | ">=" | "<" | "<=" => operator.as_ref(),
            _ => {
                let what = format!("Unrecognized numeric range operator: {operator}");
                return Err(self.refuse(what));
            }
        };
        let Token::Number(text) = token else {
            return Err(self.refuse(format!("Value of {name} must be numeric")));
        };
        let bound = self.fixed(text)?;
        let next = self.next()?;
        let is_lower = operator.starts_with('>');
        if next != Token::ArrayEnd && !is_lower {
            return Err(self.refuse("Too many elements in numeric expression"));
        }
        let open = !operator.ends_with('=');
        let written = format!("{operator} {text}");
        match operator.as_ref() {
            "=" => builder.range(Some((bound, false)), Some((bound, false)), &written),
            _ if !is_lower => builder.range(None, Some((bound, open)), &written),
            _ if next == Token::ArrayEnd => builder.range(Some((bound, open)), None, &written),
            _ => return self.range_top(builder, next, (bound, open), &written),
        }
        Ok(())
    }

    fn range_top(
        &mut self,
        builder: &mut Builder,
        token: Token<'a>,
        bottom: (i64, bool),
        written: &str,
    ) -> Result<(), Stop> {
        let Token::String(operator) = &token else {
            return Err(self.refuse(format!("Bad value in numeric range: {}", token.text())));
        };
        if !matches!(operator.as_ref(), "<" | "<=") {
            return Err(self.refuse_text(format!("Bad numeric range operator: {operator}")));
        }
        let Token::Number(text) = self.next()? else {
            return Err(self.refuse(format!("Value of {operator} must be numeric")));
        };
        let top = self.fixed(text)?;
        if self.next()? != Token::ArrayEnd {
            return Err(self.refuse("Too many terms in numeric range expression"));
        }
        if bottom.0 >= top {
            return Err(self.refuse("Bottom must be less than top"));
        }
        let written = format!("{written} and {operator} {text}");
        builder.range(Some(bottom), Some((top, operator == "<")), &written);
        Ok(())
    }
}

/// Reads a block of addresses with Ruler's objections.
fn cidr(text: &str) -> Result<crate::network::Block, String> {
    let mut parts = text.split('/');
    let (Some(address), Some(bits), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err("Malformed CIDR, one '/' required".to_owned());
    };
    let bits: i32 =
        bits.parse().map_err(|_| "Malformed CIDR, mask bits must be an integer".to_owned())?;
    if bits < 0 {
        return Err("Malformed CIDR, mask bits must not be negative".to_owned());
    }
    let parsed: std::net::IpAddr =
        address.parse().map_err(|_| format!("Nonstandard IP address: {address}"))?;
    let (most, message) = match parsed {
        std::net::IpAddr::V4(_) => (31, "IPv4 mask bits must be < 32"),
        std::net::IpAddr::V6(_) => (127, "IPv6 mask bits must be < 128"),
    };
    if bits > most {
        return Err(message.to_owned());
    }
    let bits = u8::try_from(bits).unwrap_or_default();
    crate::network::Block::new(parsed, bits).ok_or_else(|| message.to_owned())
}

/// Takes a pattern apart at its stars; `\*` and `\\` are plain characters.
fn wildcard(text: &str) -> Result<Vec<Box<str>>, String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut characters = text.chars().enumerate().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '*' => {
                if characters.peek().is_some_and(|(_, next)| *next == '*') {
                    return Err(format!("Consecutive wildcard characters at pos {at}"));
                }
                pieces.push(std::mem::take(&mut piece).into());
            }
            '\\' => match characters.next() {
                Some((_, escaped @ ('*' | '\\'))) => piece.push(escaped),
                _ => return Err(format!("Invalid escape character at pos {at}")),
            },
            plain => piece.push(plain),
        }
    }
    pieces.push(piece.into());
    Ok(pieces)
}
