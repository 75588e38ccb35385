//! Answers to batches: what worked, and what did not and why.

use brume_edge::{Answer, AwsError, Xml};

use super::json;
use crate::errors::{self, Wire};

/// Each entry's id and what became of it, in the order of the request.
pub(crate) struct Outcomes<'a, Success>(pub(crate) Vec<(&'a str, Result<Success, AwsError>)>);

/// What an entry that worked says beside its id.
pub(crate) trait Success {
    /// Writes its members.
    fn json(&self, object: &mut json::Object<'_>);
    /// Writes its members.
    fn xml(&self, xml: &mut Xml);
}

/// Deletions and changes of visibility say nothing more.
impl Success for () {
    fn json(&self, _object: &mut json::Object<'_>) {}
    fn xml(&self, _xml: &mut Xml) {}
}

impl<S: Success> Outcomes<'_, S> {
    /// Writes the answer of `action`. A list without entries is left out, as AWS does.
    pub(crate) fn answer(&self, wire: Wire, action: &str) -> Answer {
        match wire {
            Wire::Json => self.json(),
            Wire::Query => self.xml(action),
        }
    }

    fn successful(&self) -> impl Iterator<Item = (&str, &S)> {
        self.0.iter().filter_map(|(id, outcome)| Some((*id, outcome.as_ref().ok()?)))
    }

    fn failed(&self) -> impl Iterator<Item = (&str, &AwsError)> {
        self.0.iter().filter_map(|(id, outcome)| Some((*id, outcome.as_ref().err()?)))
    }

    fn json(&self) -> Answer {
        let mut out = Vec::with_capacity(64 + self.0.len() * 160);
        let mut reply = json::Object::begin(&mut out);
        if self.successful().next().is_some() {
            reply.name("Successful");
            json::list(reply.out, self.successful(), |out, (id, success)| {
                let mut entry = json::Object::begin(out);
                entry.text("Id", id);
                success.json(&mut entry);
                entry.end();
            });
        }
        if self.failed().next().is_some() {
            reply.name("Failed");
            json::list(reply.out, self.failed(), |out, (id, error)| {
                let mut entry = json::Object::begin(out);
                entry.text("Id", id);
                entry.name("SenderFault");
                entry.out.extend_from_slice(if error.is_sender { b"true" } else { b"false" });
                entry.text("Code", errors::shown_code(error));
                entry.text("Message", &error.message);
                entry.end();
            });
        }
        reply.end();
        Answer::Json(out.into())
    }

    fn xml(&self, action: &str) -> Answer {
        let mut xml = Xml::with_capacity(64 + self.0.len() * 256);
        let name = format!("{action}ResultEntry");
        for (id, success) in self.successful() {
            xml.nest(&name, |xml| {
                xml.element("Id", id);
                success.xml(xml);
            });
        }
        for (id, error) in self.failed() {
            xml.nest("BatchResultErrorEntry", |xml| {
                xml.element("Id", id).plain("SenderFault", error.is_sender);
                xml.element("Code", errors::shown_code(error)).element("Message", &error.message);
            });
        }
        Answer::Xml(Some(xml.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes() -> Outcomes<'static, ()> {
        Outcomes(vec![("a", Ok(())), ("b", Err(errors::invalid_handle("x"))), ("c", Ok(()))])
    }

    #[test]
    fn successes_and_failures_are_two_lists() {
        let Answer::Json(body) = outcomes().answer(Wire::Json, "DeleteMessageBatch") else {
            panic!("not JSON")
        };
        let read = serde_json::from_slice::<serde_json::Value>(&body).unwrap();
        assert_eq!(read["Successful"], serde_json::json!([{"Id": "a"}, {"Id": "c"}]));
        assert_eq!(read["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
        assert_eq!(read["Failed"][0]["SenderFault"], true);
    }

    #[test]
    fn xml_repeats_the_entries() {
        let Answer::Xml(Some(body)) = outcomes().answer(Wire::Query, "DeleteMessageBatch") else {
            panic!("not XML")
        };
        let success = "<DeleteMessageBatchResultEntry><Id>a</Id></DeleteMessageBatchResultEntry>";
        assert!(body.starts_with(success), "{body}");
        assert!(body.contains("<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault>"));
    }

    #[test]
    fn an_empty_list_is_left_out() {
        let Answer::Json(body) = Outcomes(vec![("a", Ok(()))]).answer(Wire::Json, "X") else {
            panic!("not JSON")
        };
        assert_eq!(&body[..], br#"{"Successful":[{"Id":"a"}]}"#);
    }
}
