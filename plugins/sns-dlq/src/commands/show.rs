//! `show`: one message in full.

use std::io::Write as _;

use brume_plugin::clap::{Arg, ArgMatches, Command};
use brume_plugin::output::{Layout, OutputFormat, Records};
use brume_plugin::progress::Progress;
use brume_plugin::render::palette::{HEADING, paint};
use brume_plugin::{Context, Error, ExitCode, Result};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::arguments::queue;
use crate::cloud::Cloud;
use crate::cloud::queues::Queue;
use crate::commands::peek::{age, origin, tell, warn};
use crate::look::{self, Look, Seen};
use crate::message::{Attribute, AttributeValue, DeadLetter};
use crate::text::{cell, printable};

/// Forms of a single message.
pub const FORMS: [&str; 8] =
    ["table", "json", "yaml", "name", "jsonpath", "jsonpath-as-json", "go-template", "jsonl"];

/// Fewer characters of an id mean too many messages.
const PREFIX_MIN: usize = 4;

/// The command line.
pub fn command() -> Command {
    Command::new("show")
        .about("Show one message in full, its envelope decoded")
        .arg(queue())
        .arg(message_id())
}

/// The argument that names a message.
pub fn message_id() -> Arg {
    Arg::new("message")
        .value_name("MESSAGE-ID")
        .required(true)
        .help("Id of the message at SQS or at SNS, or the beginning of it")
}

/// Runs it.
///
/// # Errors
/// What AWS says; `NotFound` when there is no such message.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let cloud = Cloud::open(context)?;
    let queue = cloud.block_on(cloud.find_queue(text("queue")))?;
    warn(&cloud, &queue, context)?;
    let id = text("message");
    let seen =
        context.with_progress("looking", |progress| find(&cloud, &queue, id, false, progress))?;
    tell(&seen, context);
    let letter = only(&seen, &queue, id)?;
    let now = cloud.block_on(async { Ok(cloud.now().await) })?;
    match context.format() {
        None | Some("table") => {
            let color = context.output().stdout_color;
            let text = describe(letter, &queue, now, color);
            Ok(context.stdout().write_all(text.as_bytes())?)
        }
        Some(format) => print(&letter.to_json(), format, context),
    }
}

/// Prints one document in one of [`FORMS`].
///
/// # Errors
/// Usage, for another form.
pub fn print(document: &Value, format: &str, context: &mut Context<'_>) -> Result<()> {
    let format = OutputFormat::parse(format, &FORMS)?;
    let items = std::slice::from_ref(document);
    let name = |item: &Value| format!("message/{}", cell(item, "messageId"));
    let records = Records { document, items, columns: &[], name };
    let text = records.render(&format, Layout::of(context, false))?;
    Ok(context.stdout().write_all(text.as_bytes())?)
}

/// Finds the messages whose id at SQS or SNS begins with `id`; `all` reads on behind the first.
///
/// # Errors
/// Usage for an id that is too short, and what SQS says.
pub fn find(
    cloud: &Cloud,
    queue: &Queue,
    id: &str,
    all: bool,
    progress: &Progress,
) -> Result<Seen> {
    if id.len() < PREFIX_MIN {
        return Err(Error::usage(format!("'{id}' is too short for the id of a message"))
            .hint(format!("brume sns-dlq peek {}", queue.name())));
    }
    let wanted = |letter: &DeadLetter| all || is_meant(letter, id);
    // A whole id is found once; of a beginning there may be several.
    let limit = if all { look::LOOK_MAX } else { 1 + usize::from(id.len() < 36) };
    cloud.block_on(look::look(cloud, queue, &Look { limit, wanted: &wanted }, progress))
}

/// Says whether an id, or the beginning of one, is that of a message.
pub fn is_meant(letter: &DeadLetter, id: &str) -> bool {
    letter.id.starts_with(id) || letter.sns_message_id().is_some_and(|sns| sns.starts_with(id))
}

