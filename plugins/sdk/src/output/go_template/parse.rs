//! From pieces to a tree.

use std::vec::IntoIter;

use serde_json::Value;

use super::functions::{FUNCTIONS, UNSUPPORTED};
use super::lex::{Fault, Piece, Token, pieces};

/// Deepest nesting of blocks and parentheses.
const DEPTH_MAX: usize = 32;

/// A part of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    /// `{{…}}`: printed, unless it sets a variable.
    Action(Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Break,
    Continue,
}

/// A condition and its two bodies.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) pipe: Pipe,
    pub(super) body: Vec<Node>,
    pub(super) otherwise: Vec<Node>,
}

/// Commands, each of which gets the value of the one before as its last argument.
#[derive(Clone, Debug)]
pub(super) struct Pipe {
    /// Variables that are set; two only in `range`.
    pub(super) variables: Vec<String>,
    /// The variables are new.
    pub(super) declares: bool,
    pub(super) commands: Vec<Vec<Operand>>,
}

/// Something with a value, and the fields taken from that.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) base: Base,
    pub(super) fields: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Base {
    Dot,
    Variable(String),
    Literal(Value),
    Function(String),
    Parentheses(Pipe),
}

type Parsed<T> = Result<T, Fault>;

/// Parses a whole template.
pub(super) fn parse(source: &str) -> Parsed<Vec<Node>> {
    let line_count = source.lines().count().max(1);
    let mut parser = Parser {
        pieces: pieces(source)?.into_iter(),
        variables: vec!["$".to_owned()],
        depth: 0,
        loops: 0,
        line: line_count,
    };
    let (nodes, end) = parser.nodes()?;
    match end {
        Stop::Input => Ok(nodes),
        Stop::End => Err(parser.fault("unexpected {{end}}")),
        Stop::Else(_) => Err(parser.fault("unexpected {{else}}")),
    }
}

/// What a run of nodes stopped at.
enum Stop {
    Input,
    End,
    /// With what follows `else`: a whole `if` or `with`, or nothing.
    Else(Vec<Token>),
}

struct Parser {
    pieces: IntoIter<Piece>,
    variables: Vec<String>,
    depth: usize,
    loops: usize,
    line: usize,
}

