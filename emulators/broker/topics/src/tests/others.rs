//! Mail, text messages, devices, streams, and data protection.

use super::world::{World, message, owned};
use crate::cause::Outcome;
use crate::requests::Target;

#[tokio::test]
async fn mail_has_a_link_and_text_messages_do_not() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    world.subscribe(&topic, "email", "me@example.com", &[]).await;
    let letter = world.topics.mailbox().list(Some("me@example.com"), 0, 9).items.remove(0);
    let token = letter.body.split_once("Token=").unwrap().1.trim();
    world.topics.confirm_subscription(&topic, token, false, None).await.unwrap();
    world.subscribe(&topic, "sms", "+4915112345678", &[]).await;
    let mut publish = message(&topic, r#"{"default":"long","sms":"short"}"#);
    publish.is_structured = true;
    publish.subject = Some("news".to_owned());
    world.topics.publish(publish).await.unwrap();
    world.settle().await;
    let letters = world.topics.mailbox().list(None, letter.serial, 9).items;
    let mail = letters.iter().find(|letter| letter.protocol == "email").unwrap();
    assert_eq!(mail.subject.as_deref(), Some("news"));
    assert!(mail.body.starts_with("long\n") && mail.body.contains("Action=Unsubscribe"));
    let text = letters.iter().find(|letter| letter.protocol == "sms").unwrap();
    assert_eq!(text.body, "short");
}

#[tokio::test]
async fn devices_get_what_is_pushed_unless_they_are_disabled() {
    let world = World::new();
    let (account, region) = Default::default();
    let application = world
        .topics
        .create_platform_application(account, region, "app", "GCM", Vec::new())
        .await
        .unwrap();
    let endpoint =
        world.topics.create_platform_endpoint(&application, "t", None, Vec::new()).await.unwrap();
    let again = world.topics.create_platform_endpoint(&application, "t", None, Vec::new()).await;
    assert_eq!(again.unwrap(), endpoint);
    let other = world.topics.create_platform_endpoint(&application, "t", Some("x"), Vec::new());
    assert_eq!(other.await.unwrap_err().code(), "InvalidParameter");
    let mut publish = message("", r#"{"default":"d","GCM":"{}"}"#);
    publish.is_structured = true;
    publish.target = Target::Endpoint(endpoint.clone());
    world.topics.publish(publish.clone()).await.unwrap();
    assert_eq!(world.topics.mailbox().list(Some(&endpoint), 0, 9).items[0].body, "{}");
    let topic = world.topic("orders", &[]).await;
    world.subscribe(&topic, "application", &endpoint, &[]).await;
    let disabled = owned(&[("Enabled", "false")]);
    world.topics.set_endpoint_attributes(&endpoint, disabled).await.unwrap();
    assert_eq!(world.topics.publish(publish).await.unwrap_err().code(), "EndpointDisabled");
    let published = world.publish(&topic, "x").await;
    world.settle().await;
    let cause = world.causes(&published.message_id).remove(0);
    assert_eq!(cause.attempts[0].code, "EndpointDisabled");
    assert!(matches!(cause.outcome, Outcome::Lost { .. }));
}

#[tokio::test]
async fn numbers_that_want_nothing_get_nothing() {
    let world = World::new();
    let (account, region) = Default::default();
    let number = "+4915112345678";
    world.topics.opt_out(account, region, number).await.unwrap();
    assert!(world.topics.is_opted_out(account, region, number).unwrap());
    let mut publish = message("", "x");
    publish.target = Target::Phone(number.to_owned());
    world.topics.publish(publish.clone()).await.unwrap();
    assert!(world.topics.mailbox().list(Some(number), 0, 9).items.is_empty());
    world.topics.opt_in(account, region, number).await.unwrap();
    world.topics.publish(publish).await.unwrap();
    assert_eq!(world.topics.mailbox().list(Some(number), 0, 9).items.len(), 1);
}

#[tokio::test]
async fn a_sandbox_number_is_verified_by_the_password_that_it_got() {
    let world = World::new();
    let (account, region) = Default::default();
    let number = "+4915112345678";
    world.topics.create_sandbox_number(account, region, number).await.unwrap();
    let letter = world.topics.mailbox().list(Some(number), 0, 9).items.remove(0);
    let password = letter.body.chars().filter(char::is_ascii_digit).collect::<String>();
    let wrong = world.topics.verify_sandbox_number(account, region, number, "x").await;
    assert_eq!(wrong.unwrap_err().code(), "VerificationException");
    world.topics.verify_sandbox_number(account, region, number, &password).await.unwrap();
    let listed = world.topics.list_sandbox_numbers(account, region, None, 9).unwrap();
    assert!(listed.items[0].is_verified);
}

fn protection(direction: &str, operation: &str) -> String {
    format!(
        r#"{{"Name":"p","Version":"2021-06-01","Statement":[{{"Sid":"s",
        "DataDirection":"{direction}","Principal":["*"],
        "DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
        "Operation":{operation}}}]}}"#
    )
}

#[tokio::test]
async fn sensitive_data_is_refused_masked_or_kept_from_subscribers() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let queue = world.queue("q");
    world.subscribe(&topic, "sqs", &queue, &[("RawMessageDelivery", "true")]).await;
    let text = "write to me@example.com please";
    let (topics, arn) = (&world.topics, &topic);
    let put = |policy: String| async move {
        let put = topics.put_data_protection_policy(arn, &policy);
        put.await.unwrap_or_else(|error| panic!("{error}"));
    };
    put(protection("Inbound", r#"{"Deny":{}}"#)).await;
    let error = world.topics.publish(message(&topic, text)).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("AuthorizationError", 403));
    let mask = r##"{"Deidentify":{"MaskConfig":{"MaskWithCharacter":"#"}}}"##;
    put(protection("Inbound", mask)).await;
    world.publish(&topic, text).await;
    put(protection("Outbound", r#"{"Deny":{}}"#)).await;
    world.publish(&topic, text).await;
    assert_eq!(world.queues.bodies(&queue), ["write to ############## please"]);
    assert_eq!(world.metric("orders", "NumberOfNotificationsFailed"), 1.0);
    put(String::new()).await;
    world.publish(&topic, text).await;
    assert_eq!(world.queues.bodies(&queue)[1], text);
}
