//! What may be in a parameter, and what AWS says when it is not.
//!
//! Everything here is a pure function of the parameter's text. What depends on the state of a
//! topic or subscription is the engine's.

pub(crate) mod archive;
pub(crate) mod delivery_policy;
pub(crate) mod document;
pub(crate) mod endpoint;
pub(crate) mod json;
pub(crate) mod message;
pub(crate) mod message_attributes;
pub(crate) mod names;
pub(crate) mod phone;
pub(crate) mod platform;
pub(crate) mod sms;
pub(crate) mod subscription_attributes;
pub(crate) mod tags;
pub(crate) mod topic_attributes;

use brume_edge::AwsError;

use crate::error::{invalid_parameter, invalid_reason, shown};

/// Where an attribute stands in a request; the words of an error depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the map of a request that creates.
    Map,
    /// As the one attribute of a request that changes.
    Single,
}

impl Place {
    /// `Invalid parameter: Attributes Reason: …` or `Invalid parameter: …`.
    pub(crate) fn refuse(self, reason: impl AsRef<str>) -> AwsError {
        match self {
            Self::Map => invalid_reason("Attributes", reason),
            Self::Single => invalid_parameter(reason),
        }
    }

    /// The error for a name that is no attribute.
    pub(crate) fn unknown_name(self, name: &str) -> AwsError {
        match self {
            Self::Map => invalid_reason("Attributes", format!("Unknown attribute {name}")),
            Self::Single => invalid_parameter("AttributeName"),
        }
    }
}

/// Reads `true` or `false`, in whatever letters.
pub(crate) fn boolean(place: Place, name: &str, value: &str) -> Result<bool, AwsError> {
    match value {
        _ if value.eq_ignore_ascii_case("true") => Ok(true),
        _ if value.eq_ignore_ascii_case("false") => Ok(false),
        _ => {
            let reason =
                format!("{name}: Invalid value [{}]. Must be true or false.", shown(value));
            Err(place.refuse(reason))
        }
    }
}
