//! From the text of a template to its blocks.
//!
//! The grammar has no separate tokens: what a character means depends on where it stands, and a
//! bracket is cut out as text first and parsed by itself. So this is a cursor over characters.

use crate::output::go_text::unquote;

/// Deepest nesting of `range`, and of an expression inside an expression.
const DEPTH_MAX: usize = 32;

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Text outside braces.
    Text(String),
    /// An expression.
    Path(Vec<Node>),
    /// Everything between `{range …}` and its `{end}`.
    Range {
        /// What is walked through.
        path: Vec<Node>,
        /// What is printed for each find.
        body: Vec<Block>,
        /// Whether there was an `{end}`.
        closed: bool,
    },
    /// An `{end}` that ends nothing.
    StrayEnd,
}

/// A step of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A quoted text.
    Text(String),
    /// `.name`, or `['name']`.
    Field(String),
    /// `[1]`, `[1:2]`, `[::2]`, `[*]`.
    Slice(Slice),
    /// `[?(…)]`.
    Filter(Box<Filter>),
    /// `[…,…]`.
    Union(Vec<Vec<Node>>),
    /// `.*`.
    Wildcard,
    /// `..`.
    Recursive,
    /// An integer.
    Int(i64),
    /// A number with a point.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// Any other bare word.
    Word(String),
}

/// A range of indices; negative ones count from the end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slice {
    /// First index; the beginning when there is none.
    pub start: Option<i64>,
    /// Index after the last; the end when there is none.
    pub end: Option<i64>,
    /// A single index: `end` was made from `start`.
    pub single: bool,
    /// Every how many-th.
    pub step: Option<i64>,
}

/// The condition in `[?(…)]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// What is compared.
    pub left: Vec<Node>,
    /// `==` and its kin; empty when `left` only has to be there.
    pub operator: String,
    /// What it is compared with.
    pub right: Vec<Node>,
}

type Parsed<T> = Result<T, String>;

/// Parses a whole template.
pub(super) fn parse(template: &str) -> Parsed<Vec<Block>> {
    let mut cursor = Cursor::new(template, 0);
    let mut flat = Vec::new();
    loop {
        let text = cursor.take_while(|c| c != '{');
        if !text.is_empty() {
            flat.push(Flat::Text(text));
        }
        if cursor.next().is_none() {
            break;
        }
        flat.push(Flat::Path(cursor.action()?));
    }
    let mut blocks = Vec::new();
    let mut flat = flat.into_iter();
    while let Some(block) = group(&mut flat, 0)? {
        blocks.push(block);
    }
    Ok(blocks)
}

/// What the parser finds before `range` and `end` are matched.
enum Flat {
    Text(String),
    Path(Vec<Node>),
}

/// Takes the next block, a whole range with everything in it.
fn group(flat: &mut std::vec::IntoIter<Flat>, depth: usize) -> Parsed<Option<Block>> {
    let is = |nodes: &[Node], wanted: &str| {
        nodes.iter().any(|node| matches!(node, Node::Word(word) if word == wanted))
    };
    let mut path = match flat.next() {
        None => return Ok(None),
        Some(Flat::Text(text)) => return Ok(Some(Block::Text(text))),
        Some(Flat::Path(nodes)) if is(&nodes, "end") => return Ok(Some(Block::StrayEnd)),
        Some(Flat::Path(nodes)) if !is(&nodes, "range") => return Ok(Some(Block::Path(nodes))),
        Some(Flat::Path(nodes)) => nodes,
    };
    if depth >= DEPTH_MAX {
        return Err("ranges nest too deeply".to_owned());
    }
    path.retain(|node| !matches!(node, Node::Word(word) if word == "range"));
    let mut body = Vec::new();
    loop {
        match group(flat, depth + 1)? {
            None => return Ok(Some(Block::Range { path, body, closed: false })),
            Some(Block::StrayEnd) => return Ok(Some(Block::Range { path, body, closed: true })),
            Some(block) => body.push(block),
        }
    }
}

