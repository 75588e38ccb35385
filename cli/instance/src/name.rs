//! Names of instances: safe as a folder name, in a shell and in a URL.

use std::fmt;
use std::str::FromStr;

use crate::error::{Code, Error};

/// Longest name in bytes: the control socket's path has to stay short.
const BYTES_MAX: usize = 40;

/// The runtime folder's name where it is inside the state folder, beside the instances' own.
const RESERVED: &str = "run";

/// A valid instance name: lower-case letters, digits, `-` and `_`; a letter or digit first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceName(String);

impl InstanceName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for InstanceName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for InstanceName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let first_is_plain = text.bytes().next().is_some_and(is_plain);
        let rest_is_fine = text.bytes().all(|byte| is_plain(byte) || byte == b'-' || byte == b'_');
        let is_reserved = text == RESERVED;
        if first_is_plain && rest_is_fine && !is_reserved && text.len() <= BYTES_MAX {
            return Ok(Self(text.to_owned()));
        }
        let message = format!("`{}` is not a name for an instance", text.escape_debug());
        let rule = format!(
            "a name has 1 to {BYTES_MAX} lower-case letters, digits, `-` and `_`, and begins with \
             a letter or digit; `{RESERVED}` is taken"
        );
        Err(Error::new(Code::Usage, message).hint(rule))
    }
}

impl fmt::Display for InstanceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names() {
        for name in ["default", "a", "ci-42", "run_7", "0", &"x".repeat(BYTES_MAX)] {
            assert_eq!(name.parse::<InstanceName>().expect(name).as_str(), name);
        }
    }

    #[test]
    fn names_that_could_leave_the_folder_or_confuse_a_shell() {
        let long = "x".repeat(BYTES_MAX + 1);
        for name in
            ["", "run", ".", "..", "../x", "a/b", "-x", "_x", "A", "a b", "a\0b", "é", &long]
        {
            assert_eq!(name.parse::<InstanceName>().expect_err(name).code, Code::Usage);
        }
    }
}
