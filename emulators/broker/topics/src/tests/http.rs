//! POSTs to an endpoint on loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::world::{World, redrive};
use crate::cause::Outcome;

/// A request as it came.
#[derive(Clone, Debug)]
struct Seen {
    head: String,
    body: String,
}

/// An endpoint that answers with statuses in turn, and 200 when there are none left.
struct Endpoint {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    statuses: Arc<Mutex<Vec<u16>>>,
}

impl Endpoint {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let statuses: Arc<Mutex<Vec<u16>>> = Arc::default();
        let (kept, answers) = (Arc::clone(&seen), Arc::clone(&statuses));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (kept, answers) = (Arc::clone(&kept), Arc::clone(&answers));
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    loop {
                        if let Some((request, length)) = parse(&bytes) {
                            bytes.drain(..length);
                            let status = answers.lock().unwrap().pop().unwrap_or(200);
                            kept.lock().unwrap().push(request);
                            let moved = "location: http://127.0.0.1:1/\r\n";
                            let answer = format!(
                                "HTTP/1.1 {status} X\r\n{moved}content-length: 2\r\n\r\nok"
                            );
                            if stream.write_all(answer.as_bytes()).await.is_err() {
                                return;
                            }
                        }
                        let mut some = [0; 4_096];
                        match stream.read(&mut some).await {
                            Ok(length) if length > 0 => bytes.extend(&some[..length]),
                            _ => return,
                        }
                    }
                });
            }
        });
        Self { url, seen, statuses }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn answer(&self, statuses: &[u16]) {
        *self.statuses.lock().unwrap() = statuses.iter().rev().copied().collect();
    }
}

fn parse(bytes: &[u8]) -> Option<(Seen, usize)> {
    let text = String::from_utf8_lossy(bytes);
    let (head, rest) = text.split_once("\r\n\r\n")?;
    let head = head.to_ascii_lowercase();
    let length: usize = head.split_once("content-length: ")?.1.lines().next()?.parse().ok()?;
    let body = rest.get(..length)?.to_owned();
    Some((Seen { head: head.clone(), body }, head.len() + 4 + length))
}

/// Subscribes an endpoint and confirms with the token that it was sent.
async fn subscribed(world: &World, topic: &str, endpoint: &Endpoint, raw: bool) -> String {
    let raw = if raw { "true" } else { "false" };
    let arn = world.subscribe(topic, "http", &endpoint.url, &[("RawMessageDelivery", raw)]).await;
    world.until(|| !endpoint.seen().is_empty()).await;
    let request = endpoint.seen().remove(0);
    assert!(request.head.contains("x-amz-sns-message-type: subscriptionconfirmation"));
    let json: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    let token = json["Token"].as_str().unwrap();
    assert!(json["SubscribeURL"].as_str().unwrap().contains(token));
    let confirmed = world.topics.confirm_subscription(topic, token, false, None).await.unwrap();
    assert_eq!(confirmed, arn);
    world.settle().await;
    endpoint.seen.lock().unwrap().clear();
    arn
}

#[tokio::test]
async fn an_endpoint_confirms_and_gets_signed_notifications() {
    let world = World::new();
    let topic = world.topic("orders", &[("SignatureVersion", "2")]).await;
    let endpoint = Endpoint::start().await;
    let arn = subscribed(&world, &topic, &endpoint, false).await;
    let published = world.publish(&topic, "hello").await;
    world.settle().await;
    let request = endpoint.seen().remove(0);
    for header in [
        "content-type: text/plain; charset=utf-8".to_owned(),
        "user-agent: amazon simple notification service agent".to_owned(),
        "x-amz-sns-message-type: notification".to_owned(),
        format!("x-amz-sns-message-id: {}", published.message_id),
        format!("x-amz-sns-topic-arn: {topic}"),
        format!("x-amz-sns-subscription-arn: {arn}"),
    ] {
        assert!(request.head.contains(&header), "{header} is not in {}", request.head);
    }
    let json: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(json["Message"], "hello");
    assert_eq!(json["SignatureVersion"], "2");
    assert_eq!(world.metric("orders", "NumberOfNotificationsDelivered"), 1.0);
}

