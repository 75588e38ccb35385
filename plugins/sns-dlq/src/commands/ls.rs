//! `ls`: every dead-letter queue, and what feeds it.

use std::collections::BTreeMap;

use brume_plugin::clap::{ArgMatches, Command};
use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, Records};
use brume_plugin::progress::Progress;
use brume_plugin::{Context, Error, ExitCode, Result};
use serde_json::{Value, json};

use crate::arguments::{flag, no_headers};
use crate::cloud::metrics::MetricQuery;
use crate::cloud::queues::Queue;
use crate::cloud::{Cloud, in_parallel};
use crate::inventory::{DeadLetterQueue, Depth, Inventory, SourceKind, regions};
use crate::text::{NONE, cell, duration, duration_cell};

/// Stands for the region in notes that are compared.
const REGION_MARK: &str = "\u{0}";

/// The command line.
pub fn command() -> Command {
    Command::new("ls")
        .about("List the dead-letter queues and what feeds them")
        .long_about(
            "List every queue that takes dead letters: of another queue, of an SNS subscription, \
             of a Lambda function, of an event source. A target that does not exist is listed, \
             too: its sources lose what they cannot deliver.",
        )
        .arg(flag("all-regions", "Ask every region of the partition").short('A'))
        .arg(flag("nonempty", "List only queues that hold messages"))
        .arg(no_headers())
}

/// Runs it.
///
/// # Errors
/// What AWS says.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let cloud = Cloud::open(context)?;
    let all = matches.get_flag("all-regions");
    let regions = if all { regions::all(cloud.region()) } else { vec![cloud.region().to_owned()] };
    let mut items = Vec::new();
    let mut notes = Vec::new();
    let found = context.with_progress("reading queues", |progress| {
        cloud.block_on(in_parallel(regions, |region| {
            let cloud = cloud.in_region(&region);
            // A region that is not enabled for the account refuses every key: no failure of all.
            async move { Ok((region, listed(&cloud, progress).await)) }
        }))
    })?;
    for (region, listed) in found {
        match listed {
            Ok((found, more)) => {
                items.extend(found);
                notes.extend(more.into_iter().map(|note| (region.clone(), note)));
            }
            Err(error) if all && error.code != ExitCode::Interrupted => {
                notes.push((region.clone(), skipped(&region, &error)));
            }
            Err(error) => return Err(error),
        }
    }
    if matches.get_flag("nonempty") {
        items.retain(|item| item["depth"].as_u64() != Some(0) || item["inFlight"] != json!(0));
    }
    for note in merged(notes) {
        context.note(format_args!("note: {note}"));
    }
    if items.is_empty() && context.format().is_none() {
        context.note("no dead-letter queues: no queue, subscription or function names one");
        return Ok(());
    }
    let document = json!({"items": items});
    let columns = columns(all);
    let name = |item: &Value| format!("queue/{}", cell(item, "name"));
    Records { document: &document, items: &items, columns: &columns, name }.print(
        context,
        &STANDARD,
        matches.get_flag("no-headers"),
    )
}

fn skipped(region: &str, error: &Error) -> String {
    let cause = error.causes.first().unwrap_or(&error.message);
    format!("{region} skipped: {cause}")
}

/// Notes that differ in nothing but the region become one.
fn merged(notes: Vec<(String, String)>) -> Vec<String> {
    let mut alike: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (region, note) in notes {
        alike.entry(note.replace(&region, REGION_MARK)).or_default().push(region);
    }
    let text = |(note, regions): (String, Vec<String>)| {
        let (shown, rest) = regions.split_at(regions.len().min(3));
        let mut names = shown.join(", ");
        if !rest.is_empty() {
            names.push_str(&format!(" and {} more", rest.len()));
        }
        note.replace(REGION_MARK, &names)
    };
    alike.into_iter().map(text).collect()
}

