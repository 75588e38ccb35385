//! The errors of SQS in AWS's words.
//!
//! Each has two names: the shape's for JSON, and the older one for Query and for
//! `x-amzn-query-error`, which is what SDKs show. See the `Errors` sections of the API reference.

use std::fmt::Display;

use brume_edge::AwsError;
use http::StatusCode;

/// Whether the caller speaks JSON or Query: a few texts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// JSON 1.0.
    Json,
    /// Query and XML.
    Query,
}

/// A parameter has a value that cannot be.
#[must_use]
pub fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValueException", message).query_code("InvalidParameterValue")
}

/// A parameter has a value that cannot be, in the usual sentence.
#[must_use]
pub fn invalid_value(value: impl Display, parameter: &str, reason: impl Display) -> AwsError {
    invalid_parameter(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    ))
}

/// A parameter is not there.
#[must_use]
pub fn missing_parameter(parameter: &str) -> AwsError {
    let message = format!("The request must contain the parameter {parameter}.");
    AwsError::new("MissingRequiredParameterException", message).query_code("MissingParameter")
}

/// There is no such queue.
#[must_use]
pub fn no_queue(wire: Wire) -> AwsError {
    let message = match wire {
        Wire::Json => "The specified queue does not exist.",
        Wire::Query => "The specified queue does not exist for this wsdl version.",
    };
    AwsError::new("QueueDoesNotExist", message)
        .query_code("AWS.SimpleQueueService.NonExistentQueue")
}

/// A queue of that name is there and differs.
#[must_use]
pub fn queue_exists(attribute: &str) -> AwsError {
    let message = format!(
        "A queue already exists with the same name and a different value for attribute {attribute}"
    );
    AwsError::new("QueueNameExists", message).query_code("QueueAlreadyExists")
}

/// A queue of that name was deleted less than a minute ago.
#[must_use]
pub fn deleted_recently() -> AwsError {
    let message = "You must wait 60 seconds after deleting a queue before you can create another \
                   with the same name.";
    AwsError::new("QueueDeletedRecently", message)
        .query_code("AWS.SimpleQueueService.QueueDeletedRecently")
}

/// The queue was purged less than a minute ago.
#[must_use]
pub fn purge_in_progress(name: &str) -> AwsError {
    let message = format!("Only one PurgeQueue operation on {name} is allowed every 60 seconds.");
    AwsError::new("PurgeQueueInProgress", message)
        .query_code("AWS.SimpleQueueService.PurgeQueueInProgress")
        .status(StatusCode::FORBIDDEN)
}

/// Too many of something.
#[must_use]
pub fn over_limit(message: impl Into<String>) -> AwsError {
    AwsError::new("OverLimit", message).status(StatusCode::FORBIDDEN)
}

/// What was given is no receipt handle of this queue.
#[must_use]
pub fn invalid_handle(handle: &str) -> AwsError {
    let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
    AwsError::new("ReceiptHandleIsInvalid", message).status(StatusCode::NOT_FOUND)
}

/// Nobody has received the message, or not lately.
#[must_use]
pub fn not_in_flight() -> AwsError {
    AwsError::new("MessageNotInflight", "The message referred to isn't in flight.")
        .query_code("AWS.SimpleQueueService.MessageNotInflight")
}

/// The message is not there any more, so that it cannot be hidden.
#[must_use]
pub fn not_available(handle: &str) -> AwsError {
    let reason = "Message does not exist or is not available for visibility timeout change.";
    invalid_value(handle, "ReceiptHandle", reason)
}

/// A FIFO message cannot be deleted by a handle that another receive has superseded.
#[must_use]
pub fn expired_handle(handle: &str) -> AwsError {
    invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")
}

/// There is no such attribute.
#[must_use]
pub fn unknown_attribute(name: &str) -> AwsError {
    attribute_name(format!("Unknown Attribute {name}."))
}

/// An attribute may not be named here.
#[must_use]
pub fn attribute_name(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidAttributeName", message)
}

/// An attribute may not have this value.
#[must_use]
pub fn invalid_attribute(name: &str) -> AwsError {
    attribute_value(format!("Invalid value for the parameter {name}."))
}

