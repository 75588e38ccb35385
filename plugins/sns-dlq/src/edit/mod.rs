//! Changes to one message, and what they changed. Pure.
//!
//! In: a message and changes by JSON pointer and attribute name. Out: the changed message, and a
//! difference to read. A change is made to what the publisher sent: inside the envelope where there
//! is one. SNS's signature does not fit any more then, which is said.

mod difference;

use serde_json::Value;

use crate::message::{Attribute, AttributeValue, DeadLetter};

pub use difference::difference;

/// Most changes at once.
pub const CHANGES_MAX: usize = 100;

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Put a value at a JSON pointer.
    Set(String, Value),
    /// Take away what is at a JSON pointer.
    Remove(String),
    /// Put a text attribute; `true` for a number.
    Attribute(String, String),
    /// Take an attribute away.
    RemoveAttribute(String),
    /// Replace the whole text.
    Body(String),
}

impl Change {
    /// Reads `/pointer=value`: the value as JSON where it is JSON, else as text.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn set(text: &str) -> Result<Self, String> {
        let (pointer, value) = text.split_once('=').ok_or("it needs the form /pointer=value")?;
        if !pointer.starts_with('/') {
            return Err(format!("'{pointer}' is no JSON pointer: it begins with /"));
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        Ok(Self::Set(pointer.to_owned(), value))
    }

    /// Reads `name=value`.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn attribute(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("it needs the form name=value")?;
        if name.is_empty() {
            return Err("an attribute needs a name".to_owned());
        }
        Ok(Self::Attribute(name.to_owned(), value.to_owned()))
    }

    /// Reads `/pointer` or `attr.name`.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn unset(text: &str) -> Result<Self, String> {
        match text.strip_prefix("attr.") {
            Some(name) if !name.is_empty() => Ok(Self::RemoveAttribute(name.to_owned())),
            _ if text.starts_with('/') => Ok(Self::Remove(text.to_owned())),
            _ => Err("it needs the form /pointer or attr.NAME".to_owned()),
        }
    }
}

/// Applies changes in order.
///
/// # Errors
/// A sentence that says which change does not fit, and why.
pub fn apply(letter: &DeadLetter, changes: &[Change]) -> Result<DeadLetter, String> {
    let mut payload = letter.payload().to_owned();
    let mut attributes = letter.publisher_attributes().clone();
    for change in changes {
        match change {
            Change::Body(text) => payload.clone_from(text),
            Change::Set(pointer, value) => {
                let mut document = document(&payload)?;
                put(&mut document, pointer, value.clone())?;
                payload = document.to_string();
            }
            Change::Remove(pointer) => {
                let mut document = document(&payload)?;
                remove(&mut document, pointer)?;
                payload = document.to_string();
            }
            Change::Attribute(name, value) => {
                // What was a number stays one.
                let before = attributes.get(name).map(|attribute| attribute.data_type.clone());
                let data_type = before.filter(|data_type| !data_type.starts_with("Binary"));
                let value = AttributeValue::Text(value.clone());
                let data_type = data_type.unwrap_or_else(|| "String".to_owned());
                attributes.insert(name.clone(), Attribute { data_type, value });
            }
            Change::RemoveAttribute(name) => {
                if attributes.remove(name).is_none() {
                    return Err(format!("there is no attribute '{name}'"));
                }
            }
        }
    }
    let (body, own) = match &letter.envelope {
        None => (payload, attributes),
        Some(_) => (enveloped(letter, &payload, &attributes)?, letter.attributes.clone()),
    };
    Ok(DeadLetter::new(
        letter.id.clone(),
        body,
        own,
        letter.system.clone(),
        letter.receipt_handle.clone(),
    ))
}

fn document(payload: &str) -> Result<Value, String> {
    serde_json::from_str(payload)
        .map_err(|_| "the message is no JSON: only its whole text can be replaced".to_owned())
}

/// Puts message and attributes into the envelope, which keeps its other members and their order.
fn enveloped(
    letter: &DeadLetter,
    payload: &str,
    attributes: &std::collections::BTreeMap<String, Attribute>,
) -> Result<String, String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let mut whole = document(&letter.body)?;
    let envelope = match whole.pointer_mut("/Records/0/Sns") {
        Some(_) => whole.pointer_mut("/Records/0/Sns"),
        None => Some(&mut whole),
    };
    let members = envelope.and_then(Value::as_object_mut).ok_or("the envelope is no object")?;
    members.insert("Message".to_owned(), Value::from(payload));
    let written = attributes.iter().map(|(name, attribute)| {
        let value = match &attribute.value {
            AttributeValue::Text(text) => text.clone(),
            AttributeValue::Binary(bytes) => STANDARD.encode(bytes),
        };
        (name.clone(), serde_json::json!({"Type": attribute.data_type, "Value": value}))
    });
    if !attributes.is_empty() || members.contains_key("MessageAttributes") {
        members.insert("MessageAttributes".to_owned(), Value::Object(written.collect()));
    }
    Ok(whole.to_string())
}

