//! Subscriptions: made, confirmed, changed, listed and ended.

use brume_edge::{AwsError, Xml};
use brume_topics::Protocol;
use brume_topics::requests::{Page, Subscribe, SubscriptionSummary};

use super::topics::named;
use crate::arn;
use crate::error::{from_engine, invalid_parameter, missing, no_value};
use crate::request::{Reply, Request, nothing, result, single, write_list, write_map};
use crate::validate::{Place, endpoint, names, subscription_attributes};

pub(super) async fn subscribe(request: &Request<'_>) -> Reply {
    let topic_arn = named(request, "TopicArn", "Subscribe")?;
    let protocol = request.get("Protocol").ok_or_else(|| missing("protocol"))?;
    let protocol = endpoint::protocol(protocol)?;
    let endpoint = endpoint::check(protocol, request.get("Endpoint"))?;
    check_fifo(topic_arn, protocol, &endpoint)?;
    let attributes = subscription_attributes::new(protocol, &request.map("Attributes"))?;
    if let Some((_, policy)) = attributes.iter().find(|(name, _)| name == "RedrivePolicy") {
        let is_fifo = topic_arn.ends_with(names::FIFO_SUFFIX);
        subscription_attributes::dead_letter_kind(Place::Map, is_fifo, &endpoint, policy)?;
    }
    let subscribe = Subscribe {
        caller: request.caller.account,
        topic_arn: topic_arn.to_owned(),
        protocol: protocol.as_str().to_owned(),
        endpoint: Some(endpoint),
        attributes,
        returns_arn: request.flag("ReturnSubscriptionArn"),
    };
    single("SubscriptionArn", request.topics.subscribe(subscribe).await)
}

/// Checks what kinds of topics and queues go together.
fn check_fifo(topic_arn: &str, protocol: Protocol, endpoint: &str) -> Result<(), AwsError> {
    let is_fifo = topic_arn.ends_with(names::FIFO_SUFFIX);
    if is_fifo && protocol != Protocol::Sqs {
        return Err(invalid_parameter(format!("Invalid protocol type: {protocol}")));
    }
    if !is_fifo && protocol == Protocol::Sqs && endpoint.ends_with(names::FIFO_SUFFIX) {
        // AWS begins this one twice.
        return Err(invalid_parameter(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to \
             standard SNS topics",
        ));
    }
    Ok(())
}

pub(super) async fn confirm(request: &Request<'_>) -> Reply {
    // People who follow a link have no region; whoever signs has.
    let is_signed = request.caller.access_key_id.is_some();
    let topic_arn = request.get("TopicArn").filter(|text| !text.is_empty());
    let topic_arn = topic_arn.ok_or_else(|| no_value("TopicArn"))?;
    let place = arn::parse(topic_arn, "TopicArn")
        .map_err(|error| if is_signed { error } else { invalid_parameter("Topic") })?;
    if is_signed && place.region != request.caller.region {
        return Err(invalid_parameter("Topic"));
    }
    let token = request.get("Token").ok_or_else(|| missing("token"))?;
    if !is_token(token) {
        return Err(AwsError::new("InvalidParameter", "Invalid token"));
    }
    let authenticates = request.flag("AuthenticateOnUnsubscribe");
    let caller = is_signed.then_some(request.caller.account);
    let confirmed =
        request.topics.confirm_subscription(topic_arn, token, authenticates, caller).await;
    single("SubscriptionArn", confirmed)
}

