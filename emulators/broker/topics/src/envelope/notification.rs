//! The envelope of a notification for queues, POSTs, mail as JSON and streams.

use std::sync::Arc;

use bytes::Bytes;

use super::json::Object;
use crate::message::Message;

/// The envelope without the one link that differs between subscriptions.
#[derive(Debug)]
pub struct Template {
    before: String,
    after: String,
}

/// The link that ends a subscription; works without a signature.
#[must_use]
pub fn unsubscribe_url(base_url: &str, subscription_arn: &str) -> String {
    format!("{base_url}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}")
}

impl Template {
    /// Makes the envelope of a message with one of its texts.
    ///
    /// Messages of FIFO topics have a sequence number and no signature.
    #[must_use]
    pub fn new(
        message: &Message,
        text: &str,
        base_url: &str,
        signature: Option<(&str, &str)>,
    ) -> Self {
        let mut object = Object::new(text.len() + 1_024);
        object.string("Type", "Notification");
        object.string("MessageId", &message.id);
        if let Some(sequence) = message.sequence_number() {
            object.string("SequenceNumber", &sequence);
        }
        object.string("TopicArn", &message.topic.to_string());
        if let Some(subject) = &message.subject {
            object.string("Subject", subject);
        }
        object.string("Message", text);
        object.string("Timestamp", message.timestamp());
        if let Some((signature, certificate_path)) = signature {
            object.string("SignatureVersion", message.signature_version.as_str());
            object.string("Signature", signature);
            object.string("SigningCertURL", &format!("{base_url}{certificate_path}"));
        }
        object.open_string("UnsubscribeURL");
        let mut before = object.take();
        before.push_str(&unsubscribe_url(base_url, ""));
        object.close_string();
        if !message.attributes.is_empty() {
            object.attributes(&message.attributes);
        }
        Self { before, after: object.finish() }
    }

    /// The envelope for one subscription. Characters of an ARN need no escape in JSON.
    #[must_use]
    pub fn render(&self, subscription_arn: &Arc<str>) -> Bytes {
        let length = self.before.len() + subscription_arn.len() + self.after.len();
        let mut text = Vec::with_capacity(length);
        text.extend_from_slice(self.before.as_bytes());
        text.extend_from_slice(subscription_arn.as_bytes());
        text.extend_from_slice(self.after.as_bytes());
        Bytes::from(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::StoredAttribute;
    use crate::message::tests::message;

    #[test]
    fn the_envelope_is_the_one_that_aws_sends() {
        let mut message = message("say \"hi\"\n");
        message.subject = Some(Arc::from("news"));
        let attribute = |name: &str, data_type: &str, value: &str| StoredAttribute {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            value: value.to_owned(),
            is_binary: false,
        };
        message.attributes = vec![attribute("a", "String", "x"), attribute("b", "Number", "2")];
        let text = Arc::clone(&message.text);
        let base = "http://127.0.0.1:4566";
        let template = Template::new(&message, &text, base, Some(("c2ln", "/cert.pem")));
        let arn = Arc::from("arn:aws:sns:us-east-1:000000000000:orders:0b1f");
        let expected = r#"{
  "Type" : "Notification",
  "MessageId" : "11111111-2222-4333-8444-555555555555",
  "TopicArn" : "arn:aws:sns:us-east-1:000000000000:orders",
  "Subject" : "news",
  "Message" : "say \"hi\"\n",
  "Timestamp" : "2023-11-14T22:13:20.123Z",
  "SignatureVersion" : "1",
  "Signature" : "c2ln",
  "SigningCertURL" : "http://127.0.0.1:4566/cert.pem",
  "UnsubscribeURL" : "BASE/?Action=Unsubscribe&SubscriptionArn=SUB",
  "MessageAttributes" : {
    "a" : {"Type":"String","Value":"x"},
    "b" : {"Type":"Number","Value":"2"}
  }
}"#
        .replace("BASE", base)
        .replace("SUB", "arn:aws:sns:us-east-1:000000000000:orders:0b1f");
        assert_eq!(template.render(&arn), expected);
    }

    #[test]
    fn a_fifo_envelope_has_a_sequence_number_and_no_signature() {
        let mut message = message("x");
        message.sequence = Some(1);
        let template = Template::new(&message, "x", "http://x", None);
        let json: serde_json::Value =
            serde_json::from_slice(&template.render(&Arc::from("arn"))).unwrap();
        assert_eq!(json["SequenceNumber"], "10000000000000000001");
        assert_eq!(json.get("Signature"), None);
        assert_eq!(json.get("MessageAttributes"), None);
    }
}
