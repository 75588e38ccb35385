//! `group`: what kinds of dead letters there are.

use std::collections::BTreeMap;

use brume_plugin::clap::{Arg, ArgMatches, Command};
use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, Records};
use brume_plugin::{Context, Error, Result};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::arguments::{expression, no_headers, queue, where_argument};
use crate::cloud::Cloud;
use crate::cloud::queues::name_of;
use crate::commands::peek::{tell, warn};
use crate::expression::{self, Selector, Subject};
use crate::look::{self, Look};
use crate::message::DeadLetter;
use crate::reason::Investigator;
use crate::text::{NONE, cell, duration, excerpt};

/// The command line.
pub fn command() -> Command {
    Command::new("group")
        .about("Count the messages of a dead-letter queue by what they have in common")
        .after_help(expression::HELP)
        .arg(queue())
        .arg(
            Arg::new("by")
                .long("by")
                .value_name("FIELD")
                .default_value("fingerprint")
                .help("subscription, reason, fingerprint, attr:NAME, body:/json/pointer, topic, …"),
        )
        .arg(where_argument())
        .arg(no_headers())
}

/// Messages with something in common.
#[derive(Clone, Debug, Default)]
struct Group {
    count: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    sample: String,
    sample_payload: String,
}

impl Group {
    fn add(&mut self, letter: &DeadLetter) {
        self.count += 1;
        let sent = letter.sent_at();
        self.first = [self.first, sent].into_iter().flatten().min();
        if self.sample.is_empty() || sent > self.last {
            self.sample.clone_from(&letter.id);
            self.sample_payload = excerpt(letter.payload(), 120);
        }
        self.last = self.last.max(sent);
    }
}

/// Runs it.
///
/// # Errors
/// What AWS says; usage for a field that nobody knows.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let by = Selector::parse(text("by"))?;
    let wanted = expression(matches)?;
    let cloud = Cloud::open(context)?;
    let queue = cloud.block_on(cloud.find_queue(text("queue")))?;
    warn(&cloud, &queue, context)?;
    let now = cloud.block_on(async { Ok(cloud.now().await) })?;
    let needs_reason =
        by.asks_reason() || wanted.as_ref().is_some_and(expression::Expression::asks_reason);
    let (seen, groups) = context.with_progress("reading the queue", |progress| {
        let early = |letter: &DeadLetter| match &wanted {
            Some(wanted) if !needs_reason => wanted.matches(&Subject::new(letter, now)),
            _ => true,
        };
        let look = Look { limit: look::LOOK_MAX, wanted: &early };
        let seen = cloud.block_on(look::look(&cloud, &queue, &look, progress))?;
        let mut found = Vec::new();
        if needs_reason {
            let investigator = Investigator::new(&cloud, &queue, None);
            found = cloud.block_on(investigator.diagnose_all(&seen.letters, progress))?;
        }
        let mut groups: BTreeMap<Option<String>, Group> = BTreeMap::new();
        for (index, letter) in seen.letters.iter().enumerate() {
            let mut subject = Subject::new(letter, now);
            subject.reason = found.get(index).map(|(diagnosis, _)| diagnosis.reason.slug());
            if wanted.as_ref().is_some_and(|wanted| !wanted.matches(&subject)) {
                continue;
            }
            groups.entry(by.value(&subject)).or_default().add(letter);
        }
        Ok::<_, Error>((seen, groups))
    })?;
    tell(&seen, context);
    if groups.is_empty() && context.format().is_none() {
        context.note(format_args!("no such message in '{}'", queue.name()));
        return Ok(());
    }
    let mut groups: Vec<(Option<String>, Group)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
    let items: Vec<Value> = groups.iter().map(|(key, group)| item(key, group, now)).collect();
    let document = json!({
        "queue": {"name": queue.name(), "arn": queue.arn},
        "by": by.text(),
        "lookedAt": seen.looked_at,
        "complete": seen.is_complete,
        "items": items,
    });
    let key: fn(&Value) -> String = if by.text() == "subscription" {
        |item| name_of_subscription(&cell(item, "key"))
    } else {
        |item| cell(item, "key")
    };
    let columns = [
        Column::new("COUNT", |item| cell(item, "count")),
        Column::new("KEY", key),
        Column::new("FIRST", |item| cell(item, "firstAge")),
        Column::new("LAST", |item| cell(item, "lastAge")),
        Column::new("SAMPLE", |item| cell(item, "sample")),
        Column::wide("PAYLOAD", |item| cell(item, "samplePayload")),
    ];
    let name = |item: &Value| format!("group/{}", cell(item, "key"));
    Records { document: &document, items: &items, columns: &columns, name }.print(
        context,
        &STANDARD,
        matches.get_flag("no-headers"),
    )
}

/// Topic and the beginning of the subscription's id: the whole ARN fills a line.
fn name_of_subscription(arn: &str) -> String {
    let mut parts = arn.rsplitn(3, ':');
    match (parts.next(), parts.next()) {
        (Some(id), Some(topic)) if arn.starts_with("arn:") => {
            format!("{topic}:{}", id.split('-').next().unwrap_or(id))
        }
        _ => name_of(arn).to_owned(),
    }
}

fn item(key: &Option<String>, group: &Group, now: Timestamp) -> Value {
    let age = |at: Option<Timestamp>| {
        at.map_or_else(
            || NONE.to_owned(),
            |at| duration(u64::try_from(now.as_second() - at.as_second()).unwrap_or_default()),
        )
    };
    json!({
        "key": key,
        "count": group.count,
        "firstSentAt": group.first.map(|at| at.to_string()),
        "lastSentAt": group.last.map(|at| at.to_string()),
        "firstAge": age(group.first),
        "lastAge": age(group.last),
        "sample": group.sample,
        "samplePayload": group.sample_payload,
    })
}
