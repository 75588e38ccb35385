//! `redrive`: messages back to where they belong.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use brume_plugin::clap::builder::PossibleValuesParser;
use brume_plugin::clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use brume_plugin::invocation::DryRun;
use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, Records};
use brume_plugin::{Context, Error, ExitCode, Result, Risk};
use serde_json::{Value, json};

use crate::arguments::{count, expression, flag, queue, where_argument};
use crate::cloud::Cloud;
use crate::cloud::queues::Queue;
use crate::export;
use crate::expression::{self as language, Expression};
use crate::inventory::{Depth, Inventory};
use crate::look::{self, Look};
use crate::message::DeadLetter;
use crate::reason::Investigator;
use crate::redrive::engine::{OnAmbiguous, Settings};
use crate::redrive::journal::Journal;
use crate::redrive::ledger::Ledger;
use crate::redrive::parcel::Wrapping;
use crate::redrive::planner::{Choice, Forecast, Planner};
use crate::redrive::record::{FORMAT, Header};
use crate::redrive::route::{Wiring, Wish};
use crate::redrive::run::{self, Feed, Surroundings, now_ms};
use crate::redrive::{digest, report};
use crate::text::cell;

/// How long a received message stays hidden; extended every third of it.
pub const LEASE_MS: u64 = 30_000;

/// Batches on their way at the same time.
pub const PARALLEL_DEFAULT: u64 = 16;

/// Receives waiting at the same time.
pub const RECEIVERS: usize = 8;

const LONG_ABOUT: &str = "\
Send dead letters back to where they failed, also from the queues that AWS's own redrive refuses.

By default a message goes to where it failed and nowhere else: to the endpoint of its subscription \
(queue, function, HTTP), to the function whose asynchronous event it was, or to the queue that it \
was moved from. --to topic publishes it again, and then ALL subscribers get it once more.

Guarantee: no message is lost. It is deleted only when a journal on disk says that its destination \
took it. Whatever ends the run (Ctrl-C, a crash, kill -9, a full disk), --resume goes on and sends \
nothing twice that is known to be sent. A message whose request had no answer is ambiguous: it is \
left in the queue and listed. Where the destination is FIFO, the same deduplication id makes a \
repetition harmless for five minutes, and it is repeated by itself. With --on-ambiguous resend \
there are at most 10 times --parallel duplicates for each crash. Order is kept within FIFO groups. \
Body, attributes, binary ones included, group ids and trace headers stay as they are; a message \
that goes back is a new one to SQS, with a new MessageId and a new retention.";

const AFTER: &str = "\
Examples:
  brume sns-dlq redrive orders-dlq --dry-run                 what would go where
  brume sns-dlq redrive orders-dlq --where 'reason == policy' --rate 50
  brume sns-dlq redrive orders-dlq --to orders-retry --limit 10
  brume sns-dlq redrive orders-dlq --resume FILE             go on after a crash";

/// The command line.
pub fn command() -> Command {
    let file = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
    };
    Command::new("redrive")
        .about("Send dead letters back to where they failed")
        .long_about(LONG_ABOUT)
        .after_help(format!("{}\n\n{AFTER}", language::HELP))
        .arg(queue())
        .arg(where_argument())
        .arg(count("limit", None, "Send at most this many messages"))
        .arg(
            Arg::new("rate")
                .long("rate")
                .value_name("N")
                .value_parser(value_parser!(f64))
                .help("Send at most this many messages a second"),
        )
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("endpoint|source|topic|QUEUE")
                .help("Send there instead of where it failed; topic reaches all subscribers again"),
        )
        .arg(flag("unwrap", "Send what was published, without the SNS envelope"))
        .arg(flag("keep-envelope", "Send the message as the queue holds it"))
        .group(ArgGroup::new("wrapping").args(["unwrap", "keep-envelope"]))
        .arg(flag("copy", "Leave the messages in the dead-letter queue"))
        .arg(file("from-file", "Send the messages of this file (export, edit) in place of theirs"))
        .arg(file("journal", "Keep the journal here; without it, below brume's state folder"))
        .arg(
            file("resume", "Go on with this journal: same messages, same destination")
                .conflicts_with_all(["journal", "where", "limit", "to", "wrapping", "copy"]),
        )
        .arg(
            Arg::new("on-ambiguous")
                .long("on-ambiguous")
                .value_name("WHAT")
                .value_parser(PossibleValuesParser::new(["skip", "resend", "ask"]))
                .default_value("skip")
                .help("What to do with a message that may have been sent"),
        )
        .arg(count("parallel", None, "Batches of 10 on their way at the same time (16)"))
        .arg(
            flag("native", "Let SQS do it, where it can: the whole queue, no journal, no choice")
                .conflicts_with_all([
                    "where",
                    "limit",
                    "wrapping",
                    "copy",
                    "from-file",
                    "journal",
                    "resume",
                ]),
        )
}

