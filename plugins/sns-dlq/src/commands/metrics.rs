//! `metrics`: the numbers of dead-letter queues and topics, for people and for Prometheus.

use std::fmt::Write as _;
use std::io::Write as _;

use brume_plugin::clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, Records};
use brume_plugin::{Context, Error, ExitCode, Result};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::arguments::{flag, no_headers};
use crate::cloud::Cloud;
use crate::cloud::metrics::MetricQuery;
use crate::cloud::queues::{Queue, name_of};
use crate::inventory::{Depth, Inventory};
use crate::text::cell;

/// CloudWatch's metrics of a queue, and the statistic that makes sense.
const OF_QUEUES: [(&str, &str); 6] = [
    ("ApproximateAgeOfOldestMessage", "Maximum"),
    ("NumberOfMessagesSent", "Sum"),
    ("NumberOfMessagesReceived", "Sum"),
    ("NumberOfMessagesDeleted", "Sum"),
    ("NumberOfEmptyReceives", "Sum"),
    ("SentMessageSize", "Average"),
];

/// CloudWatch's metrics of a topic.
const OF_TOPICS: [&str; 8] = [
    "NumberOfMessagesPublished",
    "NumberOfNotificationsDelivered",
    "NumberOfNotificationsFailed",
    "NumberOfNotificationsFilteredOut",
    "NumberOfNotificationsFilteredOut-InvalidAttributes",
    "NumberOfNotificationsFilteredOut-NoMessageAttributes",
    "NumberOfNotificationsRedrivenToDlq",
    "NumberOfNotificationsFailedToRedriveToDlq",
];

/// What GetQueueAttributes tells at once, by CloudWatch's name.
const FROM_ATTRIBUTES: [(&str, &str); 3] = [
    ("ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessages"),
    ("ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesNotVisible"),
    ("ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesDelayed"),
];

/// The command line.
pub fn command() -> Command {
    Command::new("metrics")
        .about("Show the numbers of dead-letter queues and of the topics that feed them")
        .long_about(
            "Show the numbers of dead-letter queues and of the topics that feed them, under \
             CloudWatch's names. Depths come from the queues themselves and are of this moment; \
             the rest is CloudWatch's, of the last --minutes. Mind that a message moved by a \
             RedrivePolicy does not count as sent to its dead-letter queue: alarm on depth.",
        )
        .arg(
            Arg::new("queue")
                .value_name("DLQ")
                .action(ArgAction::Append)
                .help("Queues: names, ARNs or URLs; without any, all dead-letter queues"),
        )
        .arg(
            Arg::new("minutes")
                .long("minutes")
                .value_name("N")
                .value_parser(value_parser!(i64).range(1..=1440))
                .default_value("15")
                .help("Sum up this many minutes"),
        )
        .arg(flag("prom", "Print the text format of Prometheus"))
        .arg(no_headers())
}

/// One number.
struct Sample {
    namespace: &'static str,
    metric: String,
    statistic: &'static str,
    dimension: &'static str,
    of: String,
    value: f64,
}

/// Runs it.
///
/// # Errors
/// What AWS says.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let cloud = Cloud::open(context)?;
    let names: Vec<&String> = matches.get_many::<String>("queue").into_iter().flatten().collect();
    let minutes = matches.get_one::<i64>("minutes").copied().unwrap_or(15);
    let (samples, notes) = context.with_progress("reading the metrics", |progress| {
        cloud.block_on(async {
            let mut notes = Vec::new();
            let inventory = Inventory::read(&cloud, Depth::Sources, progress).await?;
            let mut queues: Vec<Queue> = Vec::new();
            for name in &names {
                queues.push(cloud.find_queue(name).await?);
            }
            if names.is_empty() {
                let found = inventory.dead_letter_queues();
                queues.extend(found.iter().filter_map(|dead| dead.queue.cloned()));
                notes.extend(inventory.notes.iter().cloned());
            }
            let mut topics: Vec<String> = inventory
                .subscriptions
                .iter()
                .filter(|subscription| {
                    let target = subscription.redrive().map(|redrive| redrive.target);
                    target.is_some_and(|target| queues.iter().any(|queue| queue.arn == target))
                })
                .map(|subscription| subscription.topic_arn.clone())
                .collect();
            topics.sort();
            topics.dedup();
            let mut samples = from_attributes(&queues);
            match from_cloudwatch(&cloud, &queues, &topics, minutes).await {
                Ok(found) => samples.extend(found),
                Err(error) if error.code == ExitCode::Interrupted => return Err(error),
                Err(error) => {
                    let cause = error.causes.first().unwrap_or(&error.message);
                    notes.push(format!("CloudWatch's part is missing: {cause}"));
                }
            }
            Ok::<_, Error>((samples, notes))
        })
    })?;
    for note in notes {
        context.note(format_args!("note: {note}"));
    }
    if matches.get_flag("prom") {
        let text = prometheus(&samples, cloud.region());
        return Ok(context.stdout().write_all(text.as_bytes())?);
    }
    let items: Vec<Value> = samples.iter().map(item).collect();
    if items.is_empty() && context.format().is_none() {
        context.note("no dead-letter queues: no queue, subscription or function names one");
        return Ok(());
    }
    let document = json!({"region": cloud.region(), "minutes": minutes, "items": items});
    let columns = [
        Column::new("OF", |item| cell(item, "of")),
        Column::new("METRIC", |item| cell(item, "metric")),
        Column::new("VALUE", |item| item["value"].to_string()),
        Column::wide("STATISTIC", |item| cell(item, "statistic")),
        Column::wide("NAMESPACE", |item| cell(item, "namespace")),
    ];
    let name = |item: &Value| format!("metric/{}/{}", cell(item, "of"), cell(item, "metric"));
    Records { document: &document, items: &items, columns: &columns, name }.print(
        context,
        &STANDARD,
        matches.get_flag("no-headers"),
    )
}

