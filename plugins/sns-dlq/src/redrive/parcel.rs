//! What is sent: a dead letter in the form that its destination expects. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::digest::sha256_hex;
use super::route::{Address, Route};
use crate::cloud::transfer::Outgoing;
use crate::message::{Attribute, AttributeValue, DeadLetter};

/// `--unwrap` and `--keep-envelope`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrapping {
    /// What the destination expects: a subscription without raw delivery and every queue get the
    /// message as it is, a topic and a subscription with raw delivery get what was published.
    #[default]
    Expected,
    /// What was published: the envelope's message, with its attributes.
    Unwrap,
    /// The message as it is.
    Keep,
}

impl Wrapping {
    /// The word in a journal.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expected => "",
            Self::Unwrap => "unwrap",
            Self::Keep => "keep",
        }
    }

    /// Reads the word of a journal.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "unwrap" => Self::Unwrap,
            "keep" => Self::Keep,
            _ => Self::Expected,
        }
    }
}

/// A message for a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The text.
    pub message: String,
    /// Subject, if any.
    pub subject: Option<String>,
    /// Attributes.
    pub attributes: BTreeMap<String, Attribute>,
    /// MessageGroupId.
    pub group: Option<String>,
    /// MessageDeduplicationId.
    pub deduplication: Option<String>,
}

/// A message for an HTTP endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The body.
    pub body: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
}

/// What is sent, cheap to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// Nothing: the message stays.
    None,
    /// To a queue.
    Message(Arc<Outgoing>),
    /// To a topic.
    Publication(Arc<Publication>),
    /// To a function.
    Event(Arc<str>),
    /// To an HTTP endpoint.
    Post(Arc<Post>),
}

impl Parcel {
    /// Bytes as the destination counts them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Message(message) => {
                let attributes = message.attributes.iter();
                let attributes: usize = attributes.map(|(name, value)| weight(name, value)).sum();
                message.body.len() + attributes
            }
            Self::Publication(publication) => {
                let attributes = publication.attributes.iter();
                let attributes: usize = attributes.map(|(name, value)| weight(name, value)).sum();
                publication.message.len() + attributes
            }
            Self::Event(event) => event.len(),
            Self::Post(post) => post.body.len(),
        }
    }
}

fn weight(name: &str, attribute: &Attribute) -> usize {
    let value = match &attribute.value {
        AttributeValue::Text(text) => text.len(),
        AttributeValue::Binary(bytes) => bytes.len(),
    };
    name.len() + attribute.data_type.len() + value
}

/// Packs a message for a destination that keeps order (`is_ordered`) or does not. The deduplication
/// id is the same for every attempt, so that the destination drops what it has.
///
/// # Errors
/// A sentence that says why it cannot be sent there.
pub fn pack(
    letter: &DeadLetter,
    route: &Route,
    wrapping: Wrapping,
    is_ordered: bool,
) -> Result<Parcel, String> {
    let deduplication = sha256_hex(letter.id.as_bytes());
    pack_as(letter, route, wrapping, is_ordered.then_some(deduplication))
}

/// As [`pack`], with a deduplication id for a destination that keeps order.
///
/// # Errors
/// As [`pack`].
pub fn pack_as(
    letter: &DeadLetter,
    route: &Route,
    wrapping: Wrapping,
    deduplication: Option<String>,
) -> Result<Parcel, String> {
    if deduplication.is_some() && letter.group().is_none() {
        return Err("the destination is FIFO, and the message has no MessageGroupId".to_owned());
    }
    let group = letter.group().map(str::to_owned);
    let unwraps = match wrapping {
        Wrapping::Unwrap => true,
        Wrapping::Keep => false,
        Wrapping::Expected => route.is_raw || matches!(route.address, Address::Topic(_)),
    };
    let (body, attributes) = match &letter.envelope {
        Some(envelope) if unwraps => (&envelope.message, &envelope.attributes),
        _ => (&letter.body, &letter.attributes),
    };
    Ok(match &route.address {
        Address::Queue(_) => Parcel::Message(Arc::new(Outgoing {
            body: body.clone(),
            attributes: attributes.iter().map(|(n, a)| (n.clone(), a.clone())).collect(),
            group,
            deduplication,
            trace_header: letter.trace_header().map(str::to_owned),
            delay_seconds: None,
        })),
        Address::Topic(_) => {
            let envelope = letter.envelope.as_ref().filter(|_| unwraps);
            Parcel::Publication(Arc::new(Publication {
                message: body.clone(),
                subject: envelope.and_then(|envelope| envelope.subject.clone()),
                attributes: attributes.clone(),
                group,
                deduplication,
            }))
        }
        Address::Function(_) => Parcel::Event(event(letter, route)?.into()),
        Address::Http(_) => Parcel::Post(Arc::new(post(letter, route, body))),
    })
}

