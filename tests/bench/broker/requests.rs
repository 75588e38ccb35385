//! SQS and SNS requests as bytes, and the traffic that is made of them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::load::{self, Load, Traffic};

const ACCOUNT: &str = "000000000000";

/// A signature that nobody checks; servers read region and service from it.
fn head(path: &str, service: &str, kind: &str, length: usize) -> String {
    let scope = format!("test/20260101/us-east-1/{service}/aws4_request");
    let signature = "0".repeat(64);
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:4566\r\n\
         authorization: AWS4-HMAC-SHA256 Credential={scope}, \
         SignedHeaders=host;x-amz-date, Signature={signature}\r\n\
         x-amz-date: 20260101T000000Z\r\n{kind}content-length: {length}\r\n\r\n"
    )
}

/// A request to SQS in its JSON form.
pub fn sqs(operation: &str, body: &str) -> Vec<u8> {
    let kind = format!(
        "content-type: application/x-amz-json-1.0\r\nx-amz-target: AmazonSQS.{operation}\r\n"
    );
    let mut bytes = head("/", "sqs", &kind, body.len()).into_bytes();
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

/// A request to SNS in its only form.
pub fn sns(parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = "Version=2010-03-31".to_owned();
    for (name, value) in parameters {
        body.push_str(&format!("&{name}={}", percent(value)));
    }
    let kind = "content-type: application/x-www-form-urlencoded; charset=utf-8\r\n";
    let mut bytes = head("/", "sns", kind, body.len()).into_bytes();
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

fn percent(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            result.push(char::from(byte));
        } else {
            result.push_str(&format!("%{byte:02X}"));
        }
    }
    result
}

/// The URL of a queue. Servers go by its path.
pub fn queue_url(account: &str, name: &str) -> String {
    format!("http://127.0.0.1:4566/{account}/{name}")
}

/// One request on a connection of its own; the answer's body.
///
/// # Errors
/// The server cannot be reached or refuses.
pub fn call(address: SocketAddr, request: Vec<u8>) -> io::Result<Vec<u8>> {
    struct Once {
        request: Option<Vec<u8>>,
        body: Vec<u8>,
    }
    impl Traffic for Once {
        fn request(&mut self, _connection: usize, buffer: &mut Vec<u8>) -> bool {
            match self.request.take() {
                Some(request) => {
                    buffer.extend_from_slice(&request);
                    true
                }
                None => false,
            }
        }

        fn answer(&mut self, _connection: usize, status: u16, body: &[u8]) -> io::Result<()> {
            self.body = body.to_vec();
            good(status, body)
        }
    }
    let mut once = Once { request: Some(request), body: Vec::new() };
    load::run(address, 1, Duration::from_secs(60), &mut once)?;
    Ok(once.body)
}

/// Makes a queue and returns its URL.
///
/// # Errors
/// As [`call`].
pub fn create_queue(address: SocketAddr, name: &str, attributes: Value) -> io::Result<String> {
    let body = json!({ "QueueName": name, "Attributes": attributes }).to_string();
    let answer: Value = serde_json::from_slice(&call(address, sqs("CreateQueue", &body))?)?;
    let url = answer["QueueUrl"].as_str().unwrap_or_default();
    let account = url.rsplit('/').nth(1).unwrap_or(ACCOUNT);
    Ok(queue_url(account, name))
}

/// How many messages are in a queue, whatever their state.
///
/// # Errors
/// As [`call`].
pub fn count(address: SocketAddr, url: &str) -> io::Result<u64> {
    let body = json!({ "QueueUrl": url, "AttributeNames": ["All"] }).to_string();
    let answer: Value = serde_json::from_slice(&call(address, sqs("GetQueueAttributes", &body))?)?;
    let number = |name: &str| {
        answer["Attributes"][name].as_str().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
    };
    Ok(number("ApproximateNumberOfMessages")
        + number("ApproximateNumberOfMessagesNotVisible")
        + number("ApproximateNumberOfMessagesDelayed"))
}