/// The one message that was meant.
///
/// # Errors
/// `NotFound`, or usage when several were meant.
pub fn only<'a>(seen: &'a Seen, queue: &Queue, id: &str) -> Result<&'a DeadLetter> {
    let mut meant = seen.letters.iter().filter(|letter| is_meant(letter, id));
    let Some(letter) = meant.next() else {
        let mut error =
            Error::new(ExitCode::NotFound, format!("no message '{id}' in '{}'", queue.name()))
                .cause(format!("{} messages were looked at", seen.looked_at));
        if !seen.is_complete {
            error = error.cause("others may be held by a consumer at the moment");
        }
        return Err(error.hint(format!("brume sns-dlq peek {}", queue.name())));
    };
    match meant.next() {
        None => Ok(letter),
        Some(other) if other.id == letter.id => Ok(letter),
        Some(other) => Err(Error::usage(format!("'{id}' begins the ids of several messages"))
            .cause(format!("{} and {}", letter.id, other.id))),
    }
}

/// A message for people: what it is, then its attributes, then what was published.
pub fn describe(letter: &DeadLetter, queue: &Queue, now: Timestamp, color: bool) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let padded = format!("{name:<16}");
            out.push_str(&format!("{}{}\n", paint(&padded, HEADING, color), printable(&value)));
        }
    };
    line("Message", Some(letter.id.clone()));
    line("Queue", Some(queue.name().to_owned()));
    let sent = letter.sent_at().map(|at| format!("{at:.3} ({} ago)", age(letter, now)));
    line("Sent", sent);
    line("Received", letter.receive_count().map(|count| format!("{count} times")));
    line("From", Some(origin(letter)));
    line("Topic", letter.topic_arn().map(str::to_owned));
    line("Subscription", letter.subscription_arn().map(str::to_owned));
    line("Source queue", letter.source_queue_arn().map(str::to_owned));
    line("Group", letter.group().map(str::to_owned));
    line("Deduplication", letter.deduplication().map(str::to_owned));
    line("Trace header", letter.trace_header().map(str::to_owned));
    if let Some(envelope) = &letter.envelope {
        line("SNS message", Some(envelope.message_id.clone()));
        line("Published", Some(envelope.timestamp.clone()).filter(|at| !at.is_empty()));
        line("Subject", envelope.subject.clone());
    }
    if let Some(failure) = letter.async_failure() {
        line("Lambda request", failure.request_id);
        line(
            "Lambda error",
            Some(format!("{}: {}", failure.code, failure.message.unwrap_or_default())),
        );
    }
    line("Fingerprint", Some(letter.fingerprint()));
    push_attributes(&mut out, "Attributes", &letter.attributes, color);
    if let Some(envelope) = &letter.envelope {
        push_attributes(&mut out, "Published with", &envelope.attributes, color);
    }
    let payload = match serde_json::from_str::<Value>(letter.payload()) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => {
            brume_plugin::output::json::pretty(&value)
        }
        _ => letter.payload().to_owned(),
    };
    out.push_str(&format!("{}\n", paint("Payload", HEADING, color)));
    for line in payload.lines() {
        out.push_str(&format!("  {}\n", printable(line)));
    }
    out
}

fn push_attributes<'a>(
    out: &mut String,
    title: &str,
    attributes: impl IntoIterator<Item = (&'a String, &'a Attribute)>,
    color: bool,
) {
    let mut attributes = attributes.into_iter().peekable();
    if attributes.peek().is_none() {
        return;
    }
    out.push_str(&format!("{}\n", paint(title, HEADING, color)));
    for (name, attribute) in attributes {
        let value = match &attribute.value {
            AttributeValue::Text(text) => printable(text),
            AttributeValue::Binary(bytes) => json!(format!("{} bytes", bytes.len())).to_string(),
        };
        let name = printable(name);
        out.push_str(&format!("  {name} = {value} ({})\n", attribute.data_type));
    }
}
