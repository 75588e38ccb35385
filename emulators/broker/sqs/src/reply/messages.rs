//! Answers that carry messages: what was sent, what was received.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use brume_edge::{Answer, Xml};
use brume_queues::{
    AttributeValue, Content, Md5Digest, MessageAttribute, Received, Sent, SystemAttributes,
    md5_of_attributes,
};

use super::batch::Success;
use super::json;
use crate::errors::Wire;
use crate::select::{Names, System, Wanted};

/// Bytes of a JSON answer about one message, body and attributes apart.
const FRAME_BYTES: usize = 640;

/// What the sender of a message is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentReply {
    pub(crate) sent: Sent,
    pub(crate) body_md5: Md5Digest,
    pub(crate) attributes_md5: Option<Md5Digest>,
    pub(crate) system_md5: Option<Md5Digest>,
}

impl SentReply {
    pub(crate) fn new(sent: Sent, content: &Content, system_md5: Option<Md5Digest>) -> Self {
        let (body_md5, attributes_md5) = (content.body_md5(), content.attributes_md5());
        Self { sent, body_md5, attributes_md5, system_md5 }
    }

    pub(crate) fn answer(&self, wire: Wire) -> Answer {
        match wire {
            Wire::Json => {
                let mut out = Vec::with_capacity(256);
                let mut object = json::Object::begin(&mut out);
                self.json(&mut object);
                object.end();
                Answer::Json(out.into())
            }
            Wire::Query => {
                let mut xml = Xml::with_capacity(320);
                self.xml(&mut xml);
                Answer::Xml(Some(xml.finish()))
            }
        }
    }
}

impl Success for SentReply {
    fn json(&self, object: &mut json::Object<'_>) {
        object.plain("MessageId", &self.sent.id.text());
        object.plain("MD5OfMessageBody", &self.body_md5.hex());
        if let Some(md5) = self.attributes_md5 {
            object.plain("MD5OfMessageAttributes", &md5.hex());
        }
        if let Some(md5) = self.system_md5 {
            object.plain("MD5OfMessageSystemAttributes", &md5.hex());
        }
        if let Some(sequence) = self.sent.sequence {
            object.plain("SequenceNumber", sequence.to_string().as_bytes());
        }
    }

    fn xml(&self, xml: &mut Xml) {
        xml.plain("MessageId", self.sent.id).plain("MD5OfMessageBody", self.body_md5);
        if let Some(md5) = self.attributes_md5 {
            xml.plain("MD5OfMessageAttributes", md5);
        }
        if let Some(md5) = self.system_md5 {
            xml.plain("MD5OfMessageSystemAttributes", md5);
        }
        if let Some(sequence) = self.sent.sequence {
            xml.plain("SequenceNumber", sequence);
        }
    }
}

/// Writes the answer to `ReceiveMessage`. Nothing received is an empty answer.
pub(crate) fn received(wire: Wire, messages: &[Received], wanted: &Wanted<'_>) -> Answer {
    let bytes = messages.iter().map(|message| FRAME_BYTES + message.content.bytes()).sum::<usize>();
    match wire {
        Wire::Json => {
            let mut out = Vec::with_capacity(bytes + 16);
            let mut reply = json::Object::begin(&mut out);
            if !messages.is_empty() {
                reply.name("Messages");
                json::list(reply.out, messages, |out, message| json_message(out, message, wanted));
            }
            reply.end();
            Answer::Json(out.into())
        }
        Wire::Query => {
            let mut xml = Xml::with_capacity(bytes * 2);
            for message in messages {
                xml.nest("Message", |xml| xml_message(xml, message, wanted));
            }
            Answer::Xml(Some(xml.finish()))
        }
    }
}

/// Bodies come from requests that were UTF-8.
fn body(content: &Content) -> &str {
    std::str::from_utf8(content.body()).unwrap_or_default()
}

