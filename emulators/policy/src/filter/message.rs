//! A message, taken apart once for all the policies of a topic.

use std::sync::OnceLock;

use serde_json::Value;

use super::matcher::number;

/// One attribute of a message.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// Its name.
    pub name: &'a str,
    /// `String`, `String.Array`, `Number`, `Binary`, with or without a label after a dot.
    pub data_type: &'a str,
    /// The text; of no interest for `Binary`.
    pub value: &'a str,
}

/// A message as filter policies see it.
#[derive(Debug)]
pub struct Message<'a> {
    /// By name.
    attributes: Vec<(&'a str, Values<'a>)>,
    text: &'a str,
    /// Taken apart when the first policy asks for it; nothing if it is no JSON object.
    body: OnceLock<Option<Value>>,
}

impl<'a> Message<'a> {
    /// Takes the attributes apart; binary ones are left out, as SNS does. The body is left alone
    /// until a policy looks at it.
    #[must_use]
    pub fn new(attributes: impl IntoIterator<Item = Attribute<'a>>, body: &'a str) -> Self {
        let seen = attributes.into_iter().filter_map(|attribute| {
            let kind = attribute.data_type;
            let values = match kind.split('.').next() {
                Some("Binary") => return None,
                Some("Number") => Values::One(Owned::number(attribute.value)),
                _ if kind == "String.Array" => Values::list(attribute.value),
                _ => Values::One(Owned::Text(attribute.value)),
            };
            Some((attribute.name, values))
        });
        let mut attributes: Vec<_> = seen.collect();
        attributes.sort_by_key(|(name, _)| *name);
        Self { attributes, text: body, body: OnceLock::new() }
    }

    pub(super) fn has_no_attributes(&self) -> bool {
        self.attributes.is_empty()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&Values<'a>> {
        let found = self.attributes.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        Some(&self.attributes[found].1)
    }

    /// The body, if it is a JSON object.
    pub(super) fn body(&self) -> Option<&Value> {
        let read = || serde_json::from_str(self.text).ok().filter(Value::is_object);
        self.body.get_or_init(read).as_ref()
    }
}

/// Values of an attribute.
#[derive(Debug)]
pub(super) enum Values<'a> {
    One(Owned<'a>),
    /// Of `String.Array`.
    List(Vec<Owned<'a>>),
    /// Of a `String.Array` that is no list.
    Broken,
}

impl<'a> Values<'a> {
    fn list(text: &str) -> Self {
        match serde_json::from_str::<Vec<Value>>(text) {
            Ok(values) => Self::List(values.into_iter().map(Owned::Json).collect()),
            Err(_) => Self::Broken,
        }
    }

    pub(super) fn values(&self) -> &[Owned<'a>] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::List(values) => values,
            Self::Broken => &[],
        }
    }

    pub(super) const fn is_broken(&self) -> bool {
        matches!(self, Self::Broken)
    }
}

/// A value that belongs to the message.
#[derive(Debug)]
pub(super) enum Owned<'a> {
    Text(&'a str),
    Number { text: &'a str, fixed: Option<i64> },
    Json(Value),
}

impl<'a> Owned<'a> {
    fn number(text: &'a str) -> Self {
        Self::Number { text, fixed: number(text) }
    }

    pub(super) fn scalar(&self) -> Scalar<'_> {
        match self {
            Self::Text(text) => Scalar::Text(text),
            Self::Number { text, fixed } => Scalar::Number { text, fixed: *fixed },
            Self::Json(value) => Scalar::of(value).unwrap_or(Scalar::Nested),
        }
    }
}

/// A value in the form in which it is compared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Text(&'a str),
    Number {
        /// As the message has it, where that is known.
        text: &'a str,
        /// In units of 0.00001, if it is in the range of SNS.
        fixed: Option<i64>,
    },
    /// A number of a body, which is known by value.
    JsonNumber(&'a serde_json::Number),
    /// An object or a list inside a `String.Array`: matches nothing.
    Nested,
}

impl<'a> Scalar<'a> {
    /// The value of a leaf; nothing for objects and lists.
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::JsonNumber(number),
            Value::String(text) => Self::Text(text),
            Value::Array(_) | Value::Object(_) => return None,
        })
    }
}
