//! `simulate`: an endpoint fails, a message climbs the retry ladder, lands, and is redriven.

use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName;
use brume_plugin::clap::builder::PossibleValuesParser;
use brume_plugin::clap::{Arg, ArgMatches, Command};
use brume_plugin::host::Host;
use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, Records};
use brume_plugin::progress::Progress;
use brume_plugin::{Context, Error, ExitCode, Result, Risk};
use serde_json::{Value, json};

use super::redrive::{LEASE_MS, RECEIVERS};
use crate::arguments::{FINDINGS, flag, no_headers};
use crate::cloud::Cloud;
use crate::cloud::queues::{Queue, name_of};
use crate::cloud::rehearsal::{Clockwork, Delivery};
use crate::redrive::engine::{OnAmbiguous, Settings};
use crate::redrive::journal::Journal;
use crate::redrive::ledger::Ledger;
use crate::redrive::parcel::Wrapping;
use crate::redrive::planner::{Choice, Planner};
use crate::redrive::record::{FORMAT, Header};
use crate::redrive::route::{Wiring, Wish};
use crate::redrive::run::{self, Feed, Surroundings, now_ms};
use crate::simulation::stack::{
    Blueprint, Endpoint, PREFIX, Stack, make_queue, policy, set_attribute,
};
use crate::simulation::timeline::{self, Step};
use crate::text::cell;

/// SNS gives up after 23 days.
const LADDER_SECONDS: u64 = 24 * 86_400;

/// Longest wait for what needs no ladder.
const LANDING: Duration = Duration::from_secs(60);

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

const LONG_ABOUT: &str = "\
Show what becomes of a message when its endpoint fails: every attempt of SNS's retry ladder with \
its time, the dead-letter queue, and the redrive.

A scratch topic, endpoint, subscription and dead-letter queue are made, on the model of the \
subscription that is named (protocol, raw delivery, whether it has a RedrivePolicy), and removed \
at the end. On brume's emulator the clock is pushed over the 23 days. On AWS only the faults that \
SNS does not retry can be shown, and only with --i-own-this.";

/// The command line.
pub fn command() -> Command {
    Command::new("simulate")
        .about("Show what becomes of a message when its endpoint fails")
        .long_about(LONG_ABOUT)
        .arg(
            Arg::new("subscription")
                .value_name("SUBSCRIPTION")
                .help("ARN of the subscription to imitate; without it, a queue with dead letters"),
        )
        .arg(
            Arg::new("fault")
                .long("fault")
                .value_name("FAULT")
                .value_parser(PossibleValuesParser::new([
                    "delete-endpoint",
                    "deny-policy",
                    "throttle",
                    "5xx",
                    "timeout",
                ]))
                .default_value("delete-endpoint")
                .help("What is wrong with the endpoint"),
        )
        .arg(flag("i-own-this", "Make and remove the scratch resources in this AWS account"))
        .arg(no_headers())
}

