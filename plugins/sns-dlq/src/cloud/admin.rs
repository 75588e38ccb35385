//! What an endpoint can tell beyond AWS's interface: the one place that knows brume's own.
//!
//! Asked is only an endpoint that was given by URL, never AWS itself; whoever does not answer in
//! the expected form has nothing more to tell, and the commands do without.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brume_plugin::Result;
use jiff::Timestamp;
use serde_json::Value;

use super::Cloud;
use crate::message::{Attribute, AttributeValue, DeadLetter};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Messages on a page.
const PAGE_MAX: usize = 1000;

/// Messages that are looked at for the oldest: they lie nearly in the order of their times.
const FIRST_MAX: usize = 100;

/// Some messages of a queue, as they lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeekPage {
    /// The messages, in the queue's order.
    pub letters: Vec<DeadLetter>,
    /// Where the next page begins; `None` when this was the last.
    pub next: Option<String>,
}

/// What exactly happened to one delivery, as the endpoint itself recorded it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExactCause {
    /// SNS's id of the message.
    pub sns_message_id: String,
    /// Its id in the dead-letter queue; `None` when it did not get there.
    pub dead_letter_id: Option<String>,
    /// The subscription.
    pub subscription_arn: String,
    /// Where it was to go.
    pub endpoint: String,
    /// How often it was tried.
    pub attempts: u64,
    /// The status of the last attempt; 0 when nobody answered.
    pub status: u64,
    /// Whether trying again was useless.
    pub is_client_side: bool,
    /// A stable word: `QueueDoesNotExist`, `AccessDenied`, `Timeout`.
    pub code: String,
    /// What exactly.
    pub detail: String,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// When the first and the last attempt were.
    pub first_at: Option<Timestamp>,
    /// When the last attempt was.
    pub last_at: Option<Timestamp>,
}

impl Cloud {
    /// The time: the endpoint's own where it tells, because a clock that can be advanced decides
    /// about ages there; else the machine's.
    pub async fn now(&self) -> Timestamp {
        let own = Timestamp::now();
        let ahead_ms = self.ahead_ms().await.unwrap_or_default();
        Timestamp::from_millisecond(own.as_millisecond().saturating_add(ahead_ms)).unwrap_or(own)
    }

    /// Says whether the endpoint can tell more than AWS does.
    pub async fn tells_more(&self) -> bool {
        self.ahead_ms().await.is_some()
    }

    /// How far the endpoint's clock is ahead; `None` when it has nothing more to tell. Asked once.
    async fn ahead_ms(&self) -> Option<i64> {
        if let Some(known) = self.clock_ahead_ms.get() {
            return *known;
        }
        let answer = self.get("sqs", "health").await;
        let told = answer.and_then(|answer| instant(&answer["now"]));
        let ahead = told.map(|told| told.as_millisecond() - Timestamp::now().as_millisecond());
        *self.clock_ahead_ms.get_or_init(|| ahead)
    }

    /// A page of a queue's messages without receiving them; `None` when the endpoint cannot.
    ///
    /// # Errors
    /// None so far: an endpoint that cannot answer is no failure.
    pub async fn peek(&self, queue_arn: &str, after: Option<&str>) -> Result<Option<PeekPage>> {
        let mut path = format!("queues/messages?queue={}&limit={PAGE_MAX}", encoded(queue_arn));
        if let Some(after) = after {
            let _ = write!(path, "&after={}", encoded(after));
        }
        let Some(answer) = self.ask("sqs", &path).await else { return Ok(None) };
        Ok(read_page(&answer))
    }

    /// When the oldest of the first messages of a queue was sent; `None` when the endpoint cannot
    /// tell.
    pub async fn oldest_sent(&self, queue_arn: &str) -> Option<Timestamp> {
        let path = format!("queues/messages?queue={}&limit={FIRST_MAX}", encoded(queue_arn));
        let page = read_page(&self.ask("sqs", &path).await?)?;
        page.letters.iter().filter_map(DeadLetter::sent_at).min()
    }

    /// The exact causes of the dead letters of a message, by its id at SNS or in the dead-letter
    /// queue; empty when the endpoint cannot tell.
    pub async fn exact_causes(&self, message_id: &str) -> Vec<ExactCause> {
        let path = format!("topics/causes?message={}", encoded(message_id));
        self.ask("sns", &path).await.map(|answer| read_causes(&answer)).unwrap_or_default()
    }

    /// The exact causes of everything in a dead-letter queue, as far as the endpoint can tell.
    pub async fn exact_causes_in(&self, queue_arn: &str) -> Vec<ExactCause> {
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let queue = encoded(queue_arn);
            let mut path = format!("topics/causes?queue={queue}&limit={PAGE_MAX}");
            if !after.is_empty() {
                let _ = write!(path, "&after={}", encoded(&after));
            }
            let Some(answer) = self.ask("sns", &path).await else { return found };
            found.extend(read_causes(&answer));
            match answer["next"].as_str() {
                Some(next) if next != after => next.clone_into(&mut after),
                _ => return found,
            }
        }
    }

    async fn ask(&self, service: &str, path: &str) -> Option<Value> {
        if self.tells_more().await { self.get(service, path).await } else { None }
    }

    async fn get(&self, service: &str, path: &str) -> Option<Value> {
        let endpoint = self.endpoint_url(service)?;
        let url = format!("{}/_brume/{path}", endpoint.trim_end_matches('/'));
        let answer = self.aws().fetch("GET", &url, &[], Vec::new(), TIMEOUT).await.ok()?;
        let document: Value = serde_json::from_slice(&answer.body).ok()?;
        (answer.status == 200 && document.is_object()).then_some(document)
    }
}

