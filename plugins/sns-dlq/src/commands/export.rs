//! `export`: messages to a file, losing nothing.

use std::io::Write as _;
use std::path::Path;

use brume_plugin::clap::{Arg, ArgMatches, Command};
use brume_plugin::{Context, Error, Result};

use super::peek;
use crate::arguments::{count, expression, queue, where_argument};
use crate::cloud::Cloud;
use crate::export::{self, Writer};
use crate::expression::{self as language, Expression, Subject};
use crate::look::{self, Look};
use crate::message::DeadLetter;
use crate::reason::Investigator;

/// The command line.
pub fn command() -> Command {
    Command::new("export")
        .about("Write messages to a file, losing nothing")
        .long_about(
            "Write messages to a file of JSON lines, losing nothing: bodies, attributes (binary \
             ones in base64), group and deduplication ids, system attributes, and a SHA-256 over \
             all of it. The messages stay in the queue. The file appears when it is complete.",
        )
        .after_help(language::HELP)
        .arg(queue())
        .arg(Arg::new("file").value_name("FILE").required(true).help("New file; - for a pipe"))
        .arg(where_argument())
        .arg(count("limit", None, "Write at most this many messages"))
}

/// Runs it.
///
/// # Errors
/// What AWS and the file system say.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let wanted = expression(matches)?;
    let limit = matches.get_one::<u64>("limit").and_then(|limit| usize::try_from(*limit).ok());
    let limit = limit.unwrap_or(look::LOOK_MAX).min(look::LOOK_MAX);
    let file = text("file");
    if file != "-" && Path::new(file).exists() {
        return Err(Error::usage(format!("{file} exists already"))
            .hint("choose another name: nothing is overwritten"));
    }
    let cloud = Cloud::open(context)?;
    let queue = cloud.block_on(cloud.find_queue(text("queue")))?;
    let now = cloud.block_on(async { Ok(cloud.now().await) })?;
    let asks_reason = wanted.as_ref().is_some_and(Expression::asks_reason);
    let (seen, letters) = context.with_progress("reading", |progress| {
        let early = |letter: &DeadLetter| match &wanted {
            Some(wanted) if !asks_reason => wanted.matches(&Subject::new(letter, now)),
            _ => true,
        };
        let early_limit = if asks_reason { look::LOOK_MAX } else { limit };
        let look = Look { limit: early_limit, wanted: &early };
        cloud.block_on(async {
            let mut seen = look::look(&cloud, &queue, &look, progress).await?;
            let mut letters = std::mem::take(&mut seen.letters);
            if let Some(wanted) = wanted.as_ref().filter(|_| asks_reason) {
                let investigator = Investigator::new(&cloud, &queue, None);
                let reasons = investigator.reasons(&letters, progress).await?;
                let mut reasons = reasons.into_iter();
                letters.retain(|letter| {
                    let mut subject = Subject::new(letter, now);
                    subject.reason = reasons.next();
                    wanted.matches(&subject)
                });
                letters.truncate(limit);
            }
            Ok::<_, Error>((seen, letters))
        })
    })?;
    peek::tell(&seen, context);
    if !seen.is_complete && letters.len() < limit {
        context.note("warning: there may be more messages than could be read");
    }
    let finished = if file == "-" {
        let mut writer = Writer::new(Vec::new(), &queue.arn, now)?;
        for letter in &letters {
            writer.message(letter)?;
        }
        let (bytes, finished) = writer.finish()?;
        context.stdout().write_all(&bytes)?;
        finished
    } else {
        export::export(Path::new(file), &queue.arn, now, &letters)?
    };
    context.note(format_args!(
        "{} messages of '{}' written, sha256 {}",
        finished.messages,
        queue.name(),
        finished.sha256
    ));
    Ok(())
}
