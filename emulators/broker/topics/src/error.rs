//! What the engine refuses, in the words of AWS.

use std::fmt;

/// A refusal; [`TopicError::code`] is what goes on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicError {
    /// `NotFound`: topic, subscription, application or endpoint; the message says which.
    NotFound(String),
    /// `ResourceNotFound`: tags of something that is not there.
    ResourceNotFound(String),
    /// `InvalidParameter`: the message is complete, with AWS's "Invalid parameter: " in front.
    InvalidParameter(String),
    /// `ParameterValueInvalid`.
    ParameterValueInvalid(String),
    /// `AuthorizationError`: also what a Deny of a data protection policy answers.
    AuthorizationError(String),
    /// `FilterPolicyLimitExceeded`.
    FilterPolicyLimitExceeded(String),
    /// `SubscriptionLimitExceeded`.
    SubscriptionLimitExceeded(String),
    /// `TopicLimitExceeded`.
    TopicLimitExceeded(String),
    /// `ReplayLimitExceeded`.
    ReplayLimitExceeded(String),
    /// `TagLimitExceeded`.
    TagLimitExceeded(String),
    /// `EndpointDisabled`.
    EndpointDisabled(String),
    /// `PlatformApplicationDisabled`.
    PlatformApplicationDisabled(String),
    /// `OptedOut`.
    OptedOut(String),
    /// `UserError`.
    UserError(String),
    /// `VerificationException`: the one-time password is wrong.
    Verification(String),
    /// `InvalidState`: a subscription cannot do this now.
    InvalidState(String),
    /// `Throttled`.
    Throttled(String),
    /// `InternalError`: the disk refuses. Whether the change is there is not known, as with any
    /// status 500.
    Storage(String),
}

impl TopicError {
    /// Makes an `InvalidParameter` with AWS's usual beginning.
    #[must_use]
    pub fn invalid(what: impl fmt::Display) -> Self {
        Self::InvalidParameter(format!("Invalid parameter: {what}"))
    }

    /// The error for a topic that is not there.
    #[must_use]
    pub fn no_topic() -> Self {
        Self::NotFound("Topic does not exist".to_owned())
    }

    /// The error for a subscription that is not there.
    #[must_use]
    pub fn no_subscription() -> Self {
        Self::NotFound("Subscription does not exist".to_owned())
    }

    /// The code on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NotFound",
            Self::ResourceNotFound(_) => "ResourceNotFound",
            Self::InvalidParameter(_) => "InvalidParameter",
            Self::ParameterValueInvalid(_) => "ParameterValueInvalid",
            Self::AuthorizationError(_) => "AuthorizationError",
            Self::FilterPolicyLimitExceeded(_) => "FilterPolicyLimitExceeded",
            Self::SubscriptionLimitExceeded(_) => "SubscriptionLimitExceeded",
            Self::TopicLimitExceeded(_) => "TopicLimitExceeded",
            Self::ReplayLimitExceeded(_) => "ReplayLimitExceeded",
            Self::TagLimitExceeded(_) => "TagLimitExceeded",
            Self::EndpointDisabled(_) => "EndpointDisabled",
            Self::PlatformApplicationDisabled(_) => "PlatformApplicationDisabled",
            Self::OptedOut(_) => "OptedOut",
            Self::UserError(_) => "UserError",
            Self::Verification(_) => "VerificationException",
            Self::InvalidState(_) => "InvalidState",
            Self::Throttled(_) => "Throttled",
            Self::Storage(_) => "InternalError",
        }
    }

    /// The HTTP status on the wire.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) | Self::ResourceNotFound(_) => 404,
            Self::AuthorizationError(_)
            | Self::FilterPolicyLimitExceeded(_)
            | Self::SubscriptionLimitExceeded(_)
            | Self::TopicLimitExceeded(_)
            | Self::ReplayLimitExceeded(_) => 403,
            Self::Throttled(_) => 429,
            Self::Storage(_) => 500,
            _ => 400,
        }
    }

    /// The message on the wire.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::NotFound(message)
            | Self::ResourceNotFound(message)
            | Self::InvalidParameter(message)
            | Self::ParameterValueInvalid(message)
            | Self::AuthorizationError(message)
            | Self::FilterPolicyLimitExceeded(message)
            | Self::SubscriptionLimitExceeded(message)
            | Self::TopicLimitExceeded(message)
            | Self::ReplayLimitExceeded(message)
            | Self::TagLimitExceeded(message)
            | Self::EndpointDisabled(message)
            | Self::PlatformApplicationDisabled(message)
            | Self::OptedOut(message)
            | Self::UserError(message)
            | Self::Verification(message)
            | Self::InvalidState(message)
            | Self::Throttled(message)
            | Self::Storage(message) => message,
        }
    }
}

impl fmt::Display for TopicError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for TopicError {}

impl From<brume_foundation::Error> for TopicError {
    fn from(error: brume_foundation::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

/// The result of what the engine may refuse.
pub type Result<T, E = TopicError> = std::result::Result<T, E>;
