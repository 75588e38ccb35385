//! What an endpoint gets when it is subscribed and when it is unsubscribed.

use bytes::Bytes;

use super::json::Object;
use crate::key::TopicKey;
use crate::signing::{SignatureVersion, SigningKey, confirmation};

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody subscribed the endpoint.
    Subscription,
    /// Somebody ended the subscription.
    Unsubscribe,
}

impl Kind {
    /// `Type` in the envelope and `x-amz-sns-message-type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "SubscriptionConfirmation",
            Self::Unsubscribe => "UnsubscribeConfirmation",
        }
    }
}

/// A request to confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Which.
    pub kind: Kind,
    /// Its id.
    pub message_id: String,
    /// What has to come back.
    pub token: String,
    /// The topic.
    pub topic: TopicKey,
    /// The subscription.
    pub subscription_arn: String,
    /// When, RFC 3339.
    pub timestamp: String,
    /// How it is signed.
    pub signature_version: SignatureVersion,
}

impl Confirmation {
    /// The link that confirms; works without a signature.
    #[must_use]
    pub fn subscribe_url(&self, base_url: &str) -> String {
        let Self { topic, token, .. } = self;
        format!("{base_url}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}")
    }

    /// What it says to people.
    #[must_use]
    pub fn text(&self) -> String {
        let (topic, arn) = (&self.topic, &self.subscription_arn);
        match self.kind {
            Kind::Subscription => format!(
                "You have chosen to subscribe to the topic {topic}.\n\
                 To confirm the subscription, visit the SubscribeURL included in this message."
            ),
            Kind::Unsubscribe => format!(
                "You have chosen to deactivate subscription {arn}.\n\
                 To cancel this operation and restore the subscription, \
                 visit the SubscribeURL included in this message."
            ),
        }
    }

    /// The envelope.
    ///
    /// # Errors
    /// The key is damaged.
    pub fn render(&self, key: &SigningKey, base_url: &str) -> brume_foundation::Result<Bytes> {
        let (kind, text, link) = (self.kind.as_str(), self.text(), self.subscribe_url(base_url));
        let topic_arn = self.topic.to_string();
        let signed = confirmation(
            &text,
            &self.message_id,
            &link,
            &self.timestamp,
            &self.token,
            &topic_arn,
            kind,
        );
        let signature = key.sign(self.signature_version, &signed)?;
        let mut object = Object::new(2_048);
        object.string("Type", kind);
        object.string("MessageId", &self.message_id);
        object.string("Token", &self.token);
        object.string("TopicArn", &topic_arn);
        object.string("Message", &text);
        object.string("SubscribeURL", &link);
        object.string("Timestamp", &self.timestamp);
        object.string("SignatureVersion", self.signature_version.as_str());
        object.string("Signature", &signature);
        object.string("SigningCertURL", &format!("{base_url}{}", key.path()));
        Ok(Bytes::from(object.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_has_what_receivers_read() {
        let confirmation = Confirmation {
            kind: Kind::Subscription,
            message_id: "m".to_owned(),
            token: "t0".to_owned(),
            topic: "arn:aws:sns:us-east-1:000000000000:orders".parse().unwrap(),
            subscription_arn: "arn:aws:sns:us-east-1:000000000000:orders:0b1f".to_owned(),
            timestamp: "2023-11-14T22:13:20.123Z".to_owned(),
            signature_version: SignatureVersion::V2,
        };
        let key = SigningKey::generate().unwrap();
        let body = confirmation.render(&key, "http://x").unwrap();
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let names = json.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(
            names,
            [
                "Type",
                "MessageId",
                "Token",
                "TopicArn",
                "Message",
                "SubscribeURL",
                "Timestamp",
                "SignatureVersion",
                "Signature",
                "SigningCertURL"
            ]
        );
        assert_eq!(
            json["SubscribeURL"],
            "http://x/?Action=ConfirmSubscription\
             &TopicArn=arn:aws:sns:us-east-1:000000000000:orders&Token=t0"
        );
        assert_eq!(json["SignatureVersion"], "2");
    }
}
