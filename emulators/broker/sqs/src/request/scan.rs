//! Reads the bodies of the hot operations in their usual shape, in one pass and with no copies
//! except for texts that hold escapes.
//!
//! Usual is: UTF-8, members that the operation knows, each once, none `null`, whole numbers. For
//! everything else the answer is `None`, and `serde_json` decides. What is accepted here means the
//! same there; a test compares the two on random bodies.

use std::borrow::Cow;

use super::{
    AttributeInput, AttributeInputs, Batch, HandleInput, MessageInput, ReceiveMessage, SendMessage,
    Text,
};

/// Digits that surely fit an `i64`.
const DIGITS_MAX: usize = 18;

/// Reads a `SendMessage` body.
#[must_use]
pub fn send_message(body: &[u8]) -> Option<SendMessage<'_>> {
    let mut queue_url = None;
    let mut message = MessageInput::default();
    read(body, |scanner, name| match name {
        "QueueUrl" => {
            queue_url = Some(scanner.text()?);
            Some(1)
        }
        "Id" => None,
        _ => message_member(scanner, name, &mut message),
    })?;
    Some(SendMessage { queue_url, message })
}

/// Reads a `SendMessageBatch` body.
#[must_use]
pub fn send_message_batch(body: &[u8]) -> Option<Batch<'_, MessageInput<'_>>> {
    batch(body, |scanner, name, entry| message_member(scanner, name, entry))
}

/// Reads a `DeleteMessage` or `ChangeMessageVisibility` body.
#[must_use]
pub fn handle(body: &[u8]) -> Option<HandleInput<'_>> {
    let mut input = HandleInput::default();
    read(body, |scanner, name| handle_member(scanner, name, &mut input))?;
    Some(input)
}

/// Reads a `DeleteMessageBatch` or `ChangeMessageVisibilityBatch` body.
#[must_use]
pub fn handle_batch(body: &[u8]) -> Option<Batch<'_, HandleInput<'_>>> {
    batch(body, |scanner, name, entry| handle_member(scanner, name, entry))
}

/// Reads a `ReceiveMessage` body.
#[must_use]
pub fn receive_message(body: &[u8]) -> Option<ReceiveMessage<'_>> {
    let mut input = ReceiveMessage::default();
    read(body, |scanner, name| {
        Some(match name {
            "QueueUrl" => {
                input.queue_url = Some(scanner.text()?);
                1
            }
            "AttributeNames" => {
                input.attribute_names = scanner.texts()?;
                1 << 1
            }
            "MessageSystemAttributeNames" => {
                input.message_system_attribute_names = scanner.texts()?;
                1 << 2
            }
            "MessageAttributeNames" => {
                input.message_attribute_names = scanner.texts()?;
                1 << 3
            }
            "MaxNumberOfMessages" => {
                input.max_number_of_messages = Some(scanner.number()?);
                1 << 4
            }
            "VisibilityTimeout" => {
                input.visibility_timeout = Some(scanner.number()?);
                1 << 5
            }
            "WaitTimeSeconds" => {
                input.wait_time_seconds = Some(scanner.number()?);
                1 << 6
            }
            "ReceiveRequestAttemptId" => {
                input.receive_request_attempt_id = Some(scanner.text()?);
                1 << 7
            }
            _ => return None,
        })
    })?;
    Some(input)
}

/// Reads a member that it names by a bit, so that a second one of the same name is noticed.
fn message_member<'a>(
    scanner: &mut Scanner<'a>,
    name: &str,
    message: &mut MessageInput<'a>,
) -> Option<u32> {
    Some(match name {
        "Id" => {
            message.id = Some(scanner.text()?);
            1 << 1
        }
        "MessageBody" => {
            message.message_body = Some(scanner.text()?);
            1 << 2
        }
        "DelaySeconds" => {
            message.delay_seconds = Some(scanner.number()?);
            1 << 3
        }
        "MessageAttributes" => {
            message.message_attributes = scanner.attributes()?;
            1 << 4
        }
        "MessageSystemAttributes" => {
            message.message_system_attributes = scanner.attributes()?;
            1 << 5
        }
        "MessageDeduplicationId" => {
            message.message_deduplication_id = Some(scanner.text()?);
            1 << 6
        }
        "MessageGroupId" => {
            message.message_group_id = Some(scanner.text()?);
            1 << 7
        }
        _ => return None,
    })
}

fn handle_member<'a>(
    scanner: &mut Scanner<'a>,
    name: &str,
    input: &mut HandleInput<'a>,
) -> Option<u32> {
    Some(match name {
        "QueueUrl" => {
            input.queue_url = Some(scanner.text()?);
            1
        }
        "Id" => {
            input.id = Some(scanner.text()?);
            1 << 1
        }
        "ReceiptHandle" => {
            input.receipt_handle = Some(scanner.text()?);
            1 << 2
        }
        "VisibilityTimeout" => {
            input.visibility_timeout = Some(scanner.number()?);
            1 << 3
        }
        _ => return None,
    })
}