/// A place in the text.
struct Cursor {
    text: Vec<char>,
    position: usize,
    depth: usize,
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\r' | '\n')
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_terminator(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

impl Cursor {
    fn new(text: &str, depth: usize) -> Self {
        Self { text: text.chars().collect(), position: 0, depth }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.position).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.position += usize::from(c.is_some());
        c
    }

    fn previous_is(&self, back: usize, wanted: char) -> bool {
        self.position.checked_sub(back).and_then(|at| self.text.get(at)) == Some(&wanted)
    }

    fn starts_with(&self, wanted: &str) -> bool {
        let rest = self.text.get(self.position..).unwrap_or_default();
        wanted.chars().enumerate().all(|(index, c)| rest.get(index) == Some(&c))
    }

    fn since(&self, start: usize) -> String {
        self.text.get(start..self.position).unwrap_or_default().iter().collect()
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let start = self.position;
        while self.peek().is_some_and(&wanted) {
            self.position += 1;
        }
        self.since(start)
    }

    /// Parses behind an opening brace, up to its closing brace.
    fn action(&mut self) -> Parsed<Vec<Node>> {
        let mut nodes = Vec::new();
        loop {
            if self.starts_with("[?(") {
                self.position += 3;
                nodes.push(self.filter()?);
                continue;
            }
            if self.starts_with("..") {
                if nodes.last() == Some(&Node::Recursive) {
                    return Err("invalid multiple recursive descent".to_owned());
                }
                self.position += 2;
                nodes.push(Node::Recursive);
                if self.peek().is_some_and(is_word) {
                    nodes.push(self.field());
                }
                continue;
            }
            match self.next() {
                Some('}') => return Ok(nodes),
                None => return Err("unclosed action".to_owned()),
                Some(c) if is_line_end(c) => return Err("unclosed action".to_owned()),
                Some(' ' | '@' | '$') => {}
                Some('[') => self.bracket(&mut nodes)?,
                Some(quote @ ('"' | '\'')) => nodes.push(self.quoted(quote)?),
                Some('.') => nodes.push(self.field()),
                Some(c) if matches!(c, '+' | '-') || c.is_ascii_digit() => {
                    self.position -= 1;
                    nodes.push(self.number()?);
                }
                Some(c) if is_word(c) => {
                    self.position -= 1;
                    let word = self.take_while(|c| !is_terminator(c));
                    nodes.push(bare_word(word));
                }
                Some(c) => {
                    let code = u32::from(c);
                    return Err(format!("unrecognized character in action: U+{code:04X} '{c}'"));
                }
            }
        }
    }

    /// Parses an expression of its own, as it stands inside a bracket.
    fn nested(&self, text: &str) -> Parsed<Vec<Node>> {
        if self.depth >= DEPTH_MAX {
            return Err("expressions nest too deeply".to_owned());
        }
        Cursor::new(&format!("{text}}}"), self.depth + 1).action()
    }

    /// Parses a name behind its dot; a backslash takes the next character as it is.
    fn field(&mut self) -> Node {
        let start = self.position;
        while let Some(c) = self.peek() {
            if c == '\\' {
                self.position += 1;
            } else if is_terminator(c) {
                break;
            }
            self.position += 1;
        }
        self.position = self.position.min(self.text.len());
        match self.since(start).as_str() {
            "*" => Node::Wildcard,
            name => Node::Field(name.replace('\\', "")),
        }
    }

    fn number(&mut self) -> Parsed<Node> {
        let start = self.position;
        self.position += usize::from(matches!(self.peek(), Some('+' | '-')));
        self.take_while(|c| c == '.' || c.is_ascii_digit());
        let text = self.since(start);
        let parsed = text.parse().map(Node::Int).or_else(|_| text.parse().map(Node::Float));
        parsed.map_err(|_| format!("cannot parse number {text}"))
    }

    fn quoted(&mut self, quote: char) -> Parsed<Node> {
        let start = self.position - 1;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated quoted string".to_owned()),
                Some(c) if c == quote && !self.previous_is(2, '\\') => break,
                Some(_) => {}
            }
        }
        let literal = self.since(start);
        match unquote(&literal) {
            Some(text) => Ok(Node::Text(text)),
            None => Err(format!("unquote string {literal} error invalid syntax")),
        }
    }

    /// Parses behind an opening bracket: a union, a name, or indices.
    fn bracket(&mut self, nodes: &mut Vec<Node>) -> Parsed<()> {
        let text = self.take_while(|c| !matches!(c, ']' | '\n'));
        if self.next() != Some(']') {
            return Err("unterminated array".to_owned());
        }
        if text.contains(',') {
            let members = text
                .split(',')
                .map(|member| self.nested(&format!("[{}]", member.trim_matches(' '))));
            nodes.push(Node::Union(members.collect::<Parsed<_>>()?));
            return Ok(());
        }
        let name = text.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
        match name.filter(|name| !name.contains('\'')) {
            Some(name) => nodes.extend(self.nested(&format!(".{name}"))?),
            None => nodes.push(Node::Slice(slice(&text)?)),
        }
        Ok(())
    }

    /// Parses behind `[?(`, up to `)]`.
    fn filter(&mut self) -> Parsed<Node> {
        let start = self.position;
        let mut quote = None;
        let mut closed = false;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated filter".to_owned()),
                Some(c @ ('"' | '\'')) => match quote {
                    None => quote = Some(c),
                    Some(quote) => closed |= quote == c && !self.previous_is(2, '\\'),
                },
                Some(')') if quote.is_some() == closed => break,
                Some(_) => {}
            }
        }
        let text = self.since(start);
        let text = text.strip_suffix(')').unwrap_or(&text);
        if self.next() != Some(']') {
            return Err("unclosed array expect ]".to_owned());
        }
        let filter = match split_comparison(text) {
            Some((left, operator, right)) => Filter {
                left: self.nested(left)?,
                operator: operator.to_owned(),
                right: self.nested(right)?,
            },
            None => Filter { left: self.nested(text)?, operator: String::new(), right: Vec::new() },
        };
        Ok(Node::Filter(Box::new(filter)))
    }
}

