//! What is there again after the machine has stopped.

use std::time::Duration;

use brume_foundation::journal::simulated::{Faults, SimulatedDisk};
use brume_foundation::random::Random;

use super::world::{World, message, owned, redrive};
use crate::cause::Outcome;

#[tokio::test]
async fn a_pending_delivery_and_its_configuration_survive() {
    let world = World::on(SimulatedDisk::new());
    let topic = world.topic("orders", &[("DisplayName", "Orders")]).await;
    world.topics.tag(&topic, owned(&[("team", "blue")])).await.unwrap();
    let (queue, letters) = (world.queue("q"), world.queue("dlq"));
    let attributes = [("RedrivePolicy", &*redrive(&letters)), ("RawMessageDelivery", "true")];
    world.subscribe(&topic, "sqs", &queue, &attributes).await;
    world.fault("Deliver/*", 500, None);
    world.publish(&topic, "x").await;
    let number = "+4915112345678";
    world.subscribe(&topic, "sms", number, &[]).await;
    world.publish(&topic, "y").await;
    for random in [Random::seeded(1), Random::seeded(2), Random::seeded(3)] {
        let disk = world.disk.as_ref().unwrap().after_crash(&random);
        let again = world.reopened(disk);
        assert_eq!(again.topics.tags(&topic).unwrap(), owned(&[("team", "blue")]));
        let shown = again.topics.topic_attributes(&topic).unwrap();
        assert!(shown.contains(&("DisplayName".to_owned(), "Orders".to_owned())));
        again.clock.advance(Duration::from_secs(60)).await;
        again.settle().await;
        let mut bodies = world.queues.bodies(&queue);
        bodies.dedup();
        bodies.sort();
        assert_eq!(bodies, ["x", "y"]);
        world.queues.add(&queue, Some(super::world::open_policy("*")));
        assert_eq!(again.topics.mailbox().list(Some(number), 0, 9).items.len(), 1);
    }
}

#[tokio::test]
async fn what_is_over_stays_over_and_its_cause_is_known() {
    let world = World::on(SimulatedDisk::new());
    let topic = world.topic("orders", &[]).await;
    let (queue, letters) = (world.queue("q"), world.queue("dlq"));
    let redrive = redrive(&letters);
    world.subscribe(&topic, "sqs", &queue, &[("RedrivePolicy", &redrive)]).await;
    world.queues.remove(&queue);
    let published = world.publish(&topic, "x").await;
    world.topics.close().await.unwrap();
    let again = world.reopened(world.disk.as_ref().unwrap().after_kill());
    assert_eq!(again.topics.pending(), 0);
    let cause = again.causes(&published.message_id).remove(0);
    assert!(matches!(cause.outcome, Outcome::DeadLettered { .. }));
    assert_eq!(cause.attempts[0].code, "QueueDoesNotExist");
    assert_eq!(world.queues.got(&letters).len(), 1);
}

#[tokio::test]
async fn an_id_is_known_again_after_a_restart() {
    let world = World::on(SimulatedDisk::new());
    let topic = world.topic("orders.fifo", &[]).await;
    let mut publish = message(&topic, "x");
    publish.group = Some("g".to_owned());
    publish.deduplication = Some("1".to_owned());
    let first = world.topics.publish(publish.clone()).await.unwrap();
    let again = world.reopened(world.disk.as_ref().unwrap().after_kill());
    assert_eq!(again.topics.publish(publish.clone()).await.unwrap(), first);
    publish.deduplication = Some("2".to_owned());
    let second = again.topics.publish(publish).await.unwrap();
    assert!(first.sequence_number < second.sequence_number);
}

#[tokio::test]
async fn a_checkpoint_holds_everything() {
    let world = World::on(SimulatedDisk::new());
    let topic = world.topic("orders.fifo", &[("ArchivePolicy", r#"{"MessageRetentionPeriod":3}"#)]);
    let topic = topic.await;
    let queue = world.queue("q.fifo");
    world.subscribe(&topic, "sqs", &queue, &[("RawMessageDelivery", "true")]).await;
    world.fault("Deliver/*", 500, None);
    for number in 0..3 {
        let mut publish = message(&topic, &format!("m{number}"));
        publish.group = Some("g".to_owned());
        publish.deduplication = Some(number.to_string());
        world.topics.publish(publish).await.unwrap();
    }
    world.topics.checkpoint_now().await.unwrap();
    let again = world.reopened(world.disk.as_ref().unwrap().after_kill());
    assert_eq!(again.topics.pending(), 3);
    again.clock.advance(Duration::from_secs(60)).await;
    assert_eq!(world.queues.bodies(&queue), ["m0", "m1", "m2"]);
    let shown = again.topics.topic_attributes(&topic).unwrap();
    assert!(shown.iter().any(|(name, _)| name == "BeginningArchiveTime"));
}

#[tokio::test]
async fn a_full_disk_refuses_and_the_service_comes_back() {
    let world = World::on(SimulatedDisk::new());
    let topic = world.topic("orders", &[]).await;
    let disk = world.disk.as_ref().unwrap();
    disk.set_faults(Faults { capacity: Some(0), ..Faults::default() });
    let error = world.topics.tag(&topic, owned(&[("a", "1")])).await.unwrap_err();
    assert_eq!(error.code(), "InternalError");
    assert!(world.topics.tag(&topic, owned(&[("b", "1")])).await.is_err());
    disk.set_faults(Faults::default());
    world.topics.tag(&topic, owned(&[("c", "1")])).await.unwrap();
    let memory = world.topics.tags(&topic).unwrap();
    let again = world.reopened(disk.after_kill());
    assert_eq!(again.topics.tags(&topic).unwrap(), memory, "disk and memory agree again");
}

#[tokio::test]
async fn a_reset_forgets_and_a_saved_state_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::on(SimulatedDisk::new());
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("q");
    world.subscribe(&topic, "sqs", &queue, &[("RawMessageDelivery", "true")]).await;
    world.topics.save(folder.path()).await.unwrap();
    world.topics.reset().await.unwrap();
    assert!(world.topics.topic_attributes(&topic).is_err());
    let again = world.reopened(world.disk.as_ref().unwrap().after_kill());
    assert!(again.topics.topic_attributes(&topic).is_err());
    again.topics.load(folder.path()).await.unwrap();
    again.publish(&topic, "x").await;
    assert_eq!(world.queues.bodies(&queue), ["x"]);
    let third = again.reopened(again.disk.as_ref().unwrap().after_kill());
    assert!(third.topics.topic_attributes(&topic).is_ok());
    std::fs::write(folder.path().join("topics.json"), "{}").unwrap();
    assert!(third.topics.load(folder.path()).await.is_err());
    assert!(third.topics.topic_attributes(&topic).is_ok(), "the present state stays");
}
