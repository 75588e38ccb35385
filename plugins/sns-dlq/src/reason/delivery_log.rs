//! SNS's delivery status logs: AWS's only record of why a delivery failed.

use serde_json::Value;

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// SNS's message id.
    pub message_id: String,
    /// MD5 of the message, in hexadecimal digits.
    pub message_md5: String,
    /// Where it was to go.
    pub destination: String,
    /// It arrived.
    pub is_success: bool,
    /// What the endpoint answered; 0 when it is not told.
    pub status: u64,
    /// What the endpoint said.
    pub response: String,
    /// How often it was tried.
    pub attempts: u64,
    /// Milliseconds from the publishing to the end of the last attempt.
    pub dwell_ms: u64,
}

impl Delivery {
    /// Reads an entry; `None` for other events of the log group.
    #[must_use]
    pub fn read(at_ms: i64, text: &str) -> Option<Self> {
        let entry: Value = serde_json::from_str(text).ok()?;
        let (notification, delivery) = (&entry["notification"], &entry["delivery"]);
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        Some(Self {
            at_ms,
            message_id: notification["messageId"].as_str()?.to_owned(),
            message_md5: text(&notification["messageMD5Sum"]),
            destination: text(&delivery["destination"]),
            is_success: entry["status"].as_str() == Some("SUCCESS"),
            status: delivery["statusCode"].as_u64().unwrap_or_default(),
            response: text(&delivery["providerResponse"]),
            attempts: delivery["attempts"].as_u64().unwrap_or(1),
            dwell_ms: delivery["dwellTimeMs"].as_u64().unwrap_or_default(),
        })
    }
}

/// The log group of a topic's failed deliveries, as SNS names it.
#[must_use]
pub fn failure_group(topic_arn: &str) -> Option<String> {
    let mut parts = topic_arn.strip_prefix("arn:")?.split(':').skip(2);
    let (region, account, topic) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("sns/{region}/{account}/{topic}/Failure"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read() {
        let text = r#"{
            "notification": {"messageMD5Sum": "ab", "messageId": "m-1", "topicArn": "t",
                             "timestamp": "2026-01-02 03:04:05.678"},
            "delivery": {"deliveryId": "d", "destination": "arn:aws:sqs:us-east-1:1:q",
                         "providerResponse":
                             "{\"ErrorCode\":\"AWS.SimpleQueueService.NonExistentQueue\"}",
                         "dwellTimeMs": 61, "attempts": 1, "statusCode": 400},
            "status": "FAILURE"}"#;
        let delivery = Delivery::read(7, text).expect("an entry");
        assert_eq!((delivery.status, delivery.attempts, delivery.is_success), (400, 1, false));
        assert!(delivery.response.contains("NonExistentQueue"));
        assert_eq!(Delivery::read(7, "START RequestId: x"), None);
    }

    #[test]
    fn the_group_is_named_after_the_topic() {
        let arn = "arn:aws:sns:us-east-1:123456789012:orders";
        let expected = Some("sns/us-east-1/123456789012/orders/Failure".to_owned());
        assert_eq!(failure_group(arn), expected);
        assert_eq!(failure_group("orders"), None);
    }
}
