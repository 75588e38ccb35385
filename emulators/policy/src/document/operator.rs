//! Condition operators: a comparison, `IfExists`, and a quantifier.

use std::fmt;
use std::str::FromStr;

/// How many of a request's values must fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Quantifier {
    /// The key has one value.
    #[default]
    One,
    /// `ForAnyValue:` at least one of the request's values fits.
    Any,
    /// `ForAllValues:` each of the request's values fits; true when there is none.
    All,
}

/// What is compared, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `StringEquals`
    StringEquals,
    /// `StringNotEquals`
    StringNotEquals,
    /// `StringEqualsIgnoreCase`
    StringEqualsIgnoreCase,
    /// `StringNotEqualsIgnoreCase`
    StringNotEqualsIgnoreCase,
    /// `StringLike`
    StringLike,
    /// `StringNotLike`
    StringNotLike,
    /// `NumericEquals`
    NumericEquals,
    /// `NumericNotEquals`
    NumericNotEquals,
    /// `NumericLessThan`
    NumericLessThan,
    /// `NumericLessThanEquals`
    NumericLessThanEquals,
    /// `NumericGreaterThan`
    NumericGreaterThan,
    /// `NumericGreaterThanEquals`
    NumericGreaterThanEquals,
    /// `DateEquals`
    DateEquals,
    /// `DateNotEquals`
    DateNotEquals,
    /// `DateLessThan`
    DateLessThan,
    /// `DateLessThanEquals`
    DateLessThanEquals,
    /// `DateGreaterThan`
    DateGreaterThan,
    /// `DateGreaterThanEquals`
    DateGreaterThanEquals,
    /// `Bool`
    Bool,
    /// `BinaryEquals`: base64 of the same bytes.
    BinaryEquals,
    /// `IpAddress`
    IpAddress,
    /// `NotIpAddress`
    NotIpAddress,
    /// `ArnEquals`, which AWS treats as `ArnLike`.
    ArnEquals,
    /// `ArnNotEquals`
    ArnNotEquals,
    /// `ArnLike`
    ArnLike,
    /// `ArnNotLike`
    ArnNotLike,
    /// `Null`: whether the key is absent.
    Null,
}

/// All comparisons with their names; one table for reading and writing.
const NAMES: [(&str, Comparison); 27] = [
    ("StringEquals", Comparison::StringEquals),
    ("StringNotEquals", Comparison::StringNotEquals),
    ("StringEqualsIgnoreCase", Comparison::StringEqualsIgnoreCase),
    ("StringNotEqualsIgnoreCase", Comparison::StringNotEqualsIgnoreCase),
    ("StringLike", Comparison::StringLike),
    ("StringNotLike", Comparison::StringNotLike),
    ("NumericEquals", Comparison::NumericEquals),
    ("NumericNotEquals", Comparison::NumericNotEquals),
    ("NumericLessThan", Comparison::NumericLessThan),
    ("NumericLessThanEquals", Comparison::NumericLessThanEquals),
    ("NumericGreaterThan", Comparison::NumericGreaterThan),
    ("NumericGreaterThanEquals", Comparison::NumericGreaterThanEquals),
    ("DateEquals", Comparison::DateEquals),
    ("DateNotEquals", Comparison::DateNotEquals),
    ("DateLessThan", Comparison::DateLessThan),
    ("DateLessThanEquals", Comparison::DateLessThanEquals),
    ("DateGreaterThan", Comparison::DateGreaterThan),
    ("DateGreaterThanEquals", Comparison::DateGreaterThanEquals),
    ("Bool", Comparison::Bool),
    ("BinaryEquals", Comparison::BinaryEquals),
    ("IpAddress", Comparison::IpAddress),
    ("NotIpAddress", Comparison::NotIpAddress),
    ("ArnEquals", Comparison::ArnEquals),
    ("ArnNotEquals", Comparison::ArnNotEquals),
    ("ArnLike", Comparison::ArnLike),
    ("ArnNotLike", Comparison::ArnNotLike),
    ("Null", Comparison::Null),
];

impl Comparison {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, comparison)| *comparison == self).map_or("", |(name, _)| name)
    }

    /// Whether it is one of the `Not…` comparisons, which hold when the key is absent.
    #[must_use]
    pub const fn is_negated(self) -> bool {
        matches!(
            self,
            Self::StringNotEquals
                | Self::StringNotEqualsIgnoreCase
                | Self::StringNotLike
                | Self::NumericNotEquals
                | Self::DateNotEquals
                | Self::NotIpAddress
                | Self::ArnNotEquals
                | Self::ArnNotLike
        )
    }
}

/// A comparison with all that its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `ForAnyValue:` or `ForAllValues:`.
    pub quantifier: Quantifier,
    /// The comparison itself.
    pub comparison: Comparison,
    /// `…IfExists`: holds when the key is absent.
    pub if_exists: bool,
}

impl Operator {
    /// Makes a plain operator.
    #[must_use]
    pub const fn plain(comparison: Comparison) -> Self {
        Self { quantifier: Quantifier::One, comparison, if_exists: false }
    }
}

impl FromStr for Operator {
    type Err = ();

    /// Reads an operator; names are compared without regard to case, as AWS does.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (quantifier, name) = match text.split_once(':') {
            None => (Quantifier::One, text),
            Some((word, name)) if word.eq_ignore_ascii_case("ForAnyValue") => {
                (Quantifier::Any, name)
            }
            Some((word, name)) if word.eq_ignore_ascii_case("ForAllValues") => {
                (Quantifier::All, name)
            }
            Some(_) => return Err(()),
        };
        let by_name = |wanted: &str| {
            let found = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, comparison)| *comparison)
        };
        if let Some(comparison) = by_name(name) {
            return Ok(Self { quantifier, comparison, if_exists: false });
        }
        let stem = name.len().checked_sub("IfExists".len()).ok_or(())?;
        let (stem, suffix) = name.split_at_checked(stem).ok_or(())?;
        let comparison = by_name(stem).filter(|found| *found != Comparison::Null).ok_or(())?;
        if !suffix.eq_ignore_ascii_case("IfExists") {
            return Err(());
        }
        Ok(Self { quantifier, comparison, if_exists: true })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.quantifier {
            Quantifier::One => "",
            Quantifier::Any => "ForAnyValue:",
            Quantifier::All => "ForAllValues:",
        })?;
        formatter.write_str(self.comparison.name())?;
        formatter.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_read_as_it_is_written() {
        for (_, comparison) in NAMES {
            for quantifier in [Quantifier::One, Quantifier::Any, Quantifier::All] {
                for if_exists in [false, comparison != Comparison::Null] {
                    let operator = Operator { quantifier, comparison, if_exists };
                    assert_eq!(operator.to_string().parse(), Ok(operator));
                    assert_eq!(operator.to_string().to_lowercase().parse(), Ok(operator));
                }
            }
        }
        for wrong in
            ["", "IfExists", "NullIfExists", "Equals", "ForSome:Bool", "Bool:", "éIfExists"]
        {
            assert_eq!(wrong.parse::<Operator>(), Err(()), "{wrong}");
        }
    }
}
