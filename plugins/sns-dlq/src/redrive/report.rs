//! What a redrive came to, for people and for programs.

use std::path::Path;

use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, Records};
use brume_plugin::{Context, Error, ExitCode, Result};
use serde_json::{Value, json};

use super::engine::Left;
use super::run::Outcomes;
use crate::text::cell;

/// Messages that are named on standard error.
const NAMED_MAX: usize = 10;

/// Prints the summary, names what is left, and makes the exit code; `again` is the command that
/// goes on, when there is something to go on with.
///
/// # Errors
/// When a message that was meant is still there, or the run ended before its time.
pub fn print(
    outcomes: &Outcomes,
    from: &str,
    journal: &Path,
    again: &str,
    is_copy: bool,
    context: &mut Context<'_>,
) -> Result<()> {
    let is_resumable = is_resumable(outcomes);
    let totals = outcomes.totals;
    let mut items: Vec<Value> = Vec::new();
    let mut add = |outcome: &str, count: u64, detail: String| {
        if count > 0 {
            items.push(json!({"outcome": outcome, "messages": count, "detail": detail}));
        }
    };
    for (address, count) in &outcomes.sent_to {
        add(if is_copy { "copied" } else { "sent" }, *count, address.to_string());
    }
    add("deleted", totals.deleted, from.to_owned());
    let settled = if is_copy { "" } else { ", deleted now" };
    add("settled", totals.settled, format!("sent by an earlier run{settled}"));
    let mut kinds: Vec<(&str, String, u64)> = Vec::new();
    for (_, left) in &outcomes.left {
        let (word, why) = (word(left), why(left));
        match kinds.iter_mut().find(|kind| kind.0 == word && kind.1 == why) {
            Some(kind) => kind.2 += 1,
            None => kinds.push((word, why, 1)),
        }
    }
    for (word, why, count) in kinds {
        add(word, count, why);
    }
    add(
        "unmeant",
        totals.received.saturating_sub(totals.matched + totals.settled),
        "left as they are".to_owned(),
    );
    let left: Vec<Value> = outcomes
        .left
        .iter()
        .map(|(id, left)| json!({"messageId": id, "state": word(left), "reason": why(left)}))
        .collect();
    let document = json!({
        "queue": from,
        "received": totals.received,
        "matched": totals.matched,
        "sent": totals.sent,
        "deleted": totals.deleted,
        "settled": totals.settled,
        "left": left,
        "items": items,
        "failure": outcomes.failure,
        "stopped": outcomes.was_stopped,
        "journal": is_resumable.then(|| journal.display().to_string()),
        "resume": is_resumable.then_some(again),
    });
    let columns = [
        Column::new("OUTCOME", |item| cell(item, "outcome")),
        Column::new("MESSAGES", |item| item["messages"].to_string()),
        Column::new("DETAIL", |item| cell(item, "detail")),
    ];
    if items.is_empty() && context.format().is_none() {
        context.note(format_args!("no message to redrive in '{from}'"));
    } else {
        let name = |item: &Value| format!("outcome/{}", cell(item, "outcome"));
        Records { document: &document, items: &items, columns: &columns, name }
            .print(context, &STANDARD, false)?;
    }
    verdict(outcomes, from, again, is_resumable, context)
}

/// Says whether a further run of the same journal has something to do.
#[must_use]
pub fn is_resumable(outcomes: &Outcomes) -> bool {
    let is_open = |left: &Left| !matches!(left, Left::Refused(_) | Left::BehindGroup);
    outcomes.was_stopped
        || outcomes.failure.is_some()
        || outcomes.left.iter().any(|(_, left)| is_open(left))
}

fn verdict(
    outcomes: &Outcomes,
    from: &str,
    again: &str,
    is_resumable: bool,
    context: &mut Context<'_>,
) -> Result<()> {
    for (id, left) in outcomes.left.iter().filter(|(_, l)| *l != Left::Waiting).take(NAMED_MAX) {
        context.note(format_args!("{} {id}: {}", word(left), why(left)));
    }
    if outcomes.left.len() > NAMED_MAX {
        context.note("the rest is listed by -o json");
    }
    let ambiguous = outcomes.left.iter().filter(|(_, left)| word(left) == "ambiguous").count();
    if outcomes.was_stopped {
        context.note(format_args!("stopped; the journal is complete. To go on:\n  {again}"));
        return Err(Error::silent(ExitCode::Interrupted));
    }
    let result = if let Some(failure) = &outcomes.failure {
        Error::failed(format!("the redrive of '{from}' ended before its time")).cause(failure)
    } else if outcomes.left.is_empty() {
        return Ok(());
    } else {
        let count = outcomes.left.len();
        let what = if count == 1 { "message is" } else { "messages are" };
        Error::failed(format!("{count} {what} still in '{from}'"))
    };
    let result = if is_resumable { result.hint(again) } else { result };
    if ambiguous == 0 {
        return Err(result);
    }
    Err(result
        .cause(format!("{ambiguous} of them may have been sent: look there before sending again"))
        .hint(format!("{again} --on-ambiguous resend")))
}

fn word(left: &Left) -> &'static str {
    match left {
        Left::Waiting => "waiting",
        Left::Refused(_) => "refused",
        Left::BehindGroup => "held",
        Left::Ambiguous(_) | Left::AmbiguousUnseen => "ambiguous",
        Left::Undeleted | Left::UndeletedUnseen => "undeleted",
    }
}

fn why(left: &Left) -> String {
    match left {
        Left::Waiting => "it was not its turn".to_owned(),
        Left::Refused(why) => why.clone(),
        Left::BehindGroup => "an earlier message of its group stays".to_owned(),
        Left::Ambiguous(why) => format!("it may have been sent: {why}"),
        Left::AmbiguousUnseen => "it may have been sent, and was not found in the queue".to_owned(),
        Left::Undeleted => "it was sent, and could not be deleted".to_owned(),
        Left::UndeletedUnseen => {
            "it was sent, and was not found in the queue to be deleted".to_owned()
        }
    }
}
