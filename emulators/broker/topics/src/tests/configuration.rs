//! Topics and subscriptions: what is found again, what is refused, what expires.

use std::time::Duration;

use super::world::{World, queue_arn, subscription};
use crate::requests::{CreateTopic, Pairs};

fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(found, _)| found == name).map(|(_, value)| &**value)
}

#[tokio::test]
async fn a_topic_is_found_again_with_equal_attributes_only() {
    let world = World::new();
    let topic = world.topic("orders", &[("DisplayName", "Orders")]).await;
    assert_eq!(world.topic("orders", &[("DisplayName", "Orders")]).await, topic);
    assert_eq!(world.topic("orders", &[]).await, topic);
    let archive = [("ArchivePolicy", r#"{"MessageRetentionPeriod":"1"}"#)];
    let kept = world.topic("kept.fifo", &archive).await;
    assert_eq!(world.topics.delete_topic(&kept).await.unwrap_err().code(), "InvalidState");
    world.topics.set_topic_attribute(&kept, "ArchivePolicy", "{}").await.unwrap();
    world.topics.delete_topic(&kept).await.unwrap();
    let request = CreateTopic {
        account: Default::default(),
        region: Default::default(),
        name: "orders".to_owned(),
        attributes: vec![("DisplayName".to_owned(), "Other".to_owned())],
        tags: Vec::new(),
        data_protection_policy: None,
    };
    let error = world.topics.create_topic(request).await.unwrap_err();
    assert!(error.message().contains("different attributes"), "{error}");
}

#[tokio::test]
async fn a_deleted_topic_takes_everything_with_it() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("q");
    let arn = world.subscribe(&topic, "sqs", &queue, &[]).await;
    world.topics.delete_topic(&topic).await.unwrap();
    world.topics.delete_topic(&topic).await.unwrap();
    assert_eq!(world.topics.topic_attributes(&topic).unwrap_err().code(), "NotFound");
    assert_eq!(world.topics.subscription_attributes(&arn).unwrap_err().code(), "NotFound");
    let error = world.topics.publish(super::world::message(&topic, "x")).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("NotFound", 404));
}

#[tokio::test]
async fn the_same_endpoint_has_one_subscription() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("q");
    let arn = world.subscribe(&topic, "sqs", &queue, &[]).await;
    assert_eq!(world.subscribe(&topic, "sqs", &queue, &[]).await, arn);
    let other = subscription(&topic, "sqs", &queue, &[("RawMessageDelivery", "true")]);
    let error = world.topics.subscribe(other).await.unwrap_err();
    assert!(error.message().contains("different attributes"), "{error}");
    let shown = world.topics.topic_attributes(&topic).unwrap();
    assert_eq!(value(&shown, "SubscriptionsConfirmed"), Some("1"));
}

#[tokio::test]
async fn a_token_is_worth_something_for_three_days() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let mut request = subscription(&topic, "email", "me@example.com", &[]);
    request.returns_arn = false;
    assert_eq!(world.topics.subscribe(request).await.unwrap(), "pending confirmation");
    let listed = world.topics.list_subscriptions_by_topic(&topic, None).unwrap();
    assert_eq!(&*listed.items[0].arn, "PendingConfirmation");
    let letter = world.topics.mailbox().list(None, 0, 9).items.remove(0);
    let token = letter.body.split_once("Token=").unwrap().1.trim();
    world.clock.advance(Duration::from_secs(3 * 86_400)).await;
    let late = world.topics.confirm_subscription(&topic, token, false, None).await.unwrap_err();
    assert_eq!(late.message(), "Invalid parameter: Token");
    // Subscribing again asks again.
    world.subscribe(&topic, "email", "me@example.com", &[]).await;
    let letter = world.topics.mailbox().list(None, letter.serial, 9).items.remove(0);
    let token = letter.body.split_once("Token=").unwrap().1.trim();
    let arn = world.topics.confirm_subscription(&topic, token, true, None).await.unwrap();
    let again = world.topics.confirm_subscription(&topic, token, true, None).await.unwrap();
    assert_eq!(again, arn);
    let unsigned = world.topics.unsubscribe(&arn, None).await.unwrap_err();
    assert_eq!(unsigned.code(), "AuthorizationError");
}

#[tokio::test]
async fn a_queue_of_another_account_has_to_confirm() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let foreign = "arn:aws:sqs:us-east-1:111111111111:q";
    let arn = world.subscribe(&topic, "sqs", foreign, &[]).await;
    let shown = world.topics.subscription_attributes(&arn).unwrap();
    assert_eq!(value(&shown, "PendingConfirmation"), Some("true"));
    let mut request = subscription(&topic, "sqs", "arn:aws:sqs:us-east-1:222222222222:q", &[]);
    request.caller = "222222222222".parse().unwrap();
    let arn = world.topics.subscribe(request).await.unwrap();
    let shown = world.topics.subscription_attributes(&arn).unwrap();
    assert_eq!(value(&shown, "PendingConfirmation"), Some("false"));
    assert_eq!(value(&shown, "Owner"), Some("222222222222"));
}

#[tokio::test]
async fn a_topic_has_two_hundred_filters_at_most() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    for number in 0..200 {
        let filter = format!(r#"{{"n":["{number}"]}}"#);
        let queue = queue_arn(&format!("q{number}"));
        world.subscribe(&topic, "sqs", &queue, &[("FilterPolicy", &filter)]).await;
    }
    let attributes = [("FilterPolicy", r#"{"n":["x"]}"#)];
    let one_more = subscription(&topic, "sqs", &queue_arn("more"), &attributes);
    let error = world.topics.subscribe(one_more).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("FilterPolicyLimitExceeded", 403));
    let arn = world.subscribe(&topic, "sqs", &queue_arn("more"), &[]).await;
    let filter = r#"{"n":["x"]}"#;
    let error = world.topics.set_subscription_attribute(&arn, "FilterPolicy", filter).await;
    assert_eq!(error.unwrap_err().code(), "FilterPolicyLimitExceeded");
}

#[tokio::test]
async fn listings_have_pages_of_a_hundred() {
    let world = World::new();
    for number in 0..105 {
        world.topic(&format!("t{number:03}"), &[]).await;
    }
    let (account, region) = Default::default();
    let first = world.topics.list_topics(account, region, None).unwrap();
    assert_eq!(first.items.len(), 100);
    let second = world.topics.list_topics(account, region, first.next.as_deref()).unwrap();
    assert_eq!((second.items.len(), second.next), (5, None));
    assert!(world.topics.list_topics(account, region, Some("!")).is_err());
}
