//! The Kubernetes versions that the bundle knows, and sets of them.

use std::fmt;
use std::str::FromStr;

/// The oldest minor version of the bundle: 1.25.
const OLDEST_MINOR: u8 = 25;
/// The newest minor version of the bundle: 1.37.
const NEWEST_MINOR: u8 = 37;

/// A minor version of Kubernetes that the bundle describes (1.25 to 1.37).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    minor: u8,
}

impl KubernetesVersion {
    /// The oldest version that the bundle describes.
    pub const OLDEST: Self = Self { minor: OLDEST_MINOR };
    /// The newest version that the bundle describes.
    pub const NEWEST: Self = Self { minor: NEWEST_MINOR };

    /// The version 1.`minor`, if the bundle describes it.
    pub const fn from_minor(minor: u8) -> Option<Self> {
        if minor >= OLDEST_MINOR && minor <= NEWEST_MINOR { Some(Self { minor }) } else { None }
    }

    /// The minor number: 31 for 1.31.
    pub const fn minor(self) -> u8 {
        self.minor
    }

    /// Every version of the bundle, oldest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + Clone {
        const COUNT: usize = (NEWEST_MINOR - OLDEST_MINOR + 1) as usize;
        (0..COUNT).map(|index| Self { minor: OLDEST_MINOR + index as u8 })
    }

    const fn bit(self) -> u16 {
        1 << (self.minor - OLDEST_MINOR)
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "1.{}", self.minor)
    }
}

impl FromStr for KubernetesVersion {
    type Err = ParseVersionError;

    /// Reads `1.31`, `v1.31` or a full release such as `v1.31.4`, whose patch number is ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('v').unwrap_or(text);
        let mut parts = digits.split('.');
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (Some("1"), Some(minor)) = (parts.next(), parts.next()) else {
            return Err(ParseVersionError::NotAVersion);
        };
        if !is_number(minor) || parts.next().is_some_and(|patch| !is_number(patch)) {
            return Err(ParseVersionError::NotAVersion);
        }
        if parts.next().is_some() {
            return Err(ParseVersionError::NotAVersion);
        }
        let minor = minor.parse().map_err(|_| ParseVersionError::Unknown)?;
        Self::from_minor(minor).ok_or(ParseVersionError::Unknown)
    }
}

/// Why a text is no version of the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseVersionError {
    /// The text does not have the form `1.31`.
    NotAVersion,
    /// It is a version, but not one that the bundle describes.
    Unknown,
}

impl fmt::Display for ParseVersionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAVersion => formatter.write_str("not a Kubernetes version such as 1.31"),
            Self::Unknown => write!(
                formatter,
                "only Kubernetes {} to {} are known",
                KubernetesVersion::OLDEST,
                KubernetesVersion::NEWEST
            ),
        }
    }
}

impl std::error::Error for ParseVersionError {}

/// A set of Kubernetes versions, for example those that have a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Versions(u16);

impl Versions {
    /// No version.
    pub const NONE: Self = Self(0);
    /// Every version of the bundle.
    pub const ALL: Self = Self((1 << (NEWEST_MINOR - OLDEST_MINOR + 1)) - 1);

    /// The set whose bit N stands for version 1.(25 + N); unknown bits are dropped.
    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Whether `version` is in the set.
    pub const fn contains(self, version: KubernetesVersion) -> bool {
        self.0 & version.bit() != 0
    }

    /// Whether the set holds no version.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the set holds every version of the bundle.
    pub const fn is_all(self) -> bool {
        self.0 == Self::ALL.0
    }

    /// The versions of the set, oldest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = KubernetesVersion> + Clone {
        KubernetesVersion::all().filter(move |version| self.contains(*version))
    }

    /// The oldest version of the set.
    pub fn first(self) -> Option<KubernetesVersion> {
        self.iter().next()
    }

    /// The newest version of the set.
    pub fn last(self) -> Option<KubernetesVersion> {
        self.iter().next_back()
    }
}

impl fmt::Display for Versions {
    /// Writes runs: `1.25-1.28, 1.31`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut versions = self.iter().peekable();
        let mut separator = "";
        while let Some(first) = versions.next() {
            let mut last = first;
            while let Some(next) = versions.next_if(|next| next.minor == last.minor + 1) {
                last = next;
            }
            write!(formatter, "{separator}{first}")?;
            if last != first {
                write!(formatter, "-{last}")?;
            }
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_and_without_v_and_patch() {
        for text in ["1.31", "v1.31", "1.31.4", "v1.31.0"] {
            assert_eq!(text.parse::<KubernetesVersion>().map(|v| v.minor()), Ok(31), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1", "1.", "2.31", "1.x", "1.31.", "1.31.0.0", "v", "1.+31", "vv1.31"] {
            assert_eq!(
                text.parse::<KubernetesVersion>(),
                Err(ParseVersionError::NotAVersion),
                "{text:?}"
            );
        }
        for text in ["1.24", "1.38", "1.999999999999"] {
            assert_eq!(
                text.parse::<KubernetesVersion>(),
                Err(ParseVersionError::Unknown),
                "{text}"
            );
        }
    }

    #[test]
    fn sets_print_as_runs() {
        assert_eq!(Versions::ALL.to_string(), "1.25-1.37");
        assert_eq!(Versions::from_bits(0b100_0111).to_string(), "1.25-1.27, 1.31");
        assert_eq!(Versions::NONE.to_string(), "");
    }
}
