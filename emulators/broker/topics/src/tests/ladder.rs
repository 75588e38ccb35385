//! Retry ladders on a clock that is pushed forward.

use std::time::Duration;

use brume_foundation::invoke::Refusal;

use super::world::{World, redrive};
use crate::cause::{CauseQuery, Outcome};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_queue_that_fails_for_23_days_loses_its_message_to_the_dead_letter_queue() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let (queue, letters) = (world.queue("q"), world.queue("dlq"));
    let attributes = [("RedrivePolicy", &*redrive(&letters)), ("RawMessageDelivery", "true")];
    let arn = world.subscribe(&topic, "sqs", &queue, &attributes).await;
    world.fault("Deliver/sqs/*:q", 503, None);
    let published = world.publish(&topic, "x").await;
    world.clock.advance(Duration::from_secs(1)).await;
    let so_far = world.causes(&published.message_id).remove(0);
    assert!(matches!(so_far.outcome, Outcome::Retrying { .. }), "{so_far:?}");
    let by = CauseQuery { subscription_arn: Some(arn), limit: 9, ..CauseQuery::default() };
    assert_eq!(world.topics.causes(&by).items.len(), 1);
    world.clock.advance(20 * DAY).await;
    assert!(world.queues.got(&letters).is_empty());
    world.clock.advance(3 * DAY).await;
    assert_eq!(world.queues.bodies(&letters), ["x"]);
    let cause = world.causes(&published.message_id).remove(0);
    assert_eq!(cause.attempts_count, 100_015);
    let delays = cause.attempts.windows(2).take(6).map(|pair| pair[1].at.since(pair[0].at));
    let delays = delays.map(|delay| delay.as_millis()).collect::<Vec<_>>();
    assert_eq!(delays[..2], [0, 0]);
    assert!(delays[2..5].iter().all(|delay| (900..=1_000).contains(delay)), "{delays:?}");
    let at = cause.attempts.iter().map(|attempt| attempt.at).collect::<Vec<_>>();
    assert!(at.is_sorted(), "attempts are in order");
    assert_eq!(world.topics.pending(), 0);
}

#[tokio::test]
async fn a_queue_that_comes_back_gets_its_message() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("q");
    world.subscribe(&topic, "sqs", &queue, &[("RawMessageDelivery", "true")]).await;
    world.fault("Deliver/sqs/*", 500, Some(5));
    let published = world.publish(&topic, "x").await;
    world.clock.advance(Duration::from_secs(60)).await;
    assert_eq!(world.queues.bodies(&queue), ["x"]);
    let cause = world.causes(&published.message_id).remove(0);
    assert!(matches!(cause.outcome, Outcome::Delivered { .. }), "{cause:?}");
    assert_eq!(cause.attempts.len(), 5);
}

#[tokio::test]
async fn mail_is_tried_fifty_times_in_six_hours() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let letters = world.queue("dlq");
    let redrive = redrive(&letters);
    world.subscribe(&topic, "sms", "+4915112345678", &[("RedrivePolicy", &redrive)]).await;
    world.fault("Deliver/sms/*", 500, None);
    let published = world.publish(&topic, "x").await;
    world.until(|| !world.causes(&published.message_id).is_empty()).await;
    world.clock.advance(Duration::from_secs(7 * 3_600)).await;
    let cause = world.causes(&published.message_id).remove(0);
    assert_eq!(cause.attempts_count, 50);
    assert_eq!(world.queues.bodies(&letters).len(), 1);
}

#[tokio::test]
async fn functions_are_tried_again_unless_they_are_missing() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let letters = world.queue("dlq");
    let function = "arn:aws:lambda:us-east-1:000000000000:function:f";
    let redrive = redrive(&letters);
    world.subscribe(&topic, "lambda", function, &[("RedrivePolicy", &redrive)]).await;
    world.functions.refusals.lock().unwrap().extend([Refusal::Throttled, Refusal::Throttled]);
    world.publish(&topic, "x").await;
    world.settle().await;
    let events = world.functions.events.lock().unwrap().clone();
    let event: serde_json::Value = serde_json::from_slice(&events[0].payload).unwrap();
    assert_eq!(event["Records"][0]["Sns"]["Message"], "x");
    assert_eq!(events[0].principal, "sns.amazonaws.com");
    assert_eq!(events[0].source_arn, topic);
    world.functions.refusals.lock().unwrap().push(Refusal::NotFound);
    let published = world.publish(&topic, "y").await;
    world.settle().await;
    let cause = world.causes(&published.message_id).remove(0);
    assert_eq!(cause.attempts[0].code, "ResourceNotFoundException");
    assert_eq!(cause.attempts_count, 1);
    assert_eq!(world.queues.bodies(&letters).len(), 1);
}

#[tokio::test]
async fn what_was_for_a_deleted_subscription_is_forgotten() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("q");
    let arn = world.subscribe(&topic, "sqs", &queue, &[]).await;
    world.fault("Deliver/sqs/*", 500, None);
    world.publish(&topic, "x").await;
    assert_eq!(world.topics.pending(), 1);
    world.topics.unsubscribe(&arn, Some(Default::default())).await.unwrap();
    assert_eq!(world.topics.pending(), 0);
    world.clock.advance(DAY).await;
    assert!(world.queues.got(&queue).is_empty());
}
