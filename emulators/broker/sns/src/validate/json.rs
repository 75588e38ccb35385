//! JSON texts in attributes, and what AWS's parser says about those that are none.

use brume_edge::AwsError;
use serde_json::Value;

use super::Place;

/// Where AWS says that an error is, before line and column.
const SOURCE: &str = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)";

/// Reads the JSON text of the attribute `name`.
pub(crate) fn parse(place: Place, name: &str, text: &str) -> Result<Value, AwsError> {
    serde_json::from_str(text).map_err(|error| {
        let what = describe(text, &error);
        place.refuse(format!("{name}: failed to parse JSON. {what}"))
    })
}

/// Reads a JSON text that has to be an object.
pub(crate) fn parse_object(
    place: Place,
    name: &str,
    text: &str,
) -> Result<serde_json::Map<String, Value>, AwsError> {
    match parse(place, name, text)? {
        Value::Object(object) => Ok(object),
        _ => Err(place.refuse(format!("{name}: must be a JSON object"))),
    }
}

/// Puts an error of ours into the words of AWS's parser, as far as they are known.
fn describe(text: &str, error: &serde_json::Error) -> String {
    let (line, mut column) = (error.line(), error.column());
    let source = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let at = column.saturating_sub(1);
    let token = source.get(at..).map(leading_word).unwrap_or_default();
    let start = text.trim_start();
    let what = if error.is_eof() {
        "Unexpected end-of-input".to_owned()
    } else if start.starts_with(|first: char| first.is_ascii_alphabetic()) {
        let token = leading_word(start);
        column = text.len() - start.len() + token.len() + 1;
        unrecognized(token)
    } else if source.get(..at).is_some_and(|before| before.trim_end().ends_with('{')) {
        format!("{}was expecting double-quote to start field name", unexpected(source, at))
    } else if token.is_empty() {
        format!("{}was expecting comma or end of the value", unexpected(source, at))
    } else {
        column += token.len();
        unrecognized(token)
    };
    format!("{what}\n at {SOURCE}; line: {line}, column: {column}]")
}

fn unrecognized(token: &str) -> String {
    format!(
        "Unrecognized token '{token}': was expecting (JSON String, Number, Array, Object or token \
         'null', 'true' or 'false')"
    )
}

fn unexpected(source: &str, at: usize) -> String {
    match source.get(at..).and_then(|rest| rest.chars().next()) {
        Some(found) => {
            format!("Unexpected character ('{found}' (code {})): ", u32::from(found))
        }
        None => "Unexpected end: ".to_owned(),
    }
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_errors_have_the_words_of_aws() {
        let message = |place, text| parse(place, "FilterPolicy", text).unwrap_err().message;
        assert_eq!(
            message(Place::Single, "{invalidjson}"),
            "Invalid parameter: FilterPolicy: failed to parse JSON. Unexpected character ('i' \
             (code 105)): was expecting double-quote to start field name\n at [Source: REDACTED \
             (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"
        );
        assert_eq!(
            message(Place::Map, "invalid"),
            "Invalid parameter: Attributes Reason: FilterPolicy: failed to parse JSON. \
             Unrecognized token 'invalid': was expecting (JSON String, Number, Array, Object or \
             token 'null', 'true' or 'false')\n at [Source: REDACTED \
             (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 8]"
        );
        assert!(message(Place::Single, "{\"a\":").contains("Unexpected end-of-input"));
    }

    proptest! {
        #[test]
        fn every_text_has_an_answer(text in "[\\PC{}\\[\\]:,\"\n ]{0,40}") {
            let _ = parse(Place::Single, "P", &text);
            let _ = parse_object(Place::Map, "P", &text);
        }
    }
}
