//! Subscribing: what an endpoint must look like, and when its owner has to confirm.

use std::sync::Arc;
use std::time::Duration;

use brume_foundation::clock::Moment;
use brume_policy::{Account, Arn, Region};
use ring::rand::{SecureRandom, SystemRandom};

use super::{Topics, key_of};
use crate::attributes::{Place, subscription};
use crate::directory::TopicEntry;
use crate::error::{Result, TopicError};
use crate::key::TopicKey;
use crate::message::{Handshake, Message};
use crate::protocol::Protocol;
use crate::record::{Attributes, Change, Subscription, Token};
use crate::requests::Subscribe;
use crate::signing::SignatureVersion;
use crate::store::Entry;

/// How long an endpoint may take to confirm.
const TOKEN_LIFE: Duration = Duration::from_secs(3 * 24 * 3_600);
/// Subscriptions of one topic; quotas page of SNS.
const SUBSCRIPTIONS_MAX: usize = 12_500_000;
/// Subscriptions of one FIFO topic.
const FIFO_SUBSCRIPTIONS_MAX: usize = 100;
/// Filter policies of one topic.
const FILTERS_MAX: usize = 200;

/// What a subscription changes, what is answered, and what is done next.
type Planned = (Vec<Change>, (String, Then));

/// What is done after a subscription was made.
enum Then {
    /// Nothing.
    Nothing,
    /// The endpoint is asked to confirm.
    Ask(Arc<str>),
    /// Archived messages are sent.
    Replay(Box<Subscription>),
}

impl Topics {
    /// Subscribes; returns the ARN, or `pending confirmation`.
    ///
    /// # Errors
    /// `NotFound`, `InvalidParameter`, `SubscriptionLimitExceeded`, `FilterPolicyLimitExceeded`.
    pub async fn subscribe(&self, request: Subscribe) -> Result<String> {
        let now = self.shared.now();
        let key = key_of(&request.topic_arn)?;
        let protocol = request.protocol.parse::<Protocol>().map_err(|_| {
            let word = &request.protocol;
            TopicError::invalid(format_args!(
                "Amazon SNS does not support this protocol string: {word}"
            ))
        })?;
        let endpoint = request.endpoint.clone().unwrap_or_default();
        check_endpoint(protocol, &endpoint, &key)?;
        let token = secret()?;
        let (arn, message_id) = (format!("{key}:{}", self.shared.uuid()), self.shared.uuid());
        let (answer, then) = self
            .change(|core| {
                let entry = core.directory.topic(&key).ok_or_else(TopicError::no_topic)?;
                let mut made = Subscription {
                    arn: Arc::from(arn),
                    topic: key.clone(),
                    serial: core.directory.next_serial(),
                    protocol,
                    endpoint: Arc::from(&*endpoint),
                    owner: request.caller,
                    created_at: now,
                    attributes: Attributes::new(),
                    pending: None,
                    confirmed_by: None,
                    authenticates_unsubscribe: false,
                    was_authenticated: false,
                };
                set_all(&mut made, entry, &request)?;
                if let Some(found) = entry.subscription_to(protocol, &endpoint) {
                    return again(&found.record, &made, &request, now);
                }
                check_limits(entry, &made)?;
                if is_confirmed_at_once(&made, request.caller) {
                    made.was_authenticated = true;
                    let arn = made.arn.to_string();
                    let then = if made.attributes.contains_key("ReplayPolicy") {
                        Then::Replay(Box::new(made.clone()))
                    } else {
                        Then::Nothing
                    };
                    return Ok((vec![Change::PutSubscription(made)], (arn, then)));
                }
                let expires_at = now.after(TOKEN_LIFE);
                made.pending = Some(Token { value: Arc::from(&*token), expires_at });
                let answer = pending_answer(&made, &request);
                let asked = Arc::clone(&made.arn);
                Ok((vec![Change::PutSubscription(made)], (answer, Then::Ask(asked))))
            })
            .await?;
        match then {
            Then::Nothing => {}
            Then::Ask(subscription) => self.ask(&subscription, &message_id).await?,
            Then::Replay(record) => self.replay(&record).await?,
        }
        Ok(answer)
    }

    /// Asks the endpoint of a pending subscription to confirm.
    async fn ask(&self, subscription: &Arc<str>, message_id: &str) -> Result<()> {
        let handshake = {
            let core = self.shared.core();
            let Some(entry) = core.directory.subscription(subscription) else { return Ok(()) };
            let Some(token) = &entry.record.pending else { return Ok(()) };
            Handshake {
                is_beginning: true,
                token: Arc::clone(&token.value),
                protocol: entry.record.protocol,
                endpoint: Arc::clone(&entry.record.endpoint),
            }
        };
        self.shake(subscription, handshake, message_id).await
    }