fn item(sample: &Sample) -> Value {
    // Counts are whole; `3.0` would look odd.
    #[allow(clippy::cast_possible_truncation)] // checked
    let value = if sample.value.fract() == 0.0 && sample.value.abs() < 9e15 {
        json!(sample.value as i64)
    } else {
        json!(sample.value)
    };
    json!({
        "namespace": sample.namespace,
        "metric": sample.metric,
        "statistic": sample.statistic,
        "of": sample.of,
        "value": value,
    })
}

fn from_attributes(queues: &[Queue]) -> Vec<Sample> {
    let mut samples = Vec::new();
    for queue in queues {
        for (metric, attribute) in FROM_ATTRIBUTES {
            let Some(value) = queue.number(attribute) else { continue };
            #[allow(clippy::cast_precision_loss)] // far fewer messages than that
            samples.push(Sample {
                namespace: "AWS/SQS",
                metric: metric.to_owned(),
                statistic: "Maximum",
                dimension: "QueueName",
                of: queue.name().to_owned(),
                value: value as f64,
            });
        }
    }
    samples
}

async fn from_cloudwatch(
    cloud: &Cloud,
    queues: &[Queue],
    topics: &[String],
    minutes: i64,
) -> Result<Vec<Sample>> {
    let mut queries = Vec::new();
    for queue in queues {
        for (metric, statistic) in OF_QUEUES {
            let dimension = ("QueueName", queue.name().to_owned());
            queries.push(query("AWS/SQS", metric, statistic, dimension));
        }
    }
    for topic in topics {
        for metric in OF_TOPICS {
            let dimension = ("TopicName", name_of(topic).to_owned());
            queries.push(query("AWS/SNS", metric, "Sum", dimension));
        }
    }
    let now = Timestamp::now().as_second();
    let series = cloud.series(&queries, now - minutes * 60, now, 60).await?;
    let samples = queries.into_iter().zip(series).filter_map(|(query, points)| {
        let (dimension, of) = query.dimensions.into_iter().next()?;
        let value = summed(query.statistic, &points)?;
        let MetricQuery { namespace, metric, statistic, .. } = query;
        Some(Sample { namespace, metric, statistic, dimension, of, value })
    });
    Ok(samples.collect())
}

fn query(
    namespace: &'static str,
    metric: &str,
    statistic: &'static str,
    dimension: (&'static str, String),
) -> MetricQuery {
    MetricQuery { namespace, metric: metric.to_owned(), dimensions: vec![dimension], statistic }
}

/// One number for a time: a sum of sums, the newest of the rest.
fn summed(statistic: &str, points: &[(i64, f64)]) -> Option<f64> {
    if points.is_empty() {
        return None;
    }
    if statistic == "Sum" {
        return Some(points.iter().map(|point| point.1).sum());
    }
    points.iter().max_by_key(|point| point.0).map(|point| point.1)
}

/// The text format: all samples of a name together.
fn prometheus(samples: &[Sample], region: &str) -> String {
    let mut families: std::collections::BTreeMap<String, String> = Default::default();
    for sample in samples {
        let name = format!(
            "brume_{}_{}_{}",
            snake(sample.namespace),
            snake(&sample.metric),
            snake(sample.statistic)
        );
        let lines = families.entry(name.clone()).or_default();
        let _ = writeln!(
            lines,
            "{name}{{{}=\"{}\",region=\"{}\"}} {}",
            snake(sample.dimension),
            escaped(&sample.of),
            escaped(region),
            sample.value
        );
    }
    let mut text = String::new();
    for (name, lines) in families {
        let _ = write!(text, "# TYPE {name} gauge\n{lines}");
    }
    text
}

/// `AWS/SQS` becomes `aws_sqs`, `NumberOfMessagesSent` becomes `number_of_messages_sent`.
fn snake(text: &str) -> String {
    let mut out = String::new();
    let mut was_lower = false;
    for c in text.chars() {
        if c.is_ascii_uppercase() && was_lower {
            out.push('_');
        }
        was_lower = c.is_ascii_lowercase();
        out.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_gets_one_family_a_name() {
        let sample = |of: &str, value| Sample {
            namespace: "AWS/SQS",
            metric: "ApproximateNumberOfMessagesVisible".into(),
            statistic: "Maximum",
            dimension: "QueueName",
            of: of.into(),
            value,
        };
        let text = prometheus(&[sample("a", 1.0), sample("b\"", 2.5)], "x");
        assert_eq!(
            text,
            "# TYPE brume_aws_sqs_approximate_number_of_messages_visible_maximum gauge\n\
             brume_aws_sqs_approximate_number_of_messages_visible_maximum\
             {queue_name=\"a\",region=\"x\"} 1\n\
             brume_aws_sqs_approximate_number_of_messages_visible_maximum\
             {queue_name=\"b\\\"\",region=\"x\"} 2.5\n"
        );
    }

    #[test]
    fn a_time_becomes_one_number() {
        assert_eq!(summed("Sum", &[(1, 2.0), (2, 3.0)]), Some(5.0));
        assert_eq!(summed("Maximum", &[(2, 3.0), (1, 9.0)]), Some(3.0));
        assert_eq!(summed("Sum", &[]), None);
    }
}
