//! Attributes of subscriptions.

use brume_policy::{Account, Arn};
use brume_queues::QueueKey;
use serde_json::Value;

use super::replay::Replay;
use super::{Place, switch};
use crate::error::{Result, TopicError};
use crate::filter::{Filter, Scope};
use crate::protocol::Protocol;
use crate::record::{Attributes, Subscription, Topic};
use crate::retry::{DeliveryPolicy, effective_for_subscription};

/// Checks one attribute and puts it where it belongs; empty values take some away.
///
/// # Errors
/// `InvalidParameter`.
pub fn set(
    subscription: &mut Subscription,
    topic: &Topic,
    name: &str,
    value: &str,
    place: Place,
) -> Result<()> {
    let wrong = |what: &str| place.wrong(format_args!("{name}: {what}"));
    match name {
        "RawMessageDelivery" => {
            switch(name, value, place)?;
            if value.eq_ignore_ascii_case("true") && !subscription.protocol.can_be_raw() {
                let protocol = subscription.protocol;
                let what = format!("Invalid value [true]. {protocol} subscriptions cannot be raw.");
                return Err(wrong(&what));
            }
        }
        "FilterPolicyScope" => {
            if !matches!(value, "MessageAttributes" | "MessageBody") {
                let message = format!(
                    "Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
                );
                return Err(wrong(&message));
            }
        }
        // Compiled when all attributes are there, because of its scope: see `check_filter`.
        "FilterPolicy" => {}
        "DeliveryPolicy" if value.is_empty() => {}
        "DeliveryPolicy" => {
            if !matches!(subscription.protocol, Protocol::Http | Protocol::Https) {
                return Err(wrong("is only for http and https subscriptions"));
            }
            DeliveryPolicy::check_subscription(value)?;
        }
        "RedrivePolicy" if value.is_empty() => {}
        "RedrivePolicy" => {
            if value == "{}" {
                subscription.attributes.remove(name);
                return Ok(());
            }
            redrive(subscription, topic, value, place)?;
        }
        "SubscriptionRoleArn" => {
            let is_role = |arn: Arn| arn.service == "iam" && arn.resource.starts_with("role/");
            if !value.parse().is_ok_and(is_role) {
                return Err(wrong("must be the ARN of a role"));
            }
        }
        "ReplayPolicy" if value.is_empty() || value == "{}" => {
            subscription.attributes.remove(name);
            return Ok(());
        }
        "ReplayPolicy" => {
            if !topic.attributes.contains_key("ArchivePolicy") {
                return Err(wrong("the topic has no archive"));
            }
            Replay::read(value).map_err(|what| wrong(&what))?;
        }
        _ => {
            return Err(match place {
                Place::Creation => place.wrong(format_args!("Unknown attribute: {name}")),
                Place::Change => TopicError::invalid("AttributeName"),
            });
        }
    }
    if value.is_empty() {
        subscription.attributes.remove(name);
    } else {
        subscription.attributes.insert(name.to_owned(), value.to_owned());
    }
    Ok(())
}

/// Compiles the filter policy, if there is one that filters anything.
///
/// # Errors
/// What is wrong with it.
pub fn check_filter(attributes: &Attributes, place: Place) -> Result<Option<Filter>> {
    let Some(text) = attributes.get("FilterPolicy") else { return Ok(None) };
    Filter::compile(text, scope(attributes), place)
}

/// What the filter looks at.
#[must_use]
pub fn scope(attributes: &Attributes) -> Scope {
    match attributes.get("FilterPolicyScope").map(String::as_str) {
        Some("MessageBody") => Scope::Body,
        _ => Scope::Attributes,
    }
}

/// The dead-letter queue that a redrive policy names.
#[must_use]
pub fn dead_letter_queue(attributes: &Attributes) -> Option<QueueKey> {
    let policy = serde_json::from_str::<Value>(attributes.get("RedrivePolicy")?).ok()?;
    QueueKey::of(&policy.get("deadLetterTargetArn")?.as_str()?.parse().ok()?)
}

fn redrive(subscription: &Subscription, topic: &Topic, value: &str, place: Place) -> Result<()> {
    let wrong = |what: &str| place.wrong(format_args!("RedrivePolicy: {what}"));
    let policy =
        serde_json::from_str::<Value>(value).map_err(|_| wrong("failed to parse JSON."))?;
    let text = policy.get("deadLetterTargetArn").and_then(Value::as_str).unwrap_or_default();
    let arn = text.parse::<Arn>().map_err(|_| wrong("deadLetterTargetArn is an invalid arn"))?;
    let queue = QueueKey::of(&arn).ok_or_else(|| wrong("deadLetterTargetArn is an invalid arn"))?;
    if queue.region != topic.key.region {
        return Err(wrong("deadLetterTargetArn must be in the region of the subscription"));
    }
    if queue.account != subscription.owner {
        return Err(wrong("deadLetterTargetArn must be in the account of the subscription"));
    }
    let endpoint_is_fifo = subscription.endpoint.ends_with(".fifo");
    if topic.key.is_fifo() && endpoint_is_fifo && !queue.is_fifo() {
        return Err(wrong("must use a FIFO queue as DLQ for a FIFO topic"));
    }
    if queue.is_fifo() && !topic.key.is_fifo() {
        return Err(wrong("must use a standard queue as DLQ for a standard topic"));
    }
    Ok(())
}

/// All attributes as GetSubscriptionAttributes shows them.
#[must_use]
pub fn show(subscription: &Subscription, topic: &Topic, replay: Option<&str>) -> Attributes {
    let mut shown = subscription.attributes.clone();
    let mut put = |name: &str, value: &str| drop(shown.insert(name.to_owned(), value.to_owned()));
    let truth = |truth: bool| if truth { "true" } else { "false" };
    put("SubscriptionArn", &subscription.arn);
    put("TopicArn", &topic.key.to_string());
    put("Owner", subscription.owner.as_str());
    put("Protocol", subscription.protocol.as_str());
    put("Endpoint", &subscription.endpoint);
    put("PendingConfirmation", truth(subscription.pending.is_some()));
    put("ConfirmationWasAuthenticated", truth(subscription.was_authenticated));
    put("SubscriptionPrincipal", &principal(subscription.owner));
    let raw = subscription.attributes.get("RawMessageDelivery");
    put("RawMessageDelivery", truth(raw.is_some_and(|raw| raw.eq_ignore_ascii_case("true"))));
    if subscription.attributes.contains_key("FilterPolicy") {
        let scope = subscription.attributes.get("FilterPolicyScope").map(String::as_str);
        put("FilterPolicyScope", scope.unwrap_or("MessageAttributes"));
    }
    if matches!(subscription.protocol, Protocol::Http | Protocol::Https) {
        let of = |attributes: &Attributes| attributes.get("DeliveryPolicy").cloned();
        let (inherited, own) = (of(&topic.attributes), of(&subscription.attributes));
        let effective = effective_for_subscription(inherited.as_deref(), own.as_deref());
        put("EffectiveDeliveryPolicy", &effective);
    }
    if let Some(status) = replay {
        put("ReplayStatus", status);
    }
    shown
}

/// Who subscribed, as far as anybody knows.
fn principal(owner: Account) -> String {
    format!("arn:aws:iam::{owner}:root")
}
