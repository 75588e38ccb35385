//! `import`: messages of a file to a queue.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use brume_plugin::clap::{Arg, ArgMatches, Command, value_parser};
use brume_plugin::invocation::DryRun;
use brume_plugin::{Context, Error, ExitCode, Result, Risk};

use super::redrive::{LEASE_MS, PARALLEL_DEFAULT, program, quoted};
use crate::arguments::flag;
use crate::cloud::Cloud;
use crate::export::{self, Exported};
use crate::redrive::engine::{OnAmbiguous, Settings};
use crate::redrive::journal::Journal;
use crate::redrive::ledger::Ledger;
use crate::redrive::parcel::Wrapping;
use crate::redrive::planner::{Choice, Planner};
use crate::redrive::record::{FORMAT, Header};
use crate::redrive::report;
use crate::redrive::route::{Wiring, Wish};
use crate::redrive::run::{self, Feed, Surroundings, now_ms};

/// The command line.
pub fn command() -> Command {
    let file = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
    };
    Command::new("import")
        .about("Send the messages of a file to a queue")
        .long_about(
            "Send the messages of an exported file to a queue: bodies, attributes, group ids and \
             deduplication ids as they were. The file's checksum is verified before anything is \
             sent. A journal makes it safe to go on after a crash, as with redrive.",
        )
        .arg(Arg::new("file").value_name("FILE").required(true).help("Exported file; - for a pipe"))
        .arg(Arg::new("queue").value_name("QUEUE").required(true).help("Queue: name, ARN or URL"))
        .arg(flag("partial", "Take a file without its end, as a killed purge leaves it"))
        .arg(file("journal", "Keep the journal here; without it, below brume's state folder"))
        .arg(file("resume", "Go on with this journal").conflicts_with("journal"))
        .arg(flag("resend", "Send again what may have been sent"))
}

/// Runs it.
///
/// # Errors
/// What AWS and the file system say; exit code 1 when a message was not sent.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let (file, name) = (text("file"), text("queue"));
    let takes_partial = matches.get_flag("partial");
    let exported = if file == "-" {
        export::read(std::io::stdin().lock(), "standard input", takes_partial)?
    } else {
        export::read_path(Path::new(file), takes_partial)?
    };
    let ids: HashSet<&str> = exported.letters.iter().map(|letter| letter.id.as_str()).collect();
    if ids.len() != exported.letters.len() {
        return Err(Error::failed(format!("cannot use {file}"))
            .cause("two of its messages have the same MessageId"));
    }
    if exported.is_partial {
        let count = exported.letters.len();
        context.note(format_args!("note: {file} is not whole; it holds {count} messages"));
    }
    let cloud = Cloud::open_to_the_end(context)?;
    let queue = cloud.block_on(cloud.find_queue(name))?;
    context.confirm(
        Risk::Change,
        &format!("send {} messages to '{}'", exported.letters.len(), queue.name()),
    )?;
    if context.invocation().dry_run != DryRun::None {
        let count = exported.letters.len();
        context.note(format_args!("dry run: {count} messages would go to '{}'", queue.name()));
        return Ok(());
    }
    let header = Header {
        format: FORMAT.to_owned(),
        dlq: format!("sha256:{}", exported.sha256),
        to: queue.arn.clone(),
        url: queue.url.clone(),
        copy: true,
        started_at_ms: now_ms(),
        ..Header::default()
    };
    let (ledger, journal, is_default) = open_journal(matches, header, context)?;
    let path = journal.path().to_owned();
    let again = format!("{} import {file} {name} --resume {}", program(context), quoted(&path));
    let settings = Settings {
        copy: true,
        limit: None,
        rate: None,
        on_ambiguous: if matches.get_flag("resend") {
            OnAmbiguous::Resend
        } else {
            OnAmbiguous::Skip
        },
        lease_ms: LEASE_MS,
        parallel: usize::try_from(PARALLEL_DEFAULT).unwrap_or(1),
        receivers: 1,
        is_fifo: false,
        is_filtered: false,
        hidden_until_ms: 0,
        stop_when_closed: true,
    };
    let choice = Choice {
        filter: None,
        staged: None,
        wish: Wish::Queue(queue.arn.clone()),
        wrapping: Wrapping::Keep,
        keeps_deduplication: true,
    };
    let feed = Feed::Letters(RefCell::new(with_own_ids(exported).into()));
    let mut planner = Planner::new(&cloud, "", Wiring::default(), choice);
    let host = context.host();
    let outcomes = context.with_progress("importing", |progress| {
        cloud.block_on(async {
            planner.open_named().await?;
            let surroundings = Surroundings { host, progress };
            run::run(&cloud, &feed, &mut planner, settings, &ledger, journal, surroundings).await
        })
    })?;
    if is_default && !report::is_resumable(&outcomes) {
        // Nobody needs it any more; a failure to remove it hurts nobody.
        let _ = std::fs::remove_file(&path);
    }
    report::print(&outcomes, file, &path, &again, true, context)
}

fn open_journal(
    matches: &ArgMatches,
    header: Header,
    context: &Context<'_>,
) -> Result<(Ledger, Journal, bool)> {
    if let Some(path) = matches.get_one::<PathBuf>("resume") {
        let (recovered, journal) = Journal::resume(path)?;
        let found = &recovered.header;
        if found.dlq != header.dlq || found.to != header.to || found.url != header.url {
            return Err(Error::new(
                ExitCode::Conflict,
                format!("the journal {} belongs to another import", path.display()),
            )
            .cause(format!("it is about {} to {}", found.dlq, found.to))
            .cause(format!("this is {} to {}", header.dlq, header.to)));
        }
        return Ok((recovered.ledger, journal, false));
    }
    if let Some(path) = matches.get_one::<PathBuf>("journal") {
        return Ok((Ledger::default(), Journal::create(path, header)?, false));
    }
    let folder = context.invocation().directories.state.join("sns-dlq");
    let path = folder.join(format!("import-{}.ndjson", now_ms()));
    Ok((Ledger::default(), Journal::create(&path, header)?, true))
}

/// A deduplication id that two messages share would make SQS drop one of them: within the five
/// minutes that it looks back, which were longer apart when they were sent first.
fn with_own_ids(exported: Exported) -> Vec<crate::message::DeadLetter> {
    const NAME: &str = "MessageDeduplicationId";
    let mut counts: HashMap<String, u32> = HashMap::new();
    for letter in &exported.letters {
        if let Some(id) = letter.deduplication() {
            *counts.entry(id.to_owned()).or_default() += 1;
        }
    }
    let mut letters = exported.letters;
    for letter in &mut letters {
        if letter.deduplication().and_then(|id| counts.get(id)).is_some_and(|count| *count > 1) {
            letter.system.remove(NAME);
        }
    }
    letters
}