impl Parser {
    fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault { line: self.line, reason: reason.into() }
    }

    fn nodes(&mut self) -> Parsed<(Vec<Node>, Stop)> {
        let mut nodes = Vec::new();
        loop {
            let (tokens, line) = match self.pieces.next() {
                None => return Ok((nodes, Stop::Input)),
                Some(Piece::Text(text)) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Some(Piece::Action(tokens, line)) => (tokens, line),
            };
            self.line = line;
            let mut tokens = tokens.into_iter();
            let keyword = match tokens.as_slice().first() {
                Some(Token::Word(word)) => word.clone(),
                _ => String::new(),
            };
            match keyword.as_str() {
                "end" => return Ok((nodes, Stop::End)),
                "else" => {
                    tokens.next();
                    return Ok((nodes, Stop::Else(tokens.collect())));
                }
                "if" | "with" | "range" => {
                    tokens.next();
                    nodes.push(self.block(&keyword, tokens)?);
                }
                "break" | "continue" if tokens.len() == 1 => {
                    if self.loops == 0 {
                        return Err(self.fault(format!("{{{{{keyword}}}}} outside {{{{range}}}}")));
                    }
                    let breaks = keyword == "break";
                    nodes.push(if breaks { Node::Break } else { Node::Continue });
                }
                "define" | "template" | "block" => {
                    return Err(self.fault(format!("{{{{{keyword}}}}} is not supported")));
                }
                _ => {
                    let pipe = self.pipe(&mut tokens, "command")?;
                    nodes.push(Node::Action(pipe));
                }
            }
        }
    }

    /// Parses a block behind its keyword, up to its `{{end}}`.
    fn block(&mut self, keyword: &str, mut tokens: IntoIter<Token>) -> Parsed<Node> {
        self.enter()?;
        let scope = self.variables.len();
        let pipe = self.pipe(&mut tokens, keyword)?;
        let looping = keyword == "range";
        self.loops += usize::from(looping);
        let (body, end) = self.nodes()?;
        self.loops -= usize::from(looping);
        let otherwise = match end {
            Stop::Input => return Err(self.fault("unexpected EOF")),
            Stop::End => Vec::new(),
            Stop::Else(rest) if rest.is_empty() => match self.nodes()? {
                (nodes, Stop::End) => nodes,
                (_, Stop::Else(_)) => return Err(self.fault("expected end; found {{else}}")),
                (_, Stop::Input) => return Err(self.fault("unexpected EOF")),
            },
            // `else if` shares the `{{end}}` of the block that it stands in.
            Stop::Else(rest) => {
                let mut rest = rest.into_iter();
                match rest.next() {
                    Some(Token::Word(word)) if word == keyword && !looping => {
                        vec![self.block(keyword, rest)?]
                    }
                    _ => return Err(self.fault("unexpected token in {{else}}")),
                }
            }
        };
        self.variables.truncate(scope);
        self.depth -= 1;
        let branch = Branch { pipe, body, otherwise };
        Ok(match keyword {
            "if" => Node::If(branch),
            "with" => Node::With(branch),
            _ => Node::Range(branch),
        })
    }

    fn enter(&mut self) -> Parsed<()> {
        if self.depth >= DEPTH_MAX {
            return Err(self.fault("the template nests too deeply"));
        }
        self.depth += 1;
        Ok(())
    }

    /// Parses variables, then commands, up to the end of the action or a closing parenthesis.
    fn pipe(&mut self, tokens: &mut IntoIter<Token>, what: &str) -> Parsed<Pipe> {
        let (variables, declares) = self.variables(tokens, what)?;
        let mut commands = Vec::new();
        loop {
            let command = self.command(tokens)?;
            let is_function = |operand: &Operand| {
                matches!(operand.base, Base::Function(_)) || !operand.fields.is_empty()
            };
            if command.is_empty() {
                let reason = match commands.is_empty() {
                    true => format!("missing value for {what}"),
                    false => "missing value for command".to_owned(),
                };
                return Err(self.fault(reason));
            }
            if !commands.is_empty() && !command.first().is_some_and(is_function) {
                let stage = commands.len() + 1;
                return Err(self.fault(format!("non executable command in pipeline stage {stage}")));
            }
            commands.push(command);
            match tokens.as_slice().first() {
                Some(Token::Pipe) => {
                    tokens.next();
                }
                None | Some(Token::Close) => break,
                Some(token) => {
                    return Err(self.fault(format!("unexpected {} in {what}", describe(token))));
                }
            }
        }
        if what != "parentheses" && tokens.len() > 0 {
            return Err(self.fault("unexpected right paren"));
        }
        if declares {
            // Only now: a variable is not yet known in its own value.
            self.variables.extend(variables.iter().cloned());
        }
        Ok(Pipe { variables, declares, commands })
    }

    /// Parses `$x :=`, `$x =` or `$i, $x :=`, when that is what comes next.
    fn variables(&self, tokens: &mut IntoIter<Token>, what: &str) -> Parsed<(Vec<String>, bool)> {
        let (names, length, declares) = match tokens.as_slice() {
            [Token::Variable(name), Token::Declare, ..] => (vec![name.clone()], 2, true),
            [Token::Variable(name), Token::Assign, ..] => (vec![name.clone()], 2, false),
            [Token::Variable(index), Token::Comma, Token::Variable(name), mark, ..]
                if what == "range" && matches!(mark, Token::Declare | Token::Assign) =>
            {
                (vec![index.clone(), name.clone()], 4, *mark == Token::Declare)
            }
            _ => return Ok((Vec::new(), false)),
        };
        if !declares {
            names.iter().try_for_each(|name| self.known(name))?;
        }
        tokens.by_ref().take(length).for_each(drop);
        Ok((names, declares))
    }

    fn known(&self, name: &str) -> Parsed<()> {
        if self.variables.iter().any(|known| known == name) {
            return Ok(());
        }
        Err(self.fault(format!("undefined variable \"{name}\"")))
    }

    fn command(&mut self, tokens: &mut IntoIter<Token>) -> Parsed<Vec<Operand>> {
        let mut operands: Vec<Operand> = Vec::new();
        loop {
            let next = tokens.as_slice().first();
            if matches!(
                next,
                None | Some(
                    Token::Pipe | Token::Close | Token::Comma | Token::Assign | Token::Declare
                )
            ) {
                return Ok(operands);
            }
            let Some(token) = tokens.next() else { return Ok(operands) };
            let base = match token {
                Token::Field(name, false) if !operands.is_empty() => {
                    if let Some(operand) = operands.last_mut() {
                        operand.fields.push(name);
                    }
                    continue;
                }
                Token::Field(name, _) => {
                    operands.push(Operand { base: Base::Dot, fields: vec![name] });
                    continue;
                }
                Token::Dot => Base::Dot,
                Token::Literal(value) => Base::Literal(value),
                Token::Variable(name) => {
                    self.known(&name)?;
                    Base::Variable(name)
                }
                Token::Word(word) => self.word(word, operands.is_empty())?,
                Token::Open => {
                    self.enter()?;
                    let pipe = self.pipe(tokens, "parentheses")?;
                    self.depth -= 1;
                    if tokens.next() != Some(Token::Close) {
                        return Err(self.fault("unclosed left paren"));
                    }
                    Base::Parentheses(pipe)
                }
                token => return Err(self.fault(format!("unexpected {}", describe(&token)))),
            };
            operands.push(Operand { base, fields: Vec::new() });
        }
    }

    fn word(&self, word: String, first: bool) -> Parsed<Base> {
        match word.as_str() {
            "true" => Ok(Base::Literal(Value::Bool(true))),
            "false" => Ok(Base::Literal(Value::Bool(false))),
            "nil" if first => Err(self.fault("nil is not a command")),
            "nil" => Ok(Base::Literal(Value::Null)),
            _ if FUNCTIONS.contains(&word.as_str()) => Ok(Base::Function(word)),
            _ if UNSUPPORTED.contains(&word.as_str()) => {
                Err(self.fault(format!("function \"{word}\" is not supported")))
            }
            _ => Err(self.fault(format!("function \"{word}\" not defined"))),
        }
    }
}

fn describe(token: &Token) -> String {
    match token {
        Token::Dot => "<.>".to_owned(),
        Token::Field(name, _) => format!("<.{name}>"),
        Token::Variable(name) | Token::Word(name) => format!("<{name}>"),
        Token::Literal(value) => format!("<{value}>"),
        Token::Open => "\"(\"".to_owned(),
        Token::Close => "\")\"".to_owned(),
        Token::Pipe => "\"|\"".to_owned(),
        Token::Declare => "\":=\"".to_owned(),
        Token::Assign => "\"=\"".to_owned(),
        Token::Comma => "\",\"".to_owned(),
    }
}
