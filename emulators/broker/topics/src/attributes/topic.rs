//! Attributes of topics.

use brume_policy::Arn;

use super::{Place, replay, switch};
use crate::access;
use crate::error::{Result, TopicError};
use crate::key::TopicKey;
use crate::record::{Attributes, Topic};
use crate::retry::{DeliveryPolicy, effective_for_topic};

/// Bytes of a message, attributes included, unless the topic says otherwise.
pub const MESSAGE_BYTES_DEFAULT: usize = 262_144;
/// Characters of a display name.
const DISPLAY_NAME_CHARS_MAX: usize = 100;

/// Whether a text may name a topic.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !stem.is_empty() && name.len() <= 256 && stem.bytes().all(is_plain)
}

/// Checks the name of a new topic against its kind.
///
/// # Errors
/// `InvalidParameter`.
pub fn check_name(name: &str, is_fifo: bool) -> Result<()> {
    if is_fifo && !(is_name(name) && name.ends_with(".fifo")) {
        return Err(TopicError::invalid(
            "Topic Name Reason: Fifo Topic names must end with .fifo and must be made up of only \
             uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must \
             be between 1 and 256 characters long.",
        ));
    }
    if !is_name(name) || (name.ends_with(".fifo") && !is_fifo) {
        return Err(TopicError::invalid("Topic Name"));
    }
    Ok(())
}

/// Checks one attribute and puts it where it belongs; empty values take some away.
///
/// # Errors
/// `InvalidParameter`.
pub fn set(topic: &mut Topic, name: &str, value: &str, place: Place) -> Result<()> {
    let wrong = |what: &str| place.wrong(format_args!("{name}: {what}"));
    let is_fifo = topic.key.is_fifo();
    match name {
        "DisplayName" => {
            let is_line = !value.contains(['\r', '\n']);
            if value.chars().count() > DISPLAY_NAME_CHARS_MAX || !is_line {
                return Err(place.wrong("DisplayName"));
            }
        }
        "Policy" => access::check_topic_policy(value, &topic.key, place)?,
        "DeliveryPolicy" if value.is_empty() => {}
        "DeliveryPolicy" => DeliveryPolicy::check_topic(value)?,
        "KmsMasterKeyId" => {}
        "SignatureVersion" => {
            if !matches!(value, "1" | "2") {
                return Err(wrong("must be 1 or 2"));
            }
        }
        "TracingConfig" => {
            if !matches!(value, "PassThrough" | "Active") {
                return Err(wrong("must be PassThrough or Active"));
            }
        }
        "FifoTopic" => {
            switch(name, value, place)?;
            if place == Place::Change {
                return Err(TopicError::invalid("FifoTopic Reason: it cannot be changed"));
            }
        }
        "ContentBasedDeduplication" => {
            switch(name, value, place)?;
            if !is_fifo {
                return Err(place.wrong("ContentBasedDeduplication can only be set on FIFO topics"));
            }
        }
        "FifoThroughputScope" => {
            if !is_fifo || !matches!(value, "Topic" | "MessageGroup") {
                return Err(wrong("must be Topic or MessageGroup, on a FIFO topic"));
            }
        }
        "ArchivePolicy" if value.is_empty() => {}
        "ArchivePolicy" => {
            if !is_fifo {
                return Err(wrong("can only be set on FIFO topics"));
            }
            let kept = replay::retention(value).map_err(|what| wrong(&what))?;
            if kept.is_none() {
                topic.attributes.remove(name);
                return Ok(());
            }
        }
        "MaximumMessageSize" => match value.parse::<usize>() {
            Ok(1_024..=1_048_576) => {}
            _ => return Err(wrong("must be between 1024 and 1048576")),
        },
        _ => feedback(name, value, place)?,
    }
    let can_be_empty = matches!(name, "DisplayName" | "Policy");
    if value.is_empty() && !can_be_empty {
        topic.attributes.remove(name);
    } else if name == "FifoTopic" && !value.eq_ignore_ascii_case("true") {
        // A standard topic does not show the attribute.
        topic.attributes.remove(name);
    } else if name == "Policy" && value.is_empty() {
        topic.attributes.remove(name);
    } else {
        topic.attributes.insert(name.to_owned(), value.to_owned());
    }
    Ok(())
}

/// `HTTPSuccessFeedbackRoleArn` and its kin.
fn feedback(name: &str, value: &str, place: Place) -> Result<()> {
    let unknown = || match place {
        Place::Creation => place.wrong(format_args!("Unknown attribute: {name}")),
        Place::Change => TopicError::invalid("AttributeName"),
    };
    let prefixes = ["HTTP", "SQS", "Lambda", "Firehose", "Application"];
    let rest = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).ok_or_else(unknown)?;
    match rest {
        "SuccessFeedbackRoleArn" | "FailureFeedbackRoleArn" => {
            let is_role = |arn: Arn| arn.service == "iam" && arn.resource.starts_with("role/");
            if value.is_empty() || value.parse().is_ok_and(is_role) {
                Ok(())
            } else {
                Err(place.wrong(format_args!("{name}: must be the ARN of a role")))
            }
        }
        "SuccessFeedbackSampleRate" => match value.parse::<u8>() {
            Ok(0..=100) => Ok(()),
            _ if value.is_empty() => Ok(()),
            _ => Err(place.wrong(format_args!("{name}: must be between 0 and 100"))),
        },
        _ => Err(unknown()),
    }
}

