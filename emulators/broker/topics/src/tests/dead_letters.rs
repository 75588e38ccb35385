//! Deliveries that are refused for good: straight into the dead-letter queue, with the exact cause.

use super::world::{World, open_policy, queue_arn, redrive};
use crate::cause::{CauseQuery, Outcome};

#[tokio::test]
async fn a_deleted_queue_sends_its_messages_to_the_dead_letter_queue() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let (queue, letters) = (world.queue("q"), world.queue("dlq"));
    let redrive = redrive(&letters);
    let arn = world.subscribe(&topic, "sqs", &queue, &[("RedrivePolicy", &redrive)]).await;
    world.publish(&topic, "first").await;
    world.queues.remove(&queue);
    let published = world.publish(&topic, "second").await;
    let got = world.queues.got(&letters);
    assert_eq!(got.len(), 1);
    let envelope: serde_json::Value = serde_json::from_str(&got[0].body).unwrap();
    assert_eq!(envelope["Message"], "second");
    assert!(envelope["UnsubscribeURL"].as_str().unwrap().ends_with(&arn));
    assert!(got[0].attributes.is_empty(), "nothing is added to a dead letter");
    let cause = world.causes(&published.message_id).remove(0);
    assert_eq!(&*cause.subscription_arn, arn);
    assert_eq!(cause.attempts_count, 1);
    assert_eq!(cause.attempts[0].code, "QueueDoesNotExist");
    assert!(cause.attempts[0].is_client_side);
    assert!(cause.attempts[0].detail.contains(&queue), "{}", cause.attempts[0].detail);
    let Outcome::DeadLettered { queue_arn, message_id, .. } = &cause.outcome else {
        panic!("{cause:?}")
    };
    assert_eq!(*queue_arn, letters);
    let by_letter = world.causes(message_id).remove(0);
    assert_eq!(by_letter, cause, "found by the letter's id as well");
    let by_queue = CauseQuery { queue_arn: Some(letters), limit: 9, ..CauseQuery::default() };
    assert_eq!(world.topics.causes(&by_queue).items, [cause]);
    assert_eq!(world.metric("orders", "NumberOfNotificationsFailed"), 1.0);
    assert_eq!(world.metric("orders", "NumberOfNotificationsRedrivenToDlq"), 1.0);
}

#[tokio::test]
async fn a_policy_that_forgets_the_topic_is_named() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let (queue, letters) = (queue_arn("q"), world.queue("dlq"));
    world.queues.add(&queue, Some(open_policy("arn:aws:sns:us-east-1:000000000000:other")));
    let attributes = [("RedrivePolicy", &*redrive(&letters)), ("RawMessageDelivery", "true")];
    world.subscribe(&topic, "sqs", &queue, &attributes).await;
    let published = world.publish(&topic, "x").await;
    assert!(world.queues.got(&queue).is_empty());
    assert_eq!(world.queues.bodies(&letters), ["x"]);
    let attempt = world.causes(&published.message_id).remove(0).attempts.remove(0);
    assert_eq!((attempt.code.as_str(), attempt.status), ("AccessDenied", 403));
    for word in [&*queue, "sns", "aws:SourceArn", &*topic] {
        assert!(attempt.detail.contains(word), "{word} is not in: {}", attempt.detail);
    }
    // A policy that is mended lets the next message in.
    world.queues.add(&queue, Some(open_policy(&topic)));
    world.publish(&topic, "y").await;
    assert_eq!(world.queues.bodies(&queue), ["y"]);
}

#[tokio::test]
async fn a_dead_letter_queue_that_refuses_loses_the_message() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let letters = queue_arn("dlq");
    world.queues.add(&letters, None);
    let redrive = redrive(&letters);
    world.subscribe(&topic, "sqs", &queue_arn("gone"), &[("RedrivePolicy", &redrive)]).await;
    let published = world.publish(&topic, "x").await;
    assert!(world.queues.got(&letters).is_empty());
    let cause = world.causes(&published.message_id).remove(0);
    let Outcome::Lost { queue_arn, reason, .. } = &cause.outcome else { panic!("{cause:?}") };
    assert_eq!(queue_arn.as_deref(), Some(&*letters));
    assert!(reason.contains("has no policy"), "{reason}");
    assert_eq!(world.metric("orders", "NumberOfNotificationsFailedToRedriveToDlq"), 1.0);
}

#[tokio::test]
async fn without_a_dead_letter_queue_the_message_is_lost_and_counted() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let arn = world.subscribe(&topic, "sqs", &queue_arn("gone"), &[]).await;
    let published = world.publish(&topic, "x").await;
    let cause = world.causes(&published.message_id).remove(0);
    assert!(matches!(cause.outcome, Outcome::Lost { queue_arn: None, .. }), "{cause:?}");
    assert_eq!(world.metric("orders", "NumberOfNotificationsFailed"), 1.0);
    assert_eq!(world.metric("orders", "NumberOfNotificationsFailedToRedriveToDlq"), 0.0);
    let by = CauseQuery { subscription_arn: Some(arn), limit: 9, ..CauseQuery::default() };
    assert_eq!(world.topics.causes(&by).items.len(), 1);
}

#[tokio::test]
async fn failures_are_logged_where_the_topic_wants_it() {
    let world = World::new();
    let role = "arn:aws:iam::000000000000:role/log";
    let attributes = [("SQSFailureFeedbackRoleArn", role), ("SQSSuccessFeedbackRoleArn", role)];
    let topic = world.topic("orders", &attributes).await;
    let queue = world.queue("q");
    world.subscribe(&topic, "sqs", &queue, &[]).await;
    world.subscribe(&topic, "sqs", &queue_arn("gone"), &[]).await;
    let published = world.publish(&topic, "x").await;
    let entries = world.recorder.entries.lock().unwrap().clone();
    let groups = entries.iter().map(|entry| entry.group.as_str()).collect::<Vec<_>>();
    assert_eq!(
        groups,
        ["sns/us-east-1/000000000000/orders/Failure", "sns/us-east-1/000000000000/orders"]
    );
    let failure: serde_json::Value = serde_json::from_str(&entries[0].message).unwrap();
    assert_eq!(failure["notification"]["messageId"], *published.message_id);
    assert_eq!(failure["delivery"]["destination"], queue_arn("gone"));
    assert_eq!(failure["status"], "FAILURE");
}
