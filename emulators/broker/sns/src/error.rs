//! The errors of SNS, in AWS's words.

use brume_edge::AwsError;
use brume_topics::TopicError;
use http::StatusCode;

/// Characters of a request's value that an error repeats.
const SHOWN_CHARACTERS_MAX: usize = 1_024;

/// `InvalidParameter` with AWS's usual beginning.
pub(crate) fn invalid_parameter(what: impl AsRef<str>) -> AwsError {
    AwsError::new("InvalidParameter", format!("Invalid parameter: {}", what.as_ref()))
}

/// `InvalidParameter` for one parameter with a reason.
pub(crate) fn invalid_reason(parameter: &str, reason: impl AsRef<str>) -> AwsError {
    invalid_parameter(format!("{parameter} Reason: {}", reason.as_ref()))
}

/// A required resource name is missing or empty.
pub(crate) fn no_value(parameter: &str) -> AwsError {
    invalid_reason(parameter, "no value for required parameter")
}

/// `ParameterValueInvalid`, as message attributes are refused.
pub(crate) fn parameter_value(message: impl Into<String>) -> AwsError {
    AwsError::new("ParameterValueInvalid", message)
}

/// A required parameter is missing; `path` is written as the service spells it: `message`.
pub(crate) fn missing(path: &str) -> AwsError {
    violation("null", path, "Member must not be null")
}

/// A value breaks a constraint of the service's model.
pub(crate) fn constraint(value: &str, path: &str, wanted: &str) -> AwsError {
    violation(&format!("'{}'", shown(value)), path, wanted)
}

fn violation(value: &str, path: &str, wanted: &str) -> AwsError {
    AwsError::new(
        "ValidationError",
        format!(
            "1 validation error detected: Value {value} at '{path}' failed to satisfy \
             constraint: {wanted}"
        ),
    )
}

/// The beginning of a text, so that an error is not as long as the request that caused it.
pub(crate) fn shown(text: &str) -> &str {
    text.char_indices().nth(SHOWN_CHARACTERS_MAX).map_or(text, |(end, _)| &text[..end])
}

/// `ResourceNotFound`, the spelling of tags and of the SMS sandbox.
pub(crate) fn resource_not_found(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceNotFound", message).status(StatusCode::NOT_FOUND)
}

/// An error with status 403: limits and permissions.
pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> AwsError {
    AwsError::new(code, message).status(StatusCode::FORBIDDEN)
}

/// The service itself failed.
pub(crate) fn internal(message: impl Into<String>) -> AwsError {
    let mut error =
        AwsError::new("InternalError", message).status(StatusCode::INTERNAL_SERVER_ERROR);
    error.is_sender = false;
    error
}

/// Puts what the engine refuses on the wire.
pub(crate) fn from_engine(error: &TopicError) -> AwsError {
    if let TopicError::Storage(reason) = error {
        return internal(reason.clone());
    }
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    AwsError::new(error.code(), error.message()).status(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_repeats_only_the_beginning_of_a_value() {
        let long = "ä".repeat(100_000);
        assert!(constraint(&long, "x", "y").message.len() < 4_096);
        assert_eq!(shown("null"), "null");
        assert!(constraint("null", "x", "y").message.contains("Value 'null' at"));
    }
}
