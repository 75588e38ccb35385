//! The words in which AWS refuses a signature.
//!
//! Query services and JSON services have different names for the same errors (Common Errors in the
//! API references of SNS and of the JSON services); SQS in JSON form sends both.

use http::StatusCode;

use crate::AwsError;

fn refusal(code: &'static str, query_code: &'static str, message: impl Into<String>) -> AwsError {
    AwsError::new(code, message).query_code(query_code).status(StatusCode::FORBIDDEN)
}

pub(super) fn missing_token() -> AwsError {
    refusal(
        "com.amazon.coral.service#MissingAuthenticationTokenException",
        "MissingAuthenticationToken",
        "Request is missing Authentication Token",
    )
}

pub(super) fn incomplete(message: impl Into<String>) -> AwsError {
    refusal("com.amazon.coral.service#IncompleteSignatureException", "IncompleteSignature", message)
}

pub(super) fn unknown_key() -> AwsError {
    refusal(
        "com.amazon.coral.service#UnrecognizedClientException",
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    )
}

pub(super) fn expired_token() -> AwsError {
    refusal(
        "com.amazon.coral.service#ExpiredTokenException",
        "ExpiredToken",
        "The security token included in the request is expired",
    )
}

pub(super) fn mismatch() -> AwsError {
    wrong_signature(
        "The request signature we calculated does not match the signature you provided. Check \
         your AWS Secret Access Key and signing method. Consult the service documentation for \
         details.",
    )
}

pub(super) fn wrong_signature(message: impl Into<String>) -> AwsError {
    refusal("com.amazon.coral.service#InvalidSignatureException", "SignatureDoesNotMatch", message)
}

pub(super) fn request_expired() -> AwsError {
    refusal("com.amazon.coral.service#RequestExpired", "RequestExpired", "Request has expired.")
        .status(StatusCode::BAD_REQUEST)
}