/// Runs it.
///
/// # Errors
/// What AWS says; exit code 1 when a message that was meant is still in the queue.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let name = matches.get_one::<String>("queue").map(String::as_str).unwrap_or_default();
    let cloud = Cloud::open(context)?;
    let queue = cloud.block_on(cloud.find_queue(name))?;
    if matches.get_flag("native") {
        return super::redrive_native::run(matches, &cloud, &queue, context);
    }
    let mut request = Request::read(matches, &queue)?;
    let wiring = context.with_progress("reading the wiring", |progress| {
        cloud.block_on(async {
            let inventory = Inventory::read(&cloud, Depth::Sources, progress).await?;
            let sources = inventory.sources_of(&queue.arn);
            Ok::<_, Error>((
                Wiring { sources, subscriptions: inventory.subscriptions },
                inventory.notes,
            ))
        })
    })?;
    for note in &wiring.1 {
        context.note(format_args!("warning: {note}"));
    }
    for warning in look::warnings(&queue) {
        context.note(format_args!("warning: {warning}"));
    }
    if context.invocation().dry_run != DryRun::None {
        return dry_run(&cloud, &queue, wiring.0, request, context);
    }
    if request.choice.wish == Wish::Topic {
        context.note("warning: --to topic reaches all subscribers again, not only the failed one");
    }
    context.confirm(Risk::Change, &format!("redrive {} of '{}'", request.what(), queue.name()))?;
    // From here on a wish to stop is looked at between requests, so that nothing hangs in between.
    let cloud = Cloud::open_to_the_end(context)?;
    let (ledger, journal, hidden_until_ms) = request.open_journal(&queue, context)?;
    let path = journal.path().to_owned();
    let mut again = format!("{} redrive {name} --resume {}", program(context), quoted(&path));
    if let Some(file) = matches.get_one::<PathBuf>("from-file") {
        again.push_str(&format!(" --from-file {}", quoted(file)));
    }
    context.note(format_args!("journal: {}", path.display()));
    let settings = Settings {
        copy: request.header.copy,
        limit: request.header.limit,
        rate: request.rate,
        on_ambiguous: request.on_ambiguous(&ledger, context)?,
        lease_ms: LEASE_MS,
        parallel: request.parallel,
        receivers: if queue.is_fifo() { 2 } else { RECEIVERS },
        is_fifo: queue.is_fifo(),
        is_filtered: request.choice.filter.is_some() || request.choice.staged.is_some(),
        hidden_until_ms,
        stop_when_closed: matches!(request.choice.wish, Wish::Queue(_)),
    };
    let is_copy = settings.copy;
    let is_default_journal = request.is_default_journal;
    let mut planner = Planner::new(&cloud, &queue.arn, wiring.0, request.choice);
    let host = context.host();
    let outcomes = context.with_progress("redriving", |progress| {
        cloud.block_on(async {
            planner.open_named().await?;
            let surroundings = Surroundings { host, progress };
            let quick = cloud.quick_queue(&queue.url, cloud.region())?;
            let feed = Feed::Queue(&queue, Box::new(quick));
            run::run(&cloud, &feed, &mut planner, settings, &ledger, journal, surroundings).await
        })
    })?;
    if is_default_journal && !report::is_resumable(&outcomes) {
        // Nobody needs it any more; a failure to remove it hurts nobody.
        let _ = std::fs::remove_file(&path);
    }
    report::print(&outcomes, queue.name(), &path, &again, is_copy, context)
}

