//! The directory as its users see it.

use std::collections::BTreeMap;

use brume_foundation::clock::Moment;

use super::*;
use crate::record::Attributes;

fn key(name: &str) -> TopicKey {
    TopicKey::new(Account::default(), Region::default(), name)
}

fn topic(name: &str) -> Change {
    Change::PutTopic(Topic {
        key: key(name),
        created_at: Moment::default(),
        attributes: Attributes::new(),
        tags: BTreeMap::new(),
        data_protection: None,
        subscriptions_deleted: 0,
    })
}

fn subscription(name: &str, serial: u64, is_pending: bool) -> Subscription {
    let pending = crate::record::Token { value: Arc::from("t"), expires_at: Moment::default() };
    Subscription {
        arn: Arc::from(format!("{}:{serial}", key(name))),
        topic: key(name),
        serial,
        protocol: Protocol::Sqs,
        endpoint: Arc::from(format!("arn:aws:sqs:us-east-1:000000000000:q{serial}")),
        owner: Account::default(),
        created_at: Moment::default(),
        attributes: Attributes::new(),
        pending: is_pending.then_some(pending),
        confirmed_by: None,
        authenticates_unsubscribe: false,
        was_authenticated: true,
    }
}

fn filled() -> Directory {
    let mut directory = Directory::default();
    directory.apply(&topic("a"));
    directory.apply(&topic("b"));
    for serial in 1..=5 {
        let name = if serial == 5 { "b" } else { "a" };
        directory.apply(&Change::PutSubscription(subscription(name, serial, serial == 4)));
    }
    directory
}

#[test]
fn a_deleted_topic_takes_its_subscriptions_with_it() {
    let mut directory = filled();
    directory.apply(&Change::DeleteTopic(key("a")));
    assert!(directory.topic(&key("a")).is_none());
    let left = directory.subscriptions(Account::default(), Region::default(), 0);
    assert_eq!(left.map(|entry| entry.record.serial).collect::<Vec<_>>(), [5]);
    assert_eq!(directory.next_serial(), 6);
}

#[test]
fn only_confirmed_subscriptions_are_in_the_plan() {
    let mut directory = filled();
    let entry = directory.topic(&key("a")).unwrap();
    assert_eq!((entry.confirmed(), entry.pending()), (3, 1));
    assert_eq!(entry.plan().len, 3);
    directory.apply(&Change::PutSubscription(subscription("a", 4, false)));
    let entry = directory.topic(&key("a")).unwrap();
    assert_eq!((entry.confirmed(), entry.pending()), (4, 0));
    assert_eq!(entry.plan().len, 4);
    let arn = Arc::clone(&entry.subscriptions(0).next().unwrap().record.arn);
    directory.apply(&Change::DeleteSubscription(arn));
    let entry = directory.topic(&key("a")).unwrap();
    assert_eq!(entry.plan().len, 3);
    assert_eq!(entry.record.subscriptions_deleted, 1);
}

#[test]
fn listings_go_on_where_they_stopped() {
    let directory = filled();
    let names = |after: Option<&str>| {
        directory
            .topics(Account::default(), Region::default(), after)
            .map(|entry| entry.record.key.name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(None), ["a", "b"]);
    assert_eq!(names(Some("a")), ["b"]);
    let first = page(directory.topic(&key("a")).unwrap().subscriptions(0), 3, |entry| {
        entry.record.serial.to_string()
    });
    let after = Token::read_number(first.next.as_deref()).unwrap();
    assert_eq!(after, 3);
    assert_eq!(directory.topic(&key("a")).unwrap().subscriptions(after).count(), 1);
    assert!(Token::read_number(Some("!")).is_err());
}

#[test]
fn a_directory_is_made_again_from_its_changes() {
    let directory = filled();
    let mut again = Directory::default();
    for change in directory.changes() {
        let json = serde_json::to_string(&change).unwrap();
        again.apply(&serde_json::from_str(&json).unwrap());
    }
    assert_eq!(again.changes(), directory.changes());
    assert_eq!(again.next_serial(), directory.next_serial());
}