/// The event as the function would have got it.
fn event(letter: &DeadLetter, route: &Route) -> Result<String, String> {
    // What Lambda gave up is the event itself; it needs no envelope and has its own attributes.
    if letter.async_failure().is_some() {
        return Ok(letter.body.clone());
    }
    let missing = || "the message is no notification, and no event of a function".to_owned();
    let body: Value = serde_json::from_str(&letter.body).map_err(|_| missing())?;
    if body["Records"].is_array() {
        return Ok(letter.body.clone());
    }
    if letter.envelope.is_none() {
        return Err(missing());
    }
    let subscription = route.subscription_arn.as_deref().or(letter.subscription_arn());
    Ok(sns_event(&body, subscription.unwrap_or_default()).to_string())
}

/// An envelope in the shape in which SNS hands it to Lambda: two names are spelled in another way,
/// a missing subject is null.
#[must_use]
pub fn sns_event(envelope: &Value, subscription_arn: &str) -> Value {
    let get = |name: &str| envelope.get(name).cloned().unwrap_or(Value::Null);
    let either = |one: &str, other: &str| match get(one) {
        Value::Null => get(other),
        value => value,
    };
    let mut sns = Map::new();
    for name in ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp"] {
        sns.insert(name.to_owned(), get(name));
    }
    for name in ["SignatureVersion", "Signature"] {
        sns.insert(name.to_owned(), get(name));
    }
    sns.insert("SigningCertUrl".to_owned(), either("SigningCertURL", "SigningCertUrl"));
    sns.insert("UnsubscribeUrl".to_owned(), either("UnsubscribeURL", "UnsubscribeUrl"));
    let attributes = envelope.get("MessageAttributes").cloned();
    sns.insert("MessageAttributes".to_owned(), attributes.unwrap_or_else(|| json!({})));
    json!({
        "Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription_arn,
            "Sns": sns,
        }]
    })
}