fn json_message(out: &mut Vec<u8>, message: &Received, wanted: &Wanted<'_>) {
    let content = &message.content;
    let mut object = json::Object::begin(out);
    object.plain("MessageId", &message.id.text());
    object.text("ReceiptHandle", &message.handle);
    object.plain("MD5OfBody", &content.body_md5().hex());
    object.text("Body", body(content));
    if !wanted.system.is_empty() {
        let before = object.mark();
        object.name("Attributes");
        let mut map = json::Object::begin(object.out);
        each_system(&message.attributes, wanted.system, |name, value| map.text(name, value));
        let is_empty = map.is_empty();
        map.end();
        if is_empty {
            object.rewind(before);
        }
    }
    let (chosen, md5) = choose(content, &wanted.attributes);
    if let Some(md5) = md5 {
        object.plain("MD5OfMessageAttributes", &md5.hex());
        object.name("MessageAttributes");
        let mut map = json::Object::begin(object.out);
        for attribute in chosen {
            map.any_name(&attribute.name);
            let mut value = json::Object::begin(map.out);
            match &attribute.value {
                AttributeValue::Text(text) => value.text("StringValue", text),
                AttributeValue::Binary(bytes) => {
                    value.plain("BinaryValue", BASE64_STANDARD.encode(bytes).as_bytes());
                }
            }
            value.text("DataType", &attribute.data_type);
            value.end();
        }
        map.end();
    }
    object.end();
}

fn xml_message(xml: &mut Xml, message: &Received, wanted: &Wanted<'_>) {
    let content = &message.content;
    xml.plain("MessageId", message.id).element("ReceiptHandle", &message.handle);
    xml.plain("MD5OfBody", content.body_md5()).element("Body", body(content));
    each_system(&message.attributes, wanted.system, |name, value| {
        xml.nest("Attribute", |xml| {
            xml.element("Name", name).element("Value", value);
        });
    });
    let (chosen, md5) = choose(content, &wanted.attributes);
    let Some(md5) = md5 else { return };
    xml.plain("MD5OfMessageAttributes", md5);
    for attribute in chosen {
        xml.nest("MessageAttribute", |xml| {
            xml.element("Name", &attribute.name);
            xml.nest("Value", |xml| {
                match &attribute.value {
                    AttributeValue::Text(text) => xml.element("StringValue", text),
                    AttributeValue::Binary(bytes) => {
                        xml.plain("BinaryValue", BASE64_STANDARD.encode(bytes))
                    }
                };
                xml.element("DataType", &attribute.data_type);
            });
        });
    }
}

/// The sender's attributes that are wanted, and the digest over just these.
fn choose<'a>(
    content: &'a Content,
    names: &'a Names<'_>,
) -> (impl Iterator<Item = &'a MessageAttribute>, Option<Md5Digest>) {
    let all = content.attributes();
    let chosen = move || all.iter().filter(|attribute| names.matches(&attribute.name));
    let md5 = match chosen().count() {
        0 => None,
        count if count == all.len() => content.attributes_md5(),
        _ => md5_of_attributes(&chosen().cloned().collect::<Vec<_>>()),
    };
    (chosen(), md5)
}

/// All that SQS itself says about a message, as `ReceiveMessage` would show it.
#[must_use]
pub fn system_attributes(attributes: &SystemAttributes) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    each_system(attributes, System::ALL, |name, value| found.push((name, value.to_owned())));
    found
}

/// Calls `write` for each wanted attribute that the message has.
fn each_system(
    attributes: &SystemAttributes,
    wanted: System,
    mut write: impl FnMut(&'static str, &str),
) {
    let mut one = |which: System, value: Option<&str>| {
        if let Some(value) = value.filter(|_| wanted.has(which)) {
            write(which.name(), value);
        }
    };
    one(System::SENDER, Some(&attributes.sender));
    let number = |which, number: Option<u64>| {
        number.filter(|_| wanted.has(which)).map(|number| number.to_string())
    };
    let first = number(System::FIRST_RECEIVED, attributes.first_received_at_ms);
    one(System::FIRST_RECEIVED, first.as_deref());
    let count = number(System::RECEIVE_COUNT, Some(attributes.receive_count.into()));
    one(System::RECEIVE_COUNT, count.as_deref());
    one(System::SENT, number(System::SENT, Some(attributes.sent_at_ms)).as_deref());
    let sequence = attributes.sequence.map(|sequence| sequence.to_string());
    one(System::SEQUENCE, sequence.as_deref());
    one(System::DEDUPLICATION, attributes.deduplication.as_deref());
    one(System::GROUP, attributes.group.as_deref());
    one(System::TRACE_HEADER, attributes.trace_header.as_deref());
    let source = attributes.dead_letter_source.as_ref().map(ToString::to_string);
    one(System::DEAD_LETTER_SOURCE, source.as_deref());
}
