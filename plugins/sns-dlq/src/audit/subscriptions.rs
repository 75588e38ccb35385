//! Rules about subscriptions, their endpoints and their dead-letter queues.

use std::collections::HashMap;

use brume_policy::filter::{Attribute as FilterAttribute, FilterPolicy, Message, Outcome, Scope};

use super::rules::{self, Rule};
use super::{Facts, Finding, Fix};
use crate::cloud::queues::{Queue, account_of, name_of, region_of};
use crate::cloud::topics::Subscription;
use crate::inventory::bare_function_arn;
use crate::message::{AttributeValue, DeadLetter};
use crate::permission;

/// Messages below which "never" says little.
const SAMPLES_MIN: usize = 5;

pub(super) fn check(facts: &Facts, findings: &mut Vec<Finding>) {
    let mut siblings: HashMap<&str, usize> = HashMap::new();
    for subscription in &facts.inventory.subscriptions {
        *siblings.entry(subscription.topic_arn.as_str()).or_default() += 1;
    }
    for subscription in &facts.inventory.subscriptions {
        if subscription.is_pending() {
            let text = format!(
                "{} waits for the confirmation of {}",
                name_of(&subscription.topic_arn),
                subscription.endpoint
            );
            let fix = Fix::advice("confirm it, or subscribe again: the token is good for 3 days");
            findings.push(
                Finding::new(&rules::SUBSCRIPTION_PENDING, &subscription.topic_arn, text, fix)
                    .named(subscription.label()),
            );
            continue;
        }
        endpoint(facts, subscription, findings);
        dead_letter_queue(facts, subscription, findings);
        let siblings = siblings.get(subscription.topic_arn.as_str()).copied();
        filter(facts, subscription, siblings.unwrap_or_default(), findings);
    }
}

fn endpoint(facts: &Facts, subscription: &Subscription, findings: &mut Vec<Finding>) {
    let (topic, endpoint) = (&subscription.topic_arn, &subscription.endpoint);
    let label = subscription.label();
    let mut add = |rule, text: String, fix| {
        let finding = Finding::new(rule, &subscription.arn, text, fix);
        findings.push(finding.named(label.clone()));
    };
    let unsubscribe = || {
        let command = format!("sns unsubscribe --subscription-arn {}", subscription.arn);
        Fix { cli: vec![facts.place.aws(&command)], ..Fix::default() }
    };
    match subscription.protocol.as_str() {
        "sqs" => match facts.inventory.queue(endpoint) {
            Some(queue) => {
                for (rule, text, fix) in
                    closed(facts, topic, queue, "queue", &rules::ENDPOINT_POLICY)
                {
                    add(rule, text, fix);
                }
            }
            None if is_here(facts, endpoint) => {
                let text = format!("queue '{}' does not exist", name_of(endpoint));
                add(&rules::ENDPOINT_MISSING, text, unsubscribe());
            }
            None => {}
        },
        // Without any function Lambda was not asked, or has none to compare with.
        "lambda" if !facts.inventory.functions.is_empty() && is_here(facts, endpoint) => {
            if facts.inventory.function(endpoint).is_none() {
                let text = format!("function '{}' does not exist", name_of(endpoint));
                add(&rules::ENDPOINT_MISSING, text, unsubscribe());
            } else if let Some(policy) = facts.function_policies.get(bare_function_arn(endpoint)) {
                let found = permission::sns_to_function(policy.as_deref(), topic, endpoint);
                if !found.is_allowed {
                    let text = format!(
                        "function '{}' does not let SNS in for topic '{}': {}",
                        name_of(endpoint),
                        name_of(topic),
                        found.explanation.join("; ")
                    );
                    add(&rules::ENDPOINT_POLICY, text, facts.place.allow_invoke(endpoint, topic));
                }
            }
        }
        _ => {}
    }
}

fn dead_letter_queue(facts: &Facts, subscription: &Subscription, findings: &mut Vec<Finding>) {
    let topic = &subscription.topic_arn;
    let label = subscription.label();
    let mut add = |rule, text: String, fix| {
        let finding = Finding::new(rule, &subscription.arn, text, fix);
        findings.push(finding.named(label.clone()));
    };
    let wanted_suffix = if needs_fifo(subscription) { ".fifo" } else { "" };
    let proposed = || {
        let region = region_of(topic).unwrap_or_default();
        let account = account_of(topic).unwrap_or_default();
        let name = name_of(topic).trim_end_matches(".fifo");
        format!("arn:aws:sqs:{region}:{account}:{name}-dlq{wanted_suffix}")
    };
    let give = |target: &str, makes_queue| {
        facts.place.give_dead_letter_queue(&subscription.arn, topic, target, makes_queue)
    };
    let Some(redrive) = subscription.redrive() else {
        // A queue that takes the dead letters of another subscription will do for this one.
        let target = proposed();
        let exists = facts.inventory.queue(&target).is_some();
        let text = "no dead-letter queue: what cannot be delivered is dropped".to_owned();
        add(&rules::SUBSCRIPTION_WITHOUT_DLQ, text, give(&target, !exists));
        return;
    };
    let target = redrive.target.as_str();
    if region_of(target) != region_of(topic)
        || account_of(target).is_some_and(|account| account != owner(subscription))
    {
        let text = format!("dead-letter queue {target} is in another account or region");
        add(&rules::DLQ_ELSEWHERE, text, give(&proposed(), true));
        return;
    }
    if needs_fifo(subscription) != target.ends_with(".fifo") {
        let (is, wants) =
            if wanted_suffix.is_empty() { ("FIFO", "standard") } else { ("standard", "FIFO") };
        let text = format!(
            "dead-letter queue '{}' is a {is} queue, and must be a {wants} one",
            name_of(target)
        );
        add(&rules::FIFO_MISMATCH, text, give(&proposed(), true));
    }
    let Some(queue) = facts.inventory.queue(target) else {
        let text = format!("dead-letter queue '{}' does not exist", name_of(target));
        add(&rules::DLQ_MISSING, text, give(target, true));
        return;
    };
    for (rule, text, fix) in closed(facts, topic, queue, "dead-letter queue", &rules::DLQ_POLICY) {
        add(rule, text, fix);
    }
}

