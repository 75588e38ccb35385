//! GetMetricStatistics, and what it shares with GetMetricData.

use brume_foundation::metrics::{Datapoint, Window};

use super::reply::{structure, text};
use super::request::Fields;
use super::{CloudWatch, invalid_combination, invalid_value, missing};
use crate::cbor::Value;
use crate::{AwsError, Call};

/// Datapoints of one answer.
const DATAPOINTS_MAX: u64 = 1_440;
const NAMES: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

/// Answers GetMetricStatistics.
pub(super) fn get(
    service: &CloudWatch,
    call: &Call,
    fields: &Fields<'_>,
) -> Result<Value, AwsError> {
    let id = fields.series(fields.require_text("Namespace")?)?;
    if !fields.list("ExtendedStatistics").is_empty() {
        return Err(AwsError::not_supported("A percentile (ExtendedStatistics)"));
    }
    let names = fields.texts("Statistics")?;
    if names.is_empty() {
        return Err(missing("Statistics"));
    }
    if let Some(name) = names.iter().find(|name| !NAMES.contains(name)) {
        let shown = name.escape_debug();
        let message = format!("The value {shown} for parameter Statistics is not supported.");
        return Err(invalid_value(message));
    }
    let window = window(fields, fields, call)?;
    let seconds = window.end.since(window.start).as_secs();
    let count = seconds.div_ceil(window.period_seconds);
    if count > DATAPOINTS_MAX {
        return Err(invalid_combination(format!(
            "You have requested up to {count} datapoints, which exceeds the limit of 1,440. You \
             may reduce the datapoints requested by increasing Period, or decreasing the time \
             range."
        )));
    }
    let unit = service.unit(call, &id);
    let is_other_unit = fields.text("Unit")?.is_some_and(|wanted| wanted != unit);
    let datapoints = match is_other_unit {
        true => Vec::new(),
        false => service.registry(call).datapoints(&id, &window),
    };
    let points = datapoints.iter().map(|point| {
        let mut entries = vec![("Timestamp".to_owned(), timestamp(point))];
        for name in &names {
            let value = value(point, name).unwrap_or_default();
            entries.push(((*name).to_owned(), Value::Float(value)));
        }
        entries.push(("Unit".to_owned(), text(&unit)));
        Value::Map(entries)
    });
    Ok(structure([("Label", text(&id.name)), ("Datapoints", Value::List(points.collect()))]))
}

/// Reads start and end of one structure and the period of another.
pub(super) fn window(
    times: &Fields<'_>,
    period: &Fields<'_>,
    call: &Call,
) -> Result<Window, AwsError> {
    let (start, end) = (times.require_moment("StartTime")?, times.require_moment("EndTime")?);
    if start >= end {
        let message = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(invalid_combination(message));
    }
    let period_seconds = period.count("Period")?.ok_or_else(|| missing("Period"))?;
    if period_seconds == 0 || !period_seconds.is_multiple_of(60) || period_seconds > 86_400 * 366 {
        return Err(invalid_value(
            "The parameter Period must be a multiple of 60: brume keeps whole minutes.",
        ));
    }
    Ok(Window { start, end, period_seconds, now: call.now })
}

/// Where a datapoint's period begins.
pub(super) fn timestamp(point: &Datapoint) -> Value {
    Value::Timestamp(point.start.unix_seconds() as f64)
}

/// One statistic of a datapoint.
pub(super) fn value(point: &Datapoint, statistic: &str) -> Option<f64> {
    let statistics = &point.statistics;
    Some(match statistic {
        "SampleCount" => statistics.sample_count,
        "Average" => statistics.average(),
        "Sum" => statistics.sum,
        "Minimum" => statistics.minimum,
        "Maximum" => statistics.maximum,
        _ => return None,
    })
}
