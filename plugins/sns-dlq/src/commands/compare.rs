//! `compare`: SNS→Lambda against SNS→SQS→Lambda, while the function is down.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::QueueAttributeName;
use brume_plugin::clap::{Arg, ArgMatches, Command, value_parser};
use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, Records};
use brume_plugin::progress::Progress;
use brume_plugin::{Context, Error, ExitCode, Result, Risk};
use serde_json::{Value, json};

use crate::arguments::no_headers;
use crate::cloud::Cloud;
use crate::cloud::queues::Queue;
use crate::cloud::rehearsal::Clockwork;
use crate::cloud::transfer::{BATCH_MAX, Receive};
use crate::redrive::run::now_ms;
use crate::simulation::stack::{Blueprint, Endpoint, Stack, make_queue, policy, set_attribute};
use crate::text::{cell, duration, duration_cell};

const LONG_ABOUT: &str = "\
Compare SNS→Lambda with SNS→SQS→Lambda while the function is down for a while.

On brume's emulator, in its own time: the same messages are published to a function directly and \
to a queue in front of it; the function service refuses every call until the outage is over. Shown \
are attempts, messages that were processed twice, dead letters, losses, and the time until a \
message was processed. The poller between queue and function is played by this command, with the \
visibility timeout and maxReceiveCount that are given; both paths share one clock.";

/// The command line.
pub fn command() -> Command {
    let number = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .value_parser(value_parser!(u64).range(1..=1_000_000))
            .default_value(default)
            .help(help)
    };
    Command::new("compare")
        .about("Compare SNS→Lambda with SNS→SQS→Lambda during an outage")
        .long_about(LONG_ABOUT)
        .arg(number("outage", "600", "Seconds that the function is down"))
        .arg(number("messages", "20", "Messages to publish, up to 500"))
        .arg(number("visibility", "30", "Visibility timeout of the queue in seconds"))
        .arg(number("max-receive-count", "5", "Receives before a message is a dead letter"))
        .arg(no_headers())
}

/// What is compared.
struct Trial {
    outage_seconds: u64,
    messages: u64,
    visibility_seconds: u64,
    max_receive_count: u64,
}

/// How one path did.
#[derive(Debug, Default)]
struct Path {
    name: &'static str,
    attempts: u64,
    /// Time until each message was processed, in milliseconds; the first time counts.
    processed_ms: BTreeMap<String, i64>,
    duplicates: u64,
    dead_letters: u64,
}

impl Path {
    fn document(&self, messages: u64) -> Value {
        let mut times: Vec<i64> = self.processed_ms.values().copied().collect();
        times.sort_unstable();
        let at = |share: usize| {
            let place = times.len().saturating_sub(1) * share / 100;
            times.get(place).map(|ms| ms / 1000)
        };
        let processed = times.len() as u64;
        json!({
            "path": self.name,
            "messages": messages,
            "attempts": self.attempts,
            "processed": processed,
            "duplicates": self.duplicates,
            "deadLetters": self.dead_letters,
            "lost": messages.saturating_sub(processed + self.dead_letters),
            "medianSeconds": at(50),
            "slowestSeconds": at(100),
        })
    }

    fn processed(&mut self, message: &str, after_ms: i64) {
        if self.processed_ms.contains_key(message) {
            self.duplicates += 1;
        } else {
            self.processed_ms.insert(message.to_owned(), after_ms);
        }
    }
}

