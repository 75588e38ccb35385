//! The message itself: text, subject, structure, size, group and deduplication.

use brume_edge::{AwsError, Fields};
use brume_topics::requests::{AttributeValue, MessageAttribute};

use crate::error::{invalid_parameter, invalid_reason, missing};

/// Characters of the longest subject.
const SUBJECT_CHARACTERS_MAX: usize = 100;

/// Characters of the longest group or deduplication identifier.
const FIFO_ID_CHARACTERS_MAX: usize = 128;

/// Checks the text of a message.
pub(crate) fn text<'a>(form: &Fields<'a>) -> Result<&'a str, AwsError> {
    match form.get("Message") {
        None => Err(missing("message")),
        Some("") => Err(invalid_parameter("Empty message")),
        Some(text) => Ok(text),
    }
}

/// Checks the subject: 1 to 100 characters, no line break, no control character.
pub(crate) fn subject<'a>(form: &Fields<'a>) -> Result<Option<&'a str>, AwsError> {
    let Some(subject) = form.get("Subject") else { return Ok(None) };
    let is_good = !subject.is_empty()
        && subject.chars().count() <= SUBJECT_CHARACTERS_MAX
        && !subject.chars().any(char::is_control);
    if is_good { Ok(Some(subject)) } else { Err(invalid_parameter("Subject")) }
}

/// Checks a message with a text for each protocol: an object whose `default` is a text. Of two
/// equal keys the last one counts.
pub(crate) fn structure(message: &str) -> Result<(), AwsError> {
    let wrong = |what: &str| invalid_parameter(format!("Message Structure - {what}"));
    let value: serde_json::Value =
        serde_json::from_str(message).map_err(|_| wrong("JSON message body failed to parse"))?;
    match value.get("default") {
        Some(serde_json::Value::String(_)) => Ok(()),
        _ => Err(wrong("No default entry in JSON message body")),
    }
}

/// Bytes that count against the limit: the text and all of the attributes.
pub(crate) fn bytes(text: &str, attributes: &[MessageAttribute]) -> usize {
    let attribute = |attribute: &MessageAttribute| {
        let value = match &attribute.value {
            AttributeValue::Text(text) => text.len(),
            AttributeValue::Binary(bytes) => bytes.len(),
        };
        attribute.name.len() + attribute.data_type.len() + value
    };
    text.len() + attributes.iter().map(attribute).sum::<usize>()
}

/// Checks `MessageGroupId` or `MessageDeduplicationId`: 1 to 128 printable ASCII characters.
pub(crate) fn fifo_id<'a>(form: &Fields<'a>, name: &str) -> Result<Option<&'a str>, AwsError> {
    let Some(id) = form.get(name) else { return Ok(None) };
    let is_good = (1..=FIFO_ID_CHARACTERS_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_graphic());
    if is_good {
        return Ok(Some(id));
    }
    let reason = format!(
        "{name} can only include alphanumeric and punctuation characters. 1 to 128 in length"
    );
    Err(invalid_reason(name, reason))
}

/// Checks what only FIFO topics need, and what they alone may have. Whether a topic makes
/// deduplication identifiers of its own the engine knows.
pub(crate) fn fifo(
    is_fifo: bool,
    group: Option<&str>,
    deduplication: Option<&str>,
) -> Result<(), AwsError> {
    if is_fifo && group.is_none() {
        return Err(invalid_parameter("The MessageGroupId parameter is required for FIFO topics"));
    }
    if !is_fifo && deduplication.is_some() {
        return Err(invalid_reason(
            "MessageDeduplicationId",
            "The request includes MessageDeduplicationId parameter that is not valid for this \
             topic type",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::testing::form;

    #[test]
    fn texts_and_subjects() {
        assert_eq!(text(&form(&[("Message", "m")]).fields()).unwrap(), "m");
        let message = |pairs: &[(&str, &str)]| text(&form(pairs).fields()).unwrap_err().message;
        assert_eq!(message(&[("Message", "")]), "Invalid parameter: Empty message");
        assert_eq!(
            message(&[]),
            "1 validation error detected: Value null at 'message' failed to satisfy constraint: \
             Member must not be null"
        );
        let longest = "ä".repeat(100);
        for good in ["s", "[Subject] é", longest.as_str()] {
            assert_eq!(subject(&form(&[("Subject", good)]).fields()).unwrap(), Some(good));
        }
        let too_long = "a".repeat(101);
        for wrong in ["", "a\nb", "a\u{7f}", too_long.as_str()] {
            let error = subject(&form(&[("Subject", wrong)]).fields()).unwrap_err();
            assert_eq!(error.message, "Invalid parameter: Subject");
        }
        assert_eq!(subject(&form(&[]).fields()).unwrap(), None);
    }

    #[test]
    fn a_structured_message_needs_a_default() {
        for good in [r#"{"default":""}"#, r#"{"default":1,"default":"x"}"#] {
            assert!(structure(good).is_ok(), "{good}");
        }
        let no_default = "Message Structure - No default entry in JSON message body";
        let no_json = "Message Structure - JSON message body failed to parse";
        let deep = "[".repeat(10_000);
        for (wrong, wanted) in [
            (r#"{"sqs":"x"}"#, no_default),
            (r#"{"default":{"a":1}}"#, no_default),
            (r#"["default"]"#, no_default),
            ("{", no_json),
            (r#"{"default":"a"} x"#, no_json),
            (&deep, no_json),
        ] {
            let message = structure(wrong).unwrap_err().message;
            assert_eq!(message, format!("Invalid parameter: {wanted}"));
        }
    }

    #[test]
    fn attributes_count_with_name_type_and_value() {
        let attributes = [
            MessageAttribute {
                name: "ab".to_owned(),
                data_type: "String".to_owned(),
                value: AttributeValue::Text("ü".to_owned()),
            },
            MessageAttribute {
                name: "c".to_owned(),
                data_type: "Binary".to_owned(),
                value: AttributeValue::Binary(Bytes::from_static(&[1, 2, 3])),
            },
        ];
        assert_eq!(bytes("m", &attributes), 1 + 2 + 6 + 2 + 1 + 6 + 3);
    }

    #[test]
    fn identifiers_of_fifo_messages() {
        let check = |value: &str| {
            let form = form(&[("MessageGroupId", value)]);
            fifo_id(&form.fields(), "MessageGroupId").map(|id| id.map(str::to_owned))
        };
        assert_eq!(check("a!~/").unwrap().as_deref(), Some("a!~/"));
        let too_long = "a".repeat(129);
        for wrong in ["", "a b", "ä", too_long.as_str()] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        assert!(fifo(true, Some("g"), None).is_ok());
        assert!(fifo(false, Some("g"), None).is_ok());
        assert!(fifo(true, None, Some("d")).is_err());
        assert!(fifo(false, None, Some("d")).is_err());
    }
}
