//! `peek`: what is in a dead-letter queue, without consuming it.

use brume_plugin::clap::{Arg, ArgMatches, Command};
use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, OutputFormat, Records, Table};
use brume_plugin::{Context, Error, Result};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::Write as _;

use crate::arguments::{count, expression, no_headers, queue, where_argument};
use crate::cloud::Cloud;
use crate::cloud::queues::{Queue, name_of};
use crate::expression::{self, Selector, Subject};
use crate::look::{self, Look, Seen};
use crate::message::DeadLetter;
use crate::reason::Investigator;
use crate::text::{NONE, cell, duration, excerpt};

/// Messages shown when `--limit` says nothing.
const LIMIT_DEFAULT: u64 = 10;

/// Longest excerpt of a payload in a table.
const EXCERPT_MAX: usize = 200;

/// Shortest excerpt that still says something.
const EXCERPT_MIN: usize = 8;

/// Room between the columns of the table.
const COLUMN_GAPS: usize = 9;

/// The command line.
pub fn command() -> Command {
    Command::new("peek")
        .about("Look into a dead-letter queue without consuming it")
        .long_about(
            "Look into a dead-letter queue without consuming it. Where the endpoint can show its \
             messages they stay untouched; SQS itself can only hand them out, so they are held for \
             a moment and given back, which counts as a receive.",
        )
        .after_help(expression::HELP)
        .arg(queue())
        .arg(count("limit", None, "Show at most this many messages (10)"))
        .arg(where_argument())
        .arg(
            Arg::new("fields")
                .long("fields")
                .value_name("FIELDS")
                .value_delimiter(',')
                .help("Show these fields, as in id,age,attr.kind,body./order/id"),
        )
        .arg(no_headers())
}

/// Runs it.
///
/// # Errors
/// What AWS says; usage for an expression or field that cannot be read.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let wanted = expression(matches)?;
    let fields = matches.get_many::<String>("fields").into_iter().flatten();
    let fields: Vec<Selector> = fields.map(|text| Selector::parse(text)).collect::<Result<_>>()?;
    let limit = matches.get_one::<u64>("limit").copied().unwrap_or(LIMIT_DEFAULT);
    let limit = usize::try_from(limit).unwrap_or(look::LOOK_MAX).min(look::LOOK_MAX);
    if limit == 0 {
        return Err(Error::usage("--limit 0 shows nothing"));
    }
    let name = matches.get_one::<String>("queue").map(String::as_str).unwrap_or_default();
    let cloud = Cloud::open(context)?;
    let queue = cloud.block_on(cloud.find_queue(name))?;
    warn(&cloud, &queue, context)?;
    let needs_reason = wanted.as_ref().is_some_and(expression::Expression::asks_reason)
        || fields.iter().any(Selector::asks_reason);
    let now = cloud.block_on(async { Ok(cloud.now().await) })?;
    let (seen, reasons) = context.with_progress("looking", |progress| {
        // A reason costs requests: those that a cheaper comparison leaves out are not asked for.
        let early = |letter: &DeadLetter| match &wanted {
            Some(wanted) if !needs_reason => wanted.matches(&Subject::new(letter, now)),
            _ => true,
        };
        let limit = if needs_reason { look::LOOK_MAX } else { limit };
        let look = Look { limit, wanted: &early };
        let mut seen = cloud.block_on(look::look(&cloud, &queue, &look, progress))?;
        let mut reasons = Vec::new();
        if needs_reason {
            let investigator = Investigator::new(&cloud, &queue, None);
            reasons = cloud.block_on(investigator.reasons(&seen.letters, progress))?;
            keep_wanted(&mut seen, &mut reasons, wanted.as_ref(), now);
        }
        Ok::<_, Error>((seen, reasons))
    })?;
    tell(&seen, context);
    let letters: Vec<&DeadLetter> = seen.letters.iter().take(limit).collect();
    if letters.is_empty() && context.format().is_none() {
        let what = if wanted.is_some() && seen.looked_at > 0 { "such message" } else { "message" };
        context.note(format_args!("no {what} in '{}'", queue.name()));
        return Ok(());
    }
    let no_headers = matches.get_flag("no-headers");
    if !fields.is_empty() {
        return print_fields(&letters, &reasons, &fields, no_headers, now, context);
    }
    let room = excerpt_room(&letters, now, context);
    let items: Vec<Value> = letters.iter().map(|letter| item(letter, now, room)).collect();
    let document = json!({
        "queue": {"name": queue.name(), "arn": queue.arn, "depth": queue.depth()},
        "readOnly": seen.is_read_only,
        "complete": seen.is_complete,
        "items": items,
    });
    let columns = [
        Column::new("MESSAGE ID", |item| cell(item, "messageId")),
        Column::new("AGE", |item| cell(item, "age")),
        Column::wide("RECEIVES", |item| cell(item, "receiveCount")),
        Column::new("FROM", |item| cell(item, "from")),
        Column::wide("GROUP", |item| cell(item, "messageGroupId")),
        Column::new("PAYLOAD", |item| cell(item, "excerpt")),
    ];
    let name = |item: &Value| format!("message/{}", cell(item, "messageId"));
    Records { document: &document, items: &items, columns: &columns, name }
        .print(context, &STANDARD, no_headers)
}