fn good(status: u16, body: &[u8]) -> io::Result<()> {
    if status == 200 {
        return Ok(());
    }
    let text = String::from_utf8_lossy(body);
    Err(io::Error::other(format!("the server answered {status}: {text}")))
}

/// The same requests over and over, each connection in turn.
#[derive(Debug)]
pub struct Repeat {
    requests: Vec<Vec<u8>>,
    next: usize,
    /// How many may still be sent.
    pub left: u64,
}

impl Repeat {
    /// Repeats `requests` without end.
    pub fn new(requests: Vec<Vec<u8>>) -> Self {
        Self { requests, next: 0, left: u64::MAX }
    }

    /// Repeats them so many times in all.
    pub fn times(requests: Vec<Vec<u8>>, left: u64) -> Self {
        Self { requests, next: 0, left }
    }
}

impl Traffic for Repeat {
    fn request(&mut self, _connection: usize, buffer: &mut Vec<u8>) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        buffer.extend_from_slice(&self.requests[self.next]);
        self.next = (self.next + 1) % self.requests.len();
        true
    }

    fn answer(&mut self, _connection: usize, status: u16, body: &[u8]) -> io::Result<()> {
        good(status, body)
    }
}

/// SendMessage with a body of `bytes`.
pub fn send(url: &str, bytes: usize) -> Vec<u8> {
    sqs("SendMessage", &json!({ "QueueUrl": url, "MessageBody": "x".repeat(bytes) }).to_string())
}

/// SendMessageBatch with ten bodies of `bytes`.
pub fn send_batch(url: &str, bytes: usize) -> Vec<u8> {
    let body = "x".repeat(bytes);
    let entries: Vec<Value> =
        (0..10).map(|id| json!({ "Id": id.to_string(), "MessageBody": body })).collect();
    sqs("SendMessageBatch", &json!({ "QueueUrl": url, "Entries": entries }).to_string())
}

/// Each connection receives a message, deletes it, and so on.
#[derive(Debug)]
pub struct Consume {
    url: String,
    receive: Vec<u8>,
    handles: Vec<Option<String>>,
    /// Answers to ReceiveMessage that held nothing.
    pub empty: u64,
}

impl Consume {
    /// Consumes the queue at `url` on so many connections.
    pub fn new(url: &str, connections: usize) -> Self {
        let receive = json!({ "QueueUrl": url, "MaxNumberOfMessages": 1 }).to_string();
        Self {
            url: url.to_owned(),
            receive: sqs("ReceiveMessage", &receive),
            handles: vec![None; connections],
            empty: 0,
        }
    }
}

impl Traffic for Consume {
    fn request(&mut self, connection: usize, buffer: &mut Vec<u8>) -> bool {
        match &self.handles[connection] {
            Some(handle) => {
                let body = json!({ "QueueUrl": self.url, "ReceiptHandle": handle }).to_string();
                buffer.extend_from_slice(&sqs("DeleteMessage", &body));
            }
            None => buffer.extend_from_slice(&self.receive),
        }
        true
    }

    fn answer(&mut self, connection: usize, status: u16, body: &[u8]) -> io::Result<()> {
        good(status, body)?;
        if self.handles[connection].take().is_none() {
            let text = std::str::from_utf8(body).map_err(io::Error::other)?;
            self.handles[connection] = between(text, "\"ReceiptHandle\"").map(str::to_owned);
            self.empty += u64::from(self.handles[connection].is_none());
        }
        Ok(())
    }
}

/// The string behind a key; cheaper for the generator than reading the whole document.
fn between<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = &text[text.find(key)? + key.len()..];
    let rest = &rest[rest.find('"')? + 1..];
    Some(&rest[..rest.find('"')?])
}

/// Fills a queue with so many messages of `bytes`.
///
/// # Errors
/// As [`call`].
pub fn fill(address: SocketAddr, url: &str, messages: u64, bytes: usize) -> io::Result<Load> {
    let mut batches = Repeat::times(vec![send_batch(url, bytes)], messages.div_ceil(10));
    load::run(address, 8, Duration::from_secs(600), &mut batches)
}