/// An attribute may not have this value, for a reason.
#[must_use]
pub fn attribute_value(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidAttributeValue", message)
}

/// The text holds a character that XML 1.0 has no room for.
#[must_use]
pub fn invalid_contents(character: char) -> AwsError {
    AwsError::new("InvalidMessageContents", invalid_character(character, "body"))
}

/// The sentence about such a character.
#[must_use]
pub fn invalid_character(character: char, place: &str) -> String {
    format!(
        "Invalid binary character '#x{:X}' was found in the message {place}, the set of allowed \
         characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].",
        u32::from(character)
    )
}

/// A batch without entries.
#[must_use]
pub fn empty_batch(entry: &str) -> AwsError {
    let message = format!("There should be at least one {entry} in the request.");
    AwsError::new("EmptyBatchRequest", message)
        .query_code("AWS.SimpleQueueService.EmptyBatchRequest")
}

/// A batch with more than ten entries.
#[must_use]
pub fn too_many_entries(count: usize) -> AwsError {
    let message = format!("Maximum number of entries per request are 10. You have sent {count}.");
    AwsError::new("TooManyEntriesInBatchRequest", message)
        .query_code("AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
}

/// Two entries of a batch share an id.
#[must_use]
pub fn repeated_id(id: &str) -> AwsError {
    AwsError::new("BatchEntryIdsNotDistinct", format!("Id {id} repeated."))
        .query_code("AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
}

/// An id of a batch entry has a form that ids do not have.
#[must_use]
pub fn invalid_entry_id() -> AwsError {
    let message = "A batch entry id can only contain alphanumeric characters, hyphens and \
                   underscores. It can be at most 80 letters long.";
    AwsError::new("InvalidBatchEntryId", message)
        .query_code("AWS.SimpleQueueService.InvalidBatchEntryId")
}

/// The messages of a batch are too long together.
#[must_use]
pub fn batch_too_long(bytes_max: usize, bytes: usize) -> AwsError {
    let message = format!(
        "Batch requests cannot be longer than {bytes_max} bytes. You have sent {bytes} bytes."
    );
    AwsError::new("BatchRequestTooLong", message)
        .query_code("AWS.SimpleQueueService.BatchRequestTooLong")
}

/// Something named by an ARN or a handle is not there.
#[must_use]
pub fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceNotFoundException", message).status(StatusCode::NOT_FOUND)
}

/// This cannot be done.
#[must_use]
pub fn unsupported(message: impl Into<String>) -> AwsError {
    AwsError::new("UnsupportedOperation", message)
        .query_code("AWS.SimpleQueueService.UnsupportedOperation")
}

/// The queue URL is none.
#[must_use]
pub fn invalid_address(url: &str) -> AwsError {
    let message = format!("The address {url} is not valid for this endpoint.");
    AwsError::new("InvalidAddress", message).status(StatusCode::NOT_FOUND)
}

/// The caller may not do that.
#[must_use]
pub fn access_denied(message: impl Into<String>) -> AwsError {
    AwsError::new("AccessDeniedException", message)
        .query_code("AccessDenied")
        .status(StatusCode::FORBIDDEN)
}

/// The body of the request is not the JSON document that it should be.
#[must_use]
pub fn serialization(message: impl Into<String>) -> AwsError {
    AwsError::new("SerializationException", message)
}

/// There is no such operation.
#[must_use]
pub fn unknown_operation(action: &str, wire: Wire) -> AwsError {
    match wire {
        Wire::Json => AwsError::new("UnknownOperationException", String::new()),
        Wire::Query => {
            let message = format!("The action {action} is not valid for this endpoint.");
            AwsError::new("InvalidAction", message)
        }
    }
}

/// The disk refuses, or a bug.
#[must_use]
pub fn internal(message: impl Into<String>) -> AwsError {
    let error = AwsError::new("InternalFailure", message);
    let error = error.status(StatusCode::INTERNAL_SERVER_ERROR);
    AwsError { is_sender: false, ..error }
}

/// The name that SDKs show and that batch answers carry.
#[must_use]
pub fn shown_code(error: &AwsError) -> &'static str {
    error.query_code.unwrap_or(error.code)
}
