//! Each rule finds what it is for, and leaves alone what is well.

use std::collections::BTreeSet;

use serde_json::json;

use super::text::{Fixes, summary, text};
use super::{Facts, Finding, Place, TopicUse, junit, rules, sarif};
use crate::cloud::functions::{EventSource, Function};
use crate::cloud::queues::Queue;
use crate::cloud::topics::{PENDING, Subscription, Topic};
use crate::inventory::Inventory;
use crate::inventory::tests::{queue, redrive_to, subscription};
use crate::message::{Attribute, DeadLetter};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:orders";

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:123456789012:{name}")
}

fn lets_topic_in(name: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn(name),
            "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
        }],
    })
    .to_string()
}

/// A queue that lets the topic in and keeps messages for two weeks.
fn good_queue(name: &str, attributes: &[(&str, &str)]) -> Queue {
    let policy = lets_topic_in(name);
    let mut good = queue(name, &[("Policy", &policy), ("MessageRetentionPeriod", "1209600")]);
    for (name, value) in attributes {
        good.attributes.insert((*name).to_owned(), (*value).to_owned());
    }
    good
}

fn delivers_to(name: &str, attributes: &[(&str, &str)]) -> Subscription {
    subscription("sqs", &queue_arn(name), attributes)
}

/// A topic, a queue, a dead-letter queue, an alarm: nothing to complain of.
fn well() -> Facts {
    let mut work = good_queue("work", &[]);
    work.attributes.insert("MessageRetentionPeriod".to_owned(), "345600".to_owned());
    Facts {
        inventory: Inventory {
            region: "us-east-1".to_owned(),
            queues: vec![good_queue("orders-dlq", &[]), work],
            topics: vec![Topic { arn: TOPIC.to_owned(), ..Topic::default() }],
            subscriptions: vec![delivers_to(
                "work",
                &[("RedrivePolicy", &redrive_to("orders-dlq", 1))],
            )],
            ..Inventory::default()
        },
        alarmed_queues: Some(BTreeSet::from(["orders-dlq".to_owned()])),
        place: Place { region: "us-east-1".to_owned(), endpoint_url: None },
        ..Facts::default()
    }
}

/// Forgets the index, because these tests change an inventory after they have asked it.
fn audit(facts: &Facts) -> Vec<Finding> {
    let mut facts = facts.clone();
    facts.inventory.index = Default::default();
    super::audit(&facts)
}

fn rules_of(facts: &Facts) -> Vec<(&'static str, &'static str, String)> {
    let found = audit(facts).into_iter();
    found.map(|f| (f.rule.id, f.severity.name(), f.name)).collect()
}

fn ids(facts: &Facts) -> Vec<&'static str> {
    rules_of(facts).into_iter().map(|found| found.0).collect()
}

fn set(queue: &mut Queue, name: &str, value: &str) {
    queue.attributes.insert(name.to_owned(), value.to_owned());
}

#[test]
fn what_is_well_is_left_alone() {
    assert_eq!(audit(&well()), Vec::<Finding>::new());
}

#[test]
fn subscriptions_without_a_dead_letter_queue_are_found() {
    let mut facts = well();
    facts.inventory.subscriptions.push(subscription("https", "https://example.org/a", &[]));
    let found = audit(&facts);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule.id, "subscription-without-dlq");
    assert_eq!(found[0].name, "orders→https:https://example.org/a");
    // The queue that would be made exists: no need to make it.
    assert_eq!(found[0].fix.cli.len(), 1, "{:?}", found[0].fix.cli);
    facts.inventory.queues.remove(0);
    facts.inventory.subscriptions.remove(0);
    let found = audit(&facts);
    assert!(found[0].fix.cli[0].starts_with("aws sqs create-queue"), "{:?}", found[0].fix.cli);
}

#[test]
fn a_dead_letter_queue_must_exist_and_let_the_topic_in() {
    let mut facts = well();
    facts.inventory.queues.remove(0);
    assert_eq!(ids(&facts), ["dlq-missing"]);
    for policy in [
        None,
        Some(lets_topic_in("orders-dlq").replace(TOPIC, &TOPIC.replace("orders", "old-orders"))),
        Some(lets_topic_in("orders-dlq").replace("123456789012:orders\"", "999999999999:orders\"")),
    ] {
        let mut facts = well();
        match policy {
            None => drop(facts.inventory.queues[0].attributes.remove("Policy")),
            Some(policy) => set(&mut facts.inventory.queues[0], "Policy", &policy),
        }
        assert_eq!(ids(&facts), ["dlq-policy"]);
    }
    let mut facts = well();
    let any = lets_topic_in("orders-dlq").replace("ArnEquals", "ArnLike");
    let any = any.replace(TOPIC, "arn:aws:sns:us-east-1:*:orders");
    set(&mut facts.inventory.queues[0], "Policy", &any);
    assert!(ids(&facts).is_empty(), "a wildcard that covers the topic is enough");
}