fn columns(all_regions: bool) -> Vec<Column> {
    let region: fn(&Value) -> String = |item| cell(item, "region");
    vec![
        Column::new("QUEUE", |item| {
            let missing = if item["exists"] == json!(false) { " (missing)" } else { "" };
            cell(item, "name") + missing
        }),
        if all_regions { Column::new("REGION", region) } else { Column::wide("REGION", region) },
        Column::new("DEPTH", |item| cell(item, "depth")),
        Column::new("IN FLIGHT", |item| cell(item, "inFlight")),
        Column::new("OLDEST", |item| duration_cell(item, "oldestAgeSeconds")),
        Column::new("EXPIRES", expires),
        Column::new("SOURCES", sources),
        Column::wide("RETENTION", |item| duration_cell(item, "retentionSeconds")),
        Column::wide("ARN", |item| cell(item, "arn")),
    ]
}

/// When the oldest message is lost; `≤` where only the latest possible time is known.
fn expires(item: &Value) -> String {
    let Some(seconds) = item["retentionLeftSeconds"].as_u64() else { return NONE.to_owned() };
    let sign = if item["retentionLeftIsUpperBound"] == json!(true) { "≤" } else { "" };
    format!("{sign}{}", duration(seconds))
}

fn sources(item: &Value) -> String {
    let labels = item["sources"].as_array().into_iter().flatten();
    let labels: Vec<String> = labels.map(|source| cell(source, "label")).collect();
    labels.join(", ")
}

/// How long ago the oldest message of a queue was sent.
#[derive(Clone, Copy, Debug)]
struct Age {
    seconds: u64,
    /// Counted from the message itself, not from its arrival in this queue.
    is_exact: bool,
}

async fn listed(cloud: &Cloud, progress: &Progress) -> Result<(Vec<Value>, Vec<String>)> {
    let inventory = Inventory::read(cloud, Depth::Sources, progress).await?;
    let queues = inventory.dead_letter_queues();
    let mut notes = inventory.notes.clone();
    let holds = |dead: &&DeadLetterQueue<'_>| {
        dead.queue.is_some_and(|queue| queue.depth() + queue.in_flight() > 0)
    };
    let held: Vec<&DeadLetterQueue<'_>> = queues.iter().filter(holds).collect();
    let ages = if cloud.tells_more().await {
        told_ages(cloud, &held).await
    } else {
        measured_ages(cloud, &held).await
    };
    let ages = match ages {
        Err(error) if error.code == ExitCode::Interrupted => return Err(error),
        Err(error) => {
            let cause = error.causes.first().unwrap_or(&error.message);
            notes.push(format!("the ages of {} are not known: {cause}", cloud.region()));
            BTreeMap::new()
        }
        Ok(ages) => ages,
    };
    let items = queues.iter().map(|queue| item(queue, cloud.region(), ages.get(&queue.arn)));
    Ok((items.collect(), notes))
}

