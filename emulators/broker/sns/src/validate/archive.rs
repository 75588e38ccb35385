//! Archive policies of FIFO topics and replay policies of their subscriptions.
//! Source: developer guide, "Message archiving and replay for FIFO topics".

use brume_edge::AwsError;
use serde_json::{Map, Value};

use super::Place;
use super::json::parse_object;

/// Days that messages may be kept.
const RETENTION_DAYS: std::ops::RangeInclusive<u64> = 1..=365;

/// Checks `{"MessageRetentionPeriod": "30"}`; an empty object or text ends archiving.
pub(crate) fn archive(place: Place, text: &str) -> Result<(), AwsError> {
    if text.is_empty() {
        return Ok(());
    }
    let refuse = |what: &str| place.refuse(format!("ArchivePolicy: {what}"));
    let policy = parse_object(place, "ArchivePolicy", text)?;
    if policy.keys().any(|name| name != "MessageRetentionPeriod") {
        return Err(refuse("invalid JSON. Only MessageRetentionPeriod is known."));
    }
    let days = match policy.get("MessageRetentionPeriod") {
        None => return Ok(()),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64(),
    };
    if days.is_some_and(|days| RETENTION_DAYS.contains(&days)) {
        Ok(())
    } else {
        Err(refuse("MessageRetentionPeriod value is invalid"))
    }
}

/// Checks `{"PointType":"Timestamp","StartingPoint":"…"}` with an `EndingPoint` or without; an
/// empty object or text ends the replay.
pub(crate) fn replay(place: Place, text: &str) -> Result<(), AwsError> {
    if text.is_empty() {
        return Ok(());
    }
    let policy = parse_object(place, "ReplayPolicy", text)?;
    if policy.is_empty() {
        return Ok(());
    }
    let refuse = |what: String| place.refuse(format!("ReplayPolicy: {what}"));
    let known = ["PointType", "StartingPoint", "EndingPoint"];
    if let Some(name) = policy.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(refuse(format!("unknown member {name}")));
    }
    if policy.get("PointType").and_then(Value::as_str) != Some("Timestamp") {
        return Err(refuse("PointType must be Timestamp".to_owned()));
    }
    let start = moment(&policy, "StartingPoint").map_err(&refuse)?;
    let start = start.ok_or_else(|| refuse("StartingPoint must be specified".to_owned()))?;
    let end = moment(&policy, "EndingPoint").map_err(&refuse)?;
    if end.is_some_and(|end| end <= start) {
        return Err(refuse("EndingPoint must be later than StartingPoint".to_owned()));
    }
    Ok(())
}

/// Reads a timestamp in ISO 8601 form into digits that can be compared.
fn moment(policy: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    let Some(value) = policy.get(name) else { return Ok(None) };
    let wrong = || format!("{name} must be a timestamp such as 2024-01-31T09:00:00.000Z");
    let text = value.as_str().ok_or_else(wrong)?;
    let shape: String =
        text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    let is_good = shape == "0000-00-00T00:00:00Z"
        || (shape.starts_with("0000-00-00T00:00:00.0")
            && shape.ends_with("0Z")
            && shape.len() <= "0000-00-00T00:00:00.000000000Z".len()
            && shape["0000-00-00T00:00:00.".len()..shape.len() - 1].bytes().all(|x| x == b'0'));
    if !is_good {
        return Err(wrong());
    }
    // The letter Z sorts behind every digit: without it the shorter text comes first.
    Ok(Some(text.trim_end_matches('Z').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archive_policies() {
        for good in
            ["", "{}", r#"{"MessageRetentionPeriod":"30"}"#, r#"{"MessageRetentionPeriod":365}"#]
        {
            assert!(archive(Place::Single, good).is_ok(), "{good}");
        }
        for wrong in [
            "x",
            "[]",
            r#"{"MessageRetentionPeriod":"0"}"#,
            r#"{"MessageRetentionPeriod":366}"#,
            r#"{"MessageRetentionPeriod":1.5}"#,
            r#"{"Days":1}"#,
        ] {
            let message = archive(Place::Map, wrong).unwrap_err().message;
            let start = "Invalid parameter: Attributes Reason: ArchivePolicy: ";
            assert!(message.starts_with(start), "{message}");
        }
    }

    #[test]
    fn replay_policies() {
        let policy = |start: &str, end: &str| {
            let text = format!(
                r#"{{"PointType":"Timestamp","StartingPoint":"{start}","EndingPoint":"{end}"}}"#
            );
            replay(Place::Single, &text)
        };
        assert!(policy("2024-01-31T09:00:00Z", "2024-01-31T09:00:00.001Z").is_ok());
        assert!(policy("2024-01-31T09:00:00Z", "2024-01-31T09:00:00Z").is_err());
        assert!(policy("2024-01-31", "2024-01-31T09:00:00Z").is_err());
        assert!(policy("2024-01-31T09:00:00Z", "2024-01-31T09:00:00.0x0Z").is_err());
        assert!(policy("2024-01-31T09:00:00Z", "2024-01-31T09:00:00.é0Z").is_err());
        assert!(replay(Place::Single, "{}").is_ok());
        assert!(replay(Place::Single, r#"{"PointType":"Timestamp"}"#).is_err());
        assert!(replay(Place::Single, r#"{"PointType":"Id","StartingPoint":"1"}"#).is_err());
    }
}
