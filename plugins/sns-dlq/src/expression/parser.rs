//! Tokens to a tree.

use super::fields::Field;
use super::lexer::{Kind, Token, tokens};
use super::problem::Problem;
use super::{COMPARISONS_MAX, DEPTH_MAX, TEXT_BYTES_MAX};

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

/// A value that was typed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(String),
    DurationMs(f64),
    Boolean(bool),
    Null,
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    /// The field is there, and neither null nor false.
    Present(Field),
    /// One of the values compares as the operator says.
    Compare(Field, Operator, Vec<Literal>),
}

impl Node {
    /// Says whether a field is asked for.
    pub(super) fn asks(&self, field: &Field) -> bool {
        match self {
            Self::Or(nodes) | Self::And(nodes) => nodes.iter().any(|node| node.asks(field)),
            Self::Not(node) => node.asks(field),
            Self::Present(asked) | Self::Compare(asked, ..) => asked == field,
        }
    }
}

/// Reads a whole expression.
pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Problem::new(0, 1, "the expression is longer than 4 KiB"));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0, end: text.len(), comparisons: 0 };
    let node = parser.any_of(0)?;
    match parser.peek() {
        None => Ok(node),
        Some(token) if token.kind == Kind::Close => {
            Err(Problem::new(token.at, 1, "nothing is open that this could close"))
        }
        Some(token) => {
            Err(Problem::new(token.at, token.length, "and, or, or the end was expected here"))
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    end: usize,
    comparisons: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<&'a Token> {
        let token = self.peek();
        self.next += usize::from(token.is_some());
        token
    }

    /// Takes a keyword if it comes next.
    fn keyword(&mut self, word: &str) -> bool {
        let is_next = self.peek().is_some_and(
            |token| matches!(&token.kind, Kind::Word(typed) if typed.eq_ignore_ascii_case(word)),
        );
        self.next += usize::from(is_next);
        is_next
    }

    fn missing(&self, what: &str) -> Problem {
        match self.peek() {
            Some(token) => {
                Problem::new(token.at, token.length, format!("{what} was expected here"))
            }
            None => Problem::new(self.end, 1, format!("{what} is missing at the end")),
        }
    }

    fn any_of(&mut self, depth: usize) -> Result<Node, Problem> {
        let first = self.all_of(depth)?;
        let mut nodes = vec![first];
        while self.keyword("or") {
            nodes.push(self.all_of(depth)?);
        }
        Ok(joined(nodes, Node::Or))
    }

    fn all_of(&mut self, depth: usize) -> Result<Node, Problem> {
        let first = self.one(depth)?;
        let mut nodes = vec![first];
        while self.keyword("and") {
            nodes.push(self.one(depth)?);
        }
        Ok(joined(nodes, Node::And))
    }

    fn one(&mut self, depth: usize) -> Result<Node, Problem> {
        if depth >= DEPTH_MAX {
            let at = self.peek().map_or(self.end, |token| token.at);
            return Err(Problem::new(at, 1, "the expression is nested deeper than 32 levels"));
        }
        if self.keyword("not") {
            return Ok(Node::Not(Box::new(self.one(depth + 1)?)));
        }
        let Some(token) = self.peek() else { return Err(self.missing("a field")) };
        match &token.kind {
            Kind::Open => {
                self.next += 1;
                let node = self.any_of(depth + 1)?;
                match self.peek() {
                    Some(token) if token.kind == Kind::Close => self.next += 1,
                    Some(_) => return Err(self.missing("and, or, or )")),
                    None => {
                        return Err(Problem::new(token.at, 1, "this parenthesis is never closed"));
                    }
                }
                Ok(node)
            }
            Kind::Word(name) => {
                self.next += 1;
                self.comparison(Field::parse(name, token.at)?)
            }
            Kind::Text(_) | Kind::Number(_) | Kind::Duration(_) => {
                Err(Problem::new(token.at, token.length, "a comparison begins with a field")
                    .hint("turn it around: body./kind == \"x\""))
            }
            _ => Err(self.missing("a field")),
        }
    }

    fn comparison(&mut self, field: Field) -> Result<Node, Problem> {
        self.count()?;
        let start = self.next;
        let negated = self.keyword("not");
        if self.keyword("in") {
            let list = self.list(&field)?;
            let node = Node::Compare(field, Operator::Equal, list);
            return Ok(if negated { Node::Not(Box::new(node)) } else { node });
        }
        if negated {
            self.next = start;
            return Err(self
                .missing("and, or, or an operator")
                .hint("did you mean 'not in (...)'?"));
        }
        let typed = if self.keyword("contains") {
            "~"
        } else {
            match self.peek().map(|token| &token.kind) {
                Some(Kind::Operator(operator)) => {
                    self.next += 1;
                    *operator
                }
                _ => return Ok(Node::Present(field)),
            }
        };
        let (operator, negated) = match typed {
            "!=" => (Operator::Equal, true),
            "!~" => (Operator::Contains, true),
            "~" => (Operator::Contains, false),
            "<" => (Operator::Less, false),
            "<=" => (Operator::LessOrEqual, false),
            ">" => (Operator::Greater, false),
            ">=" => (Operator::GreaterOrEqual, false),
            _ => (Operator::Equal, false),
        };
        let value = self.value(&field)?;
        let node = Node::Compare(field, operator, vec![value]);
        Ok(if negated { Node::Not(Box::new(node)) } else { node })
    }

    fn list(&mut self, field: &Field) -> Result<Vec<Literal>, Problem> {
        match self.peek() {
            Some(token) if token.kind == Kind::Open => self.next += 1,
            _ => return Err(self.missing("( behind 'in'").hint("attr.kind in (\"a\", \"b\")")),
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value(field)?);
            self.count()?;
            match self.take().map(|token| &token.kind) {
                Some(Kind::Comma) => {}
                Some(Kind::Close) => return Ok(values),
                _ => {
                    self.next =
                        self.next.saturating_sub(usize::from(self.next < self.tokens.len()));
                    return Err(self.missing(", or )"));
                }
            }
        }
    }

    fn value(&mut self, field: &Field) -> Result<Literal, Problem> {
        let Some(token) = self.peek() else { return Err(self.missing("a value")) };
        let literal = match &token.kind {
            Kind::Text(text) => Literal::Text(text.clone()),
            Kind::Number(text) => Literal::Number(text.clone()),
            Kind::Duration(ms) if matches!(field, Field::Age) => Literal::DurationMs(*ms),
            Kind::Duration(_) => {
                return Err(Problem::new(token.at, token.length, "only age is a time span")
                    .hint("put it into quotes if it is a text"));
            }
            Kind::Word(word) => match word.as_str() {
                "true" => Literal::Boolean(true),
                "false" => Literal::Boolean(false),
                "null" => Literal::Null,
                "and" | "or" | "not" | "in" => return Err(self.missing("a value")),
                word => Literal::Text(word.to_owned()),
            },
            _ => return Err(self.missing("a value")),
        };
        match (field, &literal) {
            (Field::Age, Literal::DurationMs(_)) => {}
            (Field::Age, _) => {
                return Err(Problem::new(token.at, token.length, "age needs a time span")
                    .hint("age > 90s, 15m, 2h or 7d"));
            }
            (Field::Receives | Field::Size, Literal::Number(_)) => {}
            (Field::Receives | Field::Size, _) => {
                return Err(Problem::new(token.at, token.length, "a number was expected here"));
            }
            _ => {}
        }
        self.next += 1;
        Ok(literal)
    }

    fn count(&mut self) -> Result<(), Problem> {
        self.comparisons += 1;
        if self.comparisons > COMPARISONS_MAX {
            let at = self.peek().map_or(self.end, |token| token.at);
            return Err(Problem::new(at, 1, "the expression has more than 256 comparisons"));
        }
        Ok(())
    }
}

fn joined(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        Some(last) => {
            nodes.push(last);
            join(nodes)
        }
        None => join(nodes),
    }
}
