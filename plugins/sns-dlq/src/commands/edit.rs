//! `edit`: one message, changed, in a file that `redrive --from-file` sends in its place.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use brume_plugin::clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use brume_plugin::invocation::DryRun;
use brume_plugin::render::palette::{GOOD, WARNING, paint};
use brume_plugin::{Context, Error, ExitCode, Result};
use jiff::Timestamp;

use super::redrive::{program, quoted};
use crate::arguments::queue;
use crate::cloud::Cloud;
use crate::edit::{CHANGES_MAX, Change, apply, difference, lines};
use crate::export;
use crate::look::{self, Look};
use crate::message::DeadLetter;

/// The command line.
pub fn command() -> Command {
    let many = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).action(ArgAction::Append).help(help)
    };
    Command::new("edit")
        .about("Change a message, in a file that redrive sends in its place")
        .long_about(
            "Change a message, in a file that redrive sends in its place. The queue is left as it \
             is: `redrive --from-file` sends the changed message and deletes the original. Inside \
             an SNS envelope the published message is changed; SNS's signature does not fit any \
             more then.",
        )
        .arg(queue())
        .arg(Arg::new("message").value_name("MESSAGE-ID").required(true).help("The message"))
        .arg(many("set", "/POINTER=VALUE", "Put a value (JSON, else text) into the JSON message"))
        .arg(many("attr", "NAME=VALUE", "Put a message attribute"))
        .arg(many("unset", "/POINTER|attr.NAME", "Take something away"))
        .arg(Arg::new("body").long("body").value_name("TEXT").help("Replace the whole message"))
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("New file; without it, MESSAGE-ID.ndjson"),
        )
}

/// Runs it.
///
/// # Errors
/// When there is no such message, a change does not fit, or the file exists.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let changes = changes(matches)?;
    let (name, id) = (text("queue"), text("message"));
    let path = matches.get_one::<PathBuf>("out").cloned();
    let path = path.unwrap_or_else(|| PathBuf::from(format!("{}.ndjson", file_name(id))));
    if path.exists() {
        return Err(Error::new(ExitCode::Conflict, format!("{} exists already", path.display()))
            .hint("--out names another file"));
    }
    let cloud = Cloud::open(context)?;
    let queue = cloud.block_on(cloud.find_queue(name))?;
    let wanted = |letter: &DeadLetter| letter.id == id || letter.sns_message_id() == Some(id);
    let look = Look { limit: 1, wanted: &wanted };
    let seen = context.with_progress("looking", |progress| {
        cloud.block_on(look::look(&cloud, &queue, &look, progress))
    })?;
    super::peek::tell(&seen, context);
    let Some(before) = seen.letters.into_iter().next() else {
        let text = format!("there is no message '{id}' in '{}'", queue.name());
        return Err(Error::new(ExitCode::NotFound, text).hint(format!("brume sns-dlq peek {name}")));
    };
    let after = apply(&before, &changes)
        .map_err(|why| Error::usage("the change does not fit the message").cause(why))?;
    show(&before, &after, context)?;
    if after == before {
        context.note("nothing changed: no file was written");
        return Ok(());
    }
    if after.envelope.is_some() {
        context.note("note: the signature in the envelope does not fit the changed message");
    }
    if context.invocation().dry_run != DryRun::None {
        context.note("dry run: no file was written");
        return Ok(());
    }
    export::export(&path, &queue.arn, Timestamp::now(), std::slice::from_ref(&after))?;
    let file = quoted(Path::new(&path));
    context.note(format_args!("{} written; to send it:", path.display()));
    let program = program(context);
    context.note(format_args!("  {program} redrive {name} --from-file {file}"));
    Ok(())
}

fn changes(matches: &ArgMatches) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    if let Some(body) = matches.get_one::<String>("body") {
        changes.push(Change::Body(body.clone()));
    }
    let mut read = |name: &str, parse: fn(&str) -> Result<Change, String>| -> Result<()> {
        for text in matches.get_many::<String>(name).into_iter().flatten() {
            let change = parse(text);
            let wrong = |why| Error::usage(format!("--{name} '{text}' cannot be read")).cause(why);
            changes.push(change.map_err(wrong)?);
        }
        Ok(())
    };
    read("set", Change::set)?;
    read("attr", Change::attribute)?;
    read("unset", Change::unset)?;
    if changes.is_empty() {
        return Err(Error::usage("edit needs a change")
            .hint("--set /order/id=x, --attr kind=b, --unset /note, --body TEXT"));
    }
    if changes.len() > CHANGES_MAX {
        return Err(Error::usage("more than 100 changes at once"));
    }
    Ok(changes)
}

/// A message id without what a file name cannot hold.
fn file_name(id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    id.chars().take(100).map(safe).collect()
}

fn show(before: &DeadLetter, after: &DeadLetter, context: &mut Context<'_>) -> Result<()> {
    let color = context.output().stdout_color;
    for line in difference(&lines(before), &lines(after)) {
        let line = crate::text::printable(&line);
        let line = match line.chars().next() {
            Some('+') => paint(&line, GOOD, color),
            Some('-') => paint(&line, WARNING, color),
            _ => line,
        };
        writeln!(context.stdout(), "{line}")?;
    }
    Ok(())
}
