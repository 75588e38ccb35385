//! Walks the tree over a document.

// A borrowed value must keep the document's lifetime, which `&Value` would lose.
#![allow(clippy::ptr_arg)]

use std::borrow::Cow;

use serde_json::Value;

use super::functions::{call, is_true};
use super::parse::{Base, Branch, Node, Operand, Pipe};
use crate::output::go_text::{push_value, sorted, type_name};

/// Nodes and values that one template may visit.
const VISITS_MAX: usize = if cfg!(test) { 40_000 } else { 4_000_000 };

/// Longest output, in bytes.
const OUTPUT_BYTES_MAX: usize = 256 << 20;

type Outcome<T> = Result<T, String>;

/// Prints the template over `document`.
pub(super) fn execute(nodes: &[Node], document: &Value) -> Outcome<String> {
    let mut execution = Execution {
        out: String::new(),
        variables: vec![("$".to_owned(), Cow::Borrowed(document))],
        visits_left: VISITS_MAX,
    };
    execution.nodes(nodes, &Cow::Borrowed(document))?;
    Ok(execution.out)
}

/// How a run of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

struct Execution<'a> {
    out: String,
    variables: Vec<(String, Cow<'a, Value>)>,
    visits_left: usize,
}

impl<'a> Execution<'a> {
    fn spend(&mut self) -> Outcome<()> {
        self.visits_left = self
            .visits_left
            .checked_sub(1)
            .ok_or_else(|| "the template visits more than four million values".to_owned())?;
        if self.out.len() > OUTPUT_BYTES_MAX {
            return Err("the output is larger than 256 MiB".to_owned());
        }
        Ok(())
    }