/// What was asked for, on the command line or by the journal.
struct Request {
    choice: Choice,
    header: Header,
    rate: Option<f64>,
    parallel: usize,
    ambiguity: String,
    journal: Option<PathBuf>,
    resume: Option<PathBuf>,
    is_default_journal: bool,
}

impl Request {
    fn read(matches: &ArgMatches, queue: &Queue) -> Result<Self> {
        let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
        let resume = path("resume");
        let rate = matches.get_one::<f64>("rate").copied();
        if rate.is_some_and(|rate| !(rate.is_finite() && rate >= 0.01)) {
            return Err(Error::usage("--rate is a number of messages a second, 0.01 or more"));
        }
        let parallel = matches.get_one::<u64>("parallel").copied().unwrap_or(PARALLEL_DEFAULT);
        if !(1..=64).contains(&parallel) {
            return Err(Error::usage("--parallel is a number from 1 to 64"));
        }
        let mut header = Header {
            format: FORMAT.to_owned(),
            dlq: queue.arn.clone(),
            url: queue.url.clone(),
            started_at_ms: now_ms(),
            ..Header::default()
        };
        let mut filter = expression(matches)?;
        if let Some(path) = &resume {
            let (found, _) = Journal::look(path).ok_or_else(|| {
                Error::failed(format!("cannot read the journal {}", path.display()))
                    .cause("it is missing, or no journal of a redrive")
            })?;
            is_same(&found, queue, path)?;
            filter = found.filter.as_deref().map(Expression::parse).transpose()?;
            header = found;
        } else {
            header.to = matches.get_one::<String>("to").cloned().unwrap_or_default();
            header.filter = filter.as_ref().map(|filter| filter.text().to_owned());
            header.limit = matches.get_one::<u64>("limit").copied();
            header.copy = matches.get_flag("copy");
            header.envelope = if matches.get_flag("unwrap") {
                Wrapping::Unwrap.word().to_owned()
            } else if matches.get_flag("keep-envelope") {
                Wrapping::Keep.word().to_owned()
            } else {
                String::new()
            };
        }
        let staged = match path("from-file") {
            None if header.from_file.is_some() => {
                return Err(Error::usage("the journal belongs to a redrive with --from-file")
                    .hint("repeat the command with the same --from-file"));
            }
            None => None,
            Some(file) => {
                let (letters, sha256) = staged(&file)?;
                if resume.is_some() && header.from_file.as_deref() != Some(sha256.as_str()) {
                    return Err(Error::usage(format!(
                        "{} is not the file that this journal began with",
                        file.display()
                    )));
                }
                header.from_file = Some(sha256);
                Some(letters)
            }
        };
        if let Some(staged) = &staged {
            // When all of them are found, the rest of the queue is of no interest.
            header.limit = header.limit.or(Some(staged.len() as u64));
        }
        let choice = Choice {
            filter,
            staged,
            wish: Wish::parse(&header.to),
            wrapping: Wrapping::parse(&header.envelope),
            keeps_deduplication: false,
        };
        Ok(Self {
            choice,
            header,
            rate,
            parallel: usize::try_from(parallel).unwrap_or(1),
            ambiguity: matches.get_one::<String>("on-ambiguous").cloned().unwrap_or_default(),
            journal: path("journal"),
            resume,
            is_default_journal: false,
        })
    }

    /// What is to be done, for the question.
    fn what(&self) -> String {
        let mut text = match self.header.limit {
            Some(limit) => format!("up to {limit} messages"),
            None => "the messages".to_owned(),
        };
        if let Some(filter) = &self.header.filter {
            text.push_str(&format!(" with {filter}"));
        }
        text
    }