#[tokio::test]
async fn raw_messages_say_that_they_are() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let endpoint = Endpoint::start().await;
    subscribed(&world, &topic, &endpoint, true).await;
    world.publish(&topic, "hello").await;
    world.settle().await;
    let request = endpoint.seen().remove(0);
    assert_eq!(request.body, "hello");
    assert!(request.head.contains("x-amz-sns-rawdelivery: true"), "{}", request.head);
}

#[tokio::test]
async fn server_errors_are_tried_four_times_and_client_errors_once() {
    for (status, tries) in [(500, 4), (429, 4), (302, 4), (404, 1)] {
        let world = World::new();
        let topic = world.topic("orders", &[]).await;
        let endpoint = Endpoint::start().await;
        let arn = subscribed(&world, &topic, &endpoint, true).await;
        let letters = world.queue("dlq");
        let redrive = redrive(&letters);
        world.topics.set_subscription_attribute(&arn, "RedrivePolicy", &redrive).await.unwrap();
        endpoint.answer(&[status; 9]);
        let published = world.publish(&topic, "x").await;
        world.until(|| !endpoint.seen().is_empty()).await;
        for _ in 0..4 {
            world.until(|| world.topics.pending() == 0 || world.is_waiting()).await;
            world.clock.advance(Duration::from_secs(20)).await;
        }
        world.settle().await;
        assert_eq!(endpoint.seen().len(), tries, "{status}");
        assert_eq!(world.queues.bodies(&letters), ["x"], "{status}");
        let cause = world.causes(&published.message_id).remove(0);
        assert_eq!(cause.attempts[0].status, status);
        assert!(matches!(cause.outcome, Outcome::DeadLettered { .. }), "{cause:?}");
    }
}

#[tokio::test]
async fn nobody_at_the_other_end_is_a_reason_to_try_again() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let endpoint = Endpoint::start().await;
    let arn = subscribed(&world, &topic, &endpoint, true).await;
    world.fault("Deliver/http/*", 503, Some(2));
    let policy = r#"{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":5,"numRetries":2,
        "numNoDelayRetries":1},"requestPolicy":{"headerContentType":"application/json"}}"#;
    world.topics.set_subscription_attribute(&arn, "DeliveryPolicy", policy).await.unwrap();
    world.publish(&topic, "x").await;
    world.until(|| world.is_waiting()).await;
    world.clock.advance(Duration::from_secs(5)).await;
    world.settle().await;
    let request = endpoint.seen().remove(0);
    assert!(request.head.contains("content-type: application/json"), "{}", request.head);
}

#[tokio::test]
async fn a_throttled_endpoint_gets_so_many_a_second() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let endpoint = Endpoint::start().await;
    let arn = subscribed(&world, &topic, &endpoint, true).await;
    let policy = r#"{"throttlePolicy":{"maxReceivesPerSecond":2}}"#;
    world.topics.set_subscription_attribute(&arn, "DeliveryPolicy", policy).await.unwrap();
    for _ in 0..5 {
        world.publish(&topic, "x").await;
    }
    world.until(|| world.topics.pending() == 4).await;
    assert_eq!(endpoint.seen().len(), 1);
    world.clock.advance(Duration::from_secs(1)).await;
    world.until(|| world.topics.pending() == 2).await;
    assert_eq!(endpoint.seen().len(), 3);
    world.clock.advance(Duration::from_secs(1)).await;
    world.settle().await;
    assert_eq!(endpoint.seen().len(), 5);
}

#[tokio::test]
async fn an_endpoint_hears_that_its_subscription_has_ended() {
    let world = World::new();
    let topic = world.topic("orders", &[]).await;
    let endpoint = Endpoint::start().await;
    let arn = subscribed(&world, &topic, &endpoint, true).await;
    world.topics.unsubscribe(&arn, None).await.unwrap();
    world.settle().await;
    let request = endpoint.seen().remove(0);
    assert!(request.head.contains("x-amz-sns-message-type: unsubscribeconfirmation"));
    world.publish(&topic, "x").await;
    assert_eq!(endpoint.seen().len(), 1);
}
