//! `trace`: where a message came from, and why it is here.

use std::io::Write as _;

use brume_plugin::clap::{Arg, ArgMatches, Command};
use brume_plugin::progress::Progress;
use brume_plugin::render::palette::{HEADING, HINT, QUIET, paint};
use brume_plugin::{Context, Error, ExitCode, Result};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::arguments::{flag, queue};
use crate::cloud::Cloud;
use crate::cloud::queues::{Queue, name_of};
use crate::commands::peek::{age, tell, warn};
use crate::commands::show::{self, find, message_id, only};
use crate::inventory::{Depth, Inventory};
use crate::look::Seen;
use crate::message::DeadLetter;
use crate::reason::{Diagnosis, Facts, Investigator};
use crate::text::{duration, excerpt, printable};

/// Up to this depth the whole queue is read, to find duplicates.
const DUPLICATES_DEPTH_MAX: u64 = 5_000;

/// The command line.
pub fn command() -> Command {
    Command::new("trace")
        .about("Say where a message came from and why it is here")
        .long_about(
            "Say where a message came from and why it is here, with the evidence and how far it \
             can be trusted. SNS writes no reason on a message: the delivery status log, the \
             endpoint, its policy, its key, the function, and what SQS and Lambda write on a \
             message are looked at, in this order.",
        )
        .allow_missing_positional(true)
        .arg(queue().required(false).help("Dead-letter queue: name, ARN or URL; default: all"))
        .arg(message_id())
        .arg(
            Arg::new("logs")
                .long("logs")
                .value_name("GROUP")
                .help("Search this log group for the delivery; default: SNS's own for the topic"),
        )
        .arg(flag("probe", "Send a HEAD request to an HTTP endpoint"))
}

/// Runs it.
///
/// # Errors
/// What AWS says; `NotFound` when there is no such message.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let cloud = Cloud::open(context)?;
    let id = text("message").unwrap_or_default();
    let queues = match text("queue") {
        Some(queue) => vec![cloud.block_on(cloud.find_queue(queue))?],
        None => all_dead_letter_queues(&cloud, context)?,
    };
    let mut traces = Vec::new();
    for queue in &queues {
        warn(&cloud, queue, context)?;
        let search = Search {
            cloud: &cloud,
            queue,
            id,
            log_group: text("logs"),
            probes: matches.get_flag("probe"),
        };
        match context.with_progress("looking", |progress| search.trace(progress)) {
            Ok((trace, seen)) => {
                tell(&seen, context);
                traces.push(trace);
            }
            // Without a queue's name, most queues do not have it.
            Err(error) if error.code == ExitCode::NotFound && text("queue").is_none() => {}
            Err(error) => return Err(error),
        }
    }
    if traces.is_empty() {
        let message = format!("no message '{id}' in any of {} dead-letter queues", queues.len());
        return Err(Error::new(ExitCode::NotFound, message).hint("brume sns-dlq ls"));
    }
    match context.format() {
        None | Some("table") => {
            let color = context.output().stdout_color;
            let now = cloud.block_on(async { Ok(cloud.now().await) })?;
            let texts: Vec<String> =
                traces.iter().map(|trace| trace.describe(now, color)).collect();
            Ok(context.stdout().write_all(texts.join("\n").as_bytes())?)
        }
        Some(format) => {
            let mut documents: Vec<Value> = traces.iter().map(Trace::to_json).collect();
            let document = if documents.len() == 1 {
                documents.remove(0)
            } else {
                json!({"items": documents})
            };
            show::print(&document, format, context)
        }
    }
}

/// The dead-letter queues of the region that hold messages.
fn all_dead_letter_queues(cloud: &Cloud, context: &mut Context<'_>) -> Result<Vec<Queue>> {
    let inventory = context.with_progress("reading the wiring", |progress| {
        cloud.block_on(Inventory::read(cloud, Depth::Sources, progress))
    })?;
    let queues = inventory.dead_letter_queues();
    let held = queues.iter().filter_map(|dead| dead.queue).filter(|queue| queue.depth() > 0);
    Ok(held.cloned().collect())
}

/// What is asked of one queue.
struct Search<'a> {
    cloud: &'a Cloud,
    queue: &'a Queue,
    id: &'a str,
    log_group: Option<&'a str>,
    probes: bool,
}

impl Search<'_> {
    fn trace(&self, progress: &Progress) -> Result<(Trace, Seen)> {
        let reads_all = self.queue.depth() <= DUPLICATES_DEPTH_MAX;
        let seen = find(self.cloud, self.queue, self.id, reads_all, progress)?;
        let letter = only(&seen, self.queue, self.id)?.clone();
        let investigator =
            Investigator::new(self.cloud, self.queue, self.log_group).with_probes(self.probes);
        let found = investigator.diagnose_all(std::slice::from_ref(&letter), progress);
        let (diagnosis, facts) = self.cloud.block_on(found)?.remove(0);
        let duplicates = reads_all.then(|| duplicates(&letter, &seen));
        let queue = self.queue.clone();
        Ok((Trace { letter, queue, diagnosis, facts, duplicates }, seen))
    }
}

/// Ids of the other messages with the same publication, or the same text and attributes.
fn duplicates(letter: &DeadLetter, seen: &Seen) -> Vec<String> {
    let is_same = |other: &&DeadLetter| {
        if other.id == letter.id {
            return false;
        }
        match (letter.sns_message_id(), other.sns_message_id()) {
            (Some(id), Some(other)) => id == other,
            (None, None) => letter.body == other.body && letter.attributes == other.attributes,
            _ => false,
        }
    };
    seen.letters.iter().filter(is_same).map(|other| other.id.clone()).collect()
}