    fn open_journal(
        &mut self,
        queue: &Queue,
        context: &mut Context<'_>,
    ) -> Result<(Ledger, Journal, u64)> {
        let folder = context.invocation().directories.state.join("sns-dlq");
        if let Some(path) = &self.resume {
            let (recovered, journal) = Journal::resume(path)?;
            let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
            self.is_default_journal = whole.starts_with(folder.canonicalize().unwrap_or(folder));
            if recovered.torn_bytes > 0 {
                let torn = recovered.torn_bytes;
                context.note(format_args!("note: {torn} bytes at the journal's end were torn off"));
            }
            let modified_ms = recovered
                .modified_at
                .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
                .and_then(|since| u64::try_from(since.as_millis()).ok());
            // What the ended run held comes back within one lease of its last sign of life; it may
            // have held on for a while after its last line.
            let longest_ms = LEASE_MS + LEASE_MS / 3;
            let hidden_until_ms = match modified_ms {
                Some(at_ms) if !recovered.ledger.is_ended => at_ms + longest_ms,
                _ => 0,
            };
            let hidden_until_ms = hidden_until_ms.min(now_ms() + longest_ms);
            return Ok((recovered.ledger, journal, hidden_until_ms));
        }
        let path = match self.journal.clone() {
            Some(path) => path,
            None => {
                self.is_default_journal = true;
                no_other(&folder, queue, &program(context))?;
                let name = queue.name().trim_end_matches(".fifo");
                folder.join(format!("redrive-{name}-{}.ndjson", now_ms()))
            }
        };
        let journal = Journal::create(&path, self.header.clone())?;
        Ok((Ledger::default(), journal, 0))
    }

    fn on_ambiguous(&self, ledger: &Ledger, context: &mut Context<'_>) -> Result<OnAmbiguous> {
        let ambiguous = ledger.ambiguous();
        match self.ambiguity.as_str() {
            "resend" => Ok(OnAmbiguous::Resend),
            "ask" if !ambiguous.is_empty() => {
                let output = context.output();
                if !output.stdin_terminal || !output.stderr_terminal {
                    return Err(Error::usage("--on-ambiguous ask needs a terminal")
                        .hint("repeat the command with --on-ambiguous skip or resend"));
                }
                for id in &ambiguous {
                    context.note(format_args!("may have been sent: {id}"));
                }
                let count = ambiguous.len();
                let _ = write!(context.stderr(), "Send these {count} again? [y/N] ");
                context.flush()?;
                let answer = context.host().read_line()?;
                Ok(match answer.trim().to_ascii_lowercase().as_str() {
                    "y" | "yes" => OnAmbiguous::Resend,
                    _ => OnAmbiguous::Skip,
                })
            }
            _ => Ok(OnAmbiguous::Skip),
        }
    }
}

/// A journal belongs to one queue at one place.
fn is_same(header: &Header, queue: &Queue, path: &Path) -> Result<()> {
    if header.dlq == queue.arn && header.url == queue.url {
        return Ok(());
    }
    Err(Error::new(
        ExitCode::Conflict,
        format!("the journal {} belongs to another queue", path.display()),
    )
    .cause(format!("it is about {} at {}", header.dlq, header.url))
    .cause(format!("this is {} at {}", queue.arn, queue.url)))
}

/// A redrive that was broken off knows what it has sent; a new one would send it again.
fn no_other(folder: &Path, queue: &Queue, program: &str) -> Result<()> {
    let Ok(files) = std::fs::read_dir(folder) else { return Ok(()) };
    for file in files.flatten() {
        let path = file.path();
        if path.extension().is_none_or(|extension| extension != "ndjson") {
            continue;
        }
        let Some((header, ledger)) = Journal::look(&path) else { continue };
        let is_open = !ledger.is_finished && ledger.entries.values().any(|e| e.is_unsettled());
        if is_open && header.dlq == queue.arn && header.url == queue.url {
            let text = format!("an earlier redrive of '{}' was not ended", queue.name());
            let name = queue.name();
            return Err(Error::new(ExitCode::Conflict, text)
                .cause(format!("its journal is {}", path.display()))
                .hint(format!("{program} redrive {name} --resume {}", quoted(&path)))
                .hint(format!("rm {} forgets what it has sent", quoted(&path))));
        }
    }
    Ok(())
}

