//! Delivery status logging: what AWS writes to CloudWatch Logs about deliveries.
//!
//! Source: "Amazon SNS message delivery status" in the developer guide.

use brume_foundation::clock::Moment;
use md5::{Digest, Md5};
use serde_json::json;

use crate::message::Message;
use crate::observer::LogEntry;
use crate::protocol::Protocol;
use crate::record::Topic;

/// What a topic wants logged about one protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Of 100 successes so many.
    pub(crate) success_percent: u8,
    /// Failures.
    pub(crate) failures: bool,
}

/// One delivery that is over.
#[derive(Debug)]
pub(crate) struct Ended<'a> {
    pub(crate) message: &'a Message,
    pub(crate) text: &'a str,
    pub(crate) endpoint: &'a str,
    pub(crate) delivery_id: String,
    pub(crate) is_success: bool,
    pub(crate) status: u16,
    pub(crate) response: &'a str,
    pub(crate) attempts: u32,
    pub(crate) now: Moment,
}

/// What a topic wants logged about a protocol.
pub(crate) fn wanted(topic: &Topic, protocol: Protocol) -> Wanted {
    let Some(prefix) = protocol.feedback_prefix() else { return Wanted::default() };
    let value = |suffix: &str| topic.attributes.get(&format!("{prefix}{suffix}"));
    let success_percent = match value("SuccessFeedbackRoleArn") {
        // Without a rate, every success is logged.
        Some(_) => match value("SuccessFeedbackSampleRate") {
            Some(rate) => rate.parse().unwrap_or(0),
            None => 100,
        },
        None => 0,
    };
    Wanted { success_percent, failures: value("FailureFeedbackRoleArn").is_some() }
}

/// The log entry of a delivery.
pub(crate) fn entry(ended: &Ended<'_>) -> LogEntry {
    let message = ended.message;
    let (account, region) = (message.topic.account, message.topic.region);
    let digest = Md5::digest(ended.text.as_bytes());
    let md5 = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let timestamp = message.timestamp().replace('T', " ").replace('Z', "");
    let dwell = ended.now.since(message.published_at).as_millis();
    let json = json!({
        "notification": {
            "messageMD5Sum": md5,
            "messageId": message.id,
            "topicArn": message.topic,
            "timestamp": timestamp,
        },
        "delivery": {
            "deliveryId": ended.delivery_id,
            "destination": ended.endpoint,
            "providerResponse": ended.response,
            "dwellTimeMs": u64::try_from(dwell).unwrap_or(u64::MAX),
            "attempts": ended.attempts,
            "statusCode": ended.status,
        },
        "status": if ended.is_success { "SUCCESS" } else { "FAILURE" },
    });
    let failure = if ended.is_success { "" } else { "/Failure" };
    let group = format!("sns/{region}/{account}/{}{failure}", message.topic.name);
    LogEntry { account, region, group, message: json.to_string(), at: ended.now }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::message::tests::message;
    use crate::record::Attributes;

    fn topic(attributes: &[(&str, &str)]) -> Topic {
        let pairs = attributes.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Topic {
            key: "arn:aws:sns:us-east-1:000000000000:orders".parse().unwrap(),
            created_at: Moment::default(),
            attributes: pairs.collect::<Attributes>(),
            tags: BTreeMap::new(),
            data_protection: None,
            subscriptions_deleted: 0,
        }
    }

    #[test]
    fn only_what_has_a_role_is_logged() {
        let role = "arn:aws:iam::000000000000:role/log";
        let topic = topic(&[
            ("SQSFailureFeedbackRoleArn", role),
            ("SQSSuccessFeedbackSampleRate", "50"),
            ("LambdaSuccessFeedbackRoleArn", role),
        ]);
        let none = Wanted::default();
        assert_eq!(wanted(&topic, Protocol::Sqs), Wanted { failures: true, ..none });
        assert_eq!(wanted(&topic, Protocol::Lambda), Wanted { success_percent: 100, ..none });
        assert_eq!(wanted(&topic, Protocol::Email), none);
    }

    #[test]
    fn an_entry_says_where_and_why() {
        let message = message("hello");
        let ended = Ended {
            message: &message,
            text: "hello",
            endpoint: "arn:aws:sqs:us-east-1:000000000000:q",
            delivery_id: "d".to_owned(),
            is_success: false,
            status: 403,
            response: "denied",
            attempts: 1,
            now: message.published_at.after(std::time::Duration::from_millis(7)),
        };
        let entry = entry(&ended);
        assert_eq!(entry.group, "sns/us-east-1/000000000000/orders/Failure");
        let json: serde_json::Value = serde_json::from_str(&entry.message).unwrap();
        assert_eq!(json["notification"]["messageMD5Sum"], "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(json["notification"]["timestamp"], "2023-11-14 22:13:20.123");
        assert_eq!(json["delivery"]["dwellTimeMs"], 7);
        assert_eq!(json["delivery"]["statusCode"], 403);
        assert_eq!(json["status"], "FAILURE");
    }
}
