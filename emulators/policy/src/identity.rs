//! Accounts and regions, small enough to be copied.

use std::fmt;
use std::str::FromStr;

/// The account of whoever names no other one.
pub const DEFAULT_ACCOUNT: Account = Account([b'0'; 12]);

/// Bytes of the longest region name.
const REGION_BYTES_MAX: usize = 31;

/// An AWS account: twelve digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Account([u8; 12]);

impl Account {
    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only digits get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Account {
    type Err = NotAnAccount;

    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        let digits: [u8; 12] = text.as_bytes().try_into().map_err(|_| NotAnAccount)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(NotAnAccount) }
    }
}

impl Default for Account {
    fn default() -> Self {
        DEFAULT_ACCOUNT
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text is not twelve digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAccount;

impl fmt::Display for NotAnAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an account number has 12 digits")
    }
}

impl std::error::Error for NotAnAccount {}

/// A region: `eu-west-3`. Lower-case letters, digits and dashes, 31 bytes at most.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region {
    bytes: [u8; REGION_BYTES_MAX],
    length: u8,
}

impl Region {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl FromStr for Region {
    type Err = NotARegion;

    fn from_str(text: &str) -> Result<Self, NotARegion> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let length = u8::try_from(text.len()).map_err(|_| NotARegion)?;
        if text.is_empty() || text.len() > REGION_BYTES_MAX || !text.bytes().all(is_plain) {
            return Err(NotARegion);
        }
        let mut bytes = [0; REGION_BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { bytes, length })
    }
}

impl Default for Region {
    /// `us-east-1`.
    fn default() -> Self {
        const NAME: &[u8; 9] = b"us-east-1";
        let mut bytes = [0; REGION_BYTES_MAX];
        bytes[..NAME.len()].copy_from_slice(NAME);
        Self { bytes, length: 9 }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text is not the name of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotARegion;

impl fmt::Display for NotARegion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a region has a name like us-east-1")
    }
}

impl std::error::Error for NotARegion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_twelve_digits() {
        assert_eq!("123456789012".parse::<Account>().unwrap().as_str(), "123456789012");
        for wrong in ["", "12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦"] {
            assert_eq!(wrong.parse::<Account>(), Err(NotAnAccount), "{wrong}");
        }
        assert_eq!(Account::default().to_string(), "000000000000");
    }

    #[test]
    fn regions_are_plain_names() {
        assert_eq!("eu-west-3".parse::<Region>().unwrap().as_str(), "eu-west-3");
        assert_eq!(Region::default(), "us-east-1".parse().unwrap());
        for wrong in ["", "EU-WEST-3", "eu west", "../x", &"a".repeat(32)] {
            assert_eq!(wrong.parse::<Region>(), Err(NotARegion), "{wrong}");
        }
    }
}
