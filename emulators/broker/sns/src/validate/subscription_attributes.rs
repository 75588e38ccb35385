//! Attributes of subscriptions, as far as their text alone can be judged.

use brume_edge::AwsError;
use brume_policy::Arn;
use brume_topics::Protocol;
use serde_json::Value;

use super::json::parse_object;
use super::names::FIFO_SUFFIX;
use super::{Place, archive, boolean, delivery_policy};
use crate::error::{invalid_parameter, shown};

/// What may be set.
const NAMES: [&str; 7] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
];

/// Checks the attributes of a new subscription and gives them in the form in which they are kept.
pub(crate) fn new(
    protocol: Protocol,
    attributes: &[(&str, &str)],
) -> Result<Vec<(String, String)>, AwsError> {
    let mut checked = Vec::with_capacity(attributes.len());
    for (name, value) in attributes {
        let value = one(Place::Map, name, value)?;
        if *name == "RawMessageDelivery" && value == "true" {
            raw_delivery(Place::Map, protocol)?;
        }
        checked.push(((*name).to_owned(), value));
    }
    let has_role = attributes.iter().any(|(name, _)| *name == "SubscriptionRoleArn");
    if protocol == Protocol::Firehose && !has_role {
        return Err(invalid_parameter(
            "Delivery protocol firehose can only be subscribed with subscription role arn",
        ));
    }
    Ok(checked)
}

/// Checks one attribute and gives its value in the form in which it is kept.
pub(crate) fn one(place: Place, name: &str, value: &str) -> Result<String, AwsError> {
    if !NAMES.contains(&name) {
        return Err(place.unknown_name(name));
    }
    match name {
        "RawMessageDelivery" => Ok(boolean(place, name, value)?.to_string()),
        "FilterPolicyScope" if !matches!(value, "MessageBody" | "MessageAttributes") => Err(place
            .refuse(format!(
                "FilterPolicyScope: Invalid value [{}]. Please use either MessageBody or \
                 MessageAttributes",
                shown(value)
            ))),
        "DeliveryPolicy" if !value.is_empty() => delivery_policy::subscription(place, value),
        "RedrivePolicy" if !value.is_empty() => {
            redrive(place, value)?;
            Ok(value.to_owned())
        }
        "ReplayPolicy" => {
            archive::replay(place, value)?;
            Ok(value.to_owned())
        }
        "SubscriptionRoleArn" if !is_role(value) => {
            Err(place.refuse("SubscriptionRoleArn: invalid role arn"))
        }
        _ => Ok(value.to_owned()),
    }
}

/// Checks that messages can go to an endpoint of this kind without their envelope.
pub(crate) fn raw_delivery(place: Place, protocol: Protocol) -> Result<(), AwsError> {
    if protocol.can_be_raw() {
        return Ok(());
    }
    let reason = format!("Delivery protocol [{protocol}] does not support raw message delivery.");
    Err(place.refuse(reason))
}

/// Checks `{"deadLetterTargetArn": "…"}`.
fn redrive(place: Place, text: &str) -> Result<(), AwsError> {
    let policy = parse_object(place, "RedrivePolicy", text)?;
    let refuse = |what: &str| place.refuse(format!("RedrivePolicy: {what}"));
    if let Some(name) = policy.keys().find(|name| *name != "deadLetterTargetArn") {
        return Err(refuse(&format!("invalid JSON. Attribute {name} is unknown.")));
    }
    let arn = policy.get("deadLetterTargetArn");
    let arn = arn.ok_or_else(|| refuse("Missing deadLetterTargetArn attribute"))?;
    let arn = arn.as_str().and_then(|arn| arn.parse::<Arn>().ok());
    let arn = arn.ok_or_else(|| refuse("deadLetterTargetArn is an invalid arn"))?;
    let is_queue = arn.service == "sqs"
        && arn.account().is_some()
        && arn.region().is_some()
        && !arn.resource.contains([':', '/']);
    if is_queue { Ok(()) } else { Err(refuse("deadLetterTargetArn must be a SQS queue")) }
}

/// Checks that a dead-letter queue is of the kind that the subscription needs; `policy` was
/// checked before.
pub(crate) fn dead_letter_kind(
    place: Place,
    is_fifo_topic: bool,
    endpoint: &str,
    policy: &str,
) -> Result<(), AwsError> {
    let is_fifo_queue = serde_json::from_str::<Value>(policy).is_ok_and(|policy| {
        let arn = policy.get("deadLetterTargetArn").and_then(Value::as_str);
        arn.is_none_or(|arn| arn.ends_with(FIFO_SUFFIX))
    });
    if is_fifo_topic && endpoint.ends_with(FIFO_SUFFIX) && !is_fifo_queue {
        return Err(place.refuse(
            "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.",
        ));
    }
    Ok(())
}

