//! What a service answers.

use bytes::Bytes;
use http::StatusCode;

/// A good answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A JSON document.
    Json(Bytes),
    /// What stands inside `<ActionResult>`; the edge writes the envelope. Absent for actions
    /// whose answer has no result element.
    Xml(Option<String>),
    /// A CBOR document.
    Cbor(Bytes),
    /// Anything else, for GETs of files.
    Plain {
        /// The `Content-Type`.
        content_type: &'static str,
        /// The contents.
        body: Bytes,
    },
}

/// An error as AWS tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// Name of the error's shape, for JSON: `QueueDoesNotExist`. The service's namespace is put
    /// before it, unless it brings one: `com.amazon.coral.service#AccessDeniedException`.
    pub code: &'static str,
    /// The older name, for Query and `x-amzn-query-error`, where it differs:
    /// `AWS.SimpleQueueService.NonExistentQueue`.
    pub query_code: Option<&'static str>,
    /// The HTTP status.
    pub status: StatusCode,
    /// For people.
    pub message: String,
    /// Whether it is the sender's fault, rather than the receiver's.
    pub is_sender: bool,
}

impl AwsError {
    /// Makes a sender's error with status 400.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            query_code: None,
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
            is_sender: true,
        }
    }

    /// Sets the older name.
    #[must_use]
    pub const fn query_code(mut self, code: &'static str) -> Self {
        self.query_code = Some(code);
        self
    }

    /// Sets the status.
    #[must_use]
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Makes it the receiver's fault, status 500 unless it is set afterwards.
    #[must_use]
    pub const fn receiver(mut self) -> Self {
        self.is_sender = false;
        self.status = StatusCode::INTERNAL_SERVER_ERROR;
        self
    }

    /// A parameter is not there (Common Errors of every Query API).
    #[must_use]
    pub fn missing_parameter(name: &str) -> Self {
        Self::new("MissingParameter", format!("The request must contain the parameter {name}."))
    }

    /// The service has no such action; each protocol says it in its own way.
    #[must_use]
    pub fn unknown_action(action: &str) -> Self {
        let shown = action.chars().take(128).collect::<String>();
        let message = format!("The action {shown} is not valid for this endpoint.");
        Self::new("com.amazon.coral.service#UnknownOperationException", message)
            .query_code("InvalidAction")
    }

    /// The emulator does not do it.
    #[must_use]
    pub fn not_supported(what: &str) -> Self {
        Self::new("UnsupportedOperation", format!("{what} is not supported by brume."))
    }

    /// The code in Query answers and in `x-amzn-query-error`.
    #[must_use]
    pub fn code_for_query(&self) -> &'static str {
        let bare = self.code.rsplit_once('#').map_or(self.code, |(_, code)| code);
        self.query_code.unwrap_or(bare)
    }
}
