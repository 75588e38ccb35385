//! A message that was accepted: all that its deliveries need, until the last of them is over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use brume_foundation::clock::Moment;
use brume_queues::Content;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::envelope::Template;
use crate::key::TopicKey;
use crate::protocol::Protocol;
use crate::requests::{AttributeValue, MessageAttribute};
use crate::signing::{SignatureVersion, SigningKey, notification};

/// An accepted message.
#[derive(Debug, Serialize, Deserialize)]
pub struct Message {
    /// Its id, a UUID.
    pub id: Arc<str>,
    /// The topic.
    pub topic: TopicKey,
    /// When it was accepted.
    pub published_at: Moment,
    /// Its text.
    pub text: Arc<str>,
    /// Other texts for some protocols.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<Protocol, Arc<str>>,
    /// Its subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Arc<str>>,
    /// Its attributes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<StoredAttribute>,
    /// `MessageGroupId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Arc<str>>,
    /// `MessageDeduplicationId`: the given one, or the hash of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deduplication: Option<Arc<str>>,
    /// Its place in a FIFO topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// `AWSTraceHeader`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_header: Option<Arc<str>>,
    /// How it is signed.
    #[serde(default)]
    pub signature_version: SignatureVersion,
    /// Set on what asks an endpoint to confirm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake: Option<Handshake>,
    /// What is made of it on first use.
    #[serde(skip)]
    pub(crate) cache: Cache,
}

/// What an endpoint is asked to confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    /// Whether the subscription begins; else it has ended.
    pub is_beginning: bool,
    /// What has to come back.
    pub token: Arc<str>,
    /// How the endpoint is reached.
    pub protocol: Protocol,
    /// The endpoint.
    pub endpoint: Arc<str>,
}

/// An attribute in stored form; binary values are base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAttribute {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: String,
    /// Its value as envelopes show it.
    pub value: String,
    /// Whether the value is base64 of bytes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_binary: bool,
}

/// What deliveries of one message share.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    /// By text, because texts differ between protocols: signatures in base64.
    signatures: Mutex<Vec<(Arc<str>, Arc<str>)>>,
    timestamp: OnceLock<String>,
    raw: Mutex<Option<(Arc<str>, Arc<Content>)>>,
    templates: Mutex<Vec<(Arc<str>, Arc<Template>)>>,
}

impl From<&MessageAttribute> for StoredAttribute {
    fn from(attribute: &MessageAttribute) -> Self {
        let (value, is_binary) = match &attribute.value {
            AttributeValue::Text(text) => (text.clone(), false),
            AttributeValue::Binary(bytes) => (STANDARD.encode(bytes), true),
        };
        let (name, data_type) = (attribute.name.clone(), attribute.data_type.clone());
        Self { name, data_type, value, is_binary }
    }
}

impl StoredAttribute {
    /// The value's bytes, if it is binary.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        if self.is_binary { STANDARD.decode(&self.value).ok() } else { None }
    }
}

impl Message {
    /// Makes a message of a text and nothing else.
    #[must_use]
    pub fn new(id: Arc<str>, topic: TopicKey, published_at: Moment, text: Arc<str>) -> Self {
        Self {
            id,
            topic,
            published_at,
            text,
            texts: BTreeMap::new(),
            subject: None,
            attributes: Vec::new(),
            group: None,
            deduplication: None,
            sequence: None,
            trace_header: None,
            signature_version: SignatureVersion::V1,
            handshake: None,
            cache: Cache::default(),
        }
    }

    /// The text for a protocol.
    #[must_use]
    pub fn text_for(&self, protocol: Protocol) -> &Arc<str> {
        self.texts.get(&protocol).unwrap_or(&self.text)
    }