/// Whether a text is the ARN of a role.
pub(crate) fn is_role(text: &str) -> bool {
    text.parse::<Arn>().is_ok_and(|arn| {
        arn.service == "iam" && arn.account().is_some() && arn.resource.starts_with("role/")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_attributes_come_back() {
        let queue = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:d"}"#;
        for (name, value, wanted) in [
            ("RawMessageDelivery", "True", "true"),
            ("FilterPolicyScope", "MessageBody", "MessageBody"),
            ("RedrivePolicy", queue, queue),
            ("RedrivePolicy", "", ""),
            ("FilterPolicy", "{ }", "{ }"),
            (
                "SubscriptionRoleArn",
                "arn:aws:iam::000000000000:role/r",
                "arn:aws:iam::000000000000:role/r",
            ),
        ] {
            assert_eq!(one(Place::Single, name, value).unwrap(), wanted);
        }
    }

    #[test]
    fn wrong_attributes_are_refused_in_the_words_of_aws() {
        for (name, value, wanted) in [
            ("FakeAttribute", "test", "AttributeName"),
            (
                "RawMessageDelivery",
                "test-ValUe",
                "RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false.",
            ),
            (
                "RawMessageDelivery",
                "",
                "RawMessageDelivery: Invalid value []. Must be true or false.",
            ),
            (
                "RedrivePolicy",
                r#"{"deadLetterTargetArn":"fake"}"#,
                "RedrivePolicy: deadLetterTargetArn is an invalid arn",
            ),
            (
                "RedrivePolicy",
                r#"{"deadLetterTargetArn":"arn:aws:sns:us-east-1:000000000000:t"}"#,
                "RedrivePolicy: deadLetterTargetArn must be a SQS queue",
            ),
            ("RedrivePolicy", "{}", "RedrivePolicy: Missing deadLetterTargetArn attribute"),
            (
                "RedrivePolicy",
                r#"{"maxReceiveCount":5}"#,
                "RedrivePolicy: invalid JSON. Attribute maxReceiveCount is unknown.",
            ),
            (
                "FilterPolicyScope",
                "RandomValue",
                "FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody \
                 or MessageAttributes",
            ),
        ] {
            let message = one(Place::Single, name, value).unwrap_err().message;
            assert_eq!(message, format!("Invalid parameter: {wanted}"));
        }
        let message = one(Place::Map, "RawMessageDelivery", "wrongvalue").unwrap_err().message;
        assert_eq!(
            message,
            "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value \
             [wrongvalue]. Must be true or false."
        );
    }

    #[test]
    fn a_fifo_subscription_needs_a_fifo_queue_for_dead_letters() {
        let policy = |name: &str| {
            format!(r#"{{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:{name}"}}"#)
        };
        for (is_fifo_topic, endpoint, queue, is_good) in [
            (true, "q.fifo", "d.fifo", true),
            (true, "q.fifo", "d", false),
            (true, "q", "d", true),
            (false, "q", "d", true),
        ] {
            let checked = dead_letter_kind(Place::Map, is_fifo_topic, endpoint, &policy(queue));
            assert_eq!(checked.is_ok(), is_good, "{endpoint} {queue}");
        }
        assert!(dead_letter_kind(Place::Single, true, "q.fifo", "{}").is_ok());
    }

    #[test]
    fn a_stream_needs_a_role() {
        assert_eq!(
            new(Protocol::Firehose, &[]).unwrap_err().message,
            "Invalid parameter: Delivery protocol firehose can only be subscribed with \
             subscription role arn"
        );
        assert_eq!(
            raw_delivery(Place::Map, Protocol::Email).unwrap_err().message,
            "Invalid parameter: Attributes Reason: Delivery protocol [email] does not support \
             raw message delivery."
        );
        assert!(raw_delivery(Place::Single, Protocol::Https).is_ok());
        let role = [("SubscriptionRoleArn", "arn:aws:iam::000000000000:role/r")];
        assert!(new(Protocol::Firehose, &role).is_ok());
        assert!(new(Protocol::Sqs, &[]).unwrap().is_empty());
    }
}
