//! One condition of a statement against the values of a request.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Request;
use super::text::Pattern;
use crate::document::{Comparison, Condition, Operator, Quantifier};
use crate::network::Block;

/// A condition, ready to be tested.
#[derive(Clone, Debug)]
pub(super) struct Test {
    operator: Operator,
    key: Box<str>,
    wanted: Wanted,
}

/// The values of the policy in the form in which they are compared. What cannot be read as such
/// is left out: it fits nothing.
#[derive(Clone, Debug)]
enum Wanted {
    Texts(Box<[Pattern]>),
    Numbers(Box<[f64]>),
    Moments(Box<[i64]>),
    Bools(Box<[bool]>),
    Bytes(Box<[Box<[u8]>]>),
    Blocks(Box<[Block]>),
}

impl Test {
    pub(super) fn new(condition: &Condition, has_variables: bool) -> Self {
        use Comparison as C;
        let values = &condition.values;
        let wanted = match condition.operator.comparison {
            C::NumericEquals
            | C::NumericNotEquals
            | C::NumericLessThan
            | C::NumericLessThanEquals
            | C::NumericGreaterThan
            | C::NumericGreaterThanEquals => Wanted::Numbers(each(values, number)),
            C::DateEquals
            | C::DateNotEquals
            | C::DateLessThan
            | C::DateLessThanEquals
            | C::DateGreaterThan
            | C::DateGreaterThanEquals => Wanted::Moments(each(values, moment)),
            C::Bool | C::Null => Wanted::Bools(each(values, boolean)),
            C::BinaryEquals => Wanted::Bytes(each(values, bytes)),
            C::IpAddress | C::NotIpAddress => {
                Wanted::Blocks(each(values, |text| text.parse().ok()))
            }
            _ => Wanted::Texts(each(values, |text| Some(Pattern::new(text, has_variables)))),
        };
        Self { operator: condition.operator, key: condition.key.as_str().into(), wanted }
    }

    /// Whether the request fulfils the condition.
    pub(super) fn holds(&self, request: &Request<'_>) -> bool {
        let Operator { quantifier, comparison, if_exists } = self.operator;
        let values = request.key(&self.key);
        let is_absent = values.is_none_or(|values| values.values().next().is_none());
        if comparison == Comparison::Null {
            return matches!(&self.wanted, Wanted::Bools(wanted) if wanted.contains(&is_absent));
        }
        let Some(values) = values.filter(|_| !is_absent) else {
            return match quantifier {
                Quantifier::All => true,
                Quantifier::Any => if_exists,
                Quantifier::One => if_exists || comparison.is_negated(),
            };
        };
        let holds = |found: &str| self.fits(found, request) != comparison.is_negated();
        match quantifier {
            Quantifier::All => values.values().all(holds),
            Quantifier::Any => values.values().any(holds),
            // Several values without a quantifier: a Not must hold for each of them.
            Quantifier::One if comparison.is_negated() => values.values().all(holds),
            Quantifier::One => values.values().any(holds),
        }
    }

    /// Whether a value fits one of the policy's, before the Not.
    fn fits(&self, found: &str, request: &Request<'_>) -> bool {
        let comparison = self.operator.comparison;
        match &self.wanted {
            Wanted::Texts(wanted) => {
                wanted.iter().any(|wanted| fits_text(comparison, wanted, found, request))
            }
            Wanted::Numbers(wanted) => number(found)
                .is_some_and(|found| wanted.iter().any(|one| fits_order(comparison, &found, one))),
            Wanted::Moments(wanted) => moment(found)
                .is_some_and(|found| wanted.iter().any(|one| fits_order(comparison, &found, one))),
            Wanted::Bools(wanted) => boolean(found).is_some_and(|found| wanted.contains(&found)),
            Wanted::Bytes(wanted) => {
                // The request gives the same base64 text in nearly all cases.
                wanted.iter().any(|one| bytes(found).is_some_and(|found| found == *one))
            }
            Wanted::Blocks(wanted) => found
                .parse::<IpAddr>()
                .is_ok_and(|found| wanted.iter().any(|block| block.contains(found))),
        }
    }
}

fn each<T>(values: &[String], read: impl Fn(&str) -> Option<T>) -> Box<[T]> {
    values.iter().filter_map(|value| read(value)).collect()
}

fn fits_text(comparison: Comparison, wanted: &Pattern, found: &str, request: &Request<'_>) -> bool {
    use Comparison as C;
    match comparison {
        C::StringEquals | C::StringNotEquals => wanted.equals(found, false, request),
        C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => {
            wanted.equals(found, true, request)
        }
        C::ArnEquals | C::ArnNotEquals | C::ArnLike | C::ArnNotLike => {
            wanted.fits_arn(found, request)
        }
        _ => wanted.fits(found, request),
    }
}

/// Compares numbers or moments. The Not of `…NotEquals` comes later.
fn fits_order<T: PartialOrd>(comparison: Comparison, found: &T, wanted: &T) -> bool {
    use Comparison as C;
    match comparison {
        C::NumericLessThan | C::DateLessThan => found < wanted,
        C::NumericLessThanEquals | C::DateLessThanEquals => found <= wanted,
        C::NumericGreaterThan | C::DateGreaterThan => found > wanted,
        C::NumericGreaterThanEquals | C::DateGreaterThanEquals => found >= wanted,
        _ => found == wanted,
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn bytes(text: &str) -> Option<Box<[u8]>> {
    STANDARD.decode(text).ok().map(Vec::into_boxed_slice)
}

/// Milliseconds since 1970 of an ISO 8601 time, a date, or seconds since 1970.
fn moment(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(1_000);
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_millisecond())
}