/// How many subscriptions a topic has, and since when it keeps messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Confirmed ones.
    pub confirmed: usize,
    /// Those that wait for confirmation.
    pub pending: usize,
    /// When the oldest archived message was published.
    pub archive_begins: Option<brume_foundation::clock::Moment>,
}

/// All attributes as GetTopicAttributes shows them.
#[must_use]
pub fn show(topic: &Topic, counts: Counts) -> Attributes {
    let mut shown = topic.attributes.clone();
    let mut put = |name: &str, value: String| drop(shown.insert(name.to_owned(), value));
    put("TopicArn", topic.key.to_string());
    put("Owner", topic.key.account.to_string());
    put("SubscriptionsConfirmed", counts.confirmed.to_string());
    put("SubscriptionsPending", counts.pending.to_string());
    put("SubscriptionsDeleted", topic.subscriptions_deleted.to_string());
    let policy = topic.attributes.get("DeliveryPolicy").map(String::as_str);
    put("EffectiveDeliveryPolicy", effective_for_topic(policy));
    if let Some(begins) = counts.archive_begins {
        put("BeginningArchiveTime", begins.to_string());
    }
    let mut default = |name: &str, value: String| {
        shown.entry(name.to_owned()).or_insert(value);
    };
    default("DisplayName", String::new());
    default("Policy", default_policy(&topic.key));
    if topic.key.is_fifo() {
        default("ContentBasedDeduplication", "false".to_owned());
        default("FifoThroughputScope", "Topic".to_owned());
    }
    shown
}

/// The policy of a topic that has none of its own: its account may do everything.
#[must_use]
pub fn default_policy(key: &TopicKey) -> String {
    access::default_topic_policy(key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use brume_foundation::clock::Moment;

    use super::*;

    fn topic(name: &str) -> Topic {
        Topic {
            key: format!("arn:aws:sns:us-east-1:000000000000:{name}").parse().unwrap(),
            created_at: Moment::default(),
            attributes: Attributes::new(),
            tags: BTreeMap::new(),
            data_protection: None,
            subscriptions_deleted: 0,
        }
    }

    #[test]
    fn names_are_checked_against_the_kind() {
        assert!(check_name("orders", false).is_ok());
        assert!(check_name("orders.fifo", true).is_ok());
        let long = "a".repeat(257);
        for (name, is_fifo) in
            [("", false), ("a b", false), (&*long, false), ("orders.fifo", false), ("orders", true)]
        {
            assert_eq!(check_name(name, is_fifo).unwrap_err().code(), "InvalidParameter", "{name}");
        }
    }

    #[test]
    fn what_a_standard_topic_cannot_do_is_refused() {
        let mut standard = topic("t");
        for (name, value) in [
            ("ContentBasedDeduplication", "true"),
            ("FifoThroughputScope", "Topic"),
            ("ArchivePolicy", r#"{"MessageRetentionPeriod":"1"}"#),
            ("SignatureVersion", "3"),
            ("TracingConfig", "On"),
            ("HTTPSuccessFeedbackSampleRate", "101"),
            ("SQSFailureFeedbackRoleArn", "me"),
            ("MaximumMessageSize", "12"),
        ] {
            assert!(set(&mut standard, name, value, Place::Change).is_err(), "{name}");
        }
        assert!(standard.attributes.is_empty());
        let unknown = set(&mut standard, "Colour", "red", Place::Change).unwrap_err();
        assert_eq!(unknown.message(), "Invalid parameter: AttributeName");
    }

    #[test]
    fn an_emptied_attribute_is_gone() {
        let mut fifo = topic("t.fifo");
        let archive = r#"{"MessageRetentionPeriod":"1"}"#;
        set(&mut fifo, "ArchivePolicy", archive, Place::Change).unwrap();
        assert!(fifo.attributes.contains_key("ArchivePolicy"));
        set(&mut fifo, "ArchivePolicy", "{}", Place::Change).unwrap();
        set(&mut fifo, "KmsMasterKeyId", "", Place::Change).unwrap();
        assert!(fifo.attributes.is_empty());
    }

    #[test]
    fn a_plain_topic_shows_what_aws_shows() {
        let shown = show(&topic("t"), Counts::default());
        let names = shown.keys().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(
            names,
            [
                "DisplayName",
                "EffectiveDeliveryPolicy",
                "Owner",
                "Policy",
                "SubscriptionsConfirmed",
                "SubscriptionsDeleted",
                "SubscriptionsPending",
                "TopicArn"
            ]
        );
    }
}
