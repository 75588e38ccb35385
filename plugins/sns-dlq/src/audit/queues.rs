//! Rules about queues and their dead-letter queues.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Facts, Finding, Fix, Severity, rules};
use crate::cloud::queues::{Queue, account_of, name_of, region_of};
use crate::inventory::{DeadLetterQueue, SourceKind};
use crate::text::duration;

/// The longest retention that SQS has: 14 days.
const RETENTION_MAX: u64 = 1_209_600;

pub(super) fn check(facts: &Facts, findings: &mut Vec<Finding>) {
    let dead_letter_queues = facts.inventory.dead_letter_queues();
    let known: HashSet<&str> = facts.inventory.queues.iter().map(|q| q.arn.as_str()).collect();
    for queue in &facts.inventory.queues {
        redrive(facts, queue, &known, findings);
    }
    let subscribed: BTreeMap<&str, &str> = facts
        .inventory
        .subscriptions
        .iter()
        .filter(|subscription| subscription.protocol == "sqs")
        .map(|subscription| (subscription.endpoint.as_str(), subscription.topic_arn.as_str()))
        .collect();
    for dead in &dead_letter_queues {
        if let Some(queue) = dead.queue {
            of_dead_letter_queue(facts, dead, queue, &subscribed, findings);
        }
    }
    unused(facts, &dead_letter_queues, findings);
    cycles(facts, findings);
}

/// The redrive policy of a queue.
fn redrive(facts: &Facts, queue: &Queue, known: &HashSet<&str>, findings: &mut Vec<Finding>) {
    let Some(redrive) = queue.redrive() else { return };
    let target = redrive.target.as_str();
    let count = redrive.max_receive_count.unwrap_or(5);
    let suffix = if queue.is_fifo() { ".fifo" } else { "" };
    let beside = || {
        let own = queue.name().trim_end_matches(".fifo");
        queue.arn.replace(queue.name(), &format!("{own}-dlq{suffix}"))
    };
    let mut add = |rule, text, fix| findings.push(Finding::new(rule, &queue.arn, text, fix));
    if region_of(target) != region_of(&queue.arn) || account_of(target) != account_of(&queue.arn) {
        let text = format!("dead-letter queue {target} is in another account or region");
        add(&rules::DLQ_ELSEWHERE, text, facts.place.set_redrive(queue, &beside(), count));
        return;
    }
    if target.ends_with(".fifo") != queue.is_fifo() {
        let text = format!("dead-letter queue '{}' is of the other kind", name_of(target));
        add(&rules::FIFO_MISMATCH, text, facts.place.set_redrive(queue, &beside(), count));
    }
    if !known.contains(target) {
        let text = format!("dead-letter queue '{}' does not exist", name_of(target));
        let fifo = if suffix.is_empty() { "" } else { " --attributes FifoQueue=true" };
        let command = format!("sqs create-queue --queue-name {}{fifo}", name_of(target));
        let fix = Fix { cli: vec![facts.place.aws(&command)], ..Fix::default() };
        add(&rules::DLQ_MISSING, text, fix);
    }
}