/// A bare word; these spellings are truth values in Go.
fn bare_word(word: String) -> Node {
    match word.as_str() {
        "true" => Node::Bool(true),
        "false" => Node::Bool(false),
        _ => Node::Word(word),
    }
}

/// Splits at the first run of comparison signs; all three parts must be there.
fn split_comparison(text: &str) -> Option<(&str, &str, &str)> {
    let is_sign = |c: char| matches!(c, '!' | '<' | '>' | '=');
    let start = text.find(is_sign).filter(|start| *start > 0)?;
    let (left, rest) = text.split_at(start);
    let end = rest.find(|c| !is_sign(c))?;
    let (operator, right) = rest.split_at(end);
    Some((left, operator, right))
}

/// Parses indices: up to three integers between colons, each of which may be left out.
fn slice(text: &str) -> Parsed<Slice> {
    if text == "*" {
        return Ok(Slice::default());
    }
    let parts: Vec<&str> = text.split(':').collect();
    let well_formed = parts.len() <= 3
        && parts.iter().all(|part| {
            part.strip_prefix('-').unwrap_or(part).bytes().all(|byte| byte.is_ascii_digit())
        });
    if !well_formed {
        return Err(format!("invalid array index {text}"));
    }
    let number = |index: usize| -> Parsed<Option<i64>> {
        match parts.get(index) {
            None | Some(&"") => Ok(None),
            Some(part) => {
                let number = part.parse();
                number.map(Some).map_err(|_| format!("array index {part} is not a number"))
            }
        }
    };
    let start = number(0)?;
    if parts.len() == 1 {
        let end = start.unwrap_or_default().saturating_add(1);
        return Ok(Slice { start, end: Some(end), single: true, step: None });
    }
    Ok(Slice { start, end: number(1)?, single: false, step: number(2)? })
}
