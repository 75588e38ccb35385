//! What a message says: body, attributes, and the digests that clients check.

use std::fmt;

use bytes::Bytes;
use md5::{Digest, Md5};

/// An MD5 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Md5Digest(pub [u8; 16]);

impl Md5Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Md5::digest(bytes).into())
    }

    /// The 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> [u8; 32] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 32];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        hex
    }
}

impl fmt::Display for Md5Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(std::str::from_utf8(&self.hex()).unwrap_or_default())
    }
}

impl fmt::Debug for Md5Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// One message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAttribute {
    /// Its name, 1 to 256 characters.
    pub name: Box<str>,
    /// `String`, `Number` or `Binary`, with an own label behind a dot if the sender wants one.
    pub data_type: Box<str>,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of a message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// Of types `String` and `Number`.
    Text(Box<str>),
    /// Of type `Binary`.
    Binary(Bytes),
}

impl AttributeValue {
    /// The value as it is hashed and counted.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// Body and attributes of a message; queues share one by reference.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    pub(crate) body: Bytes,
    pub(crate) attributes: Box<[MessageAttribute]>,
    pub(crate) body_md5: Md5Digest,
    pub(crate) attributes_md5: Option<Md5Digest>,
}

impl Content {
    /// Makes a content and its digests. The body is copied, so that a message never keeps the
    /// buffer of a whole request in memory.
    #[must_use]
    pub fn new(body: &[u8], attributes: Vec<MessageAttribute>) -> Self {
        let body_md5 = Md5Digest::of(body);
        let attributes_md5 = md5_of_attributes(&attributes);
        let attributes = attributes.into_boxed_slice();
        Self { body: Bytes::copy_from_slice(body), attributes, body_md5, attributes_md5 }
    }

    /// The body, UTF-8.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// The attributes, in the order in which they came.
    #[must_use]
    pub fn attributes(&self) -> &[MessageAttribute] {
        &self.attributes
    }

    /// `MD5OfMessageBody`, `MD5OfBody`.
    #[must_use]
    pub const fn body_md5(&self) -> Md5Digest {
        self.body_md5
    }

    /// `MD5OfMessageAttributes`; absent without attributes.
    #[must_use]
    pub const fn attributes_md5(&self) -> Option<Md5Digest> {
        self.attributes_md5
    }

    /// Bytes that count for the limit on a message: body, and names, types and values of
    /// attributes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let attribute =
            |it: &MessageAttribute| it.name.len() + it.data_type.len() + it.value.as_bytes().len();
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes = self.attributes.iter().map(|it| &it.name).collect::<Vec<_>>();
        formatter
            .debug_struct("Content")
            .field("body_bytes", &self.body.len())
            .field("attributes", &attributes)
            .finish_non_exhaustive()
    }
}

/// The digest over attributes that SDKs recompute: sorted by name; for each name, type and value
/// with a 4-byte big-endian length in front, and 1 (text) or 2 (binary) before the value.
///
/// `None` without attributes. For received messages it is over the attributes that are returned.
#[must_use]
pub fn md5_of_attributes(attributes: &[MessageAttribute]) -> Option<Md5Digest> {
    let mut sorted = attributes.iter().collect::<Vec<_>>();
    sorted.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    digest(sorted.iter().map(|it| (&*it.name, &*it.data_type, &it.value)))
}

/// `MD5OfMessageSystemAttributes`: the one system attribute that a sender can set.
#[must_use]
pub fn md5_of_trace_header(trace_header: &str) -> Md5Digest {
    let value = AttributeValue::Text(trace_header.into());
    let one = [("AWSTraceHeader", "String", &value)];
    digest(one.into_iter()).unwrap_or(Md5Digest([0; 16]))
}

fn digest<'a>(
    attributes: impl Iterator<Item = (&'a str, &'a str, &'a AttributeValue)>,
) -> Option<Md5Digest> {
    let mut hasher = Md5::new();
    let mut is_empty = true;
    for (name, data_type, value) in attributes {
        is_empty = false;
        update(&mut hasher, name.as_bytes());
        update(&mut hasher, data_type.as_bytes());
        hasher.update([if matches!(value, AttributeValue::Text(_)) { 1 } else { 2 }]);
        update(&mut hasher, value.as_bytes());
    }
    (!is_empty).then(|| Md5Digest(hasher.finalize().into()))
}

fn update(hasher: &mut Md5, part: &[u8]) {
    // Limits on requests keep every part far below 4 GiB.
    hasher.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    hasher.update(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, data_type: &str, value: &str) -> MessageAttribute {
        let value = AttributeValue::Text(value.into());
        MessageAttribute { name: name.into(), data_type: data_type.into(), value }
    }

    #[test]
    fn the_body_has_the_digest_of_its_bytes() {
        let content = Content::new(b"hello", Vec::new());
        assert_eq!(content.body_md5().to_string(), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(content.attributes_md5(), None);
        assert_eq!(content.bytes(), 5);
    }

    #[test]
    fn attributes_are_hashed_in_the_order_of_names() {
        let one = Content::new(b"x", vec![text("b", "String", "2"), text("a", "Number", "1")]);
        let other = Content::new(b"x", vec![text("a", "Number", "1"), text("b", "String", "2")]);
        assert_eq!(one.attributes_md5(), other.attributes_md5());
        let mut expected = Vec::new();
        for (name, data_type, value) in [("a", "Number", "1"), ("b", "String", "2")] {
            for (part, kind) in [(name, None), (data_type, Some(1)), (value, None)] {
                expected.extend((part.len() as u32).to_be_bytes());
                expected.extend(part.as_bytes());
                expected.extend(kind);
            }
        }
        assert_eq!(one.attributes_md5(), Some(Md5Digest::of(&expected)));
        assert_eq!(one.bytes(), 1 + 2 * 8);
    }

    #[test]
    fn a_trace_header_is_hashed_like_an_attribute() {
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793";
        let attribute = text("AWSTraceHeader", "String", header);
        assert_eq!(Some(md5_of_trace_header(header)), md5_of_attributes(&[attribute]));
    }
}