    /// Bytes that count for the limit: text, and names, types and values of attributes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let attribute = |it: &StoredAttribute| {
            let value = it.bytes().map_or(it.value.len(), |bytes| bytes.len());
            it.name.len() + it.data_type.len() + value
        };
        self.text.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }

    /// When it was accepted, as envelopes show it.
    #[must_use]
    pub fn timestamp(&self) -> &str {
        self.cache.timestamp.get_or_init(|| self.published_at.to_string())
    }

    /// Its place in a FIFO topic: twenty digits.
    #[must_use]
    pub fn sequence_number(&self) -> Option<String> {
        self.sequence.map(sequence_number)
    }

    /// The signature over one of its texts, if it was made.
    #[must_use]
    pub fn signature(&self, text: &Arc<str>) -> Option<Arc<str>> {
        let signatures = self.cache.signatures.lock().unwrap_or_else(PoisonError::into_inner);
        signatures.iter().find(|(signed, _)| signed == text).map(|(_, found)| Arc::clone(found))
    }

    /// The signature over one of its texts; takes a millisecond the first time.
    ///
    /// # Errors
    /// The key is damaged.
    pub fn sign(&self, key: &SigningKey, text: &Arc<str>) -> brume_foundation::Result<Arc<str>> {
        if let Some(found) = self.signature(text) {
            return Ok(found);
        }
        let topic_arn = self.topic.to_string();
        let canonical =
            notification(text, &self.id, self.subject.as_deref(), self.timestamp(), &topic_arn);
        let made: Arc<str> = Arc::from(key.sign(self.signature_version, &canonical)?);
        let mut signatures = self.cache.signatures.lock().unwrap_or_else(PoisonError::into_inner);
        signatures.push((Arc::clone(text), Arc::clone(&made)));
        Ok(made)
    }

    /// The envelope with one of its texts, if it was made.
    #[must_use]
    pub fn template(&self, text: &Arc<str>) -> Option<Arc<Template>> {
        let templates = self.cache.templates.lock().unwrap_or_else(PoisonError::into_inner);
        templates.iter().find(|(made_of, _)| made_of == text).map(|(_, found)| Arc::clone(found))
    }

    /// Makes the envelope with one of its texts; without a key for messages of FIFO topics, which
    /// are not signed.
    ///
    /// # Errors
    /// The key is damaged.
    pub fn make_template(
        &self,
        text: &Arc<str>,
        base_url: &str,
        key: Option<&SigningKey>,
    ) -> brume_foundation::Result<Arc<Template>> {
        if let Some(found) = self.template(text) {
            return Ok(found);
        }
        let signature = key.map(|key| self.sign(key, text)).transpose()?;
        let signed = signature.as_deref().zip(key.map(SigningKey::path));
        let made = Arc::new(Template::new(self, text, base_url, signed));
        let mut templates = self.cache.templates.lock().unwrap_or_else(PoisonError::into_inner);
        templates.push((Arc::clone(text), Arc::clone(&made)));
        Ok(made)
    }

    /// Text and attributes as queues get them raw; made once for all queues.
    #[must_use]
    pub fn raw_content(&self, text: &Arc<str>) -> Arc<Content> {
        let mut raw = self.cache.raw.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_of, content)) = &*raw
            && made_of == text
        {
            return Arc::clone(content);
        }
        let attributes = self.attributes.iter().map(|attribute| brume_queues::MessageAttribute {
            name: attribute.name.as_str().into(),
            data_type: attribute.data_type.as_str().into(),
            value: match attribute.bytes() {
                Some(bytes) => brume_queues::AttributeValue::Binary(Bytes::from(bytes)),
                None => brume_queues::AttributeValue::Text(attribute.value.as_str().into()),
            },
        });
        let content = Arc::new(Content::new(text.as_bytes(), attributes.collect()));
        *raw = Some((Arc::clone(text), Arc::clone(&content)));
        content
    }
}

/// A place in a FIFO topic as AWS writes it: twenty digits.
#[must_use]
pub fn sequence_number(sequence: u64) -> String {
    // AWS begins at ten to the nineteenth, so that sorting as text is sorting as numbers.
    format!("{}", 10_000_000_000_000_000_000_u64.saturating_add(sequence))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A message for tests of what is made of messages.
    pub(crate) fn message(text: &str) -> Message {
        Message::new(
            Arc::from("11111111-2222-4333-8444-555555555555"),
            "arn:aws:sns:us-east-1:000000000000:orders".parse().unwrap(),
            Moment::from_unix_millis(1_700_000_000_123),
            Arc::from(text),
        )
    }

    #[test]
    fn a_message_is_kept_whole() {
        let mut whole = message("hello");
        whole.attributes = vec![
            StoredAttribute::from(&MessageAttribute {
                name: "b".to_owned(),
                data_type: "Binary".to_owned(),
                value: AttributeValue::Binary(Bytes::from_static(b"\0\xFF")),
            }),
            StoredAttribute::from(&MessageAttribute {
                name: "t".to_owned(),
                data_type: "Number".to_owned(),
                value: AttributeValue::Text("1".to_owned()),
            }),
        ];
        whole.texts.insert(Protocol::EmailJson, Arc::from("mail"));
        whole.sequence = Some(7);
        let json = serde_json::to_string(&whole).unwrap();
        let read = serde_json::from_str::<Message>(&json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        assert_eq!(&**read.text_for(Protocol::EmailJson), "mail");
        assert_eq!(read.attributes[0].bytes().unwrap(), b"\0\xFF");
        assert_eq!(read.sequence_number().unwrap(), "10000000000000000007");
    }

    #[test]
    fn queues_share_one_raw_content() {
        let message = message("hello");
        let text = Arc::clone(message.text_for(Protocol::Sqs));
        assert!(Arc::ptr_eq(&message.raw_content(&text), &message.raw_content(&text)));
        let masked = Arc::from("h***o");
        assert_eq!(message.raw_content(&masked).body().as_ref(), b"h***o");
    }
}
