//! The text that is signed: names and values, each on a line, names in byte order.
//!
//! Source: "Verifying the signatures of Amazon SNS messages" in the developer guide.

/// What is signed of a notification; the subject is left out when there is none.
#[must_use]
pub fn notification(
    message: &str,
    message_id: &str,
    subject: Option<&str>,
    timestamp: &str,
    topic_arn: &str,
) -> String {
    let mut pairs = vec![("Message", message), ("MessageId", message_id)];
    pairs.extend(subject.map(|subject| ("Subject", subject)));
    pairs.extend([("Timestamp", timestamp), ("TopicArn", topic_arn), ("Type", "Notification")]);
    lines(&pairs)
}

/// What is signed of a request to confirm a subscription, or of the news that one was deleted.
#[must_use]
pub fn confirmation(
    message: &str,
    message_id: &str,
    subscribe_url: &str,
    timestamp: &str,
    token: &str,
    topic_arn: &str,
    kind: &str,
) -> String {
    lines(&[
        ("Message", message),
        ("MessageId", message_id),
        ("SubscribeURL", subscribe_url),
        ("Timestamp", timestamp),
        ("Token", token),
        ("TopicArn", topic_arn),
        ("Type", kind),
    ])
}

fn lines(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        text.push_str(name);
        text.push('\n');
        text.push_str(value);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_signed_without_a_subject_that_is_not_there() {
        assert_eq!(
            notification("hi", "1", None, "2", "3"),
            "Message\nhi\nMessageId\n1\nTimestamp\n2\nTopicArn\n3\nType\nNotification\n"
        );
        assert!(notification("hi", "1", Some("s"), "2", "3").contains("Subject\ns\nTimestamp"));
    }

    #[test]
    fn a_confirmation_is_signed_with_token_and_link() {
        assert_eq!(
            confirmation("m", "1", "http://x", "2", "t", "arn", "SubscriptionConfirmation"),
            "Message\nm\nMessageId\n1\nSubscribeURL\nhttp://x\nTimestamp\n2\nToken\nt\n\
             TopicArn\narn\nType\nSubscriptionConfirmation\n"
        );
    }
}
