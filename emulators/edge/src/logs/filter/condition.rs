//! Conditions on JSON events: `{ $.a = 1 && ($.b != "x" || $.c NOT EXISTS) }`.

use serde_json::Value;

/// How deep parentheses may nest.
const DEPTH_MAX: usize = 16;

/// A condition.
#[derive(Debug)]
pub(in crate::logs) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Test(Vec<Step>, Test),
}

/// One step into a document.
#[derive(Debug)]
pub(in crate::logs) enum Step {
    Name(String),
    Index(usize),
}

/// What is asked of a value.
#[derive(Debug)]
pub(in crate::logs) enum Test {
    Text { pattern: String, equal: bool },
    Number { operator: Operator, value: f64 },
    Boolean(bool),
    Null,
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::logs) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Reads a condition in braces.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let inside = text.strip_prefix('{')?.strip_suffix('}')?;
        let mut parser = Parser { rest: inside.trim() };
        let condition = parser.any(DEPTH_MAX)?;
        parser.rest.is_empty().then_some(condition)
    }

    pub(super) fn holds(&self, document: &Value) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|one| one.holds(document)),
            Self::Any(conditions) => conditions.iter().any(|one| one.holds(document)),
            Self::Test(path, test) => test.holds(find(document, path)),
        }
    }
}

fn find<'a>(document: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(document, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::Index(index) => value.get(index),
    })
}

impl Test {
    fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Missing, value) => value.is_none(),
            (_, None) => false,
            (Self::Null, Some(value)) => value.is_null(),
            (Self::Boolean(wanted), Some(value)) => value.as_bool() == Some(*wanted),
            (Self::Text { pattern, equal }, Some(value)) => match value {
                Value::String(text) => wildcard(pattern, text) == *equal,
                Value::Bool(value) => (pattern == &value.to_string()) == *equal,
                Value::Number(number) => (pattern == &number.to_string()) == *equal,
                _ => !equal,
            },
            (Self::Number { operator, value: wanted }, Some(value)) => {
                value.as_f64().is_some_and(|value| operator.compare(value, *wanted))
            }
        }
    }
}

impl Operator {
    fn compare(self, value: f64, wanted: f64) -> bool {
        match self {
            Self::Equal => value == wanted,
            Self::NotEqual => value != wanted,
            Self::Less => value < wanted,
            Self::LessOrEqual => value <= wanted,
            Self::Greater => value > wanted,
            Self::GreaterOrEqual => value >= wanted,
        }
    }
}

/// Whether a text matches a pattern in which `*` stands for anything.
fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((first, mut pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    while let Some((part, rest)) = pattern.split_once('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
        pattern = rest;
    }
    text.ends_with(pattern)
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    /// Takes a mark if it comes next.
    fn take(&mut self, mark: &str) -> bool {
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// Takes a word, in upper or lower case.
    fn take_word(&mut self, word: &str) -> bool {
        let found = self.rest.get(..word.len()).is_some_and(|start| {
            let next = self.rest[word.len()..].chars().next();
            start.eq_ignore_ascii_case(word) && !next.is_some_and(char::is_alphanumeric)
        });
        found && {
            self.rest = self.rest[word.len()..].trim_start();
            true
        }
    }

    fn any(&mut self, depth: usize) -> Option<Condition> {
        let mut conditions = vec![self.all(depth)?];
        while self.take("||") {
            conditions.push(self.all(depth)?);
        }
        Some(Condition::Any(conditions))
    }

    fn all(&mut self, depth: usize) -> Option<Condition> {
        let mut conditions = vec![self.one(depth)?];
        while self.take("&&") {
            conditions.push(self.one(depth)?);
        }
        Some(Condition::All(conditions))
    }

    fn one(&mut self, depth: usize) -> Option<Condition> {
        if self.take("(") {
            let inside = self.any(depth.checked_sub(1)?)?;
            return self.take(")").then_some(inside);
        }
        let path = self.path()?;
        let test = self.test()?;
        Some(Condition::Test(path, test))
    }

    fn path(&mut self) -> Option<Vec<Step>> {
        let mut rest = self.rest.strip_prefix('$')?;
        let mut path = Vec::new();
        loop {
            if let Some(quoted) = rest.strip_prefix(".['").or_else(|| rest.strip_prefix("['")) {
                let (name, after) = quoted.split_once("']")?;
                path.push(Step::Name(name.to_owned()));
                rest = after;
            } else if let Some(indexed) = rest.strip_prefix('[') {
                let (index, after) = indexed.split_once(']')?;
                path.push(Step::Index(index.trim().parse().ok()?));
                rest = after;
            } else if let Some(named) = rest.strip_prefix('.') {
                let is_part = |letter: char| letter.is_alphanumeric() || "_-@".contains(letter);
                let end = named.find(|letter| !is_part(letter)).unwrap_or(named.len());
                let (name, after) = named.split_at(end);
                if name.is_empty() {
                    return None;
                }
                path.push(Step::Name(name.to_owned()));
                rest = after;
            } else {
                break;
            }
        }
        self.rest = rest.trim_start();
        (!path.is_empty()).then_some(path)
    }

    fn test(&mut self) -> Option<Test> {
        if self.take_word("IS") {
            return Some(match () {
                () if self.take_word("TRUE") => Test::Boolean(true),
                () if self.take_word("FALSE") => Test::Boolean(false),
                () if self.take_word("NULL") => Test::Null,
                () => return None,
            });
        }
        if self.take_word("NOT") {
            return self.take_word("EXISTS").then_some(Test::Missing);
        }
        let operator = match () {
            () if self.take("!=") => Operator::NotEqual,
            () if self.take("<=") => Operator::LessOrEqual,
            () if self.take(">=") => Operator::GreaterOrEqual,
            () if self.take("=") => Operator::Equal,
            () if self.take("<") => Operator::Less,
            () if self.take(">") => Operator::Greater,
            () => return None,
        };
        let equal = operator == Operator::Equal;
        let is_equality = equal || operator == Operator::NotEqual;
        if let Some(quoted) = self.rest.strip_prefix('"') {
            let (pattern, after) = super::unquote(quoted)?;
            self.rest = after.trim_start();
            return is_equality.then_some(Test::Text { pattern, equal });
        }
        let is_end = |letter: char| letter.is_whitespace() || "&|()".contains(letter);
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        if word.is_empty() {
            return None;
        }
        let word = word.to_owned();
        self.rest = after.trim_start();
        match word.parse::<f64>() {
            Ok(value) if value.is_finite() => Some(Test::Number { operator, value }),
            _ => is_equality.then_some(Test::Text { pattern: word, equal }),
        }
    }
}
