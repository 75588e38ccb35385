//! Checks messages before they go into a queue; limits of the API reference, `SendMessage`.

use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use brume_edge::AwsError;
use brume_queues::{
    AttributeValue, Content, Md5Digest, MessageAttribute, NewMessage, Settings, md5_of_trace_header,
};
use bytes::Bytes;

use crate::errors;
use crate::request::{AttributeInput, AttributeInputs, MessageInput};

/// Bytes of a message, and of all messages of a batch together.
pub const MESSAGE_BYTES_MAX: usize = 1_048_576;
/// Attributes of a message.
pub const ATTRIBUTES_MAX: usize = 10;
/// Bytes of the name and of the type of an attribute.
const ATTRIBUTE_NAME_BYTES_MAX: usize = 256;
/// Bytes of message group ids, deduplication ids and attempt ids.
const ID_BYTES_MAX: usize = 128;
/// Seconds of the longest delay.
const DELAY_SECONDS_MAX: i64 = 900;

/// Padding may be left out, as AWS allows.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A message that may be sent, and what its sender is told about it.
#[derive(Debug)]
pub(crate) struct Checked {
    /// For the queue.
    pub(crate) message: NewMessage,
    /// `MD5OfMessageSystemAttributes`.
    pub(crate) system_md5: Option<Md5Digest>,
}

/// Checks one message.
///
/// # Errors
/// In AWS's words; for an entry of a batch they end up in `Failed`.
pub(crate) fn check(
    input: MessageInput<'_>,
    settings: &Settings,
    sender: &Arc<str>,
    is_batch: bool,
) -> Result<Checked, AwsError> {
    let body = input.message_body.filter(|body| !body.is_empty());
    let body = body.ok_or_else(|| errors::missing_parameter("MessageBody"))?;
    if let Some(character) = first_invalid(&body) {
        return Err(errors::invalid_contents(character));
    }
    let group = input.message_group_id.as_deref();
    let deduplication = input.message_deduplication_id.as_deref();
    check_id(group, "MessageGroupId")?;
    check_id(deduplication, "MessageDeduplicationId")?;
    let delay_seconds = match settings.fifo {
        None => {
            if let Some(id) = deduplication {
                let reason =
                    "The request includes a parameter that is not valid for this queue type.";
                return Err(errors::invalid_value(id, "MessageDeduplicationId", reason));
            }
            check_delay(input.delay_seconds)?
        }
        Some(fifo) => {
            if group.is_none() {
                return Err(errors::missing_parameter("MessageGroupId"));
            }
            if deduplication.is_none() && !fifo.content_based_deduplication {
                return Err(no_deduplication());
            }
            check_no_delay(input.delay_seconds)?;
            None
        }
    };
    let attributes = check_attributes(input.message_attributes)?;
    let trace_header = check_system_attributes(input.message_system_attributes)?;
    let bytes = body.len() + attributes.iter().map(attribute_bytes).sum::<usize>();
    // A limit of 32 bits fits.
    let bytes_max = settings.maximum_message_bytes as usize;
    if bytes > bytes_max {
        let verdict = if is_batch { "cannot be validated" } else { "are invalid" };
        return Err(errors::invalid_parameter(format!(
            "One or more parameters {verdict}. Reason: Message must be shorter than {bytes_max} \
             bytes."
        )));
    }
    let system_md5 = trace_header.as_deref().map(md5_of_trace_header);
    let message = NewMessage {
        content: Arc::new(Content::new(body.as_bytes(), attributes)),
        delay_seconds,
        group: group.map(Box::from),
        deduplication: deduplication.map(Box::from),
        trace_header,
        sender: Arc::clone(sender),
    };
    Ok(Checked { message, system_md5 })
}

/// Neither an id nor content-based deduplication.
pub(crate) fn no_deduplication() -> AwsError {
    errors::invalid_parameter(
        "The queue should either have ContentBasedDeduplication enabled or \
         MessageDeduplicationId provided explicitly",
    )
}

