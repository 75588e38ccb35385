//! What happened, in order. Pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cloud::rehearsal::Delivery;
use crate::text::duration;

/// Attempts that are shown of the beginning and of the end.
const SHOWN: usize = 8;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Milliseconds since the message was published; `None` for what has no time of its own.
    pub offset_ms: Option<i64>,
    /// What.
    pub event: String,
    /// The details.
    pub detail: String,
}

impl Step {
    /// A step without a time of its own.
    #[must_use]
    pub fn new(event: &str, detail: impl Into<String>) -> Self {
        Self { offset_ms: None, event: event.to_owned(), detail: detail.into() }
    }

    /// A step at a time.
    #[must_use]
    pub fn at(offset_ms: i64, event: &str, detail: impl Into<String>) -> Self {
        Self { offset_ms: Some(offset_ms), ..Self::new(event, detail) }
    }

    /// As a document.
    #[must_use]
    pub fn document(&self) -> Value {
        json!({
            "at": self.offset_ms.map(offset),
            "offsetMs": self.offset_ms,
            "event": self.event,
            "detail": self.detail,
        })
    }
}

/// The attempts of a delivery: the first and the last, and how many are between them.
#[must_use]
pub fn attempts(delivery: &Delivery) -> Vec<Step> {
    let since = |at: Timestamp| at.as_millisecond() - delivery.published_at.as_millisecond();
    let mut steps = Vec::new();
    let mut before = 0;
    let count = delivery.attempts.len();
    for (index, attempt) in delivery.attempts.iter().enumerate() {
        let is_shown = index < SHOWN || index + SHOWN >= count;
        if !is_shown {
            continue;
        }
        if attempt.number > before + 1 {
            let between = attempt.number - before - 1;
            steps.push(Step::new("…", format!("{between} more attempts")));
        }
        before = attempt.number;
        let event = format!("attempt {}", attempt.number);
        steps.push(Step::at(since(attempt.at), &event, attempt.text.clone()));
    }
    steps
}

/// `+3d4h` and the like.
#[must_use]
pub fn offset(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "+" };
    let ms = ms.unsigned_abs();
    match ms {
        0 => "+0s".to_owned(),
        1..10_000 if !ms.is_multiple_of(1000) => format!("{sign}{}.{:03}s", ms / 1000, ms % 1000),
        _ => format!("{sign}{}", duration(ms / 1000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::rehearsal::Attempt;

    #[test]
    fn a_long_ladder_shows_its_ends() {
        let at = |second| Timestamp::from_second(second).expect("valid");
        let attempts_of = |numbers: Vec<u64>| Delivery {
            published_at: at(0),
            attempts_count: 100,
            attempts: numbers
                .into_iter()
                .map(|number| Attempt { number, at: at(number as i64), text: "x".into() })
                .collect(),
            state: "dead-lettered".into(),
            ended_at: None,
        };
        let numbers: Vec<u64> = (1..=10).chain(91..=100).collect();
        let steps = attempts(&attempts_of(numbers));
        assert_eq!(steps.len(), 17);
        assert_eq!(steps[8].detail, "84 more attempts");
        assert_eq!((steps[0].offset_ms, steps[16].event.as_str()), (Some(1000), "attempt 100"));
        assert_eq!(attempts(&attempts_of(vec![1, 2])).len(), 2);
    }

    #[test]
    fn offsets_are_short() {
        for (ms, expected) in [(0, "+0s"), (1_500, "+1.500s"), (90_000, "+90s"), (-5, "-0.005s")] {
            assert_eq!(offset(ms), expected);
        }
    }
}
