//! One queue at speed: the four calls that a redrive makes for every ten messages.
//!
//! The same requests as the SDK's, without its cost and without its retries: what a request without
//! an answer means, only the caller knows.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brume_aws::quick::{QuickAnswer, QuickClient, QuickError};
use brume_plugin::Result;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use super::Cloud;
use super::transfer::{Outgoing, Receive};
use crate::message::{Attribute, AttributeValue, DeadLetter};

/// Longest wait for an answer: what takes longer is a message whose fate nobody knows.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A queue by its URL.
#[derive(Debug)]
pub struct QuickQueue {
    client: QuickClient,
    url: String,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuickFailure {
    /// There was no answer.
    Silence(QuickError),
    /// The answer is an error.
    Answer {
        /// HTTP status.
        status: u16,
        /// AWS's code, as Query clients know it.
        code: String,
        /// AWS's text.
        text: String,
    },
}

impl std::fmt::Display for QuickFailure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silence(error) => error.fmt(formatter),
            Self::Answer { code, text, .. } if text.is_empty() => formatter.write_str(code),
            Self::Answer { code, text, .. } => write!(formatter, "{code}: {text}"),
        }
    }
}

/// What became of one entry of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryResult {
    /// Done; for a message that was sent, its new id.
    Done(String),
    /// Not done, and why.
    Failed {
        /// AWS's code.
        code: String,
        /// AWS's text.
        text: String,
        /// Repeating it helps nobody.
        is_senders_fault: bool,
    },
    /// The answer says nothing about it, or something impossible.
    Unknown(String),
}

impl Cloud {
    /// A queue of a region for many requests.
    ///
    /// # Errors
    /// When its URL is none.
    pub fn quick_queue(&self, url: &str, region: &str) -> Result<QuickQueue> {
        // An endpoint that was given stands for whatever host the queue's URL names.
        let base = match self.endpoint_url("sqs") {
            Some(endpoint) => endpoint.to_owned(),
            None if self.aws().config().use_fips() == Some(true) => {
                format!("https://sqs-fips.{region}.amazonaws.com/")
            }
            None => origin(url).to_owned(),
        };
        let client = self.aws().quick_client("sqs", region, &base, ANSWER_TIMEOUT)?;
        Ok(QuickQueue { client, url: url.to_owned() })
    }
}

/// Scheme and host of a URL.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |place| place + 3);
    let end = url.get(host..).and_then(|rest| rest.find('/')).map_or(url.len(), |end| host + end);
    url.get(..end).unwrap_or(url)
}

impl QuickQueue {
    /// Receives up to 10 messages with every attribute.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn receive(&self, receive: Receive) -> Result<Vec<DeadLetter>, QuickFailure> {
        let request = ReceiveRequest {
            queue_url: &self.url,
            max_number_of_messages: receive.max,
            visibility_timeout: receive.visibility_seconds,
            wait_time_seconds: receive.wait_seconds,
            attribute_names: ["All"],
            message_system_attribute_names: ["All"],
            message_attribute_names: ["All"],
        };
        let answer: ReceiveAnswer = self.call("AmazonSQS.ReceiveMessage", &request).await?;
        let messages = answer.messages.unwrap_or_default().into_iter();
        messages.map(Received::into_letter).collect()
    }

    /// Sends up to 10 messages; one result for each, in order.
    ///
    /// # Errors
    /// Why the request as a whole failed.
    pub async fn send(&self, messages: &[&Outgoing]) -> Result<Vec<EntryResult>, QuickFailure> {
        let entries =
            messages.iter().enumerate().map(|(index, message)| SendEntry::of(index, message));
        let request = Batch { queue_url: &self.url, entries: entries.collect::<Vec<_>>() };
        let answer: BatchAnswer = self.call("AmazonSQS.SendMessageBatch", &request).await?;
        Ok(answer.results(messages.len(), |index, sent| {
            let body = messages.get(index).map(|message| Md5::digest(message.body.as_bytes()));
            let expected = body.map(|digest| crate::redrive::digest::hex(&digest));
            match &sent.md5_of_message_body {
                Some(digest) if Some(digest) != expected.as_ref() => {
                    EntryResult::Unknown("the queue has another text than was sent".to_owned())
                }
                _ => EntryResult::Done(sent.message_id.clone().unwrap_or_default()),
            }
        }))
    }

    /// Deletes up to 10 messages by receipt handle; one result for each, in order.
    ///
    /// # Errors
    /// Why the request as a whole failed.
    pub async fn delete(&self, handles: &[&str]) -> Result<Vec<EntryResult>, QuickFailure> {
        let entries = handles.iter().enumerate().map(|(index, handle)| HandleEntry {
            id: index.to_string(),
            receipt_handle: handle,
            visibility_timeout: None,
        });
        let request = Batch { queue_url: &self.url, entries: entries.collect::<Vec<_>>() };
        let answer: BatchAnswer = self.call("AmazonSQS.DeleteMessageBatch", &request).await?;
        Ok(answer.results(handles.len(), |_, _| EntryResult::Done(String::new())))
    }

    /// Sets the visibility timeout of up to 10 messages; one result for each, in order.
    ///
    /// # Errors
    /// Why the request as a whole failed.
    pub async fn hold(
        &self,
        handles: &[&str],
        seconds: u32,
    ) -> Result<Vec<EntryResult>, QuickFailure> {
        let entries = handles.iter().enumerate().map(|(index, handle)| HandleEntry {
            id: index.to_string(),
            receipt_handle: handle,
            visibility_timeout: Some(seconds),
        });
        let request = Batch { queue_url: &self.url, entries: entries.collect::<Vec<_>>() };
        let target = "AmazonSQS.ChangeMessageVisibilityBatch";
        let answer: BatchAnswer = self.call(target, &request).await?;
        Ok(answer.results(handles.len(), |_, _| EntryResult::Done(String::new())))
    }

    async fn call<A: for<'a> Deserialize<'a>>(
        &self,
        target: &str,
        request: &impl Serialize,
    ) -> Result<A, QuickFailure> {
        let unreadable = |error: &serde_json::Error| {
            QuickFailure::Silence(QuickError::Unknown(format!("the answer is no JSON: {error}")))
        };
        let body = serde_json::to_vec(request)
            .map_err(|error| QuickFailure::Silence(QuickError::NotSent(error.to_string())))?;
        let answer = self.client.call(target, body).await.map_err(QuickFailure::Silence)?;
        if answer.status != 200 {
            return Err(failure(answer));
        }
        serde_json::from_slice(&answer.body).map_err(|error| unreadable(&error))
    }
}