fn batch<'a, Entry: Default>(
    body: &'a [u8],
    mut member: impl FnMut(&mut Scanner<'a>, &str, &mut Entry) -> Option<u32>,
) -> Option<Batch<'a, Entry>> {
    let mut batch = Batch::default();
    read(body, |scanner, name| match name {
        "QueueUrl" => {
            batch.queue_url = Some(scanner.text()?);
            Some(1)
        }
        "Entries" => {
            scanner.list(|scanner| {
                let mut entry = Entry::default();
                scanner.object(|scanner, name| member(scanner, &name, &mut entry))?;
                batch.entries.push(entry);
                Some(())
            })?;
            Some(1 << 1)
        }
        _ => None,
    })?;
    Some(batch)
}

/// Reads a body that is one object and nothing behind it.
fn read<'a>(
    body: &'a [u8],
    mut member: impl FnMut(&mut Scanner<'a>, &str) -> Option<u32>,
) -> Option<()> {
    let mut scanner = Scanner { text: std::str::from_utf8(body).ok()?, at: 0 };
    scanner.object(|scanner, name| member(scanner, &name))?;
    scanner.skip_space();
    (scanner.at == body.len()).then_some(())
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes `byte`, with space in front of it, if it comes next.
    fn takes(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.takes(byte).then_some(())
    }

    fn object(&mut self, mut member: impl FnMut(&mut Self, Text<'a>) -> Option<u32>) -> Option<()> {
        self.expect(b'{')?;
        if self.takes(b'}') {
            return Some(());
        }
        let mut seen = 0;
        loop {
            let name = self.text()?;
            self.expect(b':')?;
            let bit = member(self, name)?;
            if seen & bit != 0 {
                return None;
            }
            seen |= bit;
            if self.takes(b'}') {
                return Some(());
            }
            self.expect(b',')?;
        }
    }

    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.takes(b']') {
            return Some(());
        }
        loop {
            item(self)?;
            if self.takes(b']') {
                return Some(());
            }
            self.expect(b',')?;
        }
    }

    fn texts(&mut self) -> Option<Vec<Text<'a>>> {
        let mut found = Vec::new();
        self.list(|scanner| {
            found.push(scanner.text()?);
            Some(())
        })?;
        Some(found)
    }

    fn attributes(&mut self) -> Option<AttributeInputs<'a>> {
        let mut found = AttributeInputs::new();
        self.object(|scanner, name| {
            let mut value = AttributeInput::default();
            scanner.object(|scanner, name| {
                Some(match &*name {
                    "DataType" => {
                        value.data_type = Some(scanner.text()?);
                        1
                    }
                    "StringValue" => {
                        value.string_value = Some(scanner.text()?);
                        1 << 1
                    }
                    "BinaryValue" => {
                        value.binary_value = Some(scanner.text()?);
                        1 << 2
                    }
                    _ => return None,
                })
            })?;
            found.push((name, value));
            // Names are the sender's: equal ones are for the validation to see.
            Some(0)
        })?;
        Some(found)
    }

    fn number(&mut self) -> Option<i64> {
        self.skip_space();
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let first = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = &self.text[first..self.at];
        let is_usual = match digits.as_bytes() {
            [b'0'] => first == start,
            [b'0', ..] => false,
            digits => digits.len() <= DIGITS_MAX,
        };
        is_usual.then(|| self.text[start..self.at].parse().ok())?
    }

    fn text(&mut self) -> Option<Text<'a>> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => return self.escaped(start).map(Cow::Owned),
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
        let text = &self.text[start..self.at];
        self.at += 1;
        Some(Cow::Borrowed(text))
    }

    /// Reads on at the first backslash of a text that began at `start`.
    fn escaped(&mut self, start: usize) -> Option<String> {
        let mut text = String::with_capacity((self.at - start) * 2 + 32);
        let mut plain = start;
        loop {
            match self.peek()? {
                b'"' => {
                    text.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    return Some(text);
                }
                b'\\' => {
                    text.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    text.push(self.escape()?);
                    plain = self.at;
                }
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return None,
        })
    }

    fn unicode(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !(0xD800..0xDC00).contains(&first) {
            // A low surrogate alone is no character either.
            return char::from_u32(first);
        }
        let is_pair = self.text.as_bytes()[self.at..].starts_with(b"\\u");
        self.at += 2;
        let second = if is_pair { self.unit()? } else { return None };
        let is_low = (0xDC00..0xE000).contains(&second);
        is_low.then(|| char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)))?
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
    }
}

#[cfg(test)]
mod tests;
