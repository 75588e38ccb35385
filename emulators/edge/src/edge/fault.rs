//! Failures on demand, in the words of the service.

use brume_foundation::clock::Moment;
use brume_foundation::faults::{Failure, Faults};
use http::StatusCode;

use super::respond::WireError;
use crate::{AwsError, AwsService};

/// The name under which a rule means every service of the edge.
const EVERY_SERVICE: &str = "aws";

/// What a fault rule makes of a call.
pub(super) enum Faulty {
    No,
    /// No answer at all.
    Vanish,
    Error(Fault),
}

/// An error whose words may come from a rule.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    code: String,
    query_code: String,
    message: String,
}

impl<'a> From<&'a Fault> for WireError<'a> {
    fn from(fault: &'a Fault) -> Self {
        Self {
            code: &fault.code,
            query_code: &fault.query_code,
            status: fault.status,
            message: &fault.message,
            is_sender: !fault.status.is_server_error(),
        }
    }
}

impl From<AwsError> for Fault {
    fn from(error: AwsError) -> Self {
        Self {
            status: error.status,
            code: error.code.to_owned(),
            query_code: error.code_for_query().to_owned(),
            message: error.message,
        }
    }
}

/// Asks the rules, and waits if they say so.
pub(super) async fn apply(
    faults: &Faults,
    service: &dyn AwsService,
    action: &str,
    now: Moment,
) -> Faulty {
    match faults.apply_any(&[service.name(), EVERY_SERVICE], action, now).await {
        Ok(()) => Faulty::No,
        Err(Failure::Drop) => Faulty::Vanish,
        Err(Failure::Throttle { .. }) => Faulty::Error(service.throttled().into()),
        Err(Failure::Error { status, code, message }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut fault = Fault::from(usual(service, status));
            fault.status = status;
            if let Some(code) = code {
                let bare = code.rsplit_once('#').map_or(&*code, |(_, bare)| bare);
                fault.query_code = bare.to_owned();
                fault.code = code;
            }
            if let Some(message) = message {
                fault.message = message;
            }
            Faulty::Error(fault)
        }
    }
}

/// The error that AWS usually sends with a status.
fn usual(service: &dyn AwsService, status: StatusCode) -> AwsError {
    match status.as_u16() {
        401 | 403 => {
            AwsError::new("AccessDeniedException", "Access denied").query_code("AccessDenied")
        }
        404 => AwsError::new("ResourceNotFoundException", "The resource does not exist."),
        429 => service.throttled(),
        503 => AwsError::new("ServiceUnavailable", "Service is unavailable.").receiver(),
        500..=599 => AwsError::new("InternalFailure", "An internal error occurred.").receiver(),
        _ => AwsError::new("ValidationError", "The request is not valid."),
    }
}

/// What each service says when it is called too often.
pub(crate) fn throttled(service: &str) -> AwsError {
    match service {
        "sqs" => AwsError::new("RequestThrottled", "Request is throttled."),
        "sns" => AwsError::new("Throttled", "Rate exceeded").status(StatusCode::TOO_MANY_REQUESTS),
        _ => AwsError::new("ThrottlingException", "Rate exceeded").query_code("Throttling"),
    }
}