/// The messages of a file by their ids, and the file's checksum.
fn staged(path: &Path) -> Result<(HashMap<String, DeadLetter>, String)> {
    let exported = export::read_path(path, false)?;
    let count = exported.letters.len();
    let letters: HashMap<String, DeadLetter> =
        exported.letters.into_iter().map(|letter| (letter.id.clone(), letter)).collect();
    if letters.len() != count {
        return Err(Error::failed(format!("cannot use {}", path.display()))
            .cause("two of its messages have the same MessageId"));
    }
    if letters.is_empty() {
        return Err(Error::failed(format!("{} holds no message", path.display())));
    }
    Ok((letters, exported.sha256))
}

/// The beginning of a command that goes to the same target.
pub fn program(context: &Context<'_>) -> String {
    let target = context.target();
    match target.name.as_str() {
        "" | "ambient" => "brume sns-dlq".to_owned(),
        "local" => "brume --local sns-dlq".to_owned(),
        name => format!("brume --context {name} sns-dlq"),
    }
}

/// A path as a shell takes it.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:".contains(c);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn dry_run(
    cloud: &Cloud,
    queue: &Queue,
    wiring: Wiring,
    request: Request,
    context: &mut Context<'_>,
) -> Result<()> {
    let limit = request.header.limit.and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(look::LOOK_MAX);
    let asks_reason = request.choice.filter.as_ref().is_some_and(Expression::asks_reason);
    let mut planner = Planner::new(cloud, &queue.arn, wiring, request.choice);
    let now = cloud.block_on(async { Ok(cloud.now().await) })?;
    let items = context.with_progress("looking", |progress| {
        cloud.block_on(async {
            planner.open_named().await?;
            let everything = Look { limit: look::LOOK_MAX, wanted: &|_| true };
            let seen = look::look(cloud, queue, &everything, progress).await?;
            let reasons = if asks_reason {
                let investigator = Investigator::new(cloud, queue, None);
                investigator.reasons(&seen.letters, progress).await?
            } else {
                Vec::new()
            };
            let mut items = Vec::new();
            for (index, letter) in seen.letters.iter().enumerate() {
                if items.len() >= limit {
                    break;
                }
                let reason = reasons.get(index).copied();
                let (destination, bytes, why) = match planner.forecast(letter, reason, now).await? {
                    Forecast::Kept => continue,
                    Forecast::Sent(address, bytes) => (Some(address.to_string()), bytes, None),
                    Forecast::Refused(why) => (None, letter.body.len(), Some(why)),
                };
                items.push(json!({
                    "messageId": letter.id,
                    "destination": destination,
                    "bytes": bytes,
                    "group": letter.group(),
                    "digest": digest::of(letter),
                    "refused": why,
                }));
            }
            Ok::<_, Error>(items)
        })
    })?;
    let document = json!({"queue": queue.name(), "dryRun": true, "items": items});
    let columns = [
        Column::new("MESSAGE ID", |item| cell(item, "messageId")),
        Column::new("WOULD GO TO", |item| match item["refused"].as_str() {
            Some(why) => format!("stays: {why}"),
            None => cell(item, "destination"),
        }),
        Column::new("BYTES", |item| item["bytes"].to_string()),
        Column::wide("GROUP", |item| cell(item, "group")),
    ];
    if items.is_empty() && context.format().is_none() {
        context.note(format_args!("no message to redrive in '{}'", queue.name()));
        return Ok(());
    }
    let name = |item: &Value| format!("message/{}", cell(item, "messageId"));
    Records { document: &document, items: &items, columns: &columns, name }
        .print(context, &STANDARD, false)?;
    context.note("dry run: nothing was sent");
    Ok(())
}