/// Runs it.
///
/// # Errors
/// Usage where there is no emulator whose clock can be pushed; what SNS and SQS say.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let number = |name: &str| matches.get_one::<u64>(name).copied().unwrap_or(1);
    let trial = Trial {
        outage_seconds: number("outage"),
        messages: number("messages"),
        visibility_seconds: number("visibility"),
        max_receive_count: number("max-receive-count"),
    };
    if trial.messages > 500 || trial.max_receive_count > 1000 || trial.visibility_seconds > 43_200 {
        return Err(Error::usage(
            "--messages is at most 500, --max-receive-count 1000, \
             --visibility 43200",
        ));
    }
    // Every step of the clock is a step of the poller.
    if trial.outage_seconds / trial.visibility_seconds > 2_000 {
        return Err(Error::usage("the outage has more than 2000 visibility timeouts"));
    }
    let cloud = Cloud::open_to_the_end(context)?;
    let clockwork = Clockwork::of(context.invocation());
    let is_emulator = cloud.block_on(async { Ok(cloud.tells_more().await) })?;
    let (true, Some(clockwork)) = (is_emulator, clockwork) else {
        return Err(Error::usage("compare needs brume's emulator and its clock")
            .hint("brume --local sns-dlq compare"));
    };
    context.confirm(Risk::Change, "make two scratch topics, and remove them at the end")?;
    let mark = format!("{:08x}", now_ms() & 0xffff_ffff);
    let plan = |part: &str, is_function| Blueprint {
        mark: format!("{mark}{part}"),
        is_function,
        // Functions are always given the event with the envelope.
        is_raw: !is_function,
        has_dead_letters: true,
    };
    let (direct, queued) = (plan("a", true), plan("b", false));
    let host = context.host();
    let (paths, left) = context.with_progress("making two scratch topics", |progress| {
        cloud.block_on(async {
            let stop = || host.is_cancelled();
            let paths = play(&cloud, &clockwork, &trial, (&direct, &queued), &stop, progress).await;
            let mut left = direct.remove(&cloud).await;
            left.extend(queued.remove(&cloud).await);
            Ok((paths, left))
        })
    })?;
    for left in left {
        context.note(format_args!("warning: {left} could not be removed"));
    }
    let items: Vec<Value> = paths?.iter().map(|path| path.document(trial.messages)).collect();
    let document = json!({
        "outageSeconds": trial.outage_seconds,
        "messages": trial.messages,
        "visibilitySeconds": trial.visibility_seconds,
        "maxReceiveCount": trial.max_receive_count,
        "items": items,
    });
    let columns = [
        Column::new("PATH", |item| cell(item, "path")),
        Column::new("ATTEMPTS", |item| item["attempts"].to_string()),
        Column::new("PROCESSED", |item| item["processed"].to_string()),
        Column::new("TWICE", |item| item["duplicates"].to_string()),
        Column::new("DEAD LETTERS", |item| item["deadLetters"].to_string()),
        Column::new("LOST", |item| item["lost"].to_string()),
        Column::new("MEDIAN", |item| duration_cell(item, "medianSeconds")),
        Column::new("SLOWEST", |item| duration_cell(item, "slowestSeconds")),
    ];
    let name = |item: &Value| format!("path/{}", cell(item, "path"));
    Records { document: &document, items: &items, columns: &columns, name }.print(
        context,
        &STANDARD,
        matches.get_flag("no-headers"),
    )
}