/// Runs it.
///
/// # Errors
/// What AWS says; usage for a fault that the target cannot show.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let fault = matches.get_one::<String>("fault").map(String::as_str).unwrap_or_default();
    if fault == "timeout" {
        return Err(Error::usage(
            "--fault timeout is not supported: an HTTP endpoint would have to \
             be reachable for SNS",
        )
        .hint("--fault 5xx climbs the same ladder"));
    }
    // What was made has to be removed, also after Ctrl-C.
    let cloud = Cloud::open_to_the_end(context)?;
    let is_emulator = cloud.block_on(async { Ok(cloud.tells_more().await) })?;
    let is_retried = matches!(fault, "throttle" | "5xx");
    if !is_emulator && !matches.get_flag("i-own-this") {
        return Err(Error::usage("simulate makes a topic and queues in this account")
            .hint("repeat the command with brume --local")
            .hint("repeat the command with --i-own-this"));
    }
    if !is_emulator && is_retried {
        return Err(Error::usage(format!("--fault {fault} needs brume's emulator"))
            .cause("AWS's own services cannot be made to fail, and 23 days are long")
            .hint("repeat the command with brume --local"));
    }
    let clockwork = Clockwork::of(context.invocation());
    if is_retried && clockwork.is_none() {
        return Err(Error::usage(format!("--fault {fault} needs a clock that can be pushed"))
            .hint(format!("brume --local sns-dlq simulate --fault {fault}")));
    }
    let mark = format!("{:08x}", now_ms() & 0xffff_ffff);
    let mut blueprint =
        Blueprint { mark, is_function: is_retried, is_raw: false, has_dead_letters: true };
    if let Some(arn) = matches.get_one::<String>("subscription") {
        let found = cloud.block_on(cloud.subscription(arn))?.ok_or_else(|| {
            let text = format!("there is no subscription '{arn}'");
            Error::new(ExitCode::NotFound, text).hint("brume sns-dlq topology")
        })?;
        blueprint.is_raw = found.is_raw() && !is_retried;
        blueprint.has_dead_letters = found.redrive().is_some();
        blueprint.is_function |= is_emulator && found.protocol == "lambda";
    }
    context
        .confirm(Risk::Change, "make a scratch topic with queues, and remove them at the end")?;
    let host = context.host();
    let rehearsal = Rehearsal { cloud: &cloud, blueprint: &blueprint, fault, is_emulator, host };
    let (steps, removed) = context.with_progress("making a scratch topic", |progress| {
        cloud.block_on(async {
            let steps = rehearsal.play(clockwork.as_ref(), progress).await;
            progress.update("removing the scratch topic");
            Ok((steps, blueprint.remove(&cloud).await))
        })
    })?;
    for left in removed {
        context.note(format_args!("warning: {left} could not be removed"));
    }
    let (steps, state) = steps?;
    print(&steps, &state, fault, matches.get_flag("no-headers"), context)
}

fn print(
    steps: &[Step],
    state: &str,
    fault: &str,
    no_headers: bool,
    context: &mut Context<'_>,
) -> Result<()> {
    let items: Vec<Value> = steps.iter().map(Step::document).collect();
    let document = json!({"fault": fault, "outcome": state, "items": items});
    let columns = [
        Column::new("AT", |item| cell(item, "at")),
        Column::new("EVENT", |item| cell(item, "event")),
        Column::new("DETAIL", |item| cell(item, "detail")),
    ];
    let name = |item: &Value| format!("event/{}", cell(item, "event"));
    Records { document: &document, items: &items, columns: &columns, name }
        .print(context, &STANDARD, no_headers)?;
    match state {
        "lost" => Err(Error::new(FINDINGS, "the message is lost")
            .cause("the subscription has no RedrivePolicy")
            .hint("brume sns-dlq audit")),
        "redriven" => Ok(()),
        other => Err(Error::failed(format!("the message is {other}"))),
    }
}

/// One rehearsal.
struct Rehearsal<'a> {
    cloud: &'a Cloud,
    blueprint: &'a Blueprint,
    fault: &'a str,
    is_emulator: bool,
    host: &'a dyn Host,
}

