//! GetMetricData: several metrics at once, in pages.

use std::collections::HashSet;

use super::reply::{structure, text};
use super::request::Fields;
use super::statistics::{timestamp, value, window};
use super::{CloudWatch, invalid_combination, invalid_value, missing};
use crate::cbor::Value;
use crate::{AwsError, Call};

/// Queries of one request.
const QUERIES_MAX: usize = 500;
/// Datapoints of one page.
const DATAPOINTS_MAX: u64 = 100_800;

/// One result, all of its datapoints.
struct Found {
    id: String,
    label: String,
    points: Vec<(Value, f64)>,
}

/// Answers GetMetricData.
pub(super) fn get_metric_data(
    service: &CloudWatch,
    call: &Call,
    fields: &Fields<'_>,
) -> Result<Value, AwsError> {
    let queries = fields.list("MetricDataQueries");
    if queries.is_empty() {
        return Err(missing("MetricDataQueries"));
    }
    if queries.len() > QUERIES_MAX {
        let message =
            format!("The collection MetricDataQueries must not have more than {QUERIES_MAX} items");
        return Err(invalid_value(message));
    }
    let is_ascending = match fields.text("ScanBy")? {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(_) => return Err(invalid_value("The value for parameter ScanBy is invalid.")),
    };
    let page_size = fields.count("MaxDatapoints")?.unwrap_or(DATAPOINTS_MAX);
    if page_size == 0 || page_size > DATAPOINTS_MAX {
        return Err(invalid_value("The value for parameter MaxDatapoints is invalid."));
    }
    let skip = fields.text("NextToken")?.map(offset).transpose()?.unwrap_or(0);
    let mut ids = HashSet::new();
    let mut found = Vec::with_capacity(queries.len());
    for query in queries {
        let query = Fields::of(query);
        let id = query.require_text("Id")?;
        if !is_id(id) || !ids.insert(id) {
            let shown = id.escape_debug();
            return Err(invalid_value(format!("The value {shown} for parameter Id is invalid.")));
        }
        if query.boolean("ReturnData") == Some(false) {
            continue;
        }
        found.push(find(service, call, fields, &query, id, is_ascending)?);
    }
    Ok(page(found, skip, page_size))
}

fn find(
    service: &CloudWatch,
    call: &Call,
    fields: &Fields<'_>,
    query: &Fields<'_>,
    id: &str,
    is_ascending: bool,
) -> Result<Found, AwsError> {
    if query.get("Expression").is_some() {
        return Err(AwsError::not_supported("A metric math or Insights expression"));
    }
    let Some(stat) = query.structure("MetricStat") else {
        let message = "Either MetricStat or Expression must be given for each query.";
        return Err(invalid_combination(message));
    };
    let metric = stat.structure("Metric").ok_or_else(|| missing("Metric"))?;
    let series = metric.series(metric.require_text("Namespace")?)?;
    let statistic = stat.require_text("Stat")?;
    let window = window(fields, &stat, call)?;
    let mut points = Vec::new();
    for point in service.registry(call).datapoints(&series, &window) {
        let Some(value) = value(&point, statistic) else {
            return Err(AwsError::not_supported(&format!("The statistic {statistic}")));
        };
        points.push((timestamp(&point), value));
    }
    if !is_ascending {
        points.reverse();
    }
    let label = query.text("Label")?.unwrap_or(&series.name).to_owned();
    Ok(Found { id: id.to_owned(), label, points })
}

/// The datapoints from `skip` on, counted through all results.
fn page(found: Vec<Found>, mut skip: u64, size: u64) -> Value {
    let begun = skip;
    let mut left = size;
    let mut results = Vec::new();
    let mut is_whole = true;
    for Found { id, label, points } in found {
        let count = points.len() as u64;
        if skip > 0 && skip >= count {
            skip -= count;
            continue;
        }
        let from = usize::try_from(skip).unwrap_or(usize::MAX);
        skip = 0;
        let take = usize::try_from(left).unwrap_or(usize::MAX);
        let shown = points.iter().skip(from).take(take).cloned().collect::<Vec<_>>();
        left -= shown.len() as u64;
        let is_complete = from + shown.len() == points.len();
        is_whole &= is_complete;
        let (timestamps, values): (Vec<_>, Vec<_>) =
            shown.into_iter().map(|(at, value)| (at, Value::Float(value))).unzip();
        results.push(structure([
            ("Id", text(&id)),
            ("Label", text(&label)),
            ("Timestamps", Value::List(timestamps)),
            ("Values", Value::List(values)),
            ("StatusCode", text(if is_complete { "Complete" } else { "PartialData" })),
        ]));
        if !is_complete {
            break;
        }
    }
    let mut answer = vec![
        ("MetricDataResults".to_owned(), Value::List(results)),
        ("Messages".to_owned(), Value::List(Vec::new())),
    ];
    if !is_whole {
        answer.push(("NextToken".to_owned(), Value::Text((begun + size - left).to_string())));
    }
    Value::Map(answer)
}

fn offset(token: &str) -> Result<u64, AwsError> {
    token
        .parse()
        .map_err(|_| AwsError::new("InvalidNextToken", "The next token specified is invalid."))
}

fn is_id(id: &str) -> bool {
    id.len() <= 255
        && id.starts_with(|letter: char| letter.is_ascii_lowercase())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