struct Trace {
    letter: DeadLetter,
    queue: Queue,
    diagnosis: Diagnosis,
    facts: Facts,
    /// `None` when the queue is too deep to look for them.
    duplicates: Option<Vec<String>>,
}

impl Trace {
    /// The way of the message, one station a line, from the publisher to here.
    fn path(&self) -> Vec<(String, String)> {
        let letter = &self.letter;
        let mut path = Vec::new();
        if let Some(envelope) = &letter.envelope {
            path.push((
                "published".to_owned(),
                format!(
                    "{} as {}{}",
                    name_of(&envelope.topic_arn),
                    envelope.message_id,
                    if envelope.timestamp.is_empty() {
                        String::new()
                    } else {
                        format!(", {}", envelope.timestamp)
                    },
                ),
            ));
        }
        let route = self.facts.route.as_ref();
        if let Some(subscription) = route.and_then(|route| route.subscription.as_ref()) {
            path.push(("subscription".to_owned(), subscription.label()));
        } else if let Some(arn) = letter.subscription_arn() {
            path.push(("subscription".to_owned(), arn.to_owned()));
        }
        if let Some(queue) = letter.source_queue_arn() {
            let count = letter.receive_count();
            let receives =
                count.map(|count| format!(", {count} receives in all")).unwrap_or_default();
            path.push(("consumed from".to_owned(), format!("{}{receives}", name_of(queue))));
        }
        let since = letter.sent_at().map(|at| format!(", sent {at:.0}")).unwrap_or_default();
        path.push(("dead letter".to_owned(), format!("{}{since}", self.queue.name())));
        path
    }

    fn describe(&self, now: Timestamp, color: bool) -> String {
        let mut out = String::new();
        let heading = |text: &str| paint(text, HEADING, color);
        out.push_str(&format!(
            "{} {}, {} old\n",
            heading("Message"),
            self.letter.id,
            age(&self.letter, now)
        ));
        for (station, text) in self.path() {
            out.push_str(&format!("  {station:<14}{}\n", printable(&text)));
        }
        let text = printable(&excerpt(self.letter.payload(), 200));
        out.push_str(&format!("  {:<14}{text}\n", "payload"));
        let diagnosis = &self.diagnosis;
        out.push_str(&format!(
            "{} {} {}\n",
            heading("Reason"),
            diagnosis.reason.sentence(),
            paint(
                &format!(
                    "({}; confidence: {})",
                    diagnosis.reason.slug(),
                    diagnosis.confidence.name()
                ),
                QUIET,
                color
            )
        ));
        for evidence in &diagnosis.evidence {
            out.push_str(&format!("  {:<14}{}\n", evidence.source, printable(&evidence.text)));
        }
        for cause in &self.facts.exact {
            if let (Some(first), Some(last)) = (cause.first_at, cause.last_at) {
                let seconds = last.as_second() - first.as_second();
                let seconds = u64::try_from(seconds).unwrap_or_default();
                out.push_str(&format!(
                    "{} {} attempts within {}, the last at {last:.0}\n",
                    heading("Exactly"),
                    cause.attempts,
                    duration(seconds)
                ));
            }
        }
        match &self.duplicates {
            None => out.push_str("Duplicates were not looked for: the queue is too deep\n"),
            Some(others) if others.is_empty() => {}
            Some(others) => {
                out.push_str(&format!("{} {}\n", heading("Duplicates"), others.join(", ")));
            }
        }
        let left = self.letter.sent_at().map(|sent| {
            let end = sent.as_second() + i64::try_from(self.queue.retention_seconds()).unwrap_or(0);
            u64::try_from(end - now.as_second()).unwrap_or_default()
        });
        if let Some(left) = left {
            out.push_str(&format!("{} in {}\n", heading("Expires"), duration(left)));
        }
        let topic = self.letter.topic_arn().or_else(|| {
            let subscription = self.facts.route.as_ref()?.subscription.as_ref()?;
            Some(subscription.topic_arn.as_str())
        });
        for step in diagnosis.next_steps(self.queue.name(), topic.map(name_of)) {
            out.push_str(&format!("{} {step}\n", paint("hint:", HINT, color)));
        }
        out
    }

    fn to_json(&self) -> Value {
        let evidence = self.diagnosis.evidence.iter();
        let evidence: Vec<Value> =
            evidence.map(|one| json!({"source": one.source, "text": one.text})).collect();
        let exact: Vec<Value> = self
            .facts
            .exact
            .iter()
            .map(|cause| {
                json!({
                    "subscriptionArn": cause.subscription_arn,
                    "endpoint": cause.endpoint,
                    "attempts": cause.attempts,
                    "status": cause.status,
                    "clientSide": cause.is_client_side,
                    "code": cause.code,
                    "detail": cause.detail,
                    "firstAttemptAt": cause.first_at.map(|at| at.to_string()),
                    "lastAttemptAt": cause.last_at.map(|at| at.to_string()),
                })
            })
            .collect();
        let path = self.path().into_iter();
        let path: Vec<Value> =
            path.map(|(station, text)| json!({"station": station, "text": text})).collect();
        json!({
            "messageId": self.letter.id,
            "queueArn": self.queue.arn,
            "reason": self.diagnosis.reason.slug(),
            "sentence": self.diagnosis.reason.sentence(),
            "confidence": self.diagnosis.confidence.name(),
            "evidence": evidence,
            "exactCauses": exact,
            "path": path,
            "duplicates": self.duplicates,
            "message": self.letter.to_json(),
        })
    }
}
