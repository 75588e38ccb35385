//! Structured messages: a JSON object with a text for each protocol and a default one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Result, TopicError};
use crate::protocol::Protocol;
use crate::requests::Publish;

/// The default text, and those of protocols.
pub(crate) type Texts = (Arc<str>, BTreeMap<Protocol, Arc<str>>);

/// The texts of a structured message. What is no text counts as absent.
///
/// # Errors
/// `InvalidParameter` for what is no object or has no default.
pub(crate) fn texts(json: &str) -> Result<Texts> {
    let Ok(Value::Object(object)) = serde_json::from_str::<Value>(json) else {
        let message = "Message Structure - JSON message body failed to parse";
        return Err(TopicError::invalid(message));
    };
    let Some(default) = object.get("default").and_then(Value::as_str) else {
        let message = "Message Structure - No default entry in JSON message body";
        return Err(TopicError::invalid(message));
    };
    let texts = Protocol::ALL.into_iter().filter_map(|protocol| {
        let text = object.get(protocol.as_str())?.as_str()?;
        Some((protocol, Arc::from(text)))
    });
    Ok((Arc::from(default), texts.collect()))
}

/// The text of a message for one platform: `sms`, `GCM`, `APNS`.
///
/// # Errors
/// As [`texts`].
pub(crate) fn text_for_platform(message: &Publish, platform: &str) -> Result<String> {
    if !message.is_structured {
        return Ok(message.message.clone());
    }
    let (default, _) = texts(&message.message)?;
    let object = serde_json::from_str::<Value>(&message.message).unwrap_or_default();
    let own = object.get(platform).and_then(Value::as_str).map(str::to_owned);
    Ok(own.unwrap_or_else(|| default.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_structured_message_has_a_default_and_texts_of_protocols() {
        let json = r#"{"default":"d","email":"e","sqs":7,"GCM":"{}"}"#;
        let (default, texts) = texts(json).unwrap();
        assert_eq!(&*default, "d");
        assert_eq!(texts.keys().copied().collect::<Vec<_>>(), [Protocol::Email]);
        for (wrong, word) in [("x", "failed to parse"), ("{}", "No default"), ("[]", "failed")] {
            let error = super::texts(wrong).unwrap_err();
            assert!(error.message().contains(word), "{error}");
        }
    }
}