/// Whether a text has the form of a token: many hexadecimal digits.
fn is_token(text: &str) -> bool {
    (64..=1_024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) async fn unsubscribe(request: &Request<'_>) -> Reply {
    let is_signed = request.caller.access_key_id.is_some();
    let subscription_arn = request.get("SubscriptionArn").filter(|text| !text.is_empty());
    let subscription_arn = subscription_arn.ok_or_else(|| no_value("SubscriptionArn"))?;
    let place = arn::parse(subscription_arn, "SubscriptionArn")?;
    arn::subscription(&place)?;
    if is_signed && place.region != request.caller.region {
        return Err(invalid_parameter("SubscriptionArn"));
    }
    let caller = is_signed.then_some(request.caller.account);
    match request.topics.unsubscribe(subscription_arn, caller).await {
        // Ending what is not there is done already.
        Err(error) if error.code() == "NotFound" => nothing(Ok(())),
        done => nothing(done),
    }
}

/// A subscription that a request names; whoever owns it or its topic may see and change it.
fn existing<'a>(request: &Request<'a>, action: &str) -> Result<&'a str, AwsError> {
    let place = arn::required(&request.form, "SubscriptionArn", request.caller)?;
    arn::subscription(&place)?;
    let subscription_arn = request.get("SubscriptionArn").unwrap_or_default();
    if place.account != request.caller.account {
        let attributes = request
            .topics
            .subscription_attributes(subscription_arn)
            .map_err(|error| from_engine(&error))?;
        let owns = attributes
            .iter()
            .any(|(name, value)| name == "Owner" && value == request.caller.account.as_str());
        if !owns {
            return Err(request.access.refusal(request.caller, action, subscription_arn));
        }
    }
    Ok(subscription_arn)
}

pub(super) fn get_attributes(request: &Request<'_>) -> Reply {
    let subscription_arn = existing(request, "GetSubscriptionAttributes")?;
    let mut attributes = request
        .topics
        .subscription_attributes(subscription_arn)
        .map_err(|error| from_engine(&error))?;
    // A scope that was set is kept, but AWS shows it only where there is a policy.
    if !attributes.iter().any(|(name, _)| name == "FilterPolicy") {
        attributes.retain(|(name, _)| name != "FilterPolicyScope");
    }
    result(|xml| write_map(xml, "Attributes", &attributes))
}

pub(super) async fn set_attributes(request: &Request<'_>) -> Reply {
    let subscription_arn = existing(request, "SetSubscriptionAttributes")?;
    let name = request.get("AttributeName").ok_or_else(|| missing("attributeName"))?;
    let value = request.get("AttributeValue").unwrap_or_default();
    let value = subscription_attributes::one(Place::Single, name, value)?;
    match name {
        "RedrivePolicy" if !value.is_empty() => {
            let (topic, _) = subscription_arn.rsplit_once(':').unwrap_or_default();
            let is_fifo = topic.ends_with(names::FIFO_SUFFIX);
            let endpoint = attribute(request, subscription_arn, "Endpoint")?;
            subscription_attributes::dead_letter_kind(Place::Single, is_fifo, &endpoint, &value)?;
        }
        "RawMessageDelivery" if value == "true" => {
            let protocol = attribute(request, subscription_arn, "Protocol")?;
            let protocol = endpoint::protocol(&protocol)?;
            subscription_attributes::raw_delivery(Place::Single, protocol)?;
        }
        _ => {}
    }
    nothing(request.topics.set_subscription_attribute(subscription_arn, name, &value).await)
}

/// One attribute of a subscription as it is.
fn attribute(
    request: &Request<'_>,
    subscription_arn: &str,
    name: &str,
) -> Result<String, AwsError> {
    let attributes = request
        .topics
        .subscription_attributes(subscription_arn)
        .map_err(|error| from_engine(&error))?;
    let found = attributes.into_iter().find(|(other, _)| other == name);
    Ok(found.map(|(_, value)| value).unwrap_or_default())
}

pub(super) fn list(request: &Request<'_>) -> Reply {
    let caller = request.caller;
    let page = request
        .topics
        .list_subscriptions(caller.account, caller.region, request.after("NextToken"))
        .map_err(|error| from_engine(&error))?;
    result(|xml| write_page(xml, &page))
}

pub(super) fn list_by_topic(request: &Request<'_>) -> Reply {
    let topic_arn = named(request, "TopicArn", "ListSubscriptionsByTopic")?;
    let page = request
        .topics
        .list_subscriptions_by_topic(topic_arn, request.after("NextToken"))
        .map_err(|error| from_engine(&error))?;
    result(|xml| write_page(xml, &page))
}

fn write_page(xml: &mut Xml, page: &Page<SubscriptionSummary>) {
    write_list(xml, "Subscriptions", &page.items, |xml, subscription| {
        xml.element("SubscriptionArn", &subscription.arn)
            .plain("Owner", subscription.owner)
            .plain("Protocol", subscription.protocol)
            .element("Endpoint", &subscription.endpoint)
            .element("TopicArn", &subscription.topic_arn);
    });
    xml.optional("NextToken", page.next.as_deref());
}