    /// Asks an endpoint to confirm: a letter is there when this returns, a POST goes on the
    /// schedule.
    pub(super) async fn shake(
        &self,
        subscription: &Arc<str>,
        handshake: Handshake,
        message_id: &str,
    ) -> Result<()> {
        let now = self.shared.now();
        // The ARN is one that was made here.
        let topic = TopicKey::of_subscription(subscription)
            .unwrap_or_else(|| TopicKey::new(Account::default(), Region::default(), ""));
        let mut message = Message::new(Arc::from(message_id), topic, now, Arc::from(""));
        message.handshake = Some(handshake.clone());
        if self.signs_with_sha256(&message.topic) {
            message.signature_version = SignatureVersion::V2;
        }
        if matches!(handshake.protocol, Protocol::Email | Protocol::EmailJson) {
            let asked = self.shared.ask(&message, &handshake, subscription).await;
            return asked.map(drop).map_err(|failure| TopicError::Storage(failure.detail));
        }
        let (message, targets) = (Arc::new(message), vec![Arc::clone(subscription)]);
        let written = {
            let mut core = self.shared.core();
            core.enqueue(&message, &targets, now, false);
            let entry = Entry::Accepted { message, targets, seen: None, is_archived: false };
            self.shared.store.append(&entry)
        };
        self.shared.wake.notify_one();
        self.shared.store.wait(written).await?;
        Ok(())
    }

    fn signs_with_sha256(&self, topic: &TopicKey) -> bool {
        let core = self.shared.core();
        let entry = core.directory.topic(topic);
        let version = entry.and_then(|entry| entry.record.attributes.get("SignatureVersion"));
        version.is_some_and(|version| version == "2")
    }
}

/// Sets all attributes of a new subscription.
fn set_all(made: &mut Subscription, entry: &TopicEntry, request: &Subscribe) -> Result<()> {
    for (name, value) in &request.attributes {
        subscription::set(made, &entry.record, name, value, Place::Creation)?;
    }
    subscription::check_filter(&made.attributes, Place::Creation)?;
    let has_role = made.attributes.contains_key("SubscriptionRoleArn");
    if made.protocol == Protocol::Firehose && !has_role {
        return Err(TopicError::invalid(
            "An ARN must be specified in the SubscriptionRoleArn attribute for firehose \
             subscriptions",
        ));
    }
    Ok(())
}

/// Subscribing again gives the same subscription, and asks again while it is pending.
fn again(
    found: &Subscription,
    asked: &Subscription,
    request: &Subscribe,
    now: Moment,
) -> Result<Planned> {
    let is_same =
        |(name, _): &(String, String)| found.attributes.get(name) == asked.attributes.get(name);
    if !request.attributes.iter().all(is_same) {
        return Err(TopicError::invalid(
            "Attributes Reason: Subscription already exists with different attributes",
        ));
    }
    let Some(token) = &found.pending else {
        return Ok((Vec::new(), (found.arn.to_string(), Then::Nothing)));
    };
    let mut renewed = found.clone();
    let value = Arc::clone(&token.value);
    renewed.pending = Some(Token { value, expires_at: now.after(TOKEN_LIFE) });
    let answer = (pending_answer(found, request), Then::Ask(Arc::clone(&found.arn)));
    Ok((vec![Change::PutSubscription(renewed)], answer))
}

fn pending_answer(subscription: &Subscription, request: &Subscribe) -> String {
    if request.returns_arn {
        subscription.arn.to_string()
    } else {
        "pending confirmation".to_owned()
    }
}

/// Queues and functions of the caller's own account are confirmed by whoever may subscribe them;
/// numbers, devices and streams have nobody who could answer.
fn is_confirmed_at_once(made: &Subscription, caller: Account) -> bool {
    match made.protocol {
        Protocol::Sqs | Protocol::Lambda => {
            let owner = made.endpoint.parse::<Arn>().ok().and_then(|arn| arn.account());
            owner == Some(caller)
        }
        Protocol::Sms | Protocol::Application | Protocol::Firehose => true,
        Protocol::Http | Protocol::Https | Protocol::Email | Protocol::EmailJson => false,
    }
}

fn check_limits(entry: &TopicEntry, made: &Subscription) -> Result<()> {
    let count = entry.confirmed() + entry.pending();
    let is_fifo = entry.record.key.is_fifo();
    let most = if is_fifo { FIFO_SUBSCRIPTIONS_MAX } else { SUBSCRIPTIONS_MAX };
    if count >= most {
        let message = format!("Subscription limit exceeded: a topic has {most} at most");
        return Err(TopicError::SubscriptionLimitExceeded(message));
    }
    if made.attributes.contains_key("FilterPolicy") {
        check_filter_count(entry)?;
    }
    Ok(())
}