fn of_dead_letter_queue(
    facts: &Facts,
    dead: &DeadLetterQueue<'_>,
    queue: &Queue,
    subscribed: &BTreeMap<&str, &str>,
    findings: &mut Vec<Finding>,
) {
    let longest = RETENTION_MAX.to_string();
    let lengthen = || facts.place.set_queue(queue, "MessageRetentionPeriod", &longest);
    let mut add = |rule, text: String, fix| {
        findings.push(Finding::new(rule, &queue.arn, text, fix));
    };
    let retention = queue.retention_seconds();
    let sources: Vec<&Queue> = dead
        .sources
        .iter()
        .filter(|source| source.kind == SourceKind::Queue)
        .filter_map(|source| facts.inventory.queue(&source.arn))
        .collect();
    // A FIFO queue's message gets a new time when it moves.
    let longer = sources
        .iter()
        .filter(|source| !source.is_fifo() && source.retention_seconds() >= retention)
        .max_by_key(|source| source.retention_seconds());
    if let Some(source) = longer {
        let text = format!(
            "keeps messages for {}, its source '{}' for {}",
            duration(retention),
            source.name(),
            duration(source.retention_seconds())
        );
        let mut fix = lengthen();
        if source.retention_seconds() >= RETENTION_MAX {
            fix.advice = format!("and let '{}' keep them for less", source.name());
        }
        add(&rules::DLQ_RETENTION, text, fix);
    } else if retention < RETENTION_MAX {
        let text = format!("keeps messages for {} only", duration(retention));
        add(&rules::RETENTION_SHORT, text, lengthen());
    }
    if let Some(topic) = subscribed.get(queue.arn.as_str()) {
        let text = format!("takes dead letters and is subscribed to topic '{}'", name_of(topic));
        let fix = Fix::advice("subscribe a queue of its own, and leave this one to dead letters");
        add(&rules::DLQ_SUBSCRIBED, text, fix);
    }
    if let Some(redrive) = queue.redrive() {
        let text = format!("has a redrive policy of its own, to '{}'", name_of(&redrive.target));
        add(&rules::DLQ_CHAINED, text, facts.place.set_queue(queue, "RedrivePolicy", ""));
    }
    if let Some(alarmed) = &facts.alarmed_queues
        && !alarmed.contains(queue.name())
    {
        let text = "no alarm watches its depth".to_owned();
        add(&rules::NO_ALARM, text, facts.place.alarm(queue.name()));
    }
}

/// Queues that look like dead-letter queues and that nothing points at.
fn unused(facts: &Facts, used: &[DeadLetterQueue<'_>], findings: &mut Vec<Finding>) {
    // What could not be read may be what uses them.
    if !facts.inventory.notes.is_empty() {
        return;
    }
    let used: BTreeSet<&str> = used.iter().map(|dead| dead.arn.as_str()).collect();
    for queue in &facts.inventory.queues {
        if used.contains(queue.arn.as_str()) || !looks_dead(queue) {
            continue;
        }
        let held = queue.depth() + queue.in_flight();
        let text = format!("nothing sends its dead letters here; it holds {held} messages");
        let mut fix = Fix::advice("point a redrive policy at it, or delete it");
        if held == 0 {
            let command = format!("sqs delete-queue --queue-url {}", queue.url);
            fix.cli.push(facts.place.aws(&command));
        }
        let mut finding = Finding::new(&rules::DLQ_UNUSED, &queue.arn, text, fix);
        // Somebody still writes there, or its messages are forgotten.
        if held > 0 {
            finding.severity = Severity::Medium;
        }
        findings.push(finding);
    }
}

fn looks_dead(queue: &Queue) -> bool {
    let name = queue.name().to_lowercase();
    let words: Vec<&str> = name.split(['-', '_', '.']).collect();
    words.contains(&"dlq")
        || name.contains("deadletter")
        || name.contains("dead-letter")
        || name.contains("dead_letter")
        || queue.attributes.contains_key("RedriveAllowPolicy")
}

/// Circles of redrive policies, each told once.
fn cycles(facts: &Facts, findings: &mut Vec<Finding>) {
    let next: HashMap<&str, String> = facts
        .inventory
        .queues
        .iter()
        .filter_map(|queue| Some((queue.arn.as_str(), queue.redrive()?.target)))
        .collect();
    let mut done: HashSet<&str> = HashSet::new();
    for queue in &facts.inventory.queues {
        let mut path: Vec<&str> = Vec::new();
        let mut at = queue.arn.as_str();
        // Every queue has one successor at most: follow it until something is seen again.
        while done.insert(at) {
            path.push(at);
            match next.get(at) {
                Some(target) => at = target.as_str(),
                None => break,
            }
        }
        let Some(start) = path.iter().position(|seen| *seen == at) else { continue };
        if !next.contains_key(at) {
            continue;
        }
        let names: Vec<&str> = path[start..].iter().chain([&at]).map(|arn| name_of(arn)).collect();
        let text = format!("dead letters go in a circle: {}", names.join(" → "));
        if let Some(queue) = facts.inventory.queue(at) {
            let fix = facts.place.set_queue(queue, "RedrivePolicy", "");
            findings.push(Finding::new(&rules::REDRIVE_CYCLE, &queue.arn, text, fix));
        }
    }
}
