//! What attributes may say, and what they say when nobody set them.

pub mod replay;
pub mod subscription;
pub mod topic;

use crate::error::TopicError;

/// In which call an attribute came: AWS words its refusals accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Among the attributes of a creation.
    Creation,
    /// Alone, in a call that sets it.
    Change,
}

impl Place {
    /// Refuses.
    #[must_use]
    pub fn wrong(self, what: impl std::fmt::Display) -> TopicError {
        match self {
            Self::Creation => TopicError::invalid(format_args!("Attributes Reason: {what}")),
            Self::Change => TopicError::invalid(what),
        }
    }
}

/// Checks a switch.
fn switch(name: &str, value: &str, place: Place) -> Result<(), TopicError> {
    if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
        Ok(())
    } else {
        let message = format!("{name}: Invalid value [{value}]. Must be true or false.");
        Err(place.wrong(message))
    }
}