/// A request as SNS would send it; the signature is the envelope's own.
fn post(letter: &DeadLetter, route: &Route, body: &str) -> Post {
    let mut headers = vec![
        ("content-type".to_owned(), "text/plain; charset=UTF-8".to_owned()),
        ("x-amz-sns-message-type".to_owned(), "Notification".to_owned()),
    ];
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            headers.push((name.to_owned(), value.to_owned()));
        }
    };
    add("x-amz-sns-message-id", letter.sns_message_id());
    add("x-amz-sns-topic-arn", letter.topic_arn());
    add("x-amz-sns-subscription-arn", route.subscription_arn.as_deref());
    add("x-amz-sns-rawdelivery", route.is_raw.then_some("true"));
    Post { body: body.to_owned(), headers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(address: Address, is_raw: bool) -> Route {
        Route { address, is_raw, subscription_arn: Some("arn:sub".into()) }
    }

    fn queue(name: &str) -> Address {
        Address::Queue(format!("arn:aws:sqs:us-east-1:000000000000:{name}"))
    }

    fn enveloped() -> DeadLetter {
        let body = json!({
            "Type": "Notification", "MessageId": "x", "TopicArn": "arn:t", "Message": "hello",
            "Timestamp": "t", "Signature": "s", "SignatureVersion": "1",
            "SigningCertURL": "http://c", "UnsubscribeURL": "http://u",
            "MessageAttributes": {"b": {"Type": "Binary", "Value": "AP8="}},
        });
        let system = [("MessageGroupId".to_owned(), "g".to_owned())].into();
        DeadLetter::new("m".into(), body.to_string(), BTreeMap::new(), system, None)
    }

    fn message(parcel: Parcel) -> Outgoing {
        match parcel {
            Parcel::Message(message) => (*message).clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_queue_gets_what_it_would_have_got() {
        let letter = enveloped();
        let as_is =
            message(pack(&letter, &route(queue("q"), false), Wrapping::Expected, false).unwrap());
        assert_eq!((as_is.body.as_str(), as_is.deduplication), (letter.body.as_str(), None));
        assert_eq!(as_is.group.as_deref(), Some("g"));
        let raw =
            message(pack(&letter, &route(queue("q"), true), Wrapping::Expected, false).unwrap());
        assert_eq!(raw.body, "hello");
        assert_eq!(raw.attributes[0].1.value, AttributeValue::Binary(vec![0, 255]));
        let kept = message(pack(&letter, &route(queue("q"), true), Wrapping::Keep, false).unwrap());
        assert_eq!(kept.body, letter.body);
        let plain =
            message(pack(&letter, &route(queue("q"), false), Wrapping::Unwrap, false).unwrap());
        assert_eq!(plain.body, "hello");
    }

    #[test]
    fn order_needs_a_group_and_brings_a_deduplication_id() {
        let fifo = route(queue("q.fifo"), false);
        let sent = message(pack(&enveloped(), &fifo, Wrapping::Expected, true).unwrap());
        assert_eq!(sent.deduplication.as_deref(), Some(sha256_hex(b"m").as_str()));
        let letter = DeadLetter { id: "m".into(), ..DeadLetter::default() };
        assert!(pack(&letter, &fifo, Wrapping::Expected, true).is_err());
    }

    #[test]
    fn a_function_gets_the_event_of_sns() {
        let function = route(Address::Function("arn:f".into()), false);
        let Parcel::Event(event) =
            pack(&enveloped(), &function, Wrapping::Expected, false).unwrap()
        else {
            panic!("no event");
        };
        let event: Value = serde_json::from_str(&event).unwrap();
        let record = &event["Records"][0];
        assert_eq!(record["EventSubscriptionArn"], "arn:sub");
        assert_eq!(record["Sns"]["SigningCertUrl"], "http://c");
        assert_eq!(record["Sns"]["Subject"], Value::Null);
        assert!(record["Sns"].get("SigningCertURL").is_none());
        let mut failed = DeadLetter { body: "{\"n\":1}".into(), ..DeadLetter::default() };
        assert!(pack(&failed, &function, Wrapping::Expected, false).is_err());
        failed.attributes.insert("ErrorCode".into(), Attribute::text("200"));
        let parcel = pack(&failed, &function, Wrapping::Expected, false).unwrap();
        assert_eq!(parcel, Parcel::Event("{\"n\":1}".into()));
    }

    #[test]
    fn a_topic_gets_what_was_published() {
        let topic = route(Address::Topic("arn:t".into()), false);
        let Parcel::Publication(published) =
            pack(&enveloped(), &topic, Wrapping::Expected, false).unwrap()
        else {
            panic!("no publication");
        };
        assert_eq!((published.message.as_str(), published.attributes.len()), ("hello", 1));
    }

    #[test]
    fn an_http_endpoint_gets_the_headers_of_sns() {
        let http = route(Address::Http("http://x".into()), false);
        let Parcel::Post(post) = pack(&enveloped(), &http, Wrapping::Expected, false).unwrap()
        else {
            panic!("no post");
        };
        assert_eq!(post.body, enveloped().body);
        assert!(post.headers.contains(&("x-amz-sns-message-id".into(), "x".into())));
    }
}
