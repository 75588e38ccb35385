//! Reads requests, and refuses them in AWS's words.

use serde::de::DeserializeOwned;

use crate::AwsError;

/// Reads the parameters of an action.
pub(super) fn read<Parameters: DeserializeOwned>(body: &[u8]) -> Result<Parameters, AwsError> {
    serde_json::from_slice(body).map_err(|error| {
        AwsError::new("SerializationException", format!("The request cannot be read: {error}"))
    })
}

pub(super) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterException", message)
}

pub(super) fn no_group() -> AwsError {
    AwsError::new("ResourceNotFoundException", "The specified log group does not exist.")
}

pub(super) fn no_stream() -> AwsError {
    AwsError::new("ResourceNotFoundException", "The specified log stream does not exist.")
}

/// The name of a group: given as such, or as ARN in `logGroupIdentifier`.
pub(super) fn group_name<'a>(
    name: Option<&'a str>,
    identifier: Option<&'a str>,
) -> Result<&'a str, AwsError> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(arn)) if arn.starts_with("arn:") => {
            let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
            let name = resource.strip_prefix("log-group:").unwrap_or_default();
            Ok(name.strip_suffix(":*").unwrap_or(name))
        }
        (None, Some(name)) => Ok(name),
        _ => Err(invalid("Exactly one of logGroupName and logGroupIdentifier must be given.")),
    }
}

pub(super) fn check_group_name(name: &str) -> Result<(), AwsError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/#".contains(&byte);
    if (1..=512).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(violates("logGroupName", name, "[\\.\\-_/#A-Za-z0-9]+"))
}

pub(super) fn check_stream_name(name: &str) -> Result<(), AwsError> {
    if (1..=512).contains(&name.len()) && !name.contains([':', '*']) {
        return Ok(());
    }
    Err(violates("logStreamName", name, "[^:*]*"))
}

fn violates(field: &str, value: &str, pattern: &str) -> AwsError {
    let shown = value.chars().take(64).collect::<String>().escape_debug().to_string();
    invalid(format!(
        "1 validation error detected: Value '{shown}' at '{field}' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: {pattern}"
    ))
}

/// The number of items of a page.
pub(super) fn limit(limit: Option<u32>, default: usize, max: usize) -> Result<usize, AwsError> {
    let Some(limit) = limit else { return Ok(default) };
    match usize::try_from(limit) {
        Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
        _ => Err(invalid(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: \
             Member must have value between 1 and {max}"
        ))),
    }
}
