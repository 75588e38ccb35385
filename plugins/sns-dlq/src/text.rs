//! Small texts: durations, cells of tables, one-line excerpts.

use serde_json::Value;

/// Stands in a cell for what is not known or not there.
pub const NONE: &str = "-";

/// A number of seconds as kubectl writes ages: `45s`, `12m`, `3h20m`, `9d`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => with_rest(minutes, 'm', seconds % 60, 's', minutes < 10),
        7_200..172_800 => with_rest(hours, 'h', minutes % 60, 'm', hours < 8),
        _ => with_rest(days, 'd', hours % 24, 'h', days < 8),
    }
}

/// The larger unit, and the smaller one where it still says something.
fn with_rest(large: u64, unit: char, small: u64, small_unit: char, is_precise: bool) -> String {
    if is_precise && small > 0 {
        format!("{large}{unit}{small}{small_unit}")
    } else {
        format!("{large}{unit}")
    }
}

/// A member of an item as a cell: text as it is, numbers as digits, nothing as `-`.
#[must_use]
pub fn cell(item: &Value, member: &str) -> String {
    match &item[member] {
        Value::Null => NONE.to_owned(),
        Value::String(text) if text.is_empty() => NONE.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A member that holds seconds, as a duration.
#[must_use]
pub fn duration_cell(item: &Value, member: &str) -> String {
    item[member].as_u64().map_or_else(|| NONE.to_owned(), duration)
}

/// The beginning of a text on one line, white space run together, at most `max` characters.
#[must_use]
pub fn excerpt(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        let gap = usize::from(count > 0);
        for c in std::iter::repeat_n(' ', gap).chain(word.chars()) {
            if count == max {
                out.pop();
                out.push('…');
                return out;
            }
            out.push(c);
            count += 1;
        }
    }
    out
}

/// Makes control characters visible: a message must not steer the terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\t' { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        for (seconds, expected) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (3_600, "60m"),
            (7_200, "2h"),
            (12_000, "3h20m"),
            (86_400, "24h"),
            (345_600, "4d"),
            (190_000, "2d4h"),
            (1_209_600, "14d"),
        ] {
            assert_eq!(duration(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn an_excerpt_is_one_line() {
        assert_eq!(excerpt("a\n  b\tc", 10), "a b c");
        assert_eq!(excerpt("abcdef", 4), "abc…");
        assert_eq!(excerpt("", 4), "");
    }
}
