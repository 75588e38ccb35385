//! `purge`: messages gone for good, and into a file before.

use std::fs::File;
use std::path::{Path, PathBuf};

use brume_plugin::clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use brume_plugin::invocation::DryRun;
use brume_plugin::progress::Progress;
use brume_plugin::{Context, Error, ExitCode, Result, Risk};
use futures_util::future::join_all;
use jiff::Timestamp;

use crate::arguments::{count, expression, flag, queue, where_argument};
use crate::cloud::queues::Queue;
use crate::cloud::transfer::{BATCH_MAX, Receive};
use crate::cloud::{Cloud, in_parallel};
use crate::export::{self, Writer};
use crate::expression::{self as language, Expression, Subject};
use crate::message::DeadLetter;
use crate::reason::Investigator;

/// Receives on their way at the same time; FIFO queues get one.
const PARALLEL: usize = 8;

/// Seconds that a message is held: long enough for the disk and the delete.
const HOLD_SECONDS: u32 = 120;

/// Messages that are left alone are held until the end; not more than this many.
const KEPT_MAX: usize = 100_000;

/// The command line.
pub fn command() -> Command {
    Command::new("purge")
        .about("Delete messages, after writing them to a file")
        .long_about(
            "Delete messages, after writing them to a file. A message is deleted only when the \
             file with it is on disk; `brume sns-dlq import` brings it back. Messages that come \
             meanwhile are left alone: SQS's own PurgeQueue, which knows no choice and no way \
             back, is never used.",
        )
        .after_help(language::HELP)
        .arg(queue())
        .arg(
            Arg::new("backup")
                .long("backup")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("New file for the messages"),
        )
        .arg(flag("no-backup", "Delete without a way back"))
        .group(ArgGroup::new("way-back").args(["backup", "no-backup"]))
        .arg(where_argument())
        .arg(count("limit", None, "Delete at most this many messages"))
}

/// What was done.
#[derive(Debug, Default)]
struct Purged {
    deleted: u64,
    undeleted: u64,
    kept: Vec<String>,
    was_stopped: bool,
}

/// Runs it.
///
/// # Errors
/// Usage without --backup and --no-backup; what AWS and the file system say.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let name = matches.get_one::<String>("queue").map(String::as_str).unwrap_or_default();
    let path = matches.get_one::<PathBuf>("backup");
    if path.is_none() && !matches.get_flag("no-backup") {
        return Err(Error::usage("purge needs a file to write the messages to")
            .hint(format!("brume sns-dlq purge {name} --backup {name}.ndjson"))
            .hint(format!("brume sns-dlq purge {name} --no-backup leaves no way back")));
    }
    if let Some(path) = path.filter(|path| path.exists()) {
        return Err(Error::new(ExitCode::Conflict, format!("{} exists already", path.display()))
            .hint("choose another name: nothing is overwritten"));
    }
    let filter = expression(matches)?;
    let limit = matches.get_one::<u64>("limit").copied();
    let cloud = Cloud::open_to_the_end(context)?;
    let queue = cloud.block_on(cloud.find_queue(name))?;
    let depth = queue.depth();
    let what = match (&filter, limit) {
        (None, None) => format!("delete all messages of '{name}' (about {depth})"),
        (None, Some(limit)) => format!("delete up to {limit} messages of '{name}'"),
        (Some(filter), _) => format!("delete the messages of '{name}' with {}", filter.text()),
    };
    let what = if path.is_none() { format!("{what} without a backup") } else { what };
    context.confirm(Risk::Destroy, &what)?;
    if context.invocation().dry_run != DryRun::None {
        context.note(format_args!("dry run: would {what}"));
        return Ok(());
    }
    let now = cloud.block_on(async { Ok(cloud.now().await) })?;
    let mut backup = match path {
        Some(path) => Some(export::backup(path, &queue.arn, now)?),
        None => None,
    };
    let host = context.host();
    let purged = context.with_progress("deleting", |progress| {
        let stop = || host.is_cancelled();
        let job = Job { cloud: &cloud, queue: &queue, filter: filter.as_ref(), limit, now };
        cloud.block_on(async {
            let mut purged = Purged::default();
            let result = job.run(&mut backup, &stop, &mut purged, progress).await;
            job.give_back(&purged.kept).await;
            result.map(|()| purged)
        })
    });
    let written = match (backup, path) {
        (Some(backup), Some(path)) => {
            let finished = backup.close().map_err(|error| unwritten(path, &error))?;
            Some((finished, path))
        }
        _ => None,
    };
    let purged = purged?;
    context.note(format_args!("{} messages of '{}' deleted", purged.deleted, queue.name()));
    if let Some((finished, path)) = written {
        let count = finished.messages;
        context
            .note(format_args!("{count} messages are in {}; to bring them back:", path.display()));
        let path = super::redrive::quoted(path);
        let program = super::redrive::program(context);
        context.note(format_args!("  {program} import {path} {name}"));
    }
    if purged.was_stopped {
        return Err(Error::silent(ExitCode::Interrupted));
    }
    if purged.undeleted > 0 {
        let count = purged.undeleted;
        return Err(Error::failed(format!("{count} messages could not be deleted"))
            .cause("they are in the file, and still in the queue"));
    }
    Ok(())
}