/// Ages by ARN, out of the messages themselves.
async fn told_ages(cloud: &Cloud, held: &[&DeadLetterQueue<'_>]) -> Result<BTreeMap<String, Age>> {
    let now = cloud.now().await.as_second();
    let found = in_parallel(held.iter(), |dead| async move {
        let sent = cloud.oldest_sent(&dead.arn).await;
        Ok(sent.map(|sent| {
            let seconds = u64::try_from(now - sent.as_second()).unwrap_or_default();
            (dead.arn.clone(), Age { seconds, is_exact: true })
        }))
    });
    Ok(found.await?.into_iter().flatten().collect())
}

/// Ages by ARN, out of CloudWatch.
async fn measured_ages(
    cloud: &Cloud,
    held: &[&DeadLetterQueue<'_>],
) -> Result<BTreeMap<String, Age>> {
    if held.is_empty() {
        return Ok(BTreeMap::new());
    }
    let queries: Vec<MetricQuery> = held
        .iter()
        .map(|queue| MetricQuery {
            namespace: "AWS/SQS",
            metric: "ApproximateAgeOfOldestMessage".to_owned(),
            dimensions: vec![("QueueName", queue.name().to_owned())],
            statistic: "Maximum",
        })
        .collect();
    let values = cloud.latest(&queries).await?;
    let ages = values.into_iter().filter_map(|(place, value)| {
        let dead = held.get(place)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // seconds, checked
        let seconds = value.is_finite().then_some(value.max(0.0) as u64)?;
        // A standard queue's message keeps its first time when SQS moves it, and the metric counts
        // from the move.
        let is_exact = dead.queue.is_some_and(Queue::is_fifo)
            || !dead.sources.iter().any(|source| source.kind == SourceKind::Queue);
        Some((dead.arn.clone(), Age { seconds, is_exact }))
    });
    Ok(ages.collect())
}

fn item(dead: &DeadLetterQueue<'_>, region: &str, age: Option<&Age>) -> Value {
    let sources: Vec<Value> = dead
        .sources
        .iter()
        .map(|source| {
            json!({
                "kind": source.kind.name(),
                "arn": source.arn,
                "label": source.label,
                "maxReceiveCount": source.max_receive_count,
            })
        })
        .collect();
    let Some(queue) = dead.queue else {
        return json!({
            "name": dead.name(),
            "region": region,
            "arn": dead.arn,
            "exists": false,
            "sources": sources,
        });
    };
    let left = age.map(|age| queue.retention_seconds().saturating_sub(age.seconds));
    json!({
        "name": queue.name(),
        "region": region,
        "arn": queue.arn,
        "url": queue.url,
        "exists": true,
        "depth": queue.depth(),
        "inFlight": queue.in_flight(),
        "delayed": queue.delayed(),
        "oldestAgeSeconds": age.map(|age| age.seconds),
        "retentionSeconds": queue.retention_seconds(),
        "retentionLeftSeconds": left,
        "retentionLeftIsUpperBound": age.is_some_and(|age| !age.is_exact),
        "sources": sources,
    })
}

#[cfg(test)]
mod tests {
    use brume_plugin::output::{Layout, OutputFormat};

    use super::*;
    use crate::inventory::tests::{queue, redrive_to, subscription};

    fn table(form: &str) -> String {
        let dlq = redrive_to("orders-dlq", 1);
        let inventory = Inventory {
            queues: vec![
                queue("jobs", &[("RedrivePolicy", &redrive_to("jobs-dlq", 3))]),
                queue("jobs-dlq", &[("ApproximateNumberOfMessages", "3")]),
                queue("lost", &[("RedrivePolicy", &redrive_to("gone-dlq", 3))]),
                queue(
                    "orders-dlq",
                    &[
                        ("ApproximateNumberOfMessages", "1204"),
                        ("ApproximateNumberOfMessagesNotVisible", "10"),
                        ("MessageRetentionPeriod", "1209600"),
                    ],
                ),
            ],
            subscriptions: vec![
                subscription("https", "https://example.org/hook", &[("RedrivePolicy", &dlq)]),
                subscription(
                    "lambda",
                    "arn:aws:lambda:us-east-1:123456789012:function:ship",
                    &[("RedrivePolicy", &dlq)],
                ),
            ],
            ..Inventory::default()
        };
        let ages = BTreeMap::from([
            (
                "arn:aws:sqs:us-east-1:123456789012:jobs-dlq".to_owned(),
                Age { seconds: 7_400, is_exact: false },
            ),
            (
                "arn:aws:sqs:us-east-1:123456789012:orders-dlq".to_owned(),
                Age { seconds: 1_000_000, is_exact: true },
            ),
        ]);
        let queues = inventory.dead_letter_queues();
        let items: Vec<Value> =
            queues.iter().map(|queue| item(queue, "us-east-1", ages.get(&queue.arn))).collect();
        let document = json!({"items": items});
        let columns = columns(false);
        let name = |item: &Value| cell(item, "name");
        let format = OutputFormat::parse(form, &STANDARD).expect("known");
        Records { document: &document, items: &items, columns: &columns, name }
            .render(&format, Layout::default())
            .expect("rendered")
    }

    #[test]
    fn a_listing_shows_what_is_urgent() {
        insta::assert_snapshot!(table("table"));
    }

    #[test]
    fn notes_that_are_alike_become_one() {
        let note = |region: &str| (region.to_owned(), format!("{region} skipped: no"));
        let notes = ["a-1", "a-2", "b-1", "b-2", "c-1"].map(note).to_vec();
        assert_eq!(merged(notes), ["a-1, a-2, b-1 and 2 more skipped: no"]);
    }

    #[test]
    fn spreadsheets_get_everything() {
        insta::assert_snapshot!(table("csv").replace('\r', ""));
    }
}
