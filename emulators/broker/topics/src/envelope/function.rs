//! The event that a function gets. It spells two names differently from every other envelope.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::unsubscribe_url;
use crate::message::Message;

/// Makes the event for one subscription.
#[must_use]
pub fn function_event(
    message: &Message,
    text: &str,
    subscription_arn: &str,
    base_url: &str,
    signature: (&str, &str),
) -> Bytes {
    let attributes = message.attributes.iter().map(|attribute| {
        let value = json!({ "Type": attribute.data_type, "Value": attribute.value });
        (attribute.name.clone(), value)
    });
    let event = json!({
        "Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription_arn,
            "Sns": {
                "Type": "Notification",
                "MessageId": message.id,
                "TopicArn": message.topic,
                "Subject": message.subject,
                "Message": text,
                "Timestamp": message.timestamp(),
                "SignatureVersion": message.signature_version.as_str(),
                "Signature": signature.0,
                "SigningCertUrl": format!("{base_url}{}", signature.1),
                "UnsubscribeUrl": unsubscribe_url(base_url, subscription_arn),
                "MessageAttributes": attributes.collect::<Map<String, Value>>(),
            },
        }],
    });
    Bytes::from(event.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::message;

    #[test]
    fn functions_get_their_own_spelling() {
        let message = message("hi");
        let event = function_event(&message, "hi", "arn:sub", "http://x", ("c2ln", "/c.pem"));
        let event: Value = serde_json::from_slice(&event).unwrap();
        let record = &event["Records"][0];
        assert_eq!(record["EventSource"], "aws:sns");
        assert_eq!(record["EventVersion"], "1.0");
        assert_eq!(record["EventSubscriptionArn"], "arn:sub");
        assert_eq!(record["Sns"]["SigningCertUrl"], "http://x/c.pem");
        assert_eq!(
            record["Sns"]["UnsubscribeUrl"],
            "http://x/?Action=Unsubscribe&SubscriptionArn=arn:sub"
        );
        assert_eq!(record["Sns"]["Subject"], Value::Null);
        assert_eq!(record["Sns"]["MessageAttributes"], json!({}));
    }
}