/// The parent of a pointer, and the last part.
fn parent<'a>(root: &'a mut Value, pointer: &str) -> Result<(&'a mut Value, String), String> {
    let (front, last) = pointer.rsplit_once('/').ok_or("a JSON pointer begins with /")?;
    let last = last.replace("~1", "/").replace("~0", "~");
    let parent = root.pointer_mut(front).ok_or_else(|| format!("there is nothing at '{front}'"))?;
    Ok((parent, last))
}

fn put(root: &mut Value, pointer: &str, value: Value) -> Result<(), String> {
    let (parent, last) = parent(root, pointer)?;
    match parent {
        Value::Object(members) => {
            members.insert(last, value);
            Ok(())
        }
        Value::Array(items) if last == "-" => {
            items.push(value);
            Ok(())
        }
        Value::Array(items) => {
            let slot = last.parse::<usize>().ok().and_then(|index| items.get_mut(index));
            *slot.ok_or_else(|| format!("there is no item '{last}' to replace"))? = value;
            Ok(())
        }
        _ => Err(format!("what holds '{pointer}' is neither an object nor a list")),
    }
}

fn remove(root: &mut Value, pointer: &str) -> Result<(), String> {
    let missing = || format!("there is nothing at '{pointer}'");
    let (parent, last) = parent(root, pointer)?;
    match parent {
        Value::Object(members) => members.shift_remove(&last).map(drop).ok_or_else(missing),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len());
            items.remove(index.ok_or_else(missing)?);
            Ok(())
        }
        _ => Err(missing()),
    }
}

/// A message as lines to compare: the payload laid out, the attributes by name.
#[must_use]
pub fn lines(letter: &DeadLetter) -> Vec<String> {
    let payload = letter.payload();
    let pretty = serde_json::from_str::<Value>(payload)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let mut lines: Vec<String> =
        pretty.as_deref().unwrap_or(payload).lines().map(str::to_owned).collect();
    for (name, attribute) in letter.publisher_attributes() {
        let value = match &attribute.value {
            AttributeValue::Text(text) => text.clone(),
            AttributeValue::Binary(bytes) => format!("<{} bytes>", bytes.len()),
        };
        lines.push(format!("attr.{name} ({}) = {value}", attribute.data_type));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(body: &str) -> DeadLetter {
        DeadLetter::new("m".into(), body.into(), [].into(), [].into(), None)
    }

    fn set(text: &str) -> Change {
        Change::set(text).unwrap()
    }

    #[test]
    fn values_are_json_or_text_and_the_rest_stays() {
        let before = letter(r#"{"z":1,"order":{"id":"a","rows":[1,2]},"a":null}"#);
        let changes = [
            set("/order/id=x y"),
            set("/order/rows/0={\"n\":1.50}"),
            set("/order/rows/-=true"),
            Change::unset("/a").unwrap(),
            Change::attribute("kind=b").unwrap(),
        ];
        let after = apply(&before, &changes).unwrap();
        let expected = r#"{"z":1,"order":{"id":"x y","rows":[{"n":1.5},2,true]}}"#;
        assert_eq!(after.body, expected);
        assert_eq!(after.attributes["kind"], Attribute::text("b"));
        assert_eq!(after.id, before.id);
    }

    #[test]
    fn inside_an_envelope_the_message_changes() {
        let body = serde_json::json!({
            "Type": "Notification", "MessageId": "x", "TopicArn": "t", "Message": "{\"n\":1}",
            "Signature": "s",
            "MessageAttributes": {
                "n": {"Type": "Number", "Value": "1"},
                "b": {"Type": "Binary", "Value": "AP8="},
            },
        });
        let before = letter(&body.to_string());
        let after = apply(&before, &[set("/n=2"), Change::attribute("n=2").unwrap()]).unwrap();
        assert_eq!(after.payload(), "{\"n\":2}");
        let envelope = after.envelope.as_ref().unwrap();
        assert_eq!(envelope.attributes["n"].data_type, "Number");
        assert_eq!(envelope.attributes["b"], before.envelope.unwrap().attributes["b"]);
        assert!(after.body.contains("\"Signature\":\"s\""));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let text = letter("hello");
        assert!(apply(&text, &[set("/a=1")]).unwrap_err().contains("no JSON"));
        assert_eq!(apply(&text, &[Change::Body("x".into())]).unwrap().body, "x");
        let json = letter("{\"a\":{}}");
        assert!(apply(&json, &[set("/b/c=1")]).unwrap_err().contains("'/b'"));
        assert!(apply(&json, &[Change::unset("/b").unwrap()]).is_err());
        assert!(apply(&json, &[Change::unset("attr.b").unwrap()]).is_err());
        for wrong in ["a", "a=1"] {
            assert!(Change::set(wrong).is_err());
        }
        assert!(Change::unset("a").is_err() && Change::attribute("=1").is_err());
    }
}
