//! What went wrong with AWS, in brume's words: exit code, cause, and the next command.

use std::error::Error as StdError;
use std::fmt::Display;
use std::io::ErrorKind;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use brume_plugin::error::{Error, ExitCode};
use brume_plugin::invocation::{Target, TargetKind};

/// Error codes that mean: these credentials will not do. Matched without a trailing `Exception`.
const AUTH_CODES: [&str; 15] = [
    "AccessDenied",
    "AuthFailure",
    "AuthorizationError",
    "ExpiredToken",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidSignature",
    "KMSAccessDenied",
    "MissingAuthenticationToken",
    "NotAuthorized",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClient",
];

/// Turns an error of a service client into ours; `action` completes "cannot …".
#[must_use]
pub fn from_sdk<E>(action: impl Display, error: SdkError<E, HttpResponse>, target: &Target) -> Error
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
{
    let message = format!("cannot {action}");
    match &error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let code = service.err().code().unwrap_or_default();
            let text = service.err().message().unwrap_or("the service gave no reason");
            from_answer(message, status, code, text, target)
        }
        SdkError::TimeoutError(_) => {
            Error::new(ExitCode::Timeout, message).source(&error).hint(longer())
        }
        other if finds_no_credentials(other) => no_credentials(message, other, target),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            Error::new(ExitCode::Timeout, message).source(&error).hint(longer())
        }
        SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            let result = Error::new(ExitCode::Unreachable, message).source(&error);
            match target.kind {
                TargetKind::Emulated => result.hint("brume up"),
                TargetKind::Real => result.hint("aws configure list shows region and profile"),
            }
        }
        _ => Error::failed(message).source(&error),
    }
}

/// The chain of credentials has come to its end.
fn no_credentials(message: String, error: &(dyn StdError + 'static), target: &Target) -> Error {
    let result = Error::new(ExitCode::Auth, message)
        .cause("no AWS credentials were found, or they could not be renewed")
        .source(error);
    if result.causes.iter().any(|cause| cause.contains("SSO token")) {
        return result.hint(sso_login(target));
    }
    result.hint("aws configure list").hint("repeat the command with --profile NAME")
}

fn sso_login(target: &Target) -> String {
    match &target.aws.profile {
        Some(profile) => format!("aws sso login --profile {profile}"),
        None => "aws sso login".to_owned(),
    }
}

fn longer() -> &'static str {
    "repeat the command with --request-timeout 2m"
}

/// Classifies what a service answered.
pub(crate) fn from_answer(
    message: String,
    status: u16,
    code: &str,
    text: &str,
    target: &Target,
) -> Error {
    let exit_code = exit_code(status, code);
    let cause =
        if code.is_empty() { format!("{text} ({status})") } else { format!("{code}: {text}") };
    let result = Error::new(exit_code, message).cause(cause);
    match exit_code {
        ExitCode::Auth if code.starts_with("ExpiredToken") => result.hint(sso_login(target)),
        ExitCode::Auth => result.hint("aws sts get-caller-identity"),
        _ => result,
    }
}

fn exit_code(status: u16, code: &str) -> ExitCode {
    let short = code.rsplit('.').next().unwrap_or(code);
    let short = short.strip_suffix("Exception").unwrap_or(short);
    if AUTH_CODES.contains(&short) {
        return ExitCode::Auth;
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| short.ends_with(end));
    if ends(&["NotFound", "NonExistentQueue", "QueueDoesNotExist", "NoSuchEntity", "NoSuchKey"]) {
        return ExitCode::NotFound;
    }
    if ends(&["Conflict", "AlreadyExists", "NameExists", "InUse", "PurgeQueueInProgress"]) {
        return ExitCode::Conflict;
    }
    match status {
        401 | 403 => ExitCode::Auth,
        404 => ExitCode::NotFound,
        409 | 412 => ExitCode::Conflict,
        408 | 504 => ExitCode::Timeout,
        502 | 503 => ExitCode::Unreachable,
        _ => ExitCode::Failed,
    }
}

fn finds_no_credentials(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<CredentialsError>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// The innermost reason, which says more than the wrappers around it.
#[must_use]
pub fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Whether nobody listens there: then nothing was sent.
#[must_use]
pub fn was_refused(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[derive(Debug)]
    struct Fault(ErrorMetadata);

    impl Display for Fault {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("fault")
        }
    }

    impl StdError for Fault {}

    impl ProvideErrorMetadata for Fault {
        fn meta(&self) -> &ErrorMetadata {
            &self.0
        }
    }

    #[test]
    fn codes_come_before_statuses() {
        for (status, code, expected) in [
            (400, "AccessDeniedException", ExitCode::Auth),
            (400, "ExpiredTokenException", ExitCode::Auth),
            (403, "", ExitCode::Auth),
            (400, "AWS.SimpleQueueService.NonExistentQueue", ExitCode::NotFound),
            (400, "QueueDoesNotExist", ExitCode::NotFound),
            (404, "ResourceNotFoundException", ExitCode::NotFound),
            (409, "ResourceConflictException", ExitCode::Conflict),
            (400, "ThrottlingException", ExitCode::Failed),
            (500, "InternalFailure", ExitCode::Failed),
        ] {
            assert_eq!(exit_code(status, code), expected, "{code}");
        }
    }

    #[test]
    fn an_expired_session_says_how_to_renew_it() {
        let mut target = Target::default();
        target.aws.profile = Some("prod".to_owned());
        let error = from_answer("cannot list".into(), 400, "ExpiredToken", "it expired", &target);
        assert_eq!(error.causes, ["ExpiredToken: it expired"]);
        assert_eq!(error.hints, ["aws sso login --profile prod"]);
    }

    #[test]
    fn missing_credentials_are_recognised_in_the_chain() {
        let inner = CredentialsError::not_loaded("nothing configured");
        let error: SdkError<Fault, HttpResponse> = SdkError::construction_failure(inner);
        let error = from_sdk("list queues", error, &Target::default());
        assert_eq!((error.code, error.message.as_str()), (ExitCode::Auth, "cannot list queues"));
    }

    #[test]
    fn a_missing_session_says_how_to_begin_one() {
        let inner = CredentialsError::provider_error("failed to load the cached SSO token");
        let error: SdkError<Fault, HttpResponse> = SdkError::construction_failure(inner);
        let error = from_sdk("list queues", error, &Target::default());
        assert_eq!(error.hints, ["aws sso login"]);
    }

    #[test]
    fn a_timeout_is_a_timeout() {
        let error: SdkError<Fault, HttpResponse> = SdkError::timeout_error("too slow");
        assert_eq!(from_sdk("x", error, &Target::default()).code, ExitCode::Timeout);
    }
}
