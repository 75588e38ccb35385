//! Typed attributes of a message: `MessageAttributes.entry.N.Name`, `.Value.DataType`,
//! `.Value.StringValue` or `.Value.BinaryValue`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use brume_edge::{AwsError, Fields};
use brume_topics::requests::{AttributeValue, MessageAttribute};
use bytes::Bytes;

use crate::error::{missing, parameter_value};

/// Bytes of the longest name.
const NAME_BYTES_MAX: usize = 256;

/// Beginnings of names that belong to AWS; those of settings for SMS and push are in use.
const RESERVED: [&str; 2] = ["aws.", "amazon."];
const SETTINGS: [&str; 2] = ["AWS.SNS.", "AWS.MM."];

/// Reads and checks all attributes of a message. `path` is where they stand, for errors:
/// `messageAttributes`.
pub(crate) fn read(form: &Fields<'_>, path: &str) -> Result<Vec<MessageAttribute>, AwsError> {
    let entries = form.members("MessageAttributes.entry");
    let mut attributes: Vec<MessageAttribute> = Vec::with_capacity(entries.len());
    for entry in &entries {
        let attribute = one(entry, path)?;
        // A map has each name once: the last one counts.
        match attributes.iter_mut().find(|other| other.name == attribute.name) {
            Some(other) => *other = attribute,
            None => attributes.push(attribute),
        }
    }
    Ok(attributes)
}

fn one(entry: &Fields<'_>, path: &str) -> Result<MessageAttribute, AwsError> {
    let name = entry.get("Name").unwrap_or_default();
    check_name(name)?;
    let data_type = entry
        .get("Value.DataType")
        .filter(|data_type| !data_type.is_empty())
        .ok_or_else(|| missing(&format!("{path}.{name}.member.dataType")))?;
    let base = data_type.split('.').next().unwrap_or_default();
    if !matches!(base, "String" | "Number" | "Binary") {
        return Err(parameter_value(format!(
            "The message attribute '{name}' has an invalid message attribute type, the set of \
             supported type prefixes is Binary, Number, and String."
        )));
    }
    let value = value(entry, name, base)?;
    Ok(MessageAttribute { name: name.to_owned(), data_type: data_type.to_owned(), value })
}

fn value(entry: &Fields<'_>, name: &str, base: &str) -> Result<AttributeValue, AwsError> {
    let text = entry.get("Value.StringValue");
    let binary = entry.get("Value.BinaryValue");
    let field = if base == "Binary" { "Binary" } else { "String" };
    let (own, other) = if base == "Binary" { (binary, text) } else { (text, binary) };
    if own.is_none() && other.is_some() {
        return Err(parameter_value(format!(
            "The message attribute '{name}' with type '{base}' must use field '{field}'."
        )));
    }
    let own = own.filter(|own| !own.is_empty()).ok_or_else(|| {
        parameter_value(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for \
             message attribute type '{base}'."
        ))
    })?;
    match base {
        "Binary" => {
            let bytes = STANDARD.decode(own).map_err(|_| {
                parameter_value(format!(
                    "The message attribute '{name}' with type 'Binary' is not valid base64."
                ))
            })?;
            Ok(AttributeValue::Binary(Bytes::from(bytes)))
        }
        "Number" if !is_number(own) => Err(parameter_value(format!(
            "Could not cast message attribute '{name}' value to number."
        ))),
        _ => Ok(AttributeValue::Text(own.to_owned())),
    }
}

/// Whether a text is a decimal number, with an exponent or without.
fn is_number(text: &str) -> bool {
    let starts_like_one =
        text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    // Not a number and the infinities are numbers for the standard library only.
    let has_only_digits =
        text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    starts_like_one && has_only_digits && text.parse::<f64>().is_ok()
}

