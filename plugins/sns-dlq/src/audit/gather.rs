//! Reads what the rules look at.

use std::collections::{BTreeMap, BTreeSet};

use brume_aws::call::JsonCall;
use brume_plugin::progress::Progress;
use brume_plugin::{Error, ExitCode, Result};
use serde_json::{Value, json};

use super::{Facts, Place, TopicUse};
use crate::cloud::metrics::MetricQuery;
use crate::cloud::{Cloud, in_parallel};
use crate::inventory::{Depth, Inventory, bare_function_arn};
use crate::look::{self, Look};
use crate::message::DeadLetter;

/// Days of metrics that are looked at.
const DAYS: u32 = 14;

/// Pages of alarms that are read at most.
const ALARM_PAGES_MAX: usize = 100;

/// What the rules look at, and what could not be read.
///
/// `samples` messages of each dead-letter queue are looked at, to judge filter policies.
///
/// # Errors
/// What SQS says; everything else becomes a note.
pub async fn gather(
    cloud: &Cloud,
    samples: usize,
    progress: &Progress,
) -> Result<(Facts, Vec<String>)> {
    let inventory = Inventory::read(cloud, Depth::Topics, progress).await?;
    let mut notes = inventory.notes.clone();
    let mut facts = Facts {
        place: Place {
            region: cloud.region().to_owned(),
            endpoint_url: cloud.endpoint_url("sqs").map(str::to_owned),
        },
        inventory,
        ..Facts::default()
    };
    progress.update("reading the alarms");
    facts.alarmed_queues = optional("alarms", alarmed_queues(cloud).await, &mut notes)?;
    progress.update("reading the metrics");
    facts.uses = optional("metrics", uses(cloud, &facts).await, &mut notes)?.unwrap_or_default();
    progress.update("reading the policies of functions");
    let policies = function_policies(cloud, &facts).await;
    facts.function_policies =
        optional("policies of functions", policies, &mut notes)?.unwrap_or_default();
    if samples > 0 {
        facts.samples = sampled(cloud, &facts, samples, progress).await?;
    }
    Ok((facts, notes))
}

fn optional<T>(what: &str, found: Result<T>, notes: &mut Vec<String>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code == ExitCode::Interrupted => Err(error),
        Err(error) => {
            let cause = error.causes.first().unwrap_or(&error.message);
            notes.push(format!("the {what} were not read, so their rules are left out: {cause}"));
            Ok(None)
        }
    }
}

/// Names of the queues whose depth an alarm watches, alone or in an expression.
async fn alarmed_queues(cloud: &Cloud) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut token: Option<String> = None;
    for _ in 0..ALARM_PAGES_MAX {
        let mut body = json!({"AlarmTypes": ["MetricAlarm"], "MaxRecords": 100});
        if let Some(token) = &token {
            body["NextToken"] = json!(token);
        }
        let call = JsonCall {
            service: "monitoring",
            region: cloud.region(),
            target: "GraniteServiceVersion20100801.DescribeAlarms",
            version: "1.0",
            body: &body,
        };
        let page = cloud.aws().call_json(call, "read the alarms").await?;
        for alarm in page["MetricAlarms"].as_array().into_iter().flatten() {
            found.extend(watched(alarm));
            let parts = alarm["Metrics"].as_array().into_iter().flatten();
            found.extend(parts.filter_map(|part| watched(&part["MetricStat"]["Metric"])));
        }
        token = page["NextToken"].as_str().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}

/// The queue whose depth or age a metric is.
fn watched(metric: &Value) -> Option<String> {
    let name = metric["MetricName"].as_str()?;
    let counts = ["ApproximateNumberOfMessages", "ApproximateAgeOfOldestMessage"];
    if !counts.iter().any(|known| name.starts_with(known)) {
        return None;
    }
    let dimensions = metric["Dimensions"].as_array()?;
    let queue = dimensions.iter().find(|dimension| dimension["Name"] == json!("QueueName"))?;
    queue["Value"].as_str().map(str::to_owned)
}

