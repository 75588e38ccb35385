//! The archive of a FIFO topic and the policy by which a subscription gets messages again.

use std::time::Duration;

use brume_foundation::clock::Moment;
use jiff::Timestamp;
use serde_json::Value;

/// Days that an archive may keep messages.
const DAYS_MAX: u64 = 365;

/// How long an archive policy keeps messages; `None` for `{}`, which ends the archive.
///
/// # Errors
/// What is wrong with it.
pub fn retention(text: &str) -> Result<Option<Duration>, String> {
    let Ok(Value::Object(policy)) = serde_json::from_str::<Value>(text) else {
        return Err("failed to parse JSON.".to_owned());
    };
    if policy.is_empty() {
        return Ok(None);
    }
    if let Some(other) = policy.keys().find(|key| *key != "MessageRetentionPeriod") {
        return Err(format!("unknown member: {other}"));
    }
    let days = match policy.get("MessageRetentionPeriod") {
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64(),
        None => None,
    };
    match days {
        Some(days @ 1..=DAYS_MAX) => Ok(Some(Duration::from_secs(days * 86_400))),
        _ => Err("MessageRetentionPeriod must be between 1 and 365 days".to_owned()),
    }
}

/// Which archived messages a subscription gets again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Published at or after this.
    pub from: Moment,
    /// Published at or before this; without it, replay joins what is published now.
    pub until: Option<Moment>,
}

impl Replay {
    /// Reads a replay policy.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let policy =
            serde_json::from_str::<Value>(text).map_err(|_| "failed to parse JSON.".to_owned())?;
        if policy.get("PointType").and_then(Value::as_str) != Some("Timestamp") {
            return Err("PointType must be Timestamp".to_owned());
        }
        let point = |name: &str| match policy.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_str()
                .and_then(moment)
                .map(Some)
                .ok_or_else(|| format!("{name} must be a timestamp in ISO 8601")),
        };
        let from = point("StartingPoint")?.ok_or("StartingPoint is required")?;
        let until = point("EndingPoint")?;
        if until.is_some_and(|until| until <= from) {
            return Err("EndingPoint must be after StartingPoint".to_owned());
        }
        Ok(Self { from, until })
    }
}

fn moment(text: &str) -> Option<Moment> {
    let timestamp = text.parse::<Timestamp>().ok()?;
    u64::try_from(timestamp.as_millisecond()).ok().map(Moment::from_unix_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_keeps_up_to_a_year() {
        let days =
            |text: &str| retention(text).map(|kept| kept.map(|kept| kept.as_secs() / 86_400));
        assert_eq!(days(r#"{"MessageRetentionPeriod":"30"}"#), Ok(Some(30)));
        assert_eq!(days(r#"{"MessageRetentionPeriod":365}"#), Ok(Some(365)));
        assert_eq!(days("{}"), Ok(None));
        for wrong in ["", "[]", r#"{"MessageRetentionPeriod":0}"#, r#"{"x":1}"#] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
        assert!(days(r#"{"MessageRetentionPeriod":"366"}"#).is_err());
    }

    #[test]
    fn a_replay_has_a_start_and_maybe_an_end() {
        let text = r#"{"PointType":"Timestamp","StartingPoint":"2023-11-14T22:13:20.123Z"}"#;
        let replay = Replay::read(text).unwrap();
        assert_eq!(replay.from, Moment::from_unix_millis(1_700_000_000_123));
        assert_eq!(replay.until, None);
        for wrong in [
            "",
            "{}",
            r#"{"PointType":"Timestamp"}"#,
            r#"{"PointType":"Sequence","StartingPoint":"2023-11-14T22:13:20Z"}"#,
            r#"{"PointType":"Timestamp","StartingPoint":"yesterday"}"#,
            r#"{"PointType":"Timestamp","StartingPoint":"2023-11-14T22:13:20Z",
                "EndingPoint":"2023-11-14T22:13:20Z"}"#,
        ] {
            assert!(Replay::read(wrong).is_err(), "{wrong}");
        }
    }
}
