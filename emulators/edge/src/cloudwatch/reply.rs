//! An answer's tree in JSON and in XML; CBOR is the tree itself.

use serde_json::{Map, Value as Json, json};

use crate::Xml;
use crate::cbor::Value;

/// A structure with its fields in order.
pub(super) fn structure<const COUNT: usize>(fields: [(&str, Value); COUNT]) -> Value {
    Value::Map(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

/// A text.
pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// JSON; timestamps are seconds since the epoch.
pub(super) fn json(value: Option<&Value>) -> Vec<u8> {
    let json = value.map_or_else(|| json!({}), to_json);
    // A tree without maps under other keys than texts can always be written.
    serde_json::to_vec(&json).unwrap_or_default()
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null | Value::Bytes(_) => Json::Null,
        Value::Boolean(value) => Json::Bool(*value),
        Value::Integer(number) => json!(number),
        Value::Float(number) | Value::Timestamp(number) => json!(number),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(values) => Json::Array(values.iter().map(to_json).collect()),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(name, value)| (name.clone(), to_json(value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}

/// What stands inside of `<ActionResult>`.
pub(super) fn xml(value: &Value) -> String {
    let mut xml = Xml::new();
    write(&mut xml, value);
    xml.finish()
}

fn write(xml: &mut Xml, value: &Value) {
    match value {
        Value::Null | Value::Bytes(_) => {}
        Value::Boolean(value) => {
            xml.raw(if *value { "true" } else { "false" });
        }
        Value::Integer(number) => {
            xml.raw(&number.to_string());
        }
        Value::Float(number) => {
            xml.raw(&format!("{number:?}"));
        }
        Value::Timestamp(seconds) => {
            // The years that there are fit.
            let timestamp = jiff::Timestamp::from_second(*seconds as i64);
            xml.raw(&timestamp.map(|timestamp| timestamp.to_string()).unwrap_or_default());
        }
        Value::Text(text) => {
            xml.text(text);
        }
        Value::List(values) => {
            for value in values {
                xml.nest("member", |xml| write(xml, value));
            }
        }
        Value::Map(entries) => {
            for (name, value) in entries {
                xml.nest(name, |xml| write(xml, value));
            }
        }
    }
}
