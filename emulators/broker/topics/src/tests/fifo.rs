//! FIFO topics: order, deduplication, archive and replay.

use std::time::Duration;

use super::world::{World, message, redrive};
use crate::requests::Published;

const RAW: (&str, &str) = ("RawMessageDelivery", "true");

async fn publish(world: &World, topic: &str, group: &str, id: &str, text: &str) -> Published {
    let mut publish = message(topic, text);
    publish.group = Some(group.to_owned());
    publish.deduplication = Some(id.to_owned());
    world.topics.publish(publish).await.unwrap()
}

#[tokio::test]
async fn group_and_deduplication_id_go_on_to_the_queue() {
    let world = World::new();
    let topic = world.topic("orders.fifo", &[]).await;
    let (fifo, standard) = (world.queue("q.fifo"), world.queue("q"));
    world.subscribe(&topic, "sqs", &fifo, &[]).await;
    world.subscribe(&topic, "sqs", &standard, &[RAW]).await;
    let first = publish(&world, &topic, "g", "1", "x").await;
    let second = publish(&world, &topic, "g", "2", "y").await;
    assert!(first.sequence_number < second.sequence_number);
    assert_eq!(first.sequence_number.as_ref().unwrap().len(), 20);
    let got = world.queues.got(&fifo).remove(0);
    assert_eq!(got.group.as_deref(), Some("g"));
    assert_eq!(got.deduplication.as_deref(), Some("1"));
    let envelope: serde_json::Value = serde_json::from_str(&got.body).unwrap();
    assert_eq!(envelope["SequenceNumber"], first.sequence_number.unwrap());
    assert_eq!(envelope.get("Signature"), None);
    let got = world.queues.got(&standard).remove(0);
    assert_eq!((got.group.as_deref(), got.deduplication), (Some("g"), None));
}

#[tokio::test]
async fn the_same_id_is_the_same_message_for_five_minutes() {
    let world = World::new();
    let topic = world.topic("orders.fifo", &[]).await;
    let queue = world.queue("q.fifo");
    world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
    let first = publish(&world, &topic, "g", "1", "x").await;
    world.clock.advance(Duration::from_secs(299)).await;
    assert_eq!(publish(&world, &topic, "h", "1", "y").await, first);
    world.clock.advance(Duration::from_secs(1)).await;
    assert_ne!(publish(&world, &topic, "g", "1", "z").await, first);
    assert_eq!(world.queues.bodies(&queue), ["x", "z"]);
}

#[tokio::test]
async fn ids_may_count_within_groups_and_come_from_the_text() {
    let world = World::new();
    let attributes =
        [("FifoThroughputScope", "MessageGroup"), ("ContentBasedDeduplication", "true")];
    let topic = world.topic("orders.fifo", &attributes).await;
    let queue = world.queue("q.fifo");
    world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
    for group in ["g", "h", "g"] {
        let mut publish = message(&topic, "x");
        publish.group = Some(group.to_owned());
        world.topics.publish(publish).await.unwrap();
    }
    let groups = world.queues.got(&queue).into_iter().map(|got| got.group.unwrap());
    assert_eq!(groups.collect::<Vec<_>>(), ["g", "h"]);
}

#[tokio::test]
async fn what_a_fifo_topic_needs_is_asked_for() {
    let world = World::new();
    let topic = world.topic("orders.fifo", &[]).await;
    let error = world.topics.publish(message(&topic, "x")).await.unwrap_err();
    assert!(error.message().contains("MessageGroupId"), "{error}");
    let mut publish = message(&topic, "x");
    publish.group = Some("g".to_owned());
    let error = world.topics.publish(publish).await.unwrap_err();
    assert!(error.message().contains("ContentBasedDeduplication"), "{error}");
}

#[tokio::test]
async fn a_group_waits_for_its_first_message_and_others_do_not() {
    let world = World::new();
    let topic = world.topic("orders.fifo", &[]).await;
    let queue = world.queue("q.fifo");
    world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
    // The first try of g1, and the two that follow at once, fail.
    world.fault("Deliver/sqs/*", 500, Some(3));
    publish(&world, &topic, "g", "1", "g1").await;
    publish(&world, &topic, "g", "2", "g2").await;
    world.until(|| world.causes_of_all().iter().any(|it| it.attempts_count == 3)).await;
    publish(&world, &topic, "h", "3", "h1").await;
    publish(&world, &topic, "g", "4", "g3").await;
    assert_eq!(world.queues.bodies(&queue), ["h1"]);
    world.clock.advance(Duration::from_secs(2)).await;
    assert_eq!(world.queues.bodies(&queue), ["h1", "g1", "g2", "g3"]);
    publish(&world, &topic, "g", "5", "g4").await;
    assert_eq!(world.queues.bodies(&queue).last().unwrap(), "g4");
}

#[tokio::test]
async fn dead_letters_of_a_group_keep_their_order() {
    let world = World::new();
    let topic = world.topic("orders.fifo", &[]).await;
    let (queue, letters) = (world.queue("q.fifo"), world.queue("dlq.fifo"));
    let redrive = redrive(&letters);
    world.subscribe(&topic, "sqs", &queue, &[RAW, ("RedrivePolicy", &redrive)]).await;
    world.queues.remove(&queue);
    for number in 1..=3 {
        publish(&world, &topic, "g", &number.to_string(), &format!("m{number}")).await;
    }
    assert_eq!(world.queues.bodies(&letters), ["m1", "m2", "m3"]);
    assert_eq!(world.queues.got(&letters)[0].group.as_deref(), Some("g"));
}

#[tokio::test]
async fn archived_messages_come_again_in_their_order() {
    let world = World::new();
    let archive = [("ArchivePolicy", r#"{"MessageRetentionPeriod":"2"}"#)];
    let topic = world.topic("orders.fifo", &archive).await;
    let day = Duration::from_secs(86_400);
    publish(&world, &topic, "g", "1", "old").await;
    world.clock.advance(day).await;
    let from = world.clock.now();
    publish(&world, &topic, "g", "2", "one").await;
    publish(&world, &topic, "g", "3", "two").await;
    let queue = world.queue("q.fifo");
    let arn = world.subscribe(&topic, "sqs", &queue, &[RAW]).await;
    publish(&world, &topic, "g", "4", "three").await;
    let policy = format!(r#"{{"PointType":"Timestamp","StartingPoint":"{from}"}}"#);
    world.topics.set_subscription_attribute(&arn, "ReplayPolicy", &policy).await.unwrap();
    world.settle().await;
    publish(&world, &topic, "g", "5", "four").await;
    assert_eq!(world.queues.bodies(&queue), ["three", "one", "two", "three", "four"]);
    let shown = world.topics.subscription_attributes(&arn).unwrap();
    assert!(shown.contains(&("ReplayStatus".to_owned(), "Completed".to_owned())), "{shown:?}");
    let attributes = world.topics.topic_attributes(&topic).unwrap();
    let begins = attributes.iter().find(|(name, _)| name == "BeginningArchiveTime").unwrap();
    assert_eq!(begins.1, "2023-11-14T22:13:20.000Z");
    world.clock.advance(day).await;
    let attributes = world.topics.topic_attributes(&topic).unwrap();
    let begins = attributes.iter().find(|(name, _)| name == "BeginningArchiveTime").unwrap();
    assert_eq!(begins.1, from.to_string());
}
