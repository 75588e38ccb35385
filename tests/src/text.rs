//! Replaces what differs from run to run, so that output can be compared with a snapshot.

use std::path::Path;

/// Replaces the sandbox's path by `[SANDBOX]`, ports of loopback addresses by `[PORT]`, process
/// ids after `pid` by `[PID]`, and times such as `12 ms` or `1.5 s` by `[TIME]`.
#[must_use]
pub fn normalise(text: &str, root: &Path) -> String {
    let text = text.replace(&root.display().to_string(), "[SANDBOX]");
    let text = replace_number_after(&text, "127.0.0.1:", "[PORT]");
    let text = replace_number_after(&text, "localhost:", "[PORT]");
    let text = replace_number_after(&text, "pid ", "[PID]");
    replace_times(&text)
}

/// Replaces every run of digits that follows `prefix`.
fn replace_number_after(text: &str, prefix: &str, by: &str) -> String {
    let mut parts = text.split(prefix);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        result.push_str(prefix);
        let rest = part.trim_start_matches(|character: char| character.is_ascii_digit());
        if rest.len() < part.len() {
            result.push_str(by);
        }
        result.push_str(rest);
    }
    result
}

/// Replaces a number and its unit, `ms` or `s`, with or without a space between them.
fn replace_times(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(number.len());
        let (digits, after) = number.split_at(end);
        result.push_str(before);
        match unit_length(after) {
            Some(length) if !before.ends_with(|last: char| last.is_alphanumeric()) => {
                result.push_str("[TIME]");
                rest = &after[length..];
            }
            _ => {
                result.push_str(digits);
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

fn unit_length(after: &str) -> Option<usize> {
    let trimmed = after.strip_prefix(' ').unwrap_or(after);
    let skipped = after.len() - trimmed.len();
    let unit = ["ms", "s"].into_iter().find(|unit| trimmed.starts_with(unit))?;
    let follows = trimmed[unit.len()..].chars().next();
    (!follows.is_some_and(char::is_alphanumeric)).then_some(skipped + unit.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_replaced_and_nothing_else() {
        let cases = [
            ("at /tmp/brume-x/home", "at [SANDBOX]/home"),
            ("https://127.0.0.1:45123/api", "https://127.0.0.1:[PORT]/api"),
            ("ready in 12 ms, pid 4711", "ready in [TIME], pid [PID]"),
            ("after 1.5s.", "after [TIME]."),
            ("v1.37, apps/v1, 3 services", "v1.37, apps/v1, 3 services"),
            ("k8s 12 msgs", "k8s 12 msgs"),
        ];
        for (given, wanted) in cases {
            assert_eq!(normalise(given, Path::new("/tmp/brume-x")), wanted);
        }
    }
}