impl Rehearsal<'_> {
    async fn play(
        &self,
        clockwork: Option<&Clockwork>,
        progress: &Progress,
    ) -> Result<(Vec<Step>, String)> {
        let cloud = self.cloud;
        let stack = self.blueprint.build(cloud).await?;
        let mut steps = vec![Step::new("made", what(&stack))];
        steps.push(Step::new("fault", self.break_endpoint(&stack).await?));
        let request = cloud.sns().publish().topic_arn(&stack.topic_arn).message("{\"n\":1}");
        let published = request.subject("brume rehearsal").send().await;
        let published = published.map_err(|error| cloud.aws().failure("publish", error))?;
        let message = published.message_id.unwrap_or_default();
        steps.push(Step::at(0, "published", format!("message {message}")));
        progress.update("waiting for the first attempts");
        let mut delivery = self.wait(&message, &stack, false).await?;
        if let Some(clockwork) = clockwork
            && delivery.as_ref().is_some_and(|delivery| delivery.state == "retrying")
        {
            progress.update("pushing the clock over 24 days");
            clockwork.advance(LADDER_SECONDS)?;
            delivery = self.wait(&message, &stack, true).await?;
        }
        if let Some(delivery) = &delivery {
            steps.extend(timeline::attempts(delivery));
        }
        let ended = delivery.as_ref().and_then(|delivery| {
            let at = delivery.ended_at?.as_millisecond();
            Some(at - delivery.published_at.as_millisecond())
        });
        let attempts = delivery.as_ref().map_or(0, |delivery| delivery.attempts_count);
        let landed = match &stack.dead_letters {
            Some(queue) => cloud.queue(&queue.url).await?.depth() > 0,
            None => false,
        };
        let Some(queue) = stack.dead_letters.as_ref().filter(|_| landed) else {
            let why = format!("after {attempts} attempts; nothing keeps it");
            let state = if self.blueprint.has_dead_letters { "still on its way" } else { "lost" };
            steps.push(Step { offset_ms: ended, ..Step::new(state, why) });
            return Ok((steps, state.to_owned()));
        };
        let text = if attempts > 0 {
            format!("in {} after {attempts} attempts", queue.name())
        } else {
            format!("in {}", queue.name())
        };
        steps.push(Step { offset_ms: ended, ..Step::new("dead letter", text) });
        progress.update("redriving");
        let (mended, wish) = self.mend(&stack).await?;
        steps.push(Step::new("mended", mended));
        let sent = self.redrive(queue, wish, progress).await?;
        let state = if sent.is_empty() { "not redriven" } else { "redriven" };
        steps.push(Step::new(state, sent));
        Ok((steps, state.to_owned()))
    }

    async fn break_endpoint(&self, stack: &Stack) -> Result<String> {
        let cloud = self.cloud;
        match (&stack.endpoint, self.fault) {
            (Endpoint::Queue(queue), "delete-endpoint") => {
                let deleted = cloud.sqs().delete_queue().queue_url(&queue.url).send().await;
                deleted.map_err(|error| cloud.aws().failure("delete the scratch queue", error))?;
                Ok(format!("the queue {} is deleted", queue.name()))
            }
            (Endpoint::Queue(queue), _) => {
                let name = QueueAttributeName::Policy;
                let other = policy(&queue.arn, "arn:aws:sns:us-east-1:000000000000:other");
                set_attribute(cloud, &queue.url, name, &other).await?;
                Ok(format!("the policy of {} names another topic", queue.name()))
            }
            (Endpoint::Function(name, _), "delete-endpoint") => {
                cloud.remove_function(name).await?;
                Ok(format!("the function {name} is deleted"))
            }
            (Endpoint::Function(name, _), fault) => {
                let (behaviour, text) = match fault {
                    "throttle" => ("throttle", "is throttled"),
                    "deny-policy" => ("deny", "does not let SNS in"),
                    _ => ("fail", "answers 500"),
                };
                cloud.define_function(name, behaviour).await?;
                Ok(format!("the function {name} {text}"))
            }
        }
    }

    /// Until the message has come to an end, or is retried.
    async fn wait(
        &self,
        message: &str,
        stack: &Stack,
        to_the_end: bool,
    ) -> Result<Option<Delivery>> {
        let begun = Instant::now();
        loop {
            if self.host.is_cancelled() {
                return Err(Error::silent(ExitCode::Interrupted));
            }
            let mut delivery = None;
            if self.is_emulator {
                delivery = self.cloud.deliveries(message).await.into_iter().next();
                let state = delivery.as_ref().map(|delivery| delivery.state.as_str());
                let is_enough = match state {
                    None => false,
                    // The first three attempts come at once.
                    Some("retrying") => !to_the_end && begun.elapsed() > 2 * PAUSE,
                    Some(_) => true,
                };
                if is_enough {
                    return Ok(delivery);
                }
            } else if let Some(queue) = &stack.dead_letters
                && self.cloud.queue(&queue.url).await?.depth() > 0
            {
                return Ok(None);
            }
            if begun.elapsed() > LANDING {
                return Ok(delivery);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn mend(&self, stack: &Stack) -> Result<(String, Wish)> {
        let cloud = self.cloud;
        match (&stack.endpoint, self.fault) {
            (Endpoint::Queue(_), "delete-endpoint") => {
                // A queue of the same name could not be made within 60 seconds.
                let queue = make_queue(cloud, &self.blueprint.name("mended"), None).await?;
                let text = format!("a new queue {} takes its place", queue.name());
                Ok((text, Wish::Queue(queue.arn)))
            }
            (Endpoint::Queue(queue), _) => {
                let allowed = policy(&queue.arn, &stack.topic_arn);
                set_attribute(cloud, &queue.url, QueueAttributeName::Policy, &allowed).await?;
                Ok((format!("the policy of {} names the topic", queue.name()), Wish::Endpoint))
            }
            (Endpoint::Function(name, _), _) => {
                cloud.define_function(name, "succeed").await?;
                Ok((format!("the function {name} works"), Wish::Topic))
            }
        }
    }

    async fn redrive(&self, queue: &Queue, wish: Wish, progress: &Progress) -> Result<String> {
        let folder = std::env::temp_dir();
        let path = folder.join(format!("{PREFIX}-{}.ndjson", self.blueprint.mark));
        let header = Header {
            format: FORMAT.to_owned(),
            dlq: queue.arn.clone(),
            url: queue.url.clone(),
            started_at_ms: now_ms(),
            ..Header::default()
        };
        let journal = Journal::create(&path, header)?;
        let settings = Settings {
            copy: false,
            limit: None,
            rate: None,
            on_ambiguous: OnAmbiguous::Skip,
            lease_ms: LEASE_MS,
            parallel: 1,
            receivers: RECEIVERS.min(2),
            is_fifo: false,
            is_filtered: false,
            hidden_until_ms: 0,
            stop_when_closed: false,
        };
        let subscriptions = self.cloud.subscriptions().await?;
        let sources = Vec::new();
        let choice = Choice {
            filter: None,
            staged: None,
            wish,
            wrapping: Wrapping::Expected,
            keeps_deduplication: false,
        };
        let wiring = Wiring { sources, subscriptions };
        let mut planner = Planner::new(self.cloud, &queue.arn, wiring, choice);
        let surroundings = Surroundings { host: self.host, progress };
        let quick = self.cloud.quick_queue(&queue.url, self.cloud.region())?;
        let feed = Feed::Queue(queue, Box::new(quick));
        let ledger = Ledger::default();
        let outcomes =
            run::run(self.cloud, &feed, &mut planner, settings, &ledger, journal, surroundings)
                .await;
        // The rehearsal is over, and its journal with it.
        let _ = std::fs::remove_file(&path);
        let sent = outcomes?.sent_to;
        let sent: Vec<String> =
            sent.iter().map(|(address, count)| format!("{count} to {address}")).collect();
        Ok(sent.join(", "))
    }
}

fn what(stack: &Stack) -> String {
    let endpoint = match &stack.endpoint {
        Endpoint::Queue(queue) => format!("queue {}", queue.name()),
        Endpoint::Function(name, _) => format!("function {name}"),
    };
    let dead = match &stack.dead_letters {
        Some(queue) => format!("dead letters to {}", queue.name()),
        None => "no dead-letter queue".to_owned(),
    };
    format!("topic {} → {endpoint}, {dead}", name_of(&stack.topic_arn))
}
