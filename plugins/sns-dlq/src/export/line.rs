//! The lines of an export.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::message::{Attribute, AttributeValue, DeadLetter};

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Line {
    Export(Header),
    Message(Box<Message>),
    End(Trailer),
}

/// The first line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) queue_arn: String,
    pub(super) exported_at: String,
}

/// The last line; nothing vouches for it but its form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Trailer {
    pub(super) messages: u64,
    pub(super) sha256: String,
}

/// A message, in SQS's own names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Message {
    message_id: String,
    body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<String, Value>,
}

/// A message attribute, in SQS's own names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Value {
    data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
}

impl Message {
    pub(super) fn of(letter: &DeadLetter) -> Self {
        let attributes = letter.attributes.iter().map(|(name, attribute)| {
            let data_type = attribute.data_type.clone();
            let (string_value, binary_value) = match &attribute.value {
                AttributeValue::Text(text) => (Some(text.clone()), None),
                AttributeValue::Binary(bytes) => (None, Some(STANDARD.encode(bytes))),
            };
            (name.clone(), Value { data_type, string_value, binary_value })
        });
        Self {
            message_id: letter.id.clone(),
            body: letter.body.clone(),
            attributes: letter.system.clone(),
            message_attributes: attributes.collect(),
        }
    }

    /// The message; a sentence when an attribute cannot be read.
    pub(super) fn into_letter(self) -> Result<DeadLetter, String> {
        let attributes = self.message_attributes.into_iter().map(|(name, value)| {
            let read = match (value.binary_value, value.string_value) {
                (Some(text), _) => AttributeValue::Binary(
                    STANDARD
                        .decode(text)
                        .map_err(|_| format!("attribute '{name}' is no base64"))?,
                ),
                (None, Some(text)) => AttributeValue::Text(text),
                (None, None) => return Err(format!("attribute '{name}' has no value")),
            };
            Ok((name, Attribute { data_type: value.data_type, value: read }))
        });
        let attributes = attributes.collect::<Result<_, String>>()?;
        if self.message_id.is_empty() {
            return Err("it has no MessageId".to_owned());
        }
        Ok(DeadLetter::new(self.message_id, self.body, attributes, self.attributes, None))
    }
}
