//! Where a dead letter belongs. Pure: the wiring is a parameter.

use std::fmt;

use crate::cloud::queues::{account_of, name_of};
use crate::cloud::topics::Subscription;
use crate::inventory::{Source, SourceKind};
use crate::message::DeadLetter;

/// What `--to` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Wherever it failed: the endpoint of its subscription, its function, or its source queue.
    #[default]
    Failed,
    /// The endpoint of its subscription.
    Endpoint,
    /// The queue that it was moved from.
    Source,
    /// Its topic, and with it all subscribers.
    Topic,
    /// This queue: name, ARN or URL.
    Queue(String),
}

impl Wish {
    /// Reads what was typed.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "" | "failed" => Self::Failed,
            "endpoint" => Self::Endpoint,
            "source" => Self::Source,
            "topic" => Self::Topic,
            queue => Self::Queue(queue.to_owned()),
        }
    }
}

/// One destination.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// A queue by its ARN, or as `--to` named it.
    Queue(String),
    /// A function by its ARN.
    Function(String),
    /// A topic by its ARN.
    Topic(String),
    /// An HTTP endpoint.
    Http(String),
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(queue) => write!(formatter, "queue {}", name_of(queue)),
            Self::Function(arn) => write!(formatter, "function {}", name_of(arn)),
            Self::Topic(arn) => write!(formatter, "topic {}", name_of(arn)),
            Self::Http(url) => formatter.write_str(url),
        }
    }
}

/// Where to, and what is expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The destination.
    pub address: Address,
    /// It expects the message without its envelope.
    pub is_raw: bool,
    /// The subscription that brought it here.
    pub subscription_arn: Option<String>,
}

impl Route {
    fn plain(address: Address) -> Self {
        Self { address, is_raw: false, subscription_arn: None }
    }
}

/// What feeds the dead-letter queue.
#[derive(Clone, Debug, Default)]
pub struct Wiring {
    /// The sources of the dead-letter queue.
    pub sources: Vec<Source>,
    /// All subscriptions that are known.
    pub subscriptions: Vec<Subscription>,
}

impl Wiring {
    /// Where a message is to go.
    ///
    /// # Errors
    /// A sentence that says why nobody knows.
    pub fn route(&self, letter: &DeadLetter, wish: &Wish) -> Result<Route, String> {
        match wish {
            Wish::Queue(queue) => Ok(Route::plain(Address::Queue(queue.clone()))),
            Wish::Topic => self.topic(letter),
            Wish::Source => self.source(letter),
            Wish::Endpoint => self.endpoint(letter),
            Wish::Failed if letter.source_queue_arn().is_some() => self.source(letter),
            Wish::Failed if letter.async_failure().is_some() => self.function(),
            Wish::Failed if letter.envelope.is_some() => self.endpoint(letter),
            // Nothing on the message tells: what feeds the queue has to.
            Wish::Failed => match self.sources.as_slice() {
                [only] => match only.kind {
                    SourceKind::Queue => self.source(letter),
                    SourceKind::Subscription => self.endpoint(letter),
                    SourceKind::Function => self.function(),
                    SourceKind::Destination | SourceKind::EventSource => Err(format!(
                        "{} leaves a record here, and not the event itself",
                        only.label
                    )),
                },
                [] => Err("nothing feeds this queue any more: choose with --to".to_owned()),
                several => Err(format!(
                    "{} sources feed this queue and the message names none: choose with --to",
                    several.len()
                )),
            },
        }
    }

    fn of_kind(&self, kind: SourceKind) -> Vec<&Source> {
        self.sources.iter().filter(|source| source.kind == kind).collect()
    }

    fn source(&self, letter: &DeadLetter) -> Result<Route, String> {
        if let Some(arn) = letter.source_queue_arn() {
            return Ok(Route::plain(Address::Queue(arn.to_owned())));
        }
        match self.of_kind(SourceKind::Queue).as_slice() {
            [only] => Ok(Route::plain(Address::Queue(only.arn.clone()))),
            [] => Err("no queue feeds this one: choose with --to".to_owned()),
            several => Err(format!("{} queues feed this one: choose with --to", several.len())),
        }
    }