/// Bytes that count for the limits, before the message is checked: binary values decoded.
#[must_use]
pub(crate) fn input_bytes(input: &MessageInput<'_>) -> usize {
    let length = |text: &Option<crate::request::Text<'_>>| text.as_deref().map_or(0, str::len);
    let attribute = |(name, value): &(crate::request::Text<'_>, AttributeInput<'_>)| {
        let binary = value.binary_value.as_deref().unwrap_or_default().trim_end_matches('=');
        let text = length(&value.string_value);
        name.len() + length(&value.data_type) + text + binary.len() * 3 / 4
    };
    let attributes = input.message_attributes.iter().map(attribute).sum::<usize>();
    length(&input.message_body) + attributes
}

fn attribute_bytes(attribute: &MessageAttribute) -> usize {
    attribute.name.len() + attribute.data_type.len() + attribute.value.as_bytes().len()
}

/// The first character that XML 1.0 has no room for. Control characters are the usual ones, and
/// U+FFFE and U+FFFF; surrogates cannot be in a `str`.
#[must_use]
pub fn first_invalid(text: &str) -> Option<char> {
    // Both begin with this byte in UTF-8; it is rare enough to look closer only then.
    const FIRST_OF_NONCHARACTERS: u8 = 0xEF;
    let is_suspect = |byte: u8| {
        (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == FIRST_OF_NONCHARACTERS
    };
    // Without an early exit inside a chunk the compiler compares many bytes at once.
    let is_suspicious =
        |chunk: &[u8]| chunk.iter().fold(false, |any, byte| any | is_suspect(*byte));
    if !text.as_bytes().chunks(64).any(is_suspicious) {
        return None;
    }
    text.chars().find(|character| {
        matches!(character, '\0'..'\t' | '\u{B}' | '\u{C}' | '\u{E}'..' ' | '\u{FFFE}' | '\u{FFFF}')
    })
}

/// Checks a message group id, a deduplication id or an attempt id.
pub(crate) fn check_id(id: Option<&str>, parameter: &str) -> Result<(), AwsError> {
    let Some(id) = id else { return Ok(()) };
    if (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = format!(
        "{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
    );
    Err(errors::invalid_value(id, parameter, reason))
}

fn check_delay(delay_seconds: Option<i64>) -> Result<Option<u32>, AwsError> {
    let Some(seconds) = delay_seconds else { return Ok(None) };
    let fitting = u32::try_from(seconds).ok().filter(|_| seconds <= DELAY_SECONDS_MAX);
    let reason = "DelaySeconds must be >= 0 and <= 900.";
    fitting.map(Some).ok_or_else(|| errors::invalid_value(seconds, "DelaySeconds", reason))
}

/// Messages of FIFO queues have no delay of their own; 0 is taken as none.
fn check_no_delay(delay_seconds: Option<i64>) -> Result<(), AwsError> {
    match delay_seconds {
        None | Some(0) => Ok(()),
        Some(seconds) => {
            let reason = "The request include parameter that is not valid for this queue type.";
            Err(errors::invalid_value(seconds, "DelaySeconds", reason))
        }
    }
}

fn check_system_attributes(inputs: AttributeInputs<'_>) -> Result<Option<Box<str>>, AwsError> {
    let mut trace_header = None;
    for (name, value) in inputs {
        if name != "AWSTraceHeader" {
            return Err(errors::invalid_parameter(format!(
                "Message system attribute name '{name}' is invalid. Only AWSTraceHeader can be set."
            )));
        }
        let is_text = value.data_type.as_deref() == Some("String");
        let text = value.string_value.filter(|text| is_text && !text.is_empty());
        let text = text.ok_or_else(|| {
            errors::invalid_parameter(format!(
                "Message system attribute '{name}' must contain a non-empty value of type 'String'."
            ))
        })?;
        trace_header = Some(Box::from(text));
    }
    Ok(trace_header)
}

fn check_attributes(inputs: AttributeInputs<'_>) -> Result<Vec<MessageAttribute>, AwsError> {
    if inputs.len() > ATTRIBUTES_MAX {
        return Err(errors::invalid_parameter(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{ATTRIBUTES_MAX}].",
            inputs.len()
        )));
    }
    let mut checked = Vec::<MessageAttribute>::with_capacity(inputs.len());
    for (name, value) in inputs {
        check_name(&name)?;
        let attribute = check_attribute(&name, value)?;
        // Of two equal names the last one counts, as in any JSON object.
        checked.retain(|other| other.name != attribute.name);
        checked.push(attribute);
    }
    Ok(checked)
}