/// Whether a topic may have another filter policy.
pub(super) fn check_filter_count(entry: &TopicEntry) -> Result<()> {
    if entry.filters() < FILTERS_MAX {
        return Ok(());
    }
    let message = format!("Filter policy limit exceeded: a topic has {FILTERS_MAX} at most");
    Err(TopicError::FilterPolicyLimitExceeded(message))
}

fn check_endpoint(protocol: Protocol, endpoint: &str, topic: &TopicKey) -> Result<()> {
    if endpoint.is_empty() {
        return Err(TopicError::invalid("Endpoint"));
    }
    let arn_of = |service: &str, what: &str| match endpoint.parse::<Arn>() {
        Ok(arn) if arn.service == service => Ok(arn),
        _ => Err(TopicError::invalid(format_args!("{what} endpoint ARN"))),
    };
    match protocol {
        Protocol::Http | Protocol::Https => {
            let scheme = endpoint.split_once("://").map(|(scheme, _)| scheme);
            if scheme != Some(protocol.as_str()) || endpoint.parse::<http::Uri>().is_err() {
                return Err(TopicError::invalid("Endpoint must match the specified protocol"));
            }
        }
        Protocol::Email | Protocol::EmailJson => {
            let is_address = endpoint.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && !host.is_empty() && !endpoint.contains(char::is_whitespace)
            });
            if !is_address {
                return Err(TopicError::invalid("Email address"));
            }
        }
        Protocol::Sms => {
            if !is_number(endpoint) {
                return Err(TopicError::invalid(format_args!("Invalid SMS endpoint: {endpoint}")));
            }
        }
        Protocol::Sqs => {
            let arn = arn_of("sqs", "SQS")?;
            if arn.resource.ends_with(".fifo") && !topic.is_fifo() {
                return Err(TopicError::invalid(
                    "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed \
                     to standard SNS topics",
                ));
            }
        }
        Protocol::Lambda => {
            if !arn_of("lambda", "Lambda")?.resource.starts_with("function:") {
                return Err(TopicError::invalid("Lambda endpoint ARN"));
            }
        }
        Protocol::Firehose => {
            if !arn_of("firehose", "Firehose")?.resource.starts_with("deliverystream/") {
                return Err(TopicError::invalid("Firehose endpoint ARN"));
            }
        }
        Protocol::Application => {
            if !arn_of("sns", "Application")?.resource.starts_with("endpoint/") {
                return Err(TopicError::invalid("Application endpoint arn invalid"));
            }
        }
    }
    if topic.is_fifo() && protocol != Protocol::Sqs {
        return Err(TopicError::invalid(format_args!(
            "Invalid protocol type: {protocol}. FIFO topics deliver to SQS queues only"
        )));
    }
    Ok(())
}

/// Whether a text is a telephone number; people put dashes, dots and blanks into them.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | ' ' | '(' | ')');
    (5..=15).contains(&digits) && text.chars().all(is_plain)
}

/// A token that nobody guesses: 256 bits, hexadecimal.
pub(super) fn secret() -> Result<String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| TopicError::Storage("the system gives no randomness".to_owned()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_must_fit_their_protocol() {
        let topic = "arn:aws:sns:us-east-1:000000000000:orders".parse().unwrap();
        let table = [
            (Protocol::Http, "http://host/path", true),
            (Protocol::Http, "https://host/path", false),
            (Protocol::Https, "https://me:pw@host:8443/", true),
            (Protocol::Email, "me@example.com", true),
            (Protocol::Email, "me", false),
            (Protocol::Sms, "+4915112345678", true),
            (Protocol::Sms, "call me", false),
            (Protocol::Sqs, "arn:aws:sqs:us-east-1:000000000000:q", true),
            (Protocol::Sqs, "http://host/000000000000/q", false),
            (Protocol::Sqs, "arn:aws:sqs:us-east-1:000000000000:q.fifo", false),
            (Protocol::Lambda, "arn:aws:lambda:us-east-1:000000000000:function:f", true),
            (Protocol::Lambda, "f", false),
            (Protocol::Firehose, "arn:aws:firehose:us-east-1:000000000000:deliverystream/s", true),
            (Protocol::Application, "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/a/1", true),
            (Protocol::Application, "arn:aws:sns:us-east-1:000000000000:app/GCM/a", false),
        ];
        for (protocol, endpoint, is_good) in table {
            let result = check_endpoint(protocol, endpoint, &topic);
            assert_eq!(result.is_ok(), is_good, "{protocol} {endpoint}");
        }
        let fifo = "arn:aws:sns:us-east-1:000000000000:orders.fifo".parse().unwrap();
        assert!(check_endpoint(Protocol::Http, "http://host", &fifo).is_err());
        let queue = "arn:aws:sqs:us-east-1:000000000000:q";
        assert!(check_endpoint(Protocol::Sqs, queue, &fifo).is_ok());
    }
}