    fn function(&self) -> Result<Route, String> {
        match self.of_kind(SourceKind::Function).as_slice() {
            [only] => Ok(Route::plain(Address::Function(only.arn.clone()))),
            [] => Err("no function feeds this queue any more".to_owned()),
            several => Err(format!(
                "{} functions feed this queue and the message does not name its own",
                several.len()
            )),
        }
    }

    fn endpoint(&self, letter: &DeadLetter) -> Result<Route, String> {
        let subscription = self.subscription(letter)?;
        let endpoint = subscription.endpoint.clone();
        let address = match subscription.protocol.as_str() {
            "sqs" => Address::Queue(endpoint),
            "lambda" => Address::Function(endpoint),
            "http" | "https" => Address::Http(endpoint),
            other => return Err(format!("SNS alone can deliver to {other}: use --to topic")),
        };
        Ok(Route {
            address,
            is_raw: subscription.is_raw(),
            subscription_arn: Some(subscription.arn.clone()),
        })
    }

    /// The subscription that a message was meant for.
    fn subscription(&self, letter: &DeadLetter) -> Result<&Subscription, String> {
        let by_arn = |arn: &str| self.subscriptions.iter().find(|found| found.arn == arn);
        if let Some(arn) = letter.subscription_arn() {
            return by_arn(arn).ok_or_else(|| {
                format!("its subscription {} does not exist any more", name_of(arn))
            });
        }
        let sources = self.of_kind(SourceKind::Subscription);
        let candidates: Vec<&Subscription> = sources
            .iter()
            .filter_map(|source| by_arn(&source.arn))
            .filter(|found| letter.topic_arn().is_none_or(|topic| found.topic_arn == topic))
            // A message without envelope came from a subscription with raw delivery.
            .filter(|found| letter.envelope.is_some() || found.is_raw())
            .collect();
        match candidates.as_slice() {
            [only] => Ok(only),
            [] => Err("no subscription that feeds this queue fits: choose with --to".to_owned()),
            several => Err(format!(
                "{} subscriptions feed this queue and the message names none: choose with --to",
                several.len()
            )),
        }
    }

    fn topic(&self, letter: &DeadLetter) -> Result<Route, String> {
        let arn = match letter.topic_arn() {
            Some(arn) => arn.to_owned(),
            None => self.subscription(letter)?.topic_arn.clone(),
        };
        Ok(Route::plain(Address::Topic(arn)))
    }
}