    fn nodes(&mut self, nodes: &[Node], dot: &Cow<'a, Value>) -> Outcome<Flow> {
        for node in nodes {
            self.spend()?;
            let flow = match node {
                Node::Text(text) => {
                    self.out.push_str(text);
                    Flow::Next
                }
                Node::Action(pipe) => {
                    let value = self.pipe(pipe, dot)?;
                    if pipe.variables.is_empty() {
                        self.print(&value);
                    }
                    Flow::Next
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
                Node::If(branch) | Node::With(branch) => {
                    let scope = self.variables.len();
                    let value = self.pipe(&branch.pipe, dot)?;
                    let inner = if matches!(node, Node::With(_)) { &value } else { dot };
                    let flow = if is_true(&value) {
                        self.nodes(&branch.body, inner)
                    } else {
                        self.nodes(&branch.otherwise, dot)
                    };
                    self.variables.truncate(scope);
                    flow?
                }
                Node::Range(branch) => {
                    let scope = self.variables.len();
                    let flow = self.range(branch, dot);
                    self.variables.truncate(scope);
                    flow?
                }
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// A value by itself; what is not there shows.
    fn print(&mut self, value: &Value) {
        match value {
            Value::Null => self.out.push_str("<no value>"),
            value => push_value(&mut self.out, value),
        }
    }

    fn range(&mut self, branch: &Branch, dot: &Cow<'a, Value>) -> Outcome<Flow> {
        let plain = Pipe { variables: Vec::new(), ..branch.pipe.clone() };
        let items = pairs(self.pipe(&plain, dot)?)?;
        if items.is_empty() {
            return self.nodes(&branch.otherwise, dot);
        }
        for (key, item) in items {
            let scope = self.variables.len();
            match branch.pipe.variables.as_slice() {
                [name] => self.set(name, item.clone(), branch.pipe.declares),
                [index, name] => {
                    self.set(index, key, branch.pipe.declares);
                    self.set(name, item.clone(), branch.pipe.declares);
                }
                _ => {}
            }
            let flow = self.nodes(&branch.body, &item)?;
            self.variables.truncate(scope);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    fn set(&mut self, name: &str, value: Cow<'a, Value>, declares: bool) {
        let known = self.variables.iter_mut().rev().find(|(known, _)| known == name);
        match known {
            Some((_, slot)) if !declares => *slot = value,
            _ => self.variables.push((name.to_owned(), value)),
        }
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Cow<'a, Value>) -> Outcome<Cow<'a, Value>> {
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(command, last, dot)?);
        }
        let value = last.unwrap_or(Cow::Owned(Value::Null));
        if let Some(name) = pipe.variables.first() {
            self.set(name, value.clone(), pipe.declares);
        }
        Ok(value)
    }

    /// Runs one command; `last` is the value from before the pipe sign.
    fn command(
        &mut self,
        command: &[Operand],
        last: Option<Cow<'a, Value>>,
        dot: &Cow<'a, Value>,
    ) -> Outcome<Cow<'a, Value>> {
        self.spend()?;
        let Some((first, rest)) = command.split_first() else {
            return Ok(Cow::Owned(Value::Null));
        };
        let Base::Function(name) = &first.base else {
            if let (false, Some(field)) = (rest.is_empty() && last.is_none(), first.fields.last()) {
                return Err(format!("{field} is not a method but has arguments"));
            }
            if !rest.is_empty() {
                return Err("can't give argument to non-function".to_owned());
            }
            return self.operand(first, dot);
        };
        // These two stop at the first argument that decides.
        if matches!(name.as_str(), "and" | "or") {
            let stops_at = name == "or";
            let mut value = None;
            for operand in rest {
                let next = self.operand(operand, dot)?;
                if is_true(&next) == stops_at {
                    return Ok(next);
                }
                value = Some(next);
            }
            return last
                .or(value)
                .ok_or_else(|| format!("wrong number of args for {name}: want at least 1 got 0"));
        }
        let mut arguments = Vec::with_capacity(rest.len() + 1);
        for operand in rest {
            arguments.push(self.operand(operand, dot)?);
        }
        arguments.extend(last);
        let value = call(name, &arguments)?;
        fields(Cow::Owned(value), &first.fields)
    }

    fn operand(&mut self, operand: &Operand, dot: &Cow<'a, Value>) -> Outcome<Cow<'a, Value>> {
        self.spend()?;
        let base = match &operand.base {
            Base::Dot => dot.clone(),
            Base::Literal(value) => Cow::Owned(value.clone()),
            Base::Variable(name) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                match found {
                    Some((_, value)) => value.clone(),
                    None => return Err(format!("undefined variable: {name}")),
                }
            }
            Base::Parentheses(pipe) => self.pipe(pipe, dot)?,
            Base::Function(name) => Cow::Owned(call(name, &[])?),
        };
        fields(base, &operand.fields)
    }
}

/// Takes field after field; nothing has every field, and they are nothing.
fn fields<'a>(base: Cow<'a, Value>, names: &[String]) -> Outcome<Cow<'a, Value>> {
    let mut value = base;
    for name in names {
        value = match value {
            Cow::Borrowed(Value::Object(fields)) => {
                fields.get(name).map_or(Cow::Owned(Value::Null), Cow::Borrowed)
            }
            Cow::Owned(Value::Object(mut fields)) => {
                Cow::Owned(fields.remove(name).unwrap_or_default())
            }
            value if value.is_null() => value,
            value => {
                return Err(format!("can't evaluate field {name} in type {}", type_name(&value)));
            }
        };
    }
    Ok(value)
}

type Pairs<'a> = Vec<(Cow<'a, Value>, Cow<'a, Value>)>;

/// What `range` goes through: indices and items, or keys in their order and values.
fn pairs(value: Cow<'_, Value>) -> Outcome<Pairs<'_>> {
    let index = |index: usize| Cow::Owned(Value::from(index));
    let key = |key: &str| Cow::Owned(Value::from(key));
    Ok(match value {
        Cow::Borrowed(Value::Array(items)) => {
            items.iter().enumerate().map(|(i, item)| (index(i), Cow::Borrowed(item))).collect()
        }
        Cow::Owned(Value::Array(items)) => {
            items.into_iter().enumerate().map(|(i, item)| (index(i), Cow::Owned(item))).collect()
        }
        Cow::Borrowed(Value::Object(fields)) => {
            sorted(fields).into_iter().map(|(k, item)| (key(k), Cow::Borrowed(item))).collect()
        }
        Cow::Owned(Value::Object(fields)) => sorted(&fields)
            .into_iter()
            .map(|(k, item)| (key(k), Cow::Owned(item.clone())))
            .collect(),
        value if value.is_null() => Vec::new(),
        value => return Err(format!("range can't iterate over {}", value.as_ref())),
    })
}