/// Says what a look is about to do to the queue.
///
/// # Errors
/// Only when the user asks to stop.
pub fn warn(cloud: &Cloud, queue: &Queue, context: &mut Context<'_>) -> Result<()> {
    if !cloud.block_on(async { Ok(cloud.tells_more().await) })? {
        for warning in look::warnings(queue) {
            context.note(format_args!("warning: {warning}"));
        }
        if context.is_verbose(1) {
            context.note("note: the messages are received, held for a moment, and given back");
        }
    }
    Ok(())
}

/// Says what a look has left behind.
pub fn tell(seen: &Seen, context: &mut Context<'_>) {
    if seen.held > 0 {
        context.note(format_args!(
            "warning: {} messages could not be given back; they come back by themselves within \
             minutes",
            seen.held
        ));
    }
}

fn keep_wanted(
    seen: &mut Seen,
    reasons: &mut Vec<&'static str>,
    wanted: Option<&expression::Expression>,
    now: Timestamp,
) {
    let Some(wanted) = wanted else { return };
    let letters = std::mem::take(&mut seen.letters);
    let pairs = letters.into_iter().zip(std::mem::take(reasons));
    for (letter, reason) in pairs {
        let mut subject = Subject::new(&letter, now);
        subject.reason = Some(reason);
        if wanted.matches(&subject) {
            seen.letters.push(letter);
            reasons.push(reason);
        }
    }
}

fn print_fields(
    letters: &[&DeadLetter],
    reasons: &[&'static str],
    fields: &[Selector],
    no_headers: bool,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Result<()> {
    let rows = letters.iter().enumerate().map(|(index, letter)| {
        let mut subject = Subject::new(letter, now);
        subject.reason = reasons.get(index).copied();
        fields.iter().map(|field| field.value(&subject)).collect::<Vec<Option<String>>>()
    });
    let format = context.format().unwrap_or("table");
    if matches!(format, "table" | "wide") {
        let mut table = Table::default();
        if !no_headers {
            table.headers = fields.iter().map(|field| field.text().to_uppercase()).collect();
        }
        let shown = |value: Option<String>| value.unwrap_or_else(|| NONE.to_owned());
        table.rows = rows.map(|row| row.into_iter().map(shown).collect()).collect();
        let width = context.width().filter(|_| format == "table");
        let text = table.render(width, context.output().stdout_color);
        return Ok(context.stdout().write_all(text.as_bytes())?);
    }
    let items: Vec<Value> = rows
        .map(|row| {
            let members = fields.iter().zip(row);
            members.map(|(field, value)| (field.text().to_owned(), json!(value))).collect()
        })
        .collect();
    let format = OutputFormat::parse(format, &STANDARD)?;
    let document = json!({"items": items});
    let name = |item: &Value| item.to_string();
    let text = if matches!(format, OutputFormat::Csv) {
        csv(fields, &items, no_headers)
    } else {
        let layout = brume_plugin::output::Layout::of(context, no_headers);
        Records { document: &document, items: &items, columns: &[], name }
            .render(&format, layout)?
    };
    Ok(context.stdout().write_all(text.as_bytes())?)
}

/// The columns are the user's, and those of a listing are fixed: so by hand.
fn csv(fields: &[Selector], items: &[Value], no_headers: bool) -> String {
    let mut out = String::new();
    if !no_headers {
        brume_plugin::output::csv::push_record(&mut out, fields.iter().map(Selector::text));
    }
    for item in items {
        let cells = fields.iter().map(|field| item[field.text()].as_str().unwrap_or_default());
        brume_plugin::output::csv::push_record(&mut out, cells);
    }
    out
}

/// Columns for the payload: what the others leave, so that no id is cut.
fn excerpt_room(letters: &[&DeadLetter], now: Timestamp, context: &Context<'_>) -> usize {
    let is_table = matches!(context.format(), None | Some("table"));
    let Some(width) = context.width().filter(|_| is_table) else { return EXCERPT_MAX };
    let widest = |text: &dyn Fn(&DeadLetter) -> String| {
        letters.iter().map(|letter| text(letter).chars().count()).max().unwrap_or_default()
    };
    let others =
        widest(&|letter| letter.id.clone()) + widest(&|letter| age(letter, now)) + widest(&origin);
    width.saturating_sub(others + COLUMN_GAPS).clamp(EXCERPT_MIN, EXCERPT_MAX)
}

/// A message for a listing: the whole document, and what the table shows.
fn item(letter: &DeadLetter, now: Timestamp, room: usize) -> Value {
    let mut item = letter.to_json();
    item["age"] = json!(age(letter, now));
    item["from"] = json!(origin(letter));
    item["excerpt"] = json!(excerpt(letter.payload(), room));
    item
}

/// How long ago it was sent.
pub fn age(letter: &DeadLetter, now: Timestamp) -> String {
    let Some(sent) = letter.sent_at() else { return NONE.to_owned() };
    duration(u64::try_from(now.as_second() - sent.as_second()).unwrap_or_default())
}

/// Where it came from, as far as the message itself tells.
pub fn origin(letter: &DeadLetter) -> String {
    match (letter.source_queue_arn(), letter.topic_arn(), letter.async_failure()) {
        (Some(queue), _, _) => format!("queue {}", name_of(queue)),
        (None, Some(topic), _) => format!("topic {}", name_of(topic)),
        (None, None, Some(_)) => "λ async".to_owned(),
        (None, None, None) => NONE.to_owned(),
    }
}