/// Says whether two names of queues mean the same one.
#[must_use]
pub fn is_same_queue(one: &str, arn: &str) -> bool {
    let accounts = (account_of(one), account_of(arn));
    name_of(one) == name_of(arn) && (accounts.0.is_none() || accounts.0 == accounts.1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::message::Attribute;

    const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:orders";

    fn subscription(name: &str, protocol: &str, endpoint: &str, raw: bool) -> Subscription {
        Subscription {
            arn: format!("{TOPIC}:{name}"),
            topic_arn: TOPIC.to_owned(),
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
            owner: String::new(),
            attributes: [("RawMessageDelivery".to_owned(), raw.to_string())].into(),
        }
    }

    fn source(kind: SourceKind, arn: &str) -> Source {
        Source { kind, arn: arn.to_owned(), label: "label".to_owned(), max_receive_count: None }
    }

    fn wiring(subscriptions: Vec<Subscription>) -> Wiring {
        let sources = subscriptions.iter().map(|s| source(SourceKind::Subscription, &s.arn));
        Wiring { sources: sources.collect(), subscriptions }
    }

    fn letter(body: &str, system: &[(&str, &str)]) -> DeadLetter {
        let system = system.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        DeadLetter::new("m".into(), body.into(), BTreeMap::new(), system.collect(), None)
    }

    fn enveloped(subscription: &str) -> DeadLetter {
        let body = serde_json::json!({
            "Type": "Notification", "MessageId": "x", "TopicArn": TOPIC, "Message": "hello",
            "UnsubscribeURL": format!("http://x/?SubscriptionArn={TOPIC}:{subscription}"),
        });
        letter(&body.to_string(), &[])
    }

    #[test]
    fn an_envelope_leads_to_its_own_endpoint() {
        let wiring = wiring(vec![
            subscription("a", "sqs", "arn:aws:sqs:us-east-1:000000000000:q", false),
            subscription("b", "lambda", "arn:aws:lambda:us-east-1:000000000000:function:f", false),
            subscription("c", "https", "https://x/hook", true),
            subscription("d", "email", "a@b", false),
        ]);
        let route = |name| wiring.route(&enveloped(name), &Wish::Failed);
        let queue = Address::Queue("arn:aws:sqs:us-east-1:000000000000:q".into());
        assert_eq!(route("a").unwrap().address, queue);
        assert!(matches!(route("b").unwrap().address, Address::Function(_)));
        let http = route("c").unwrap();
        assert_eq!((http.address, http.is_raw), (Address::Http("https://x/hook".into()), true));
        assert!(route("d").unwrap_err().contains("--to topic"));
        assert!(route("gone").unwrap_err().contains("does not exist any more"));
        let topic = wiring.route(&enveloped("gone"), &Wish::Topic).unwrap().address;
        assert_eq!(topic, Address::Topic(TOPIC.into()));
    }

    #[test]
    fn a_raw_message_needs_a_single_raw_subscription() {
        let raw = || subscription("a", "sqs", "arn:aws:sqs:us-east-1:000000000000:q", true);
        let enveloping = subscription("b", "sqs", "arn:aws:sqs:us-east-1:000000000000:p", false);
        let found = wiring(vec![raw(), enveloping]).route(&letter("x", &[]), &Wish::Endpoint);
        assert!(found.unwrap().is_raw);
        let two = wiring(vec![raw(), raw()]).route(&letter("x", &[]), &Wish::Endpoint);
        assert!(two.unwrap_err().starts_with("2 subscriptions"));
    }

    #[test]
    fn a_moved_message_goes_back_to_its_queue() {
        let arn = "arn:aws:sqs:us-east-1:000000000000:orders";
        let moved = letter("x", &[("DeadLetterQueueSourceArn", arn)]);
        let route = Wiring::default().route(&moved, &Wish::Failed).unwrap();
        assert_eq!(route.address, Address::Queue(arn.into()));
        let mut wiring = Wiring::default();
        wiring.sources.push(source(SourceKind::Queue, arn));
        let route = wiring.route(&letter("x", &[]), &Wish::Failed).unwrap();
        assert_eq!(route.address, Address::Queue(arn.into()));
        wiring.sources.push(source(SourceKind::Queue, "other"));
        assert!(wiring.route(&letter("x", &[]), &Wish::Failed).is_err());
    }

    #[test]
    fn a_failed_event_goes_back_to_its_function() {
        let mut failed = letter("{}", &[]);
        failed.attributes.insert("ErrorCode".into(), Attribute::text("200"));
        let mut wiring = Wiring::default();
        assert!(wiring.route(&failed, &Wish::Failed).is_err());
        wiring.sources.push(source(SourceKind::Function, "arn:aws:lambda:x:1:function:f"));
        let route = wiring.route(&failed, &Wish::Failed).unwrap();
        assert!(matches!(route.address, Address::Function(_)));
        let record =
            Wiring { sources: vec![source(SourceKind::Destination, "f")], ..Wiring::default() };
        assert!(record.route(&letter("{}", &[]), &Wish::Failed).is_err());
    }

    #[test]
    fn names_of_queues_are_compared() {
        let arn = "arn:aws:sqs:us-east-1:000000000000:q";
        assert!(is_same_queue("q", arn) && is_same_queue("http://x/000000000000/q", arn));
        assert!(!is_same_queue("p", arn));
        assert!(!is_same_queue("arn:aws:sqs:us-east-1:111111111111:q", arn));
    }
}