fn check_name(name: &str) -> Result<(), AwsError> {
    let wrong = |message: String| Err(errors::invalid_parameter(message));
    if name.is_empty() {
        return wrong("The request must contain non-empty message attribute names.".to_owned());
    }
    if name.len() > ATTRIBUTE_NAME_BYTES_MAX {
        return wrong("Message (user) attribute names must be shorter than 256 Bytes".to_owned());
    }
    let is_plain =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
    if !name.chars().all(is_plain) {
        return wrong(format!(
            "The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, \
             0-9, underscore (_), hyphen (-), and period (.) characters."
        ));
    }
    let begins = |prefix: &str| {
        name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let is_reserved = begins("AWS.") || begins("Amazon.");
    if is_reserved || name.starts_with('.') || name.ends_with('.') || name.contains("..") {
        return wrong(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These \
             strings are reserved for internal use. Additionally, they cannot start or end with \
             '.'."
                .to_owned(),
        );
    }
    Ok(())
}

fn check_attribute(name: &str, value: AttributeInput<'_>) -> Result<MessageAttribute, AwsError> {
    let Some(data_type) = value.data_type.as_deref().filter(|it| !it.is_empty()) else {
        return Err(errors::invalid_parameter(format!(
            "The message attribute '{name}' must contain non-empty message attribute type."
        )));
    };
    if !value.string_list_values.is_empty() || !value.binary_list_values.is_empty() {
        return Err(errors::unsupported(format!(
            "Message attribute list values in SendMessage operation are not supported: '{name}'."
        )));
    }
    if data_type.len() > ATTRIBUTE_NAME_BYTES_MAX {
        let message = "Message (user) attribute types must be shorter than 256 Bytes";
        return Err(errors::invalid_parameter(message));
    }
    let kind = data_type.split_once('.').map_or(data_type, |(kind, _)| kind);
    let absent = || {
        errors::invalid_parameter(format!(
            "Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
        ))
    };
    let checked = match kind {
        "String" | "Number" => {
            let text = value.string_value.as_deref().filter(|it| !it.is_empty());
            let text = text.ok_or_else(absent)?;
            if kind == "Number" && !is_number(text) {
                return Err(errors::invalid_parameter(format!(
                    "Can't cast the value of message (user) attribute '{name}' to a number."
                )));
            }
            if let Some(character) = first_invalid(text) {
                let place = format!("attribute '{name}'");
                return Err(errors::invalid_parameter(errors::invalid_character(
                    character, &place,
                )));
            }
            AttributeValue::Text(text.into())
        }
        "Binary" => {
            let text = value.binary_value.as_deref().filter(|it| !it.is_empty());
            let bytes = BASE64.decode(text.ok_or_else(absent)?).map_err(|_| {
                errors::serialization(format!("The binary value of '{name}' is not base64."))
            })?;
            AttributeValue::Binary(Bytes::from(bytes))
        }
        _ => {
            return Err(errors::invalid_parameter(format!(
                "The type of message (user) attribute '{name}' is invalid. You must use only the \
                 following supported type prefixes: Binary, Number, String."
            )));
        }
    };
    Ok(MessageAttribute { name: name.into(), data_type: data_type.into(), value: checked })
}

/// Decimal numbers with up to 38 digits, with an exponent if need be.
fn is_number(text: &str) -> bool {
    let is_part =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    text.len() <= ID_BYTES_MAX && text.bytes().all(is_part) && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests;
