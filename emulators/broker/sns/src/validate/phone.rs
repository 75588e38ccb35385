//! Telephone numbers.

/// Digits of the longest number (E.164).
const DIGITS_MAX: usize = 15;

/// What people write between the digits.
const SEPARATORS: [char; 3] = ['.', '/', '-'];

/// Whether a text is a number in E.164 form; the plus sign may be missing.
pub(crate) fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (2..=DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// Reads the number of a subscription: single separators between digits do not count.
pub(crate) fn subscribed(text: &str) -> Option<String> {
    let is_odd = text.starts_with(SEPARATORS)
        || text.ends_with(SEPARATORS)
        || text
            .as_bytes()
            .windows(2)
            .any(|pair| pair.iter().all(|byte| SEPARATORS.contains(&char::from(*byte))));
    let number = text.replace(SEPARATORS, "");
    (!is_odd && is_e164(&number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for good in ["+15551234567", "15551234567", "+4930123456"] {
            assert!(is_e164(good), "{good}");
        }
        for wrong in ["", "+", "+1", "+1a234", "NAA+15551234567", "+0123", "+1234567890123456"] {
            assert!(!is_e164(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_subscription_may_have_separators() {
        assert_eq!(subscribed("+15/55-123.4567").as_deref(), Some("+15551234567"));
        for wrong in ["+15--551234567", "-15551234567", "15551234567.", "1 555", ""] {
            assert_eq!(subscribed(wrong), None, "{wrong}");
        }
    }
}
