//! Answers, the same for both protocols until they are written.
//!
//! [`Reply`] is for the operations that are called seldom. Messages, which are sent and received
//! all the time, are written straight into one buffer: see [`messages`] and [`batch`].

pub(crate) mod batch;
pub(crate) mod json;
pub(crate) mod messages;

use brume_edge::{Answer, Xml};
use bytes::Bytes;

use crate::errors::Wire;

/// The answer of an operation that returns nothing.
#[must_use]
pub(crate) fn nothing(wire: Wire) -> Answer {
    match wire {
        // AWS sends no body at all.
        Wire::Json => Answer::Json(Bytes::new()),
        Wire::Query => Answer::Xml(None),
    }
}

/// One member of an answer. Lists and maps are flattened in XML.
#[derive(Clone, Debug)]
pub(crate) enum Member {
    /// A text.
    Text(&'static str, String),
    /// A number.
    Number(&'static str, u64),
    /// A list of texts: names in JSON and in XML.
    Texts(&'static str, &'static str, Vec<String>),
    /// A map of texts: names in JSON and in XML, names of key and value in XML.
    Pairs(&'static str, &'static str, [&'static str; 2], Vec<(String, String)>),
    /// A list of structures: names in JSON and in XML.
    Entries(&'static str, &'static str, Vec<Vec<Member>>),
}

/// Members in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply(pub(crate) Vec<Member>);

impl Reply {
    /// An answer with one text.
    pub(crate) fn text(name: &'static str, text: String) -> Self {
        Self(vec![Member::Text(name, text)])
    }

    /// Writes it for the caller.
    pub(crate) fn answer(&self, wire: Wire) -> Answer {
        match wire {
            Wire::Json => {
                let mut out = Vec::with_capacity(256);
                json_object(&mut out, &self.0);
                Answer::Json(out.into())
            }
            Wire::Query => {
                let mut xml = Xml::with_capacity(256);
                self.0.iter().for_each(|member| xml_member(&mut xml, member));
                Answer::Xml(Some(xml.finish()))
            }
        }
    }
}

fn json_object(out: &mut Vec<u8>, members: &[Member]) {
    let mut object = json::Object::begin(out);
    for member in members {
        match member {
            Member::Text(name, text) => object.text(name, text),
            Member::Number(name, number) => {
                object.name(name);
                object.out.extend_from_slice(number.to_string().as_bytes());
            }
            Member::Texts(name, _, texts) => {
                object.name(name);
                json::list(object.out, texts, |out, text| json::text(out, text));
            }
            Member::Pairs(name, _, _, pairs) => {
                object.name(name);
                let mut map = json::Object::begin(object.out);
                pairs.iter().for_each(|(key, value)| map.any_text(key, value));
                map.end();
            }
            Member::Entries(name, _, entries) => {
                object.name(name);
                json::list(object.out, entries, |out, entry| json_object(out, entry));
            }
        }
    }
    object.end();
}

fn xml_member(xml: &mut Xml, member: &Member) {
    match member {
        Member::Text(name, text) => {
            xml.element(name, text);
        }
        Member::Number(name, number) => {
            xml.plain(name, number);
        }
        Member::Texts(_, name, texts) => texts.iter().for_each(|text| {
            xml.element(name, text);
        }),
        Member::Pairs(_, name, [key_name, value_name], pairs) => {
            for (key, value) in pairs {
                xml.nest(name, |xml| {
                    xml.element(key_name, key).element(value_name, value);
                });
            }
        }
        Member::Entries(_, name, entries) => {
            for entry in entries {
                xml.nest(name, |xml| entry.iter().for_each(|member| xml_member(xml, member)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply() -> Reply {
        let pairs = vec![("a\"".to_owned(), "1 & 2".to_owned()), ("b".to_owned(), String::new())];
        Reply(vec![
            Member::Text("Url", "http://x/\"".to_owned()),
            Member::Texts("QueueUrls", "QueueUrl", vec!["u".to_owned(), "v".to_owned()]),
            Member::Pairs("Tags", "Tag", ["Key", "Value"], pairs),
            Member::Entries("Results", "Entry", vec![vec![Member::Number("N", 7)], Vec::new()]),
        ])
    }

    #[test]
    fn json_has_lists_and_maps() {
        let Answer::Json(body) = reply().answer(Wire::Json) else { panic!("not JSON") };
        let expected = concat!(
            r#"{"Url":"http://x/\"","QueueUrls":["u","v"],"#,
            r#""Tags":{"a\"":"1 & 2","b":""},"Results":[{"N":7},{}]}"#
        );
        assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
    }

    #[test]
    fn xml_is_flat() {
        let Answer::Xml(Some(body)) = reply().answer(Wire::Query) else { panic!("not XML") };
        let expected = "<Url>http://x/&quot;</Url><QueueUrl>u</QueueUrl><QueueUrl>v</QueueUrl>\
            <Tag><Key>a&quot;</Key><Value>1 &amp; 2</Value></Tag>\
            <Tag><Key>b</Key><Value></Value></Tag><Entry><N>7</N></Entry><Entry></Entry>";
        assert_eq!(body, expected);
    }

    #[test]
    fn an_empty_answer_is_an_empty_document() {
        let Answer::Json(body) = Reply::default().answer(Wire::Json) else { panic!("not JSON") };
        assert_eq!(&body[..], b"{}");
    }
}
