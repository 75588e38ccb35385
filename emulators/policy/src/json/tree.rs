//! A JSON text as a tree in which each node knows where it began.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Position, Problem, Reader, Token};

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    /// Byte offset of its first character.
    pub at: usize,
    /// What it is.
    pub value: Value<'a>,
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as written.
    Number(&'a str),
    /// A text.
    String(Cow<'a, str>),
    /// Elements in their order.
    Array(Vec<Node<'a>>),
    /// Members in their order, each name once.
    Object(Vec<Member<'a>>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Byte offset of the name.
    pub at: usize,
    /// Its value.
    pub node: Node<'a>,
}

impl Node<'_> {
    /// What the value is, for messages: `a list`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

/// Reads a whole text. A name that an object has twice is an error.
///
/// # Errors
/// The text is not JSON, is nested more than `depth_max` levels deep, or repeats a name.
pub fn read(text: &str, depth_max: usize) -> Result<Node<'_>, Problem> {
    let mut reader = Reader::new(text, depth_max);
    let node = match reader.advance()? {
        Some(token) => build(&mut reader, token)?,
        None => return Err(reader.problem("Unexpected end-of-input")),
    };
    reader.advance()?;
    Ok(node)
}

/// Builds the node that begins with `token`; as deep as the reader lets it.
fn build<'a>(reader: &mut Reader<'a>, token: Token<'a>) -> Result<Node<'a>, Problem> {
    let at = reader.token_start();
    let value = match token {
        Token::Null => Value::Null,
        Token::Bool(value) => Value::Bool(value),
        Token::Number(text) => Value::Number(text),
        Token::String(text) | Token::Name(text) => Value::String(text),
        Token::ArrayStart => array(reader)?,
        Token::ObjectStart => object(reader)?,
        Token::ArrayEnd | Token::ObjectEnd => {
            return Err(reader.problem("Unexpected end of a list or an object"));
        }
    };
    Ok(Node { at, value })
}

fn array<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, Problem> {
    let mut elements = Vec::new();
    while let Some(token) = reader.advance()? {
        if token == Token::ArrayEnd {
            break;
        }
        elements.push(build(reader, token)?);
    }
    Ok(Value::Array(elements))
}

fn object<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, Problem> {
    let mut members = Vec::new();
    let mut names = HashSet::new();
    while let Some(Token::Name(name)) = reader.advance()? {
        let at = reader.token_start();
        if !names.insert(name.clone()) {
            let what = format!("\"{}\" appears twice", name.escape_debug());
            return Err(Problem { what, at: Position::of(reader.source(), at) });
        }
        let Some(token) = reader.advance()? else {
            return Err(reader.problem("Unexpected end-of-input"));
        };
        members.push(Member { name, at, node: build(reader, token)? });
    }
    Ok(Value::Object(members))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same tree as `serde_json` sees it.
    fn plain(node: &Node<'_>) -> serde_json::Value {
        match &node.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(text) => serde_json::from_str(text).unwrap(),
            Value::String(text) => text.as_ref().into(),
            Value::Array(nodes) => nodes.iter().map(plain).collect(),
            Value::Object(members) => members
                .iter()
                .map(|member| (member.name.to_string(), plain(&member.node)))
                .collect(),
        }
    }

    #[test]
    fn a_name_stands_once() {
        let problem = read("{\"a\":1,\n \"a\":2}", 4).unwrap_err();
        assert_eq!(problem.to_string(), "\"a\" appears twice (line 2, column 2)");
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(".*", inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn we_read_what_serde_writes(value in any_json(), pretty: bool) {
            let text = if pretty {
                serde_json::to_string_pretty(&value).unwrap()
            } else {
                serde_json::to_string(&value).unwrap()
            };
            let theirs = serde_json::from_str::<serde_json::Value>(&text).unwrap();
            prop_assert_eq!(plain(&read(&text, 16).unwrap()), theirs);
        }

        #[test]
        fn we_refuse_what_serde_refuses(text in "[\\[\\]{}:,\"a1 .eE+-]{0,24}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match read(&text, 64) {
                Ok(_) => prop_assert!(theirs.is_ok() || text.contains(['e', 'E']), "{}", text),
                Err(problem) => prop_assert!(
                    theirs.is_err() || problem.what.contains("twice"), "{} {}", text, problem
                ),
            }
        }
    }
}
