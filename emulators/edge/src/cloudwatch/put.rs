//! PutMetricData.

use std::time::Duration;

use brume_foundation::metrics::{SERIES_MAX, Statistics};

use super::request::Fields;
use super::{CloudWatch, invalid_combination, invalid_value, missing};
use crate::{AwsError, Call};

/// Metrics of one request.
const METRICS_MAX: usize = 1_000;
/// Values of one metric.
const VALUES_MAX: usize = 150;
/// How far in the past and in the future a timestamp may be.
const PAST_MAX: Duration = Duration::from_secs(14 * 86_400);
const FUTURE_MAX: Duration = Duration::from_secs(2 * 3_600);
/// Bytes of a name or a value.
const NAME_BYTES_MAX: usize = 1_024;

/// Answers PutMetricData: all or, when something is wrong, nothing.
pub(super) fn put_metric_data(
    service: &CloudWatch,
    call: &Call,
    fields: &Fields<'_>,
) -> Result<(), AwsError> {
    let namespace = fields.require_text("Namespace")?;
    if namespace.starts_with("AWS/") || namespace.starts_with(':') || namespace.len() > 255 {
        return Err(invalid_value("The value AWS/ for parameter Namespace is invalid."));
    }
    if !fields.list("EntityMetricData").is_empty() {
        return Err(AwsError::not_supported("EntityMetricData"));
    }
    let data = fields.list("MetricData");
    if data.is_empty() {
        return Err(missing("MetricData"));
    }
    if data.len() > METRICS_MAX {
        let message =
            format!("The collection MetricData must not have more than {METRICS_MAX} items");
        return Err(invalid_value(message));
    }
    let mut checked = Vec::with_capacity(data.len());
    for datum in data {
        let datum = Fields::of(datum);
        let id = datum.series(namespace)?;
        let names = id.dimensions.iter().flat_map(|(name, value)| [name, value]);
        if names.chain([&id.name]).any(|name| name.len() > NAME_BYTES_MAX) {
            return Err(invalid_value("A name or a value is longer than 1024 characters."));
        }
        let at = datum.moment("Timestamp")?.unwrap_or(call.now);
        if at > call.now.after(FUTURE_MAX) || call.now.since(at) > PAST_MAX {
            let message = "The parameter Timestamp must specify a time within the past two weeks \
                           and no more than two hours in the future.";
            return Err(invalid_value(message));
        }
        checked.push((id, at, samples(&datum)?, datum.text("Unit")?));
    }
    let registry = service.registry(call);
    for (id, at, samples, unit) in checked {
        if registry.len() >= SERIES_MAX && !registry.contains(&id) {
            return Err(AwsError::new("LimitExceeded", "There are too many metrics."));
        }
        let dimensions =
            id.dimensions.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>();
        let counter = registry.counter(&id.namespace, &id.name, &dimensions);
        counter.add_statistics(at, &samples);
        if let Some(unit) = unit {
            service.set_unit(call, &id, unit);
        }
    }
    Ok(())
}

/// The samples of one datum, in the one of three ways in which it has them.
fn samples(datum: &Fields<'_>) -> Result<Statistics, AwsError> {
    let value = datum.number("Value")?;
    let set = datum.structure("StatisticValues");
    let values = datum.numbers("Values")?;
    let samples = match (value, set, values.is_empty()) {
        (Some(value), None, true) => Statistics::one(value),
        (None, Some(set), true) => {
            let need = |name: &str| set.number(name)?.ok_or_else(|| missing(name));
            Statistics {
                sample_count: need("SampleCount")?,
                sum: need("Sum")?,
                minimum: need("Minimum")?,
                maximum: need("Maximum")?,
            }
        }
        (None, None, false) => {
            let counts = datum.numbers("Counts")?;
            let is_short = !counts.is_empty() && counts.len() != values.len();
            if is_short || values.len() > VALUES_MAX {
                let message = "The parameters MetricData.Values and MetricData.Counts must be of \
                               the same size.";
                return Err(invalid_value(message));
            }
            let mut samples = Statistics::default();
            for (index, value) in values.iter().enumerate() {
                let count = counts.get(index).copied().unwrap_or(1.0);
                if count <= 0.0 {
                    return Err(invalid_value(
                        "The value for parameter MetricData.Counts is invalid.",
                    ));
                }
                samples.merge(&Statistics {
                    sample_count: count,
                    sum: value * count,
                    minimum: *value,
                    maximum: *value,
                });
            }
            samples
        }
        (None, None, true) => return Err(missing("MetricData.member.1.Value")),
        _ => {
            let message = "The parameters MetricData.Value, MetricData.Values and \
                           MetricData.StatisticValues are mutually exclusive.";
            return Err(invalid_combination(message));
        }
    };
    if samples.is_sound() {
        Ok(samples)
    } else {
        Err(invalid_value("The value for parameter MetricData.Value is invalid."))
    }
}
