//! What queues get of a publication.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::world::{World, message, open_policy, queue_arn};
use crate::PolicyMode;
use crate::requests::{AttributeValue, MessageAttribute};

const RAW: (&str, &str) = ("RawMessageDelivery", "true");

fn attribute(name: &str, value: &str) -> MessageAttribute {
    MessageAttribute {
        name: name.to_owned(),
        data_type: "String".to_owned(),
        value: AttributeValue::Text(value.to_owned()),
    }
}

#[tokio::test]
async fn one_record_holds_raw_messages_and_envelopes() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let (raw, wrapped) = (world.queue("raw"), world.queue("wrapped"));
    world.subscribe(&topic, "sqs", &raw, &[RAW]).await;
    let arn = world.subscribe(&topic, "sqs", &wrapped, &[]).await;
    let mut publish = message(&topic, "hello");
    publish.attributes = vec![attribute("colour", "red")];
    publish.subject = Some("news".to_owned());
    let published = world.topics.publish(publish).await.unwrap();
    assert_eq!(world.queues.records.load(Ordering::Relaxed), 1);
    let got = world.queues.got(&raw).remove(0);
    assert_eq!((got.body.as_str(), &got.attributes[..]), ("hello", &["colour".to_owned()][..]));
    let got = world.queues.got(&wrapped).remove(0);
    assert!(got.attributes.is_empty());
    let envelope: Value = serde_json::from_str(&got.body).unwrap();
    assert_eq!(envelope["MessageId"], *published.message_id);
    assert_eq!(envelope["Message"], "hello");
    assert_eq!(envelope["Subject"], "news");
    assert_eq!(envelope["MessageAttributes"]["colour"]["Value"], "red");
    assert!(envelope["UnsubscribeURL"].as_str().unwrap().ends_with(&arn));
    let path = world.topics.certificate_path().unwrap();
    assert!(envelope["SigningCertURL"].as_str().unwrap().ends_with(&path));
    assert_eq!(world.metric("orders", "NumberOfNotificationsDelivered"), 2.0);
    assert_eq!(world.metric("orders", "NumberOfMessagesPublished"), 1.0);
    assert_eq!(world.metric("orders", "PublishSize"), 20.0);
}

#[tokio::test]
async fn nothing_is_signed_where_nobody_looks() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("raw");
    world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
    for _ in 0..100 {
        world.publish(&topic, "x").await;
    }
    assert_eq!(world.queues.bodies(&queue).len(), 100);
    assert!(!world.topics.has_key(), "a key was made for nothing");
}

#[tokio::test]
async fn filters_decide_by_attributes_or_body() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let (red, eu) = (world.queue("red"), world.queue("eu"));
    let filter = ("FilterPolicy", r#"{"colour":["red"]}"#);
    world.subscribe(&topic, "sqs", &red, &[RAW, filter]).await;
    let body = [("FilterPolicyScope", "MessageBody"), ("FilterPolicy", r#"{"at":["eu"]}"#)];
    world.subscribe(&topic, "sqs", &eu, &[RAW, body[0], body[1]]).await;
    for (text, colour) in [(r#"{"at":"eu"}"#, "blue"), ("plain", "red"), (r#"{"at":"us"}"#, "red")]
    {
        let mut publish = message(&topic, text);
        publish.attributes = vec![attribute("colour", colour)];
        world.topics.publish(publish).await.unwrap();
    }
    world.publish(&topic, "bare").await;
    assert_eq!(world.queues.bodies(&red), ["plain", r#"{"at":"us"}"#]);
    assert_eq!(world.queues.bodies(&eu), [r#"{"at":"eu"}"#]);
    let metric = |name: &str| {
        let suffix = if name.is_empty() { String::new() } else { format!("-{name}") };
        world.metric("orders", &format!("NumberOfNotificationsFilteredOut{suffix}"))
    };
    assert_eq!(metric(""), 5.0);
    assert_eq!(metric("MessageAttributes"), 1.0);
    assert_eq!(metric("NoMessageAttributes"), 1.0);
    assert_eq!(metric("InvalidMessageBody"), 2.0);
    assert_eq!(metric("MessageBody"), 1.0);
}

#[tokio::test]
async fn structured_messages_have_a_text_for_queues() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("q");
    world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
    let mut publish = message(&topic, r#"{"default":"d","sqs":"s"}"#);
    publish.is_structured = true;
    world.topics.publish(publish).await.unwrap();
    assert_eq!(world.queues.bodies(&queue), ["s"]);
}

#[tokio::test]
async fn a_warning_or_nothing_lets_messages_through() {
    for mode in [PolicyMode::Warn, PolicyMode::Off] {
        let world = World::with_mode(mode);
        let topic = world.topic("orders", &[]).await;
        let queue = queue_arn("q");
        world.queues.add(&queue, Some(open_policy("arn:aws:sns:*:*:other")));
        world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
        world.publish(&topic, "x").await;
        assert_eq!(world.queues.bodies(&queue), ["x"], "{mode:?}");
    }
}

#[tokio::test]
async fn a_full_disk_of_the_queues_fails_the_publication() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("q");
    world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
    world.queues.is_full.store(true, Ordering::Relaxed);
    let error = world.topics.publish(message(&topic, "x")).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("InternalError", 500));
    world.queues.is_full.store(false, Ordering::Relaxed);
    world.publish(&topic, "y").await;
    assert_eq!(world.queues.bodies(&queue), ["y"]);
}

#[tokio::test]
async fn a_batch_answers_one_by_one() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("q");
    world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
    let mut wrong = message(&topic, "b");
    wrong.deduplication = Some("d".to_owned());
    let batch = vec![message(&topic, "a"), wrong, message(&topic, "c")];
    let answers = world.topics.publish_batch(&topic, batch).await.unwrap();
    let good = answers.iter().map(Result::is_ok).collect::<Vec<_>>();
    assert_eq!(good, [true, false, true]);
    let mut bodies = world.queues.bodies(&queue);
    bodies.sort();
    assert_eq!(bodies, ["a", "c"]);
}

#[tokio::test]
async fn many_queues_get_one_message() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    for number in 0..2_500 {
        let queue = world.queue(&format!("q{number}"));
        world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
    }
    world.publish(&topic, "x").await;
    assert_eq!(world.metric("orders", "NumberOfNotificationsDelivered"), 2_500.0);
    assert_eq!(world.queues.records.load(Ordering::Relaxed), 3);
}
