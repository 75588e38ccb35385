//! A dead letter as a document: for `-o json` and its relatives, and for `--where`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Attribute, AttributeValue, DeadLetter};

impl DeadLetter {
    /// The whole message: ids, times, origin, `payload` as JSON where it is JSON, everything raw.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut document = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                document.insert(name.to_owned(), value);
            }
        };
        put("messageId", json!(self.id));
        put("sentAt", json!(self.sent_at().map(|at| at.to_string())));
        put("firstReceivedAt", json!(self.first_received_at().map(|at| at.to_string())));
        put("receiveCount", json!(self.receive_count()));
        put("messageGroupId", json!(self.group()));
        put("messageDeduplicationId", json!(self.deduplication()));
        put("sourceQueueArn", json!(self.source_queue_arn()));
        put("topicArn", json!(self.topic_arn()));
        put("subscriptionArn", json!(self.subscription_arn()));
        if let Some(failure) = self.async_failure() {
            put(
                "lambda",
                json!({
                    "requestId": failure.request_id,
                    "errorCode": failure.code,
                    "errorMessage": failure.message,
                }),
            );
        }
        if let Some(envelope) = &self.envelope {
            put(
                "envelope",
                json!({
                    "type": envelope.kind,
                    "messageId": envelope.message_id,
                    "subject": envelope.subject,
                    "timestamp": envelope.timestamp,
                    "sequenceNumber": envelope.sequence_number,
                    "attributes": attributes(&envelope.attributes),
                }),
            );
        }
        put("attributes", attributes(&self.attributes));
        put("systemAttributes", json!(self.system));
        put("payload", self.payload_json());
        put("body", json!(self.body));
        Value::Object(document)
    }

    /// What the publisher sent: as JSON when it is JSON, else as text.
    #[must_use]
    pub fn payload_json(&self) -> Value {
        let payload = self.payload();
        serde_json::from_str(payload).unwrap_or_else(|_| json!(payload))
    }
}

/// Attributes as SQS writes them: `{"name": {"DataType": …, "StringValue" | "BinaryValue": …}}`.
fn attributes<'a>(attributes: impl IntoIterator<Item = (&'a String, &'a Attribute)>) -> Value {
    let members = attributes.into_iter().map(|(name, attribute)| {
        let value = match &attribute.value {
            AttributeValue::Text(text) => {
                json!({"DataType": attribute.data_type, "StringValue": text})
            }
            AttributeValue::Binary(bytes) => {
                json!({"DataType": attribute.data_type, "BinaryValue": STANDARD.encode(bytes)})
            }
        };
        (name.clone(), value)
    });
    Value::Object(members.collect())
}