fn unwritten(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot write {}", path.display())).source(error)
}

/// One purge.
struct Job<'a> {
    cloud: &'a Cloud,
    queue: &'a Queue,
    filter: Option<&'a Expression>,
    limit: Option<u64>,
    now: Timestamp,
}

impl Job<'_> {
    async fn run(
        &self,
        backup: &mut Option<Writer<File>>,
        stop: &dyn Fn() -> bool,
        purged: &mut Purged,
        progress: &Progress,
    ) -> Result<()> {
        let investigator = self
            .filter
            .filter(|filter| filter.asks_reason())
            .map(|_| Investigator::new(self.cloud, self.queue, None));
        let mut known = std::collections::HashSet::new();
        let mut empty_rounds = 0;
        while empty_rounds < 2 && purged.kept.len() < KEPT_MAX {
            if stop() {
                purged.was_stopped = true;
                return Ok(());
            }
            let left = self.limit.map_or(u64::MAX, |limit| limit.saturating_sub(purged.deleted));
            if left == 0 {
                return Ok(());
            }
            let letters = self.receive(left).await?;
            let is_empty = letters.is_empty();
            let mut letters: Vec<DeadLetter> =
                letters.into_iter().filter(|letter| known.insert(letter.id.clone())).collect();
            empty_rounds = if is_empty { empty_rounds + 1 } else { 0 };
            let reasons = match &investigator {
                Some(investigator) => investigator.reasons(&letters, &Progress::silent()).await?,
                None => Vec::new(),
            };
            let mut index = 0;
            let mut room = left;
            letters.retain(|letter| {
                let reason = reasons.get(index).copied();
                index += 1;
                let is_meant = room > 0 && self.is_meant(letter, reason);
                room -= u64::from(is_meant);
                if !is_meant {
                    purged.kept.extend(letter.receipt_handle.clone());
                }
                is_meant
            });
            self.write(backup, &letters)?;
            let undeleted = self.delete(&letters).await?;
            purged.deleted += letters.len() as u64 - undeleted;
            purged.undeleted += undeleted;
            progress.update(format_args!("{} messages deleted", purged.deleted));
        }
        Ok(())
    }

    fn is_meant(&self, letter: &DeadLetter, reason: Option<&str>) -> bool {
        let Some(filter) = self.filter else { return true };
        let mut subject = Subject::new(letter, self.now);
        subject.reason = reason;
        filter.matches(&subject)
    }

    async fn receive(&self, left: u64) -> Result<Vec<DeadLetter>> {
        let batches = usize::try_from(left.div_ceil(BATCH_MAX as u64)).unwrap_or(PARALLEL);
        let parallel = if self.queue.is_fifo() { 1 } else { batches.clamp(1, PARALLEL) };
        let max = usize::try_from(left).unwrap_or(BATCH_MAX).min(BATCH_MAX);
        let receive = Receive { max, visibility_seconds: Some(HOLD_SECONDS), wait_seconds: 1 };
        let answers =
            join_all((0..parallel).map(|_| self.cloud.receive(&self.queue.url, receive))).await;
        let mut letters = Vec::new();
        for answer in answers {
            letters.extend(answer?);
        }
        Ok(letters)
    }

    /// The messages are on disk when this returns.
    fn write(&self, backup: &mut Option<Writer<File>>, letters: &[DeadLetter]) -> Result<()> {
        let Some(backup) = backup else { return Ok(()) };
        let failed = |error| {
            Error::failed("cannot write the backup: nothing more is deleted").source(&error)
        };
        for letter in letters {
            backup.message(letter).map_err(failed)?;
        }
        backup.sync().map_err(failed)
    }

    /// How many could not be deleted.
    async fn delete(&self, letters: &[DeadLetter]) -> Result<u64> {
        let handles: Vec<&str> =
            letters.iter().filter_map(|letter| letter.receipt_handle.as_deref()).collect();
        let batches: Vec<&[&str]> = handles.chunks(BATCH_MAX).collect();
        let refused = in_parallel(batches, |batch| async move {
            Ok(self.cloud.delete_batch(&self.queue.url, batch).await?.len() as u64)
        });
        Ok(refused.await?.into_iter().sum())
    }

    async fn give_back(&self, handles: &[String]) {
        let batches: Vec<&[String]> = handles.chunks(BATCH_MAX).collect();
        let given = in_parallel(batches, |batch| async move {
            let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
            // What is not given back comes back by itself.
            let _ = self.cloud.set_visibility(&self.queue.url, &batch, 0).await;
            Ok(())
        });
        let _ = given.await;
    }
}