/// Why SNS cannot put messages of `topic` into `queue`: its policy, its key. `what` is what the
/// queue is called, `by_policy` the rule about its policy.
fn closed(
    facts: &Facts,
    topic: &str,
    queue: &Queue,
    what: &str,
    by_policy: &'static Rule,
) -> Vec<(&'static Rule, String, Fix)> {
    let mut found = Vec::new();
    let name = queue.name();
    let permission = permission::sns_to_queue(queue.policy(), topic, &queue.arn);
    if !permission.is_allowed {
        let text = format!(
            "{what} '{name}' does not let SNS in for topic '{}': {}",
            name_of(topic),
            permission.explanation.join("; ")
        );
        found.push((by_policy, text, facts.place.allow_topic(queue, topic)));
    }
    if is_foreign_key(queue.attributes.get("KmsMasterKeyId")) {
        let text = format!("{what} '{name}' is encrypted by alias/aws/sqs, which SNS cannot use");
        found.push((&rules::DLQ_KEY, text, own_key(facts, queue)));
    }
    found
}

/// A FIFO topic delivers in order to FIFO queues only; a standard queue takes it as well, and then
/// its dead letters are standard, too.
fn needs_fifo(subscription: &Subscription) -> bool {
    name_of(&subscription.topic_arn).ends_with(".fifo")
        && name_of(&subscription.endpoint).ends_with(".fifo")
}

fn owner(subscription: &Subscription) -> &str {
    let own = Some(subscription.owner.as_str()).filter(|owner| !owner.is_empty());
    own.or(account_of(&subscription.topic_arn)).unwrap_or_default()
}

/// Says whether a resource would be in the inventory if it existed.
fn is_here(facts: &Facts, arn: &str) -> bool {
    let account = facts.inventory.account();
    region_of(arn) == Some(facts.inventory.region.as_str())
        && (account.is_none() || account_of(arn) == account)
}

fn is_foreign_key(key: Option<&String>) -> bool {
    key.is_some_and(|key| key.ends_with("alias/aws/sqs"))
}

fn own_key(facts: &Facts, queue: &Queue) -> Fix {
    let mut fix = facts.place.set_queue(queue, "KmsMasterKeyId", "alias/YOUR-KEY");
    fix.advice = "the key's policy must allow sns.amazonaws.com kms:GenerateDataKey* and \
                  kms:Decrypt; or use SSE-SQS, which needs no key"
        .to_owned();
    fix
}

fn filter(
    facts: &Facts,
    subscription: &Subscription,
    siblings: usize,
    findings: &mut Vec<Finding>,
) {
    let Some(text) = subscription.attribute("FilterPolicy") else { return };
    let scope = subscription.attribute("FilterPolicyScope").and_then(|s| Scope::read(s).ok());
    let Ok(policy) = FilterPolicy::read(text, scope.unwrap_or_default()) else { return };
    if policy.is_empty() {
        return;
    }
    let fix = || {
        let command = format!(
            "sns set-subscription-attributes --subscription-arn {} --attribute-name FilterPolicy \
             --attribute-value '{{}}'",
            subscription.arn
        );
        Fix {
            cli: vec![facts.place.aws(&command)],
            advice: "correct the policy, or remove it as the command does".to_owned(),
            ..Fix::default()
        }
    };
    let mut add = |text: String| {
        let rule = &rules::FILTER_NEVER_MATCHES;
        let finding = Finding::new(rule, &subscription.arn, text, fix());
        findings.push(finding.named(subscription.label()));
    };
    let samples = facts.samples.get(&subscription.topic_arn).map(Vec::as_slice).unwrap_or_default();
    if samples.len() >= SAMPLES_MIN && !samples.iter().any(|letter| passes(&policy, letter)) {
        add(format!("the filter policy matches none of {} known messages", samples.len()));
        return;
    }
    // With one subscription the topic's metrics are the subscription's.
    if let Some(used) = facts.uses.get(&subscription.topic_arn)
        && siblings == 1
        && used.published >= 1.0
        && used.filtered_out >= used.published
    {
        add(format!(
            "the filter policy held back all {} messages of the last {} days",
            used.published, used.days
        ));
    }
}

fn passes(policy: &FilterPolicy, letter: &DeadLetter) -> bool {
    let attributes = letter.publisher_attributes().iter().map(|(name, attribute)| {
        let value = match &attribute.value {
            AttributeValue::Text(text) => text.as_str(),
            AttributeValue::Binary(_) => "",
        };
        FilterAttribute { name, data_type: &attribute.data_type, value }
    });
    policy.judge(&Message::new(attributes, letter.payload())) == Outcome::Matched
}