/// Percent-encodes a value of a query.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn read_page(answer: &Value) -> Option<PeekPage> {
    let letters = answer["messages"].as_array()?.iter().filter_map(read_letter).collect();
    let next = match &answer["next"] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Some(PeekPage { letters, next })
}

/// Reads a message in the form of ReceiveMessage.
fn read_letter(message: &Value) -> Option<DeadLetter> {
    let members = |name: &str| message[name].as_object().into_iter().flatten();
    let attributes = members("MessageAttributes").filter_map(|(name, attribute)| {
        let data_type = attribute["DataType"].as_str()?.to_owned();
        let value = match attribute["BinaryValue"].as_str() {
            Some(text) => AttributeValue::Binary(STANDARD.decode(text).ok()?),
            None => AttributeValue::Text(attribute["StringValue"].as_str()?.to_owned()),
        };
        Some((name.clone(), Attribute { data_type, value }))
    });
    let system = members("Attributes")
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    Some(DeadLetter::new(
        message["MessageId"].as_str()?.to_owned(),
        message["Body"].as_str()?.to_owned(),
        attributes.collect(),
        system.collect::<BTreeMap<String, String>>(),
        None,
    ))
}

fn read_causes(answer: &Value) -> Vec<ExactCause> {
    answer["causes"].as_array().into_iter().flatten().filter_map(read_cause).collect()
}

/// Reads a cause; `None` for a delivery that is retried still, or arrived in the end.
fn read_cause(cause: &Value) -> Option<ExactCause> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let outcome = &cause["outcome"];
    if !matches!(outcome["state"].as_str(), Some("dead-lettered" | "lost")) {
        return None;
    }
    let attempts = cause["attempts"].as_array()?;
    let last = attempts.last()?;
    Some(ExactCause {
        sns_message_id: text(&cause["message_id"]),
        dead_letter_id: outcome["message_id"].as_str().map(str::to_owned),
        subscription_arn: text(&cause["subscription_arn"]),
        endpoint: text(&cause["endpoint"]),
        attempts: cause["attempts_count"].as_u64().unwrap_or(attempts.len() as u64),
        status: last["status"].as_u64().unwrap_or_default(),
        is_client_side: last["is_client_side"].as_bool().unwrap_or_default(),
        code: text(&last["code"]),
        detail: text(&last["detail"]),
        published_at: instant(&cause["published_at"]),
        first_at: attempts.first().and_then(|first| instant(&first["at"])),
        last_at: instant(&last["at"]),
    })
}

/// A time as text or as milliseconds.
pub(super) fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => Timestamp::from_millisecond(other.as_i64()?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_are_read_in_the_form_of_a_receive() {
        let answer = json!({
            "messages": [{
                "MessageId": "m-1",
                "Body": "hello",
                "Attributes": {"SentTimestamp": "1000"},
                "MessageAttributes": {"b": {"DataType": "Binary", "BinaryValue": "AP8="}},
            }],
            "next": 7,
        });
        let page = read_page(&answer).expect("a page");
        assert_eq!(page.next.as_deref(), Some("7"));
        let letter = &page.letters[0];
        assert_eq!((letter.id.as_str(), letter.body.as_str()), ("m-1", "hello"));
        assert_eq!(letter.attributes["b"].value, AttributeValue::Binary(vec![0, 255]));
        assert!(letter.receipt_handle.is_none());
        assert_eq!(read_page(&json!({"error": "what?"})), None);
    }

    #[test]
    fn only_deliveries_that_were_given_up_are_causes() {
        let cause = |outcome: Value| {
            json!({
                "message_id": "m-1",
                "subscription_arn": "s",
                "endpoint": "q",
                "attempts_count": 3,
                "attempts": [
                    {"at": "2026-01-02T03:04:05Z", "status": 500, "code": "a", "detail": ""},
                    {"at": "2026-01-02T03:04:25Z", "status": 404, "code": "b", "detail": "c",
                     "is_client_side": true},
                ],
                "outcome": outcome,
            })
        };
        let answer = json!({"causes": [
            cause(json!({"state": "retrying"})),
            cause(json!({"state": "delivered"})),
            cause(json!({"state": "dead-lettered", "message_id": "d-1"})),
        ]});
        let found = read_causes(&answer);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].dead_letter_id.as_deref(), Some("d-1"));
        assert_eq!((found[0].status, found[0].attempts), (404, 3));
        let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second).unwrap_or_default();
        assert_eq!(seconds(found[0].last_at) - seconds(found[0].first_at), 20);
    }

    #[test]
    fn values_of_a_query_are_encoded() {
        assert_eq!(encoded("arn:aws:sqs:x:1:a b.fifo"), "arn:aws:sqs:x:1:a%20b.fifo");
    }
}
