//! Filter policies: which messages a subscription wants.

use brume_policy::filter::{Attribute, Call, FilterPolicy, Message as Judged};
pub use brume_policy::filter::{Outcome, Scope};

use crate::attributes::Place;
use crate::error::{Result, TopicError};
use crate::message::StoredAttribute;

/// A compiled filter policy.
#[derive(Debug)]
pub struct Filter {
    policy: FilterPolicy,
}

impl Filter {
    /// Compiles a policy; `None` for one that lets everything through.
    ///
    /// # Errors
    /// What is wrong with it, or that it is too complex.
    pub fn compile(text: &str, scope: Scope, place: Place) -> Result<Option<Self>> {
        let call = match place {
            Place::Creation => Call::Subscribe,
            Place::Change => Call::SetAttributes,
        };
        let policy = FilterPolicy::read(text, scope)
            .map_err(|error| TopicError::InvalidParameter(error.wire(call)))?;
        Ok((!policy.is_empty()).then_some(Self { policy }))
    }

    /// Whether a message is wanted.
    #[must_use]
    pub fn judge(&self, message: &Judged<'_>) -> Outcome {
        self.policy.judge(message)
    }
}

/// A message, taken apart once for all filters.
#[must_use]
pub fn judged<'a>(attributes: &'a [StoredAttribute], text: &'a str) -> Judged<'a> {
    let attributes = attributes.iter().map(|attribute| Attribute {
        name: &attribute.name,
        data_type: &attribute.data_type,
        value: &attribute.value,
    });
    Judged::new(attributes, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_sees_attributes_or_body() {
        let attribute = StoredAttribute {
            name: "colour".to_owned(),
            data_type: "String".to_owned(),
            value: "red".to_owned(),
            is_binary: false,
        };
        let by = |text: &str, scope| {
            let filter = Filter::compile(text, scope, Place::Change).unwrap().unwrap();
            filter.judge(&judged(std::slice::from_ref(&attribute), r#"{"colour":"blue"}"#))
        };
        assert_eq!(by(r#"{"colour":["red"]}"#, Scope::Attributes), Outcome::Matched);
        assert_eq!(by(r#"{"colour":["red"]}"#, Scope::Body), Outcome::FilteredByBody);
        assert!(Filter::compile("{}", Scope::Body, Place::Change).unwrap().is_none());
    }

    #[test]
    fn a_wrong_filter_is_refused_in_the_words_of_the_call() {
        let message = |place| {
            Filter::compile("[]", Scope::Attributes, place).unwrap_err().message().to_owned()
        };
        assert!(message(Place::Creation).starts_with("Invalid parameter: Attributes Reason: "));
        assert!(message(Place::Change).starts_with("Invalid parameter: FilterPolicy: "));
    }
}
