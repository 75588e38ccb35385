//! CloudWatch: the few numbers that SQS itself does not tell.

use std::collections::BTreeMap;

use brume_aws::call::JsonCall;
use brume_plugin::Result;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Cloud;

/// Queries in one GetMetricData request.
const QUERIES_MAX: usize = 500;

/// How far back a gauge is looked for: metrics of a quiet queue arrive late.
const LOOK_BACK_SECONDS: i64 = 900;

/// A metric of one queue or topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricQuery {
    /// `AWS/SQS` or `AWS/SNS`.
    pub namespace: &'static str,
    /// The metric's name.
    pub metric: String,
    /// Dimensions by name.
    pub dimensions: Vec<(&'static str, String)>,
    /// `Maximum`, `Sum`, `Average`, `Minimum`, `SampleCount`.
    pub statistic: &'static str,
}

impl Cloud {
    /// The newest value of each query within the last 15 minutes, by the query's place.
    ///
    /// # Errors
    /// What CloudWatch says.
    pub async fn latest(&self, queries: &[MetricQuery]) -> Result<BTreeMap<usize, f64>> {
        let now = self.now().await.as_second();
        let series = self.series(queries, now - LOOK_BACK_SECONDS, now, 60).await?;
        let newest = |points: &Vec<(i64, f64)>| points.iter().max_by_key(|point| point.0).copied();
        Ok(series
            .iter()
            .enumerate()
            .filter_map(|(place, points)| Some((place, newest(points)?.1)))
            .collect())
    }

    /// The points (seconds since 1970, value) of each query between two times, in the order of the
    /// queries; a query without data has none. `period` is in seconds, a multiple of 60.
    ///
    /// # Errors
    /// What CloudWatch says.
    pub async fn series(
        &self,
        queries: &[MetricQuery],
        from: i64,
        to: i64,
        period: i64,
    ) -> Result<Vec<Vec<(i64, f64)>>> {
        let mut series = vec![Vec::new(); queries.len()];
        for (chunk_index, chunk) in queries.chunks(QUERIES_MAX).enumerate() {
            let entries: Vec<Value> = chunk
                .iter()
                .enumerate()
                .map(|(index, query)| entry(index, query, period))
                .collect();
            let mut token: Option<String> = None;
            loop {
                let mut body = json!({
                    "MetricDataQueries": entries,
                    "StartTime": from,
                    "EndTime": to,
                });
                if let Some(token) = &token {
                    body["NextToken"] = json!(token);
                }
                let call = JsonCall {
                    service: "monitoring",
                    region: self.region(),
                    target: "GraniteServiceVersion20100801.GetMetricData",
                    version: "1.0",
                    body: &body,
                };
                let answer = self.aws().call_json(call, "read the metrics").await?;
                for result in answer["MetricDataResults"].as_array().into_iter().flatten() {
                    let id = result["Id"].as_str().unwrap_or_default();
                    let place = id.trim_start_matches('m').parse::<usize>();
                    let place = place.ok().map(|place| chunk_index * QUERIES_MAX + place);
                    if let Some(points) = place.and_then(|place| series.get_mut(place)) {
                        points.extend(read_points(result));
                    }
                }
                token = answer["NextToken"].as_str().map(str::to_owned);
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(series)
    }
}

fn entry(index: usize, query: &MetricQuery, period: i64) -> Value {
    let dimensions: Vec<Value> = query
        .dimensions
        .iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}))
        .collect();
    json!({
        "Id": format!("m{index}"),
        "MetricStat": {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.metric,
                "Dimensions": dimensions,
            },
            "Period": period,
            "Stat": query.statistic,
        },
    })
}

fn read_points(result: &Value) -> Vec<(i64, f64)> {
    let times = result["Timestamps"].as_array().into_iter().flatten();
    let values = result["Values"].as_array().into_iter().flatten();
    times.zip(values).filter_map(|(time, value)| Some((seconds(time)?, value.as_f64()?))).collect()
}

/// JSON 1.0 writes times as seconds, with a fraction sometimes; some servers write text.
fn seconds(time: &Value) -> Option<i64> {
    match time {
        Value::String(text) => text.parse::<Timestamp>().ok().map(Timestamp::as_second),
        #[allow(clippy::cast_possible_truncation)] // seconds since 1970
        other => other.as_f64().map(|seconds| seconds as i64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_in_every_form_of_time() {
        let result = json!({
            "Timestamps": [1_770_000_000, 1_770_000_060.0, "2026-02-02T02:42:00Z", true],
            "Values": [1.0, 2, 3.5, 4],
        });
        let expected = [(1_770_000_000, 1.0), (1_770_000_060, 2.0), (1_770_000_120, 3.5)];
        assert_eq!(read_points(&result), expected);
    }
}