fn check_name(name: &str) -> Result<(), AwsError> {
    if name.is_empty() {
        return Err(parameter_value("The message attribute name can not be empty."));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(parameter_value(
            "Length of message attribute name must be less than 256 bytes.",
        ));
    }
    let is_plain = |byte: char| byte.is_ascii_alphanumeric() || "_-.".contains(byte);
    if let Some(wrong) = name.chars().find(|character| !is_plain(*character)) {
        return Err(parameter_value(format!(
            "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute \
             name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
            u32::from(wrong)
        )));
    }
    if name.starts_with('.') {
        return Err(parameter_value(
            "Invalid message attribute name starting with character '.' was found.",
        ));
    }
    if name.ends_with('.') {
        return Err(parameter_value(
            "Invalid message attribute name ending with character '.' was found.",
        ));
    }
    if name.contains("..") {
        return Err(parameter_value(
            "Message attribute name can not have successive '.' character.",
        ));
    }
    let lower = name.to_ascii_lowercase();
    let is_reserved = RESERVED.iter().any(|prefix| lower.starts_with(prefix))
        && !SETTINGS.iter().any(|prefix| name.starts_with(prefix));
    if is_reserved {
        return Err(parameter_value(format!(
            "Message attribute name '{name}' starts with a prefix that is reserved."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use brume_edge::Parameters;
    use proptest::prelude::*;

    use super::*;

    fn one_of(name: &str, fields: &[(&str, &str)]) -> Result<Vec<MessageAttribute>, AwsError> {
        let mut pairs = vec![("MessageAttributes.entry.1.Name".to_owned(), name.to_owned())];
        for (field, value) in fields {
            pairs.push((format!("MessageAttributes.entry.1.Value.{field}"), (*value).to_owned()));
        }
        let parameters = Parameters::from_pairs(pairs).unwrap();
        read(&parameters.fields(), "messageAttributes")
    }

    #[test]
    fn good_attributes_are_read() {
        for data_type in ["String", "String.Array", "String.my-own", "Number", "Number.int"] {
            let fields = [("DataType", data_type), ("StringValue", "1.5e3")];
            let read = one_of("a.b-c_D", &fields).unwrap();
            assert_eq!(read[0].data_type, data_type);
            assert_eq!(read[0].value, AttributeValue::Text("1.5e3".to_owned()));
        }
        let read = one_of("b", &[("DataType", "Binary"), ("BinaryValue", "AgME")]).unwrap();
        assert_eq!(read[0].value, AttributeValue::Binary(Bytes::from_static(&[2, 3, 4])));
        let fields = [("DataType", "String"), ("StringValue", "Transactional")];
        assert!(one_of("AWS.SNS.SMS.SMSType", &fields).is_ok());
    }

    #[test]
    fn wrong_values_are_refused_in_the_words_of_aws() {
        let non_empty = |base: &str| {
            format!(
                "The message attribute 'attr1' must contain non-empty message attribute value \
                 for message attribute type '{base}'."
            )
        };
        let cases: [(&[(&str, &str)], String); 9] = [
            (&[("DataType", "String"), ("StringValue", "")], non_empty("String")),
            (&[("DataType", "String")], non_empty("String")),
            (&[("DataType", "Binary"), ("BinaryValue", "")], non_empty("Binary")),
            (
                &[("DataType", "String"), ("BinaryValue", "AgME")],
                "The message attribute 'attr1' with type 'String' must use field 'String'.".into(),
            ),
            (
                &[("DataType", "Number"), ("BinaryValue", "AgME")],
                "The message attribute 'attr1' with type 'Number' must use field 'String'.".into(),
            ),
            (
                &[("DataType", "Binary"), ("StringValue", "x")],
                "The message attribute 'attr1' with type 'Binary' must use field 'Binary'.".into(),
            ),
            (
                &[("DataType", "Strings"), ("StringValue", "x")],
                "The message attribute 'attr1' has an invalid message attribute type, the set \
                 of supported type prefixes is Binary, Number, and String."
                    .into(),
            ),
            (
                &[("DataType", "Number"), ("StringValue", "NaN")],
                "Could not cast message attribute 'attr1' value to number.".into(),
            ),
            (
                &[("StringValue", "x")],
                "1 validation error detected: Value null at \
                 'messageAttributes.attr1.member.dataType' failed to satisfy constraint: Member \
                 must not be null"
                    .into(),
            ),
        ];
        for (fields, wanted) in cases {
            assert_eq!(one_of("attr1", fields).unwrap_err().message, wanted, "{fields:?}");
        }
    }

    #[test]
    fn wrong_names_are_refused_in_the_words_of_aws() {
        let too_long = "a".repeat(257);
        for (name, wanted) in [
            (
                "attr^1",
                "Invalid non-alphanumeric character '#x5E' was found in the message attribute \
                 name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
            ),
            (".a", "Invalid message attribute name starting with character '.' was found."),
            ("a.", "Invalid message attribute name ending with character '.' was found."),
            ("a..b", "Message attribute name can not have successive '.' character."),
            (&too_long, "Length of message attribute name must be less than 256 bytes."),
            (
                "Amazon.x",
                "Message attribute name 'Amazon.x' starts with a prefix that is reserved.",
            ),
        ] {
            let fields = [("DataType", "String"), ("StringValue", "x")];
            assert_eq!(one_of(name, &fields).unwrap_err().message, wanted, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_attribute_is_too_odd(name in ".{0,300}", data_type in ".{0,20}", value in ".{0,20}") {
            let _ = one_of(&name, &[("DataType", &data_type), ("StringValue", &value)]);
            let _ = one_of(&name, &[("DataType", "Binary"), ("BinaryValue", &value)]);
        }

        #[test]
        fn numbers_are_numbers(number in any::<f64>()) {
            prop_assume!(number.is_finite());
            prop_assert!(is_number(&number.to_string()));
        }
    }
}
