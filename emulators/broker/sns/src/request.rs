//! One call while it is being answered.

use brume_edge::{Answer, AwsError, Caller, Fields, Xml};
use brume_foundation::clock::Moment;
use brume_topics::requests::Pairs;
use brume_topics::{TopicError, Topics};

use crate::access::Access;
use crate::error::from_engine;

/// What an operation sees.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The engine.
    pub(crate) topics: &'a Topics,
    /// What is done about policies of topics.
    pub(crate) access: &'a Access,
    /// Who calls.
    pub(crate) caller: &'a Caller,
    /// The parameters.
    pub(crate) form: Fields<'a>,
    /// When it came.
    pub(crate) now: Moment,
    /// `X-Amzn-Trace-Id` of the request.
    pub(crate) trace_header: Option<&'a str>,
}

/// What an operation answers.
pub(crate) type Reply = Result<Answer, AwsError>;

impl<'a> Request<'a> {
    /// A parameter that may be there empty.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.form.get(name)
    }

    /// A map of texts, `NAME.entry.N.key`.
    pub(crate) fn map(&self, name: &str) -> Vec<(&'a str, &'a str)> {
        self.form.map(name, "key", "value")
    }

    /// Whether a parameter says `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The token of an earlier page.
    pub(crate) fn after(&self, name: &str) -> Option<&'a str> {
        self.get(name).filter(|token| !token.is_empty())
    }
}

/// Owned pairs, as the engine takes them.
pub(crate) fn owned(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// An answer without a result element.
pub(crate) fn nothing(done: Result<(), TopicError>) -> Reply {
    done.map(|()| Answer::Xml(None)).map_err(|error| from_engine(&error))
}

/// An answer with an empty result element.
pub(crate) fn empty(done: Result<(), TopicError>) -> Reply {
    done.map(|()| Answer::Xml(Some(String::new()))).map_err(|error| from_engine(&error))
}

/// An answer with one element.
pub(crate) fn single(name: &str, value: Result<String, TopicError>) -> Reply {
    let value = value.map_err(|error| from_engine(&error))?;
    result(|xml| {
        xml.element(name, &value);
    })
}

/// An answer with whatever is written.
pub(crate) fn result(write: impl FnOnce(&mut Xml)) -> Reply {
    let mut xml = Xml::with_capacity(512);
    write(&mut xml);
    Ok(Answer::Xml(Some(xml.finish())))
}

/// Writes `<NAME><entry><key>…</key><value>…</value></entry>…</NAME>`.
pub(crate) fn write_map(xml: &mut Xml, name: &str, pairs: &[(String, String)]) {
    xml.nest(name, |xml| {
        for (key, value) in pairs {
            xml.nest("entry", |xml| {
                xml.element("key", key).element("value", value);
            });
        }
    });
}

/// Writes `<NAME><member>…</member>…</NAME>`.
pub(crate) fn write_list<T>(
    xml: &mut Xml,
    name: &str,
    items: &[T],
    mut write: impl FnMut(&mut Xml, &T),
) {
    xml.nest(name, |xml| {
        for item in items {
            xml.nest("member", |xml| write(xml, item));
        }
    });
}
