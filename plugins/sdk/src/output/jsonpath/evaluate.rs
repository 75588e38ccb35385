//! Walks a document along the steps of an expression.

// A borrowed value must keep the document's lifetime, which `&Value` would lose.
#![allow(clippy::ptr_arg)]

use std::borrow::Cow;

use serde_json::Value;

use super::parse::{Block, Filter, Node, Slice};
use crate::output::compare::compare;
use crate::output::go_text::{json_text, push_number, sorted, type_name, value_text};

/// Values that one template may visit; a template of 64 KiB could ask for more than time has.
const VISITS_MAX: usize = if cfg!(test) { 40_000 } else { 4_000_000 };

/// Longest output, in bytes.
const OUTPUT_BYTES_MAX: usize = 256 << 20;

/// Deepest document that `..` descends into.
const DEPTH_MAX: usize = 512;

type Finds<'a> = Vec<Cow<'a, Value>>;
type Outcome<T> = Result<T, String>;

/// Prints the template as kubectl does.
pub(super) fn print(blocks: &[Block], document: &Value) -> Outcome<String> {
    let mut out = String::new();
    Walk::new().blocks(blocks, &Cow::Borrowed(document), &mut |finds| {
        for (index, find) in finds.iter().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            push_find(&mut out, find);
        }
        within_limit(out.len())
    })?;
    Ok(out)
}

/// Prints every block's finds as an indented array.
pub(super) fn print_as_json(blocks: &[Block], document: &Value) -> Outcome<String> {
    let mut out = String::new();
    Walk::new().blocks(blocks, &Cow::Borrowed(document), &mut |finds| {
        let array = Value::Array(finds.into_iter().map(Cow::into_owned).collect());
        out.push_str(&json_text(&array, Some(4)));
        out.push('\n');
        within_limit(out.len())
    })?;
    Ok(out)
}

/// Collects what all blocks find.
pub(super) fn find(blocks: &[Block], document: &Value) -> Outcome<Vec<Value>> {
    let mut out = Vec::new();
    Walk::new().blocks(blocks, &Cow::Borrowed(document), &mut |finds| {
        out.extend(finds.into_iter().map(Cow::into_owned));
        Ok(())
    })?;
    Ok(out)
}

fn within_limit(bytes: usize) -> Outcome<()> {
    if bytes > OUTPUT_BYTES_MAX {
        Err("the output is larger than 256 MiB".to_owned())
    } else {
        Ok(())
    }
}

/// Maps and lists are JSON, everything else is plain text.
fn push_find(out: &mut String, find: &Value) {
    match find {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => push_number(out, number),
        Value::String(text) => out.push_str(text),
        Value::Array(_) | Value::Object(_) => out.push_str(&json_text(find, None)),
    }
}

