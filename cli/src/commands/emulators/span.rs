//! Long durations: kubectl's form with weeks and days before it, `2w`, `14d`, `1d12h`.

use brume_plugin::duration::parse_duration_ms;

const DAY_MS: u64 = 86_400_000;

/// The longest span: a hundred years.
const DAYS_MAX: u64 = 36_600;

/// Reads a span in milliseconds.
///
/// # Errors
/// A sentence that says what is allowed.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is not a duration: use 30s, 12h, 14d, 2w or 1d12h");
    let mut rest = text;
    let mut days = 0_u64;
    for (unit, days_each) in [("w", 7), ("d", 1)] {
        let Some((number, after)) = rest.split_once(unit) else { continue };
        let number = number.parse::<u64>().map_err(|_| wrong())?;
        days = number
            .checked_mul(days_each)
            .and_then(|more| days.checked_add(more))
            .ok_or_else(wrong)?;
        rest = after;
    }
    if days > DAYS_MAX {
        return Err(format!("'{text}' is too long: {DAYS_MAX} days at most"));
    }
    if rest.is_empty() && rest.len() < text.len() {
        return Ok(days * DAY_MS);
    }
    Ok(days * DAY_MS + parse_duration_ms(rest).map_err(|_| wrong())?)
}

/// Writes a span with its two largest units.
pub(super) fn format(milliseconds: u64) -> String {
    let seconds = milliseconds / 1_000;
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest}s"),
        (0, 0, _) => format!("{minutes}m{rest}s"),
        (0, _, _) => format!("{hours}h{minutes}m"),
        _ => format!("{days}d{hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_spans() {
        for (text, expected) in [
            ("14d", 14 * DAY_MS),
            ("2w", 14 * DAY_MS),
            ("1w1d", 8 * DAY_MS),
            ("1d12h", DAY_MS + DAY_MS / 2),
            ("90s", 90_000),
            ("0", 0),
            ("0d", 0),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", "d", "1x", "-1d", "1d1w", "99999999999999999999w", "40000d", "1.5d"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn writes_spans() {
        let written = [0, 61_000, 3_700_000, 90_000_000].map(format);
        assert_eq!(written, ["0s", "1m1s", "1h1m", "1d1h"]);
    }
}