fn failure(answer: QuickAnswer) -> QuickFailure {
    let error: ErrorAnswer = serde_json::from_slice(&answer.body).unwrap_or_default();
    let kind = error.kind.as_deref().and_then(|kind| kind.rsplit('#').next()).map(str::to_owned);
    QuickFailure::Answer {
        status: answer.status,
        code: answer.query_error.or(kind).unwrap_or_else(|| format!("status {}", answer.status)),
        text: error.message.or(error.message_in_capitals).unwrap_or_default(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveRequest<'a> {
    queue_url: &'a str,
    max_number_of_messages: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility_timeout: Option<u32>,
    wait_time_seconds: u32,
    /// The older name of the next one, which some servers know alone.
    attribute_names: [&'static str; 1],
    message_system_attribute_names: [&'static str; 1],
    message_attribute_names: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Batch<'a, E> {
    queue_url: &'a str,
    entries: Vec<E>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct HandleEntry<'a> {
    id: String,
    receipt_handle: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility_timeout: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendEntry<'a> {
    id: String,
    message_body: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<&'a str, SentValue<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_system_attributes: BTreeMap<&'a str, SentValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_deduplication_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<u32>,
}

impl<'a> SendEntry<'a> {
    fn of(index: usize, message: &'a Outgoing) -> Self {
        let attributes =
            message.attributes.iter().map(|(name, value)| (name.as_str(), SentValue::of(value)));
        let trace = message.trace_header.as_deref().map(|header| {
            let value =
                SentValue { data_type: "String", string_value: Some(header), binary_value: None };
            ("AWSTraceHeader", value)
        });
        Self {
            id: index.to_string(),
            message_body: &message.body,
            message_attributes: attributes.collect(),
            message_system_attributes: trace.into_iter().collect(),
            message_group_id: message.group.as_deref(),
            message_deduplication_id: message.deduplication.as_deref(),
            delay_seconds: message.delay_seconds,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SentValue<'a> {
    data_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
}

impl<'a> SentValue<'a> {
    fn of(attribute: &'a Attribute) -> Self {
        let (string_value, binary_value) = match &attribute.value {
            AttributeValue::Text(text) => (Some(text.as_str()), None),
            AttributeValue::Binary(bytes) => (None, Some(STANDARD.encode(bytes))),
        };
        Self { data_type: &attribute.data_type, string_value, binary_value }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveAnswer {
    messages: Option<Vec<Received>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Received {
    message_id: String,
    receipt_handle: Option<String>,
    body: String,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
    message_attributes: Option<BTreeMap<String, ReceivedValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ReceivedValue {
    data_type: String,
    string_value: Option<String>,
    binary_value: Option<String>,
}

impl Received {
    /// A message that is not what the queue holds must not go on its way.
    fn into_letter(self) -> Result<DeadLetter, QuickFailure> {
        let damaged =
            |what: &str| QuickFailure::Silence(QuickError::Unknown(format!("{what} is damaged")));
        let digest = crate::redrive::digest::hex(&Md5::digest(self.body.as_bytes()));
        if self.md5_of_body.is_some_and(|expected| expected != digest) {
            return Err(damaged("a body"));
        }
        let attributes = self.message_attributes.unwrap_or_default().into_iter();
        let attributes = attributes.map(|(name, value)| {
            let read = match (value.binary_value, value.string_value) {
                (Some(text), _) => AttributeValue::Binary(
                    STANDARD.decode(text).map_err(|_| damaged("an attribute"))?,
                ),
                (None, text) => AttributeValue::Text(text.unwrap_or_default()),
            };
            Ok((name, Attribute { data_type: value.data_type, value: read }))
        });
        let attributes = attributes.collect::<Result<_, QuickFailure>>()?;
        let system = self.attributes.unwrap_or_default();
        Ok(DeadLetter::new(self.message_id, self.body, attributes, system, self.receipt_handle))
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct BatchAnswer {
    successful: Vec<Succeeded>,
    failed: Vec<Failed>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Succeeded {
    id: String,
    message_id: Option<String>,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_message_body: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Failed {
    id: String,
    code: String,
    message: Option<String>,
    sender_fault: bool,
}

impl BatchAnswer {
    fn results(
        self,
        count: usize,
        done: impl Fn(usize, &Succeeded) -> EntryResult,
    ) -> Vec<EntryResult> {
        let unmentioned = EntryResult::Unknown("the answer does not mention it".to_owned());
        let mut results = vec![unmentioned; count];
        for succeeded in &self.successful {
            let Ok(index) = succeeded.id.parse::<usize>() else { continue };
            if let Some(result) = results.get_mut(index) {
                *result = done(index, succeeded);
            }
        }
        for failed in self.failed {
            let index = failed.id.parse::<usize>().ok();
            if let Some(result) = index.and_then(|index| results.get_mut(index)) {
                *result = EntryResult::Failed {
                    code: failed.code,
                    text: failed.message.unwrap_or_default(),
                    is_senders_fault: failed.sender_fault,
                };
            }
        }
        results
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorAnswer {
    #[serde(rename = "__type")]
    kind: Option<String>,
    message: Option<String>,
    #[serde(rename = "Message")]
    message_in_capitals: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let received: Received = serde_json::from_value(json!({
            "MessageId": "m", "ReceiptHandle": "h", "Body": "abc",
            "MD5OfBody": "900150983cd24fb0d6963f7d28e17f72",
            "Attributes": {"SentTimestamp": "1"},
            "MessageAttributes": {"b": {"DataType": "Binary", "BinaryValue": "AP8="}},
        }))
        .unwrap();
        let letter = received.into_letter().unwrap();
        assert_eq!((letter.id.as_str(), letter.body.as_str()), ("m", "abc"));
        assert_eq!(letter.attributes["b"].value, AttributeValue::Binary(vec![0, 255]));
        let damaged = Received {
            body: "abd".into(),
            md5_of_body: Some("900150983cd24fb0d6963f7d28e17f72".into()),
            ..Received::default()
        };
        assert!(damaged.into_letter().is_err());
    }

    #[test]
    fn every_entry_gets_its_result() {
        let answer: BatchAnswer = serde_json::from_value(json!({
            "Successful": [{"Id": "1", "MessageId": "n"}, {"Id": "9"}, {"Id": "x"}],
            "Failed": [{"Id": "2", "Code": "InternalError", "SenderFault": false}],
        }))
        .unwrap();
        let results = answer
            .results(3, |_, sent| EntryResult::Done(sent.message_id.clone().unwrap_or_default()));
        assert!(matches!(results[0], EntryResult::Unknown(_)));
        assert_eq!(results[1], EntryResult::Done("n".into()));
        assert!(matches!(&results[2], EntryResult::Failed { code, .. } if code == "InternalError"));
    }

    #[test]
    fn an_entry_is_written_as_sqs_reads_it() {
        let blob = Attribute { data_type: "Binary".into(), value: AttributeValue::Binary(vec![1]) };
        let message = Outgoing {
            body: "é".into(),
            attributes: vec![("b".into(), blob)],
            group: Some("g".into()),
            trace_header: Some("Root=1".into()),
            ..Outgoing::default()
        };
        let entry = serde_json::to_value(SendEntry::of(3, &message)).unwrap();
        let expected = json!({
            "Id": "3", "MessageBody": "é", "MessageGroupId": "g",
            "MessageAttributes": {"b": {"DataType": "Binary", "BinaryValue": "AQ=="}},
            "MessageSystemAttributes":
                {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}},
        });
        assert_eq!(entry, expected);
    }

    #[test]
    fn errors_have_the_code_of_the_header() {
        let answer = QuickAnswer {
            status: 400,
            query_error: Some("AWS.SimpleQueueService.NonExistentQueue".into()),
            body: br#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no"}"#.to_vec(),
        };
        let text = failure(answer.clone()).to_string();
        assert_eq!(text, "AWS.SimpleQueueService.NonExistentQueue: no");
        let text = failure(QuickAnswer { query_error: None, ..answer }).to_string();
        assert_eq!(text, "QueueDoesNotExist: no");
        assert_eq!(
            origin("https://sqs.eu-west-3.amazonaws.com/1/q"),
            "https://sqs.eu-west-3.amazonaws.com"
        );
        assert_eq!(origin("http://h:1"), "http://h:1");
    }
}
