//! The envelope that SNS puts around a message for a subscription without raw delivery.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Attribute, AttributeValue};

/// A decoded SNS envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `Notification`, or a confirmation that ended up here.
    pub kind: String,
    /// SNS's MessageId.
    pub message_id: String,
    /// The topic.
    pub topic_arn: String,
    /// Subject, if any.
    pub subject: Option<String>,
    /// What was published.
    pub message: String,
    /// When it was published, as SNS wrote it.
    pub timestamp: String,
    /// The attributes of the publisher.
    pub attributes: BTreeMap<String, Attribute>,
    /// Sequence number of a FIFO topic.
    pub sequence_number: Option<String>,
    /// The subscription, out of `UnsubscribeURL`.
    pub subscription_arn: Option<String>,
}

impl Envelope {
    /// Reads an envelope; `None` when `body` is none. The shape for Lambda (an event with
    /// `Records`) is read, too, when it holds a single record.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        // Most bodies are not JSON objects, and parsing a megabyte is not free.
        if !body.trim_start().starts_with('{') || !body.contains("TopicArn") {
            return None;
        }
        let value: Value = serde_json::from_str(body).ok()?;
        let records = value["Records"].as_array().map(Vec::as_slice);
        match records {
            Some([record]) => Self::of(&record["Sns"]),
            _ => Self::of(&value),
        }
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        // Lambda's events spell it `UnsubscribeUrl`.
        let unsubscribe = text("UnsubscribeURL").or_else(|| text("UnsubscribeUrl"));
        Some(Self {
            kind: text("Type")?,
            message_id: text("MessageId")?,
            topic_arn: text("TopicArn")?,
            subject: text("Subject"),
            message: text("Message")?,
            timestamp: text("Timestamp").unwrap_or_default(),
            attributes: attributes(&value["MessageAttributes"]),
            sequence_number: text("SequenceNumber"),
            subscription_arn: unsubscribe.and_then(|url| subscription_of(&url)),
        })
    }
}

fn attributes(value: &Value) -> BTreeMap<String, Attribute> {
    let members = value.as_object().into_iter().flatten();
    let attributes = members.filter_map(|(name, attribute)| {
        let data_type = attribute["Type"].as_str()?.to_owned();
        let text = attribute["Value"].as_str()?;
        let binary = data_type.starts_with("Binary").then(|| STANDARD.decode(text).ok()).flatten();
        let value = match binary {
            Some(bytes) => AttributeValue::Binary(bytes),
            None => AttributeValue::Text(text.to_owned()),
        };
        Some((name.clone(), Attribute { data_type, value }))
    });
    attributes.collect()
}

/// The value of the query parameter `SubscriptionArn`.
fn subscription_of(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let found = query.split('&').find_map(|pair| pair.strip_prefix("SubscriptionArn="))?;
    let arn = percent_decoded(found);
    arn.starts_with("arn:").then_some(arn)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str =
        "arn:aws:sns:us-east-1:123456789012:orders:6b0e71bd-7e97-4d97-80ce-4a0994e55286";

    fn notification(unsubscribe: &str) -> String {
        serde_json::json!({
            "Type": "Notification",
            "MessageId": "dc1e94d9-56c5-5e96-808d-cc7f68faa162",
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:orders",
            "Subject": "hello",
            "Message": "{\"id\":1}",
            "Timestamp": "2026-01-02T03:04:05.678Z",
            "UnsubscribeURL": unsubscribe,
            "MessageAttributes": {
                "colour": {"Type": "String", "Value": "red"},
                "blob": {"Type": "Binary", "Value": "AAH/"}
            }
        })
        .to_string()
    }

    #[test]
    fn the_subscription_is_in_the_unsubscribe_url() {
        for url in [
            format!("https://x/?Action=Unsubscribe&SubscriptionArn={SUBSCRIPTION}"),
            format!("https://x/?SubscriptionArn={}&a=b", SUBSCRIPTION.replace(':', "%3A")),
        ] {
            let envelope = Envelope::read(&notification(&url)).expect("an envelope");
            assert_eq!(envelope.subscription_arn.as_deref(), Some(SUBSCRIPTION));
        }
        let envelope = Envelope::read(&notification("https://x/")).expect("an envelope");
        assert_eq!(envelope.subscription_arn, None);
    }

    #[test]
    fn message_and_attributes_are_decoded() {
        let envelope = Envelope::read(&notification("")).expect("an envelope");
        assert_eq!(envelope.message, "{\"id\":1}");
        assert_eq!(envelope.attributes["colour"], Attribute::text("red"));
        assert_eq!(envelope.attributes["blob"].value, AttributeValue::Binary(vec![0, 1, 255]));
    }

    #[test]
    fn an_event_for_lambda_is_an_envelope_too() {
        let inner: Value = serde_json::from_str(&notification("")).expect("JSON");
        let event = serde_json::json!({"Records": [{"EventSource": "aws:sns", "Sns": inner}]});
        let envelope = Envelope::read(&event.to_string()).expect("an envelope");
        assert_eq!(envelope.subject.as_deref(), Some("hello"));
    }

    #[test]
    fn other_bodies_are_none() {
        for body in ["", "hello", "{}", "{\"TopicArn\":1}", "[\"TopicArn\"]", "{\"TopicArn\""] {
            assert_eq!(Envelope::read(body), None, "{body}");
        }
    }
}
