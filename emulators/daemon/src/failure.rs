//! The errors of the foundation in the form that the control protocol carries.

use brume_foundation::ErrorKind;
use brume_instance::{Code, Error};

/// Translates an error of a service for the user.
pub(crate) fn to_wire(error: brume_foundation::Error) -> Error {
    let code = match error.kind {
        ErrorKind::Failed => Code::Failed,
        ErrorKind::Usage => Code::Usage,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::Conflict => Code::Conflict,
        ErrorKind::Unreachable => Code::Unreachable,
        ErrorKind::Timeout => Code::Timeout,
        ErrorKind::Internal => Code::Internal,
    };
    Error { code, message: error.message, causes: error.causes, hints: error.hints }
}

/// Renders an error for a terminal or a log, as the command line does.
pub(crate) fn render(error: &Error) -> String {
    use std::fmt::Write;
    let mut text = format!("error: {}", error.message);
    // Writing to a string cannot fail.
    for cause in &error.causes {
        let _ = write!(text, "\n  caused by: {cause}");
    }
    for hint in &error.hints {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}