/// What a block's finds are handed to.
type Sink<'s, 'a> = dyn FnMut(Finds<'a>) -> Outcome<()> + 's;

/// One evaluation, with what is left of its budget.
struct Walk {
    visits_left: usize,
}

impl Walk {
    fn new() -> Self {
        Self { visits_left: VISITS_MAX }
    }

    fn spend(&mut self, visits: usize) -> Outcome<()> {
        self.visits_left = self
            .visits_left
            .checked_sub(visits)
            .ok_or_else(|| "the template visits more than four million values".to_owned())?;
        Ok(())
    }

    fn blocks<'a>(
        &mut self,
        blocks: &[Block],
        current: &Cow<'a, Value>,
        sink: &mut Sink<'_, 'a>,
    ) -> Outcome<()> {
        for block in blocks {
            self.spend(1)?;
            match block {
                Block::Text(text) => sink(vec![Cow::Owned(Value::String(text.clone()))])?,
                Block::Path(nodes) => {
                    let finds = self.nodes(nodes, vec![current.clone()])?;
                    sink(finds)?;
                }
                Block::StrayEnd => return Err("not in range, nothing to end".to_owned()),
                Block::Range { path, body, closed } => {
                    for find in self.nodes(path, vec![current.clone()])? {
                        self.blocks(body, &find, sink)?;
                    }
                    if !closed {
                        // kubectl goes on behind the last `{end}`, and there was none.
                        self.blocks(body, current, sink)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn nodes<'a>(&mut self, nodes: &[Node], mut input: Finds<'a>) -> Outcome<Finds<'a>> {
        for node in nodes {
            self.spend(input.len() + 1)?;
            input = self.node(node, input)?;
        }
        Ok(input)
    }

    fn node<'a>(&mut self, node: &Node, input: Finds<'a>) -> Outcome<Finds<'a>> {
        let constant = |value: Value| Ok(input.iter().map(|_| Cow::Owned(value.clone())).collect());
        match node {
            Node::Text(text) => Ok(vec![Cow::Owned(Value::String(text.clone()))]),
            Node::Int(number) => constant(Value::from(*number)),
            Node::Float(number) => constant(Value::from(*number)),
            Node::Bool(flag) => constant(Value::Bool(*flag)),
            Node::Word(word) => Err(format!("unrecognized identifier {word}")),
            Node::Field(name) => Ok(field(name, input)),
            Node::Slice(slice) => self.slice(*slice, input),
            Node::Filter(filter) => self.filter(filter, input),
            Node::Wildcard => {
                let mut out = Vec::new();
                for value in input {
                    out.extend(children(value));
                    self.spend(1)?;
                }
                self.spend(out.len())?;
                Ok(out)
            }
            Node::Recursive => {
                let mut out = Vec::new();
                self.descend(input, &mut out, 0)?;
                Ok(out)
            }
            Node::Union(members) => {
                let mut out = Vec::new();
                for member in members {
                    out.extend(self.nodes(member, input.clone())?);
                }
                Ok(out)
            }
        }
    }

    /// Takes every value that has something in it, and then those inside it.
    fn descend<'a>(&mut self, input: Finds<'a>, out: &mut Finds<'a>, depth: usize) -> Outcome<()> {
        if depth > DEPTH_MAX {
            return Err("the document is nested too deeply".to_owned());
        }
        for value in input {
            let inner = children(value.clone());
            self.spend(inner.len() + 1)?;
            if !inner.is_empty() {
                out.push(value.clone());
                // The bytes of a text have nothing in them.
                if !value.is_string() {
                    self.descend(inner, out, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn slice<'a>(&mut self, slice: Slice, input: Finds<'a>) -> Outcome<Finds<'a>> {
        let mut out = Vec::new();
        for value in input {
            if value.is_null() {
                continue;
            }
            let name = type_name(&value);
            let items = items(value).ok_or_else(|| format!("{name} is not array or slice"))?;
            let taken = cut(slice, items)?;
            self.spend(taken.len())?;
            out.extend(taken);
        }
        Ok(out)
    }

    fn filter<'a>(&mut self, filter: &Filter, input: Finds<'a>) -> Outcome<Finds<'a>> {
        let mut out = Vec::new();
        for value in input {
            let text = value_text_of_no_list(&value);
            let items = items(value).ok_or_else(|| {
                format!("{} is not array or slice and cannot be filtered", text.unwrap_or_default())
            })?;
            for item in items {
                if self.passes(filter, &item)? {
                    out.push(item);
                }
            }
        }
        Ok(out)
    }

    fn passes(&mut self, filter: &Filter, item: &Cow<'_, Value>) -> Outcome<bool> {
        let left = self.nodes(&filter.left, vec![item.clone()]);
        if filter.operator.is_empty() {
            // In kubectl a failure leaves its input, and that is something.
            return Ok(left.map_or(true, |finds| !finds.is_empty()));
        }
        let Some(left) = single(left?)? else { return Ok(false) };
        let right = self.nodes(&filter.right, vec![item.clone()])?;
        let Some(right) = single(right)? else { return Ok(false) };
        compare(&left, &filter.operator, &right)
    }
}

fn single(mut finds: Finds<'_>) -> Outcome<Option<Cow<'_, Value>>> {
    if finds.len() > 1 {
        return Err("can only compare one element at a time".to_owned());
    }
    Ok(finds.pop())
}

/// The text for an error message; made only where there will be one.
fn value_text_of_no_list(value: &Value) -> Option<String> {
    (!value.is_array()).then(|| value_text(value))
}

/// The field of every map that has it.
fn field<'a>(name: &str, input: Finds<'a>) -> Finds<'a> {
    let found = input.into_iter().filter_map(|value| match value {
        Cow::Borrowed(value) => value.as_object()?.get(name).map(Cow::Borrowed),
        Cow::Owned(value) => value.as_object()?.get(name).cloned().map(Cow::Owned),
    });
    found.collect()
}

/// The items of a list; `None` for anything else.
fn items(value: Cow<'_, Value>) -> Option<Finds<'_>> {
    match value {
        Cow::Borrowed(Value::Array(items)) => Some(items.iter().map(Cow::Borrowed).collect()),
        Cow::Owned(Value::Array(items)) => Some(items.into_iter().map(Cow::Owned).collect()),
        _ => None,
    }
}

/// Everything directly inside a value; inside a text these are its bytes, as in Go.
fn children(value: Cow<'_, Value>) -> Finds<'_> {
    match value {
        Cow::Borrowed(Value::Object(fields)) => {
            sorted(fields).into_iter().map(|(_, value)| Cow::Borrowed(value)).collect()
        }
        Cow::Owned(Value::Object(fields)) => {
            sorted(&fields).into_iter().map(|(_, value)| Cow::Owned(value.clone())).collect()
        }
        Cow::Borrowed(Value::String(_)) | Cow::Owned(Value::String(_)) => {
            let text = value.as_str().unwrap_or_default();
            text.bytes().map(|byte| Cow::Owned(Value::from(byte))).collect()
        }
        value => items(value).unwrap_or_default(),
    }
}

/// Takes a range out of a list.
fn cut(slice: Slice, items: Finds<'_>) -> Outcome<Finds<'_>> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let mut start = slice.start.unwrap_or_default();
    if start < 0 {
        start += length;
    }
    let mut end = slice.end.unwrap_or(length);
    if end < 0 || (end == 0 && slice.single) {
        end += length;
    }
    if start == end {
        return Ok(Vec::new());
    }
    let out_of_bounds =
        |index: i64| format!("array index out of bounds: index {index}, length {length}");
    if start >= length || start < 0 {
        return Err(out_of_bounds(start));
    }
    if end > length || end < 0 {
        return Err(out_of_bounds(end.saturating_sub(1)));
    }
    if start > end {
        return Err(format!("starting index {start} is greater than ending index {end}"));
    }
    let step = match slice.step {
        Some(step) if step <= 0 => return Err("step must be > 0".to_owned()),
        step => usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX),
    };
    let range = |index: i64| usize::try_from(index).unwrap_or_default();
    let (start, end) = (range(start), range(end));
    Ok(items.into_iter().take(end).skip(start).step_by(step).collect())
}