async fn play(
    cloud: &Cloud,
    clockwork: &Clockwork,
    trial: &Trial,
    plans: (&Blueprint, &Blueprint),
    stop: &dyn Fn() -> bool,
    progress: &Progress,
) -> Result<[Path; 2]> {
    let direct = plans.0.build(cloud).await?;
    let queued = plans.1.build(cloud).await?;
    let (Endpoint::Function(function, _), Endpoint::Queue(queue)) =
        (&direct.endpoint, &queued.endpoint)
    else {
        return Err(Error::failed("the scratch topics have other endpoints than they should"));
    };
    let work_dlq = set_up(cloud, trial, plans.1, &queued, queue).await?;
    cloud.define_function(function, "throttle").await?;
    progress.update("publishing");
    let begun_ms = cloud.clock_ms().await?;
    for number in 0..trial.messages {
        for stack in [&direct, &queued] {
            let request = cloud.sns().publish().topic_arn(&stack.topic_arn);
            let sent = request.message(number.to_string()).send().await;
            sent.map_err(|error| cloud.aws().failure("publish", error))?;
        }
    }
    let path = Path { name: "SNS→SQS→Lambda", ..Path::default() };
    let mut poller = Poller { cloud, queue, begun_ms, path };
    let mut passed = 0;
    while passed < trial.outage_seconds {
        if stop() {
            return Err(Error::silent(ExitCode::Interrupted));
        }
        poller.poll(false).await?;
        let step = trial.visibility_seconds.min(trial.outage_seconds - passed);
        clockwork.advance(step)?;
        passed += step;
        progress.update(format_args!("the function is down for {}", duration(passed)));
    }
    progress.update("the function works again");
    // Its counts begin anew with its definition.
    let refused = cloud.calls_of(function).await?.events;
    cloud.define_function(function, "succeed").await?;
    // What is hidden or waits for its turn comes within this time on both paths.
    for _ in 0..3 {
        poller.poll(true).await?;
        clockwork.advance(trial.visibility_seconds.max(30))?;
    }
    let calls = cloud.calls_of(function).await?;
    let mut first =
        Path { name: "SNS→Lambda", attempts: calls.events + refused, ..Path::default() };
    for (at, event) in &calls.accepted {
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        if let Some(number) = event["Records"][0]["Sns"]["Message"].as_str() {
            first.processed(number, at.as_millisecond() - begun_ms);
        }
    }
    first.dead_letters = depth(cloud, direct.dead_letters.as_ref()).await?;
    let mut second = poller.path;
    second.dead_letters =
        depth(cloud, queued.dead_letters.as_ref()).await? + depth(cloud, Some(&work_dlq)).await?;
    Ok([first, second])
}

/// Gives the queue its visibility timeout and its own dead-letter queue.
async fn set_up(
    cloud: &Cloud,
    trial: &Trial,
    plan: &Blueprint,
    stack: &Stack,
    queue: &Queue,
) -> Result<Queue> {
    let dead = make_queue(cloud, &plan.name("work-dlq"), None).await?;
    let redrive = json!({
        "deadLetterTargetArn": dead.arn,
        "maxReceiveCount": trial.max_receive_count,
    });
    for (name, value) in [
        (QueueAttributeName::VisibilityTimeout, trial.visibility_seconds.to_string()),
        (QueueAttributeName::RedrivePolicy, redrive.to_string()),
        (QueueAttributeName::Policy, policy(&queue.arn, &stack.topic_arn)),
    ] {
        set_attribute(cloud, &queue.url, name, &value).await?;
    }
    Ok(dead)
}

async fn depth(cloud: &Cloud, queue: Option<&Queue>) -> Result<u64> {
    match queue {
        None => Ok(0),
        Some(queue) => Ok(cloud.queue(&queue.url).await?.depth()),
    }
}

/// Stands between queue and function, as Lambda's poller does.
struct Poller<'a> {
    cloud: &'a Cloud,
    queue: &'a Queue,
    begun_ms: i64,
    path: Path,
}

impl Poller<'_> {
    /// Hands over everything that can be received; deletes what the function took.
    async fn poll(&mut self, works: bool) -> Result<()> {
        let receive = Receive { max: BATCH_MAX, visibility_seconds: None, wait_seconds: 0 };
        loop {
            let letters = self.cloud.receive(&self.queue.url, receive).await?;
            if letters.is_empty() {
                return Ok(());
            }
            self.path.attempts += letters.len() as u64;
            if !works {
                continue;
            }
            let after_ms = self.cloud.clock_ms().await? - self.begun_ms;
            for letter in &letters {
                self.path.processed(&letter.body, after_ms);
            }
            let handles: Vec<&str> =
                letters.iter().filter_map(|letter| letter.receipt_handle.as_deref()).collect();
            self.cloud.delete_batch(&self.queue.url, &handles).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_adds_up() {
        let mut path = Path { name: "x", attempts: 9, dead_letters: 1, ..Path::default() };
        path.processed("0", 1_000);
        path.processed("1", 61_000);
        path.processed("1", 90_000);
        let document = path.document(4);
        assert_eq!(document["processed"], 2);
        assert_eq!((&document["duplicates"], &document["lost"]), (&json!(1), &json!(1)));
        assert_eq!(
            (&document["medianSeconds"], &document["slowestSeconds"]),
            (&json!(1), &json!(61))
        );
    }
}