async fn uses(cloud: &Cloud, facts: &Facts) -> Result<BTreeMap<String, TopicUse>> {
    let filtered: BTreeSet<&str> = facts
        .inventory
        .subscriptions
        .iter()
        .filter(|subscription| subscription.attribute("FilterPolicy").is_some())
        .map(|subscription| subscription.topic_arn.as_str())
        .collect();
    let topics: Vec<&str> = filtered.into_iter().collect();
    if topics.is_empty() {
        return Ok(BTreeMap::new());
    }
    let metrics = ["NumberOfMessagesPublished", "NumberOfNotificationsFilteredOut"];
    let queries: Vec<MetricQuery> = topics
        .iter()
        .flat_map(|topic| metrics.map(|metric| (topic, metric)))
        .map(|(topic, metric)| MetricQuery {
            namespace: "AWS/SNS",
            metric: metric.to_owned(),
            dimensions: vec![("TopicName", crate::cloud::queues::name_of(topic).to_owned())],
            statistic: "Sum",
        })
        .collect();
    let now = cloud.now().await.as_second();
    let from = now - i64::from(DAYS) * 86_400;
    let series = cloud.series(&queries, from, now, 86_400).await?;
    let sum = |place: usize| {
        let points = series.get(place).map(Vec::as_slice).unwrap_or_default();
        points.iter().map(|point| point.1).sum::<f64>()
    };
    let uses = topics.iter().enumerate().map(|(index, topic)| {
        let (published, filtered_out) = (sum(index * 2), sum(index * 2 + 1));
        ((*topic).to_owned(), TopicUse { published, filtered_out, days: DAYS })
    });
    Ok(uses.collect())
}

async fn function_policies(
    cloud: &Cloud,
    facts: &Facts,
) -> Result<BTreeMap<String, Option<String>>> {
    let subscribed: BTreeSet<&str> = facts
        .inventory
        .subscriptions
        .iter()
        .filter(|subscription| subscription.protocol == "lambda")
        .map(|subscription| bare_function_arn(&subscription.endpoint))
        .filter(|arn| facts.inventory.function(arn).is_some())
        .collect();
    let read = in_parallel(subscribed, |arn| async move {
        Ok((arn.to_owned(), cloud.function_policy(arn).await?))
    });
    Ok(read.await?.into_iter().collect())
}

async fn sampled(
    cloud: &Cloud,
    facts: &Facts,
    samples: usize,
    progress: &Progress,
) -> Result<BTreeMap<String, Vec<DeadLetter>>> {
    let mut found: BTreeMap<String, Vec<DeadLetter>> = BTreeMap::new();
    for dead in facts.inventory.dead_letter_queues() {
        let Some(queue) = dead.queue.filter(|queue| queue.depth() > 0) else { continue };
        progress.update(format_args!("looking at messages of {}", queue.name()));
        let wanted = |letter: &DeadLetter| letter.envelope.is_some();
        let look = Look { limit: samples, wanted: &wanted };
        let seen = look::look(cloud, queue, &look, progress).await?;
        for letter in seen.letters {
            if let Some(topic) = letter.topic_arn() {
                found.entry(topic.to_owned()).or_default().push(letter);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_on_depth_and_age_count() {
        let metric = |name: &str| {
            json!({
                "MetricName": name,
                "Dimensions": [{"Name": "QueueName", "Value": "orders-dlq"}],
            })
        };
        let found = Some("orders-dlq".to_owned());
        assert_eq!(watched(&metric("ApproximateNumberOfMessagesVisible")), found);
        assert_eq!(watched(&metric("ApproximateAgeOfOldestMessage")), found);
        assert_eq!(watched(&metric("NumberOfMessagesSent")), None);
        assert_eq!(watched(&json!({})), None);
    }
}