#[test]
fn an_endpoint_must_exist_and_let_the_topic_in() {
    let mut facts = well();
    facts.inventory.queues[1].attributes.remove("Policy");
    assert_eq!(ids(&facts), ["endpoint-policy"]);
    facts.inventory.queues.remove(1);
    assert_eq!(ids(&facts), ["endpoint-missing"]);
}

#[test]
fn a_function_must_let_the_topic_in() {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:ship";
    let mut facts = well();
    let redrive = redrive_to("orders-dlq", 1);
    facts.inventory.subscriptions =
        vec![subscription("lambda", arn, &[("RedrivePolicy", &redrive)])];
    let function = Function { arn: arn.to_owned(), name: "ship".to_owned(), ..Function::default() };
    facts.inventory.functions = vec![function];
    assert!(ids(&facts).is_empty(), "a policy that was not read is no finding");
    facts.function_policies.insert(arn.to_owned(), None);
    assert_eq!(ids(&facts), ["endpoint-policy"]);
    facts.inventory.functions[0].arn = arn.replace("ship", "other");
    assert_eq!(ids(&facts), ["endpoint-missing"]);
}

#[test]
fn kinds_accounts_and_regions_must_agree() {
    for (target, rule) in [
        ("arn:aws:sqs:eu-west-3:123456789012:orders-dlq", "dlq-elsewhere"),
        ("arn:aws:sqs:us-east-1:999999999999:orders-dlq", "dlq-elsewhere"),
    ] {
        let mut facts = well();
        let policy = json!({"deadLetterTargetArn": target}).to_string();
        facts.inventory.subscriptions[0].attributes.insert("RedrivePolicy".to_owned(), policy);
        assert!(ids(&facts).contains(&rule), "{:?}", ids(&facts));
    }
    let mut facts = well();
    facts.inventory.queues.push(good_queue("jobs.fifo", &[]));
    let redrive = redrive_to("orders-dlq", 5);
    set(facts.inventory.queues.last_mut().unwrap(), "RedrivePolicy", &redrive);
    assert!(ids(&facts).contains(&"fifo-mismatch"), "{:?}", ids(&facts));
}

#[test]
fn a_key_that_sns_cannot_use_is_found() {
    let mut facts = well();
    set(&mut facts.inventory.queues[0], "KmsMasterKeyId", "alias/aws/sqs");
    assert_eq!(ids(&facts), ["dlq-key"]);
    set(&mut facts.inventory.queues[0], "KmsMasterKeyId", "alias/ours");
    assert!(ids(&facts).is_empty());
}

#[test]
fn retention_must_outlast_the_source() {
    let mut facts = well();
    set(&mut facts.inventory.queues[0], "MessageRetentionPeriod", "345600");
    assert_eq!(ids(&facts), ["retention-short"]);
    let redrive = redrive_to("orders-dlq", 5);
    set(&mut facts.inventory.queues[1], "RedrivePolicy", &redrive);
    assert_eq!(ids(&facts), ["dlq-retention"]);
}

#[test]
fn queues_that_feed_functions_need_time_and_tries() {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:ship".to_owned();
    for (count, expected) in [(1, "critical"), (4, "medium")] {
        let mut facts = well();
        let redrive = redrive_to("orders-dlq", count);
        set(&mut facts.inventory.queues[1], "RedrivePolicy", &redrive);
        facts.inventory.functions = vec![Function {
            arn: arn.clone(),
            name: "ship".to_owned(),
            timeout_seconds: 30,
            ..Function::default()
        }];
        facts.inventory.event_sources = vec![EventSource {
            source_arn: queue_arn("work"),
            function_arn: arn.clone(),
            ..EventSource::default()
        }];
        let found = rules_of(&facts);
        let few = found.iter().find(|found| found.0 == "receives-few").expect("found");
        assert_eq!(few.1, expected);
        assert!(found.iter().any(|found| found.0 == "visibility-short"), "{found:?}");
        set(&mut facts.inventory.queues[1], "VisibilityTimeout", "180");
        assert!(!ids(&facts).contains(&"visibility-short"));
    }
}

#[test]
fn circles_and_chains_are_found_once() {
    let mut facts = Facts::default();
    for (name, next) in [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")] {
        let redrive = redrive_to(next, 5);
        facts.inventory.queues.push(good_queue(name, &[("RedrivePolicy", &redrive)]));
    }
    let found = ids(&facts);
    assert_eq!(found.iter().filter(|id| **id == "redrive-cycle").count(), 1, "{found:?}");
    assert_eq!(found.iter().filter(|id| **id == "dlq-chained").count(), 3, "{found:?}");
}

