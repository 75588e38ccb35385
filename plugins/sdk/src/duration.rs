//! Durations as kubectl takes them: `30s`, `1m30s`, `1.5h`, or a bare number of seconds.

/// Units, longest spelling first where one begins with another.
const UNITS: [(&str, f64); 6] = [
    ("ms", 1.0),
    ("us", 0.001),
    ("ns", 0.000_001),
    ("h", 3_600_000.0),
    ("m", 60_000.0),
    ("s", 1_000.0),
];

/// Longest duration, in milliseconds: ten thousand days, far from every overflow.
const DURATION_MS_MAX: f64 = 10_000.0 * 86_400_000.0;

/// Reads a duration in milliseconds, rounded up, so that only zero becomes zero.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn parse_duration_ms(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is not a duration: use 30s, 1m30s, 500ms or 0");
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(u64::from(seconds) * 1_000);
    }
    let mut rest = text;
    let mut total_ms = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let (unit, factor) =
            UNITS.iter().find(|(unit, _)| tail.starts_with(unit)).ok_or_else(wrong)?;
        total_ms += number * factor;
        rest = tail.get(unit.len()..).unwrap_or_default();
    }
    if text.is_empty() || total_ms > DURATION_MS_MAX {
        return Err(wrong());
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0..=DURATION_MS_MAX
    Ok(total_ms.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_kubectl_reads() {
        for (text, ms) in [
            ("0", 0),
            ("30", 30_000),
            ("1s", 1_000),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("500ms", 500),
            ("1us", 1),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration_ms(text), Ok(ms), "{text}");
        }
        for text in ["", "s", "1", "1x", "-1s", "1s2", ".s", "99999999999h", "1..5s"] {
            assert_eq!(parse_duration_ms(text).is_err(), text != "1", "{text}");
        }
    }
}
