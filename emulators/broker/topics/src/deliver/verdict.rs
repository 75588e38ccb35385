//! What came of one attempt.

use brume_foundation::clock::Moment;
use brume_foundation::faults;
use brume_foundation::invoke::Refusal;
use brume_queues::QueueError;

use crate::cause::Attempt;

/// An attempt that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// The status that the endpoint answered.
    pub(crate) status: u16,
    /// What it answered, as AWS's logs show it.
    pub(crate) response: String,
}

/// An attempt that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The status that the endpoint answered; 0 when it did not.
    pub(crate) status: u16,
    /// Whether another attempt is useless.
    pub(crate) is_client_side: bool,
    /// A stable word.
    pub(crate) code: String,
    /// What exactly.
    pub(crate) detail: String,
}

/// What came of an attempt.
pub(crate) type Verdict = Result<Delivered, Failure>;

impl Failure {
    /// A failure that the sender's side has to mend.
    pub(crate) fn client(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self { status, is_client_side: true, code: code.to_owned(), detail: detail.into() }
    }

    /// A failure that time may mend.
    pub(crate) fn server(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self { status, is_client_side: false, code: code.to_owned(), detail: detail.into() }
    }

    /// An answer with a status that is not 2xx. All of 4xx but 429 is the client's side.
    pub(crate) fn of_status(status: u16, detail: impl Into<String>) -> Self {
        let is_client_side = (400..500).contains(&status) && status != 429;
        let code = if status == 429 { "Throttled".to_owned() } else { format!("Http{status}") };
        Self { status, is_client_side, code, detail: detail.into() }
    }

    /// As the history keeps it.
    pub(crate) fn attempt(&self, number: u32, at: Moment) -> Attempt {
        Attempt {
            number,
            at,
            status: self.status,
            is_client_side: self.is_client_side,
            code: self.code.clone(),
            detail: self.detail.clone(),
        }
    }
}

/// An injected failure.
impl From<faults::Failure> for Failure {
    fn from(fault: faults::Failure) -> Self {
        let injected = "injected by a fault rule";
        match fault {
            faults::Failure::Drop => Self::server(0, "ConnectionClosed", injected),
            faults::Failure::Throttle { .. } => Self::server(429, "Throttled", injected),
            faults::Failure::Error { status, code, message } => {
                let detail = message.map_or(injected.to_owned(), |it| format!("{it} ({injected})"));
                let failure = Self::of_status(status, detail);
                Self { code: code.unwrap_or(failure.code), ..failure }
            }
        }
    }
}

/// What a queue said. Only its disk is worth waiting for.
impl From<QueueError> for Failure {
    fn from(error: QueueError) -> Self {
        let detail = error.to_string();
        match error {
            QueueError::QueueDoesNotExist => Self::client(400, "QueueDoesNotExist", detail),
            QueueError::StorageFailed(_) => Self::server(500, "InternalError", detail),
            QueueError::TooMany(_) | QueueError::OverLimit => {
                Self::server(503, "OverLimit", detail)
            }
            QueueError::MessageTooLong { .. } => Self::client(400, "InvalidParameterValue", detail),
            QueueError::MissingGroup => Self::client(400, "MissingParameter", detail),
            _ => Self::client(400, "InvalidParameterValue", detail),
        }
    }
}

/// What a function service said.
impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::NotFound => "ResourceNotFoundException",
            Refusal::Denied(_) => "AccessDeniedException",
            Refusal::Throttled => "TooManyRequestsException",
            Refusal::Failed(_) => "ServiceException",
        };
        let is_client_side = refusal.is_client_side();
        let (status, detail) = (refusal.status(), refusal.to_string());
        Self { status, is_client_side, code: code.to_owned(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_time_may_mend_is_tried_again() {
        for (status, is_client_side) in
            [(301, false), (400, true), (404, true), (429, false), (500, false), (503, false)]
        {
            assert_eq!(Failure::of_status(status, "").is_client_side, is_client_side, "{status}");
        }
        assert!(Failure::from(QueueError::QueueDoesNotExist).is_client_side);
        assert!(!Failure::from(faults::Failure::Drop).is_client_side);
        assert!(Failure::from(Refusal::NotFound).is_client_side);
        assert!(!Failure::from(Refusal::Throttled).is_client_side);
    }
}