#[test]
fn unwatched_unused_and_subscribed_queues_are_found() {
    let mut facts = well();
    facts.alarmed_queues = Some(BTreeSet::new());
    facts.inventory.queues.push(good_queue("old-dlq", &[("ApproximateNumberOfMessages", "3")]));
    let redrive = redrive_to("orders-dlq", 1);
    facts.inventory.subscriptions.push(delivers_to("orders-dlq", &[("RedrivePolicy", &redrive)]));
    let found = rules_of(&facts);
    let expected = [
        ("dlq-subscribed", "medium", "orders-dlq".to_owned()),
        ("dlq-unused", "medium", "old-dlq".to_owned()),
        ("no-alarm", "medium", "orders-dlq".to_owned()),
    ];
    assert_eq!(found, expected);
    facts.inventory.notes.push("the functions were not read".to_owned());
    assert!(!ids(&facts).contains(&"dlq-unused"), "a function may use it");
    facts.alarmed_queues = None;
    assert!(!ids(&facts).contains(&"no-alarm"), "alarms that were not read are no finding");
}

#[test]
fn pending_subscriptions_are_found() {
    let mut facts = well();
    let mut pending = subscription("https", "https://example.org/new", &[]);
    pending.arn = PENDING.to_owned();
    facts.inventory.subscriptions.push(pending);
    assert_eq!(ids(&facts), ["subscription-pending"]);
}

#[test]
fn filters_that_let_nothing_through_are_found() {
    let mut facts = well();
    let filter = ("FilterPolicy".to_owned(), r#"{"kind": ["created"]}"#.to_owned());
    facts.inventory.subscriptions[0].attributes.extend([filter]);
    assert!(ids(&facts).is_empty(), "nothing is known of the messages");
    let used = TopicUse { published: 40.0, filtered_out: 40.0, days: 14 };
    facts.uses.insert(TOPIC.to_owned(), used);
    assert_eq!(ids(&facts), ["filter-never-matches"]);
    facts.uses.clear();
    let sample = |kind: &str| {
        let mut letter = DeadLetter::default();
        letter.attributes.insert("kind".to_owned(), Attribute::text(kind));
        letter
    };
    facts.samples.insert(TOPIC.to_owned(), vec![sample("deleted"); 9]);
    assert_eq!(ids(&facts), ["filter-never-matches"]);
    facts.samples.get_mut(TOPIC).unwrap().push(sample("created"));
    assert!(ids(&facts).is_empty());
}

#[test]
fn grants_without_a_source_are_found() {
    for (principal, condition, is_open) in [
        (json!({"Service": "sns.amazonaws.com"}), json!({}), true),
        (json!("*"), json!({}), true),
        (json!({"AWS": "999999999999"}), json!({}), true),
        (json!({"AWS": "123456789012"}), json!({}), false),
        (json!("*"), json!({"StringEquals": {"AWS:SourceAccount": "123456789012"}}), false),
        (json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), false),
        (json!("*"), json!({"Bool": {"aws:SecureTransport": "true"}}), true),
    ] {
        let mut facts = well();
        let statement = json!({
            "Sid": "open",
            "Effect": "Allow",
            "Principal": principal,
            "Action": "sqs:SendMessage",
            "Resource": queue_arn("work"),
            "Condition": condition,
        });
        let mut policy: serde_json::Value = serde_json::from_str(&lets_topic_in("work")).unwrap();
        policy["Statement"].as_array_mut().unwrap().push(statement);
        set(&mut facts.inventory.queues[1], "Policy", &policy.to_string());
        assert_eq!(ids(&facts).contains(&"open-grant"), is_open, "{principal} {condition}");
    }
}

fn sample_findings() -> Vec<Finding> {
    let mut facts = well();
    facts.inventory.queues[0].attributes.remove("Policy");
    facts.inventory.subscriptions.push(subscription("https", "https://example.org/a?b&c", &[]));
    facts.alarmed_queues = Some(BTreeSet::new());
    audit(&facts)
}

#[test]
fn people_read_what_is_wrong_and_what_to_type() {
    insta::assert_snapshot!(text(&sample_findings(), Fixes::Cli, 80, false));
    assert_eq!(summary(&sample_findings()), "1 critical, 1 high, 1 medium");
}

#[test]
fn terraform_says_the_same() {
    insta::assert_snapshot!(text(&sample_findings(), Fixes::Terraform, 80, false));
}

#[test]
fn scanners_get_sarif() {
    let document = sarif::sarif(&sample_findings());
    let run = &document["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), rules::all().len());
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&results[0]).unwrap());
}

#[test]
fn test_reports_get_junit() {
    insta::assert_snapshot!(junit::junit(&sample_findings()));
}

#[test]
fn ids_of_rules_are_distinct() {
    let ids: BTreeSet<&str> = rules::all().iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules::all().len());
}
