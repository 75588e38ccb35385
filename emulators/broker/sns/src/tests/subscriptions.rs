//! Subscriptions: made, confirmed, changed, listed and ended.

use crate::testing::{ACCOUNT, Pairs, World, element, entry};

const QUEUE: &str = "arn:aws:sqs:eu-west-3:123456789012:q";
const MAIL: &str = "someone@example.com";

async fn subscribe(world: &World, topic: &str, protocol: &str, endpoint: &str) -> String {
    let pairs = [("TopicArn", topic), ("Protocol", protocol), ("Endpoint", endpoint)];
    element(&world.call("Subscribe", &pairs).await.unwrap(), "SubscriptionArn")
}

#[tokio::test]
async fn a_queue_is_subscribed_at_once() {
    let world = World::new();
    let topic = world.topic("orders").await;
    let subscription = subscribe(&world, &topic, "sqs", QUEUE).await;
    assert!(subscription.starts_with(&format!("{topic}:")), "{subscription}");
    assert_eq!(subscribe(&world, &topic, "sqs", QUEUE).await, subscription);
    let shown = world
        .call("GetSubscriptionAttributes", &[("SubscriptionArn", &subscription)])
        .await
        .unwrap();
    for (name, value) in [
        ("Owner", ACCOUNT),
        ("Protocol", "sqs"),
        ("Endpoint", QUEUE),
        ("TopicArn", &topic),
        ("SubscriptionArn", &subscription),
        ("RawMessageDelivery", "false"),
        ("PendingConfirmation", "false"),
        ("ConfirmationWasAuthenticated", "true"),
    ] {
        assert_eq!(entry(&shown, name).as_deref(), Some(value), "{name}");
    }
    for name in ["FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "DeliveryPolicy"] {
        assert_eq!(entry(&shown, name), None, "{name}");
    }
    let member = format!(
        "<member><SubscriptionArn>{subscription}</SubscriptionArn><Owner>{ACCOUNT}</Owner>\
         <Protocol>sqs</Protocol><Endpoint>{QUEUE}</Endpoint><TopicArn>{topic}</TopicArn></member>"
    );
    let listed = format!("<Subscriptions>{member}</Subscriptions>");
    assert_eq!(world.call("ListSubscriptions", &[]).await.unwrap(), listed);
    let by_topic = world.call("ListSubscriptionsByTopic", &[("TopicArn", &topic)]).await.unwrap();
    assert_eq!(by_topic, listed);
    for _ in 0..2 {
        let pairs = [("SubscriptionArn", subscription.as_str())];
        assert_eq!(world.call("Unsubscribe", &pairs).await.unwrap(), "");
    }
    let error = world
        .call("GetSubscriptionAttributes", &[("SubscriptionArn", &subscription)])
        .await
        .unwrap_err();
    assert_eq!((error.code, error.message.as_str()), ("NotFound", "Subscription does not exist"));
}

#[tokio::test]
async fn mail_waits_for_confirmation() {
    let world = World::new();
    let topic = world.topic("orders").await;
    assert_eq!(subscribe(&world, &topic, "email", MAIL).await, "pending confirmation");
    let pairs = [
        ("TopicArn", topic.as_str()),
        ("Protocol", "email"),
        ("Endpoint", MAIL),
        ("ReturnSubscriptionArn", "true"),
    ];
    let arn = element(&world.call("Subscribe", &pairs).await.unwrap(), "SubscriptionArn");
    assert!(arn.starts_with(&topic), "{arn}");
    let listed = world.call("ListSubscriptions", &[]).await.unwrap();
    assert!(listed.contains("<SubscriptionArn>PendingConfirmation</SubscriptionArn>"), "{listed}");
    let letter = world.topics.mailbox().list(Some(MAIL), 0, 10).items.remove(0);
    let (_, token) = letter.body.split_once("Token=").expect("a link in the mail");
    let end = token.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(token.len());
    let token = &token[..end];
    for (topic_arn, token, message) in [
        (topic.as_str(), "randomtoken", "Invalid token"),
        (topic.as_str(), &*"a".repeat(token.len()), "Invalid parameter: Token"),
        ("x", token, "Invalid parameter: Topic"),
    ] {
        let pairs = [("TopicArn", topic_arn), ("Token", token)];
        let error = world.call_as("", "ConfirmSubscription", &pairs).await.unwrap_err();
        assert_eq!(error.message, message);
    }
    let pairs = [("TopicArn", topic.as_str()), ("Token", token)];
    let confirmed = world.call_as("", "ConfirmSubscription", &pairs).await.unwrap();
    assert_eq!(element(&confirmed, "SubscriptionArn"), arn);
    let shown =
        world.call("GetSubscriptionAttributes", &[("SubscriptionArn", &arn)]).await.unwrap();
    assert_eq!(entry(&shown, "PendingConfirmation").as_deref(), Some("false"));
    assert_eq!(entry(&shown, "ConfirmationWasAuthenticated").as_deref(), Some("false"));
    let pairs = [("SubscriptionArn", arn.as_str())];
    assert_eq!(world.call_as("", "Unsubscribe", &pairs).await.unwrap(), "");
    assert_eq!(
        world.call("ListSubscriptions", &[]).await.unwrap(),
        "<Subscriptions></Subscriptions>"
    );
}

#[tokio::test]
async fn whoever_wants_unsubscribing_signed_gets_it() {
    let world = World::new();
    let topic = world.topic("orders").await;
    subscribe(&world, &topic, "email", MAIL).await;
    let letter = world.topics.mailbox().list(Some(MAIL), 0, 10).items.remove(0);
    let (_, token) = letter.body.split_once("Token=").unwrap();
    let end = token.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(token.len());
    let pairs = [
        ("TopicArn", topic.as_str()),
        ("Token", &token[..end]),
        ("AuthenticateOnUnsubscribe", "true"),
    ];
    let confirmed = world.call("ConfirmSubscription", &pairs).await.unwrap();
    let arn = element(&confirmed, "SubscriptionArn");
    let pairs = [("SubscriptionArn", arn.as_str())];
    let error = world.call_as("", "Unsubscribe", &pairs).await.unwrap_err();
    assert_eq!((error.code, error.status.as_u16()), ("AuthorizationError", 403));
    assert_eq!(world.call("Unsubscribe", &pairs).await.unwrap(), "");
}

#[tokio::test]
async fn attributes_are_set_and_read_back() {
    let world = World::new();
    let topic = world.topic("orders").await;
    let subscription = subscribe(&world, &topic, "sqs", QUEUE).await;
    let redrive = r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-3:123456789012:dead"}"#;
    for (name, value, wanted) in [
        ("RawMessageDelivery", "TRUE", Some("true")),
        ("FilterPolicyScope", "MessageBody", None),
        ("FilterPolicy", r#"{"a":{"b":["c"]}}"#, Some(r#"{"a":{"b":["c"]}}"#)),
        ("FilterPolicyScope", "MessageBody", Some("MessageBody")),
        ("RedrivePolicy", redrive, Some(redrive)),
        ("RedrivePolicy", "", None),
        ("FilterPolicy", "", None),
    ] {
        let pairs = [
            ("SubscriptionArn", subscription.as_str()),
            ("AttributeName", name),
            ("AttributeValue", value),
        ];
        assert_eq!(world.call("SetSubscriptionAttributes", &pairs).await.unwrap(), "");
        let shown = world.call("GetSubscriptionAttributes", &pairs[..1]).await.unwrap();
        assert_eq!(entry(&shown, name).as_deref(), wanted, "{name} {value}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::new();
    let topic = world.topic("orders").await;
    let fifo = world.topic("orders.fifo").await;
    let subscription = subscribe(&world, &topic, "sqs", QUEUE).await;
    let cases: [(&str, Pairs<'_>, &str); 15] = [
        (
            "Subscribe",
            &[("Protocol", "sqs")],
            "Invalid parameter: TopicArn Reason: no value for required parameter",
        ),
        (
            "Subscribe",
            &[("TopicArn", &topic)],
            "1 validation error detected: Value null at 'protocol' failed to satisfy constraint: \
             Member must not be null",
        ),
        (
            "Subscribe",
            &[("TopicArn", &topic), ("Protocol", "pigeon"), ("Endpoint", "x")],
            "Invalid parameter: Amazon SNS does not support this protocol string: pigeon",
        ),
        (
            "Subscribe",
            &[("TopicArn", &topic), ("Protocol", "sqs"), ("Endpoint", "x")],
            "Invalid parameter: SQS endpoint ARN",
        ),
        (
            "Subscribe",
            &[
                ("TopicArn", &topic),
                ("Protocol", "sqs"),
                ("Endpoint", "arn:aws:sqs:eu-west-3:123456789012:q.fifo"),
            ],
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be \
             subscribed to standard SNS topics",
        ),
        (
            "Subscribe",
            &[("TopicArn", &fifo), ("Protocol", "email"), ("Endpoint", MAIL)],
            "Invalid parameter: Invalid protocol type: email",
        ),
        (
            "Subscribe",
            &[
                ("TopicArn", &topic),
                ("Protocol", "sqs"),
                ("Endpoint", QUEUE),
                ("Attributes.entry.1.key", "RawMessageDelivery"),
                ("Attributes.entry.1.value", "true"),
            ],
            "Invalid parameter: Attributes Reason: Subscription already exists with different \
             attributes",
        ),
        (
            "Subscribe",
            &[
                ("TopicArn", &fifo),
                ("Protocol", "sqs"),
                ("Endpoint", "arn:aws:sqs:eu-west-3:123456789012:q.fifo"),
                ("Attributes.entry.1.key", "RedrivePolicy"),
                (
                    "Attributes.entry.1.value",
                    r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-3:123456789012:d"}"#,
                ),
            ],
            "Invalid parameter: Attributes Reason: RedrivePolicy: must use a FIFO queue as DLQ \
             for a FIFO Subscription to a FIFO Topic.",
        ),
        (
            "SetSubscriptionAttributes",
            &[
                ("SubscriptionArn", &subscription),
                ("AttributeName", "FilterPolicy"),
                ("AttributeValue", r#"{"a":{"b":["c"]}}"#),
            ],
            "Invalid parameter: Filter policy scope MessageAttributes does not support nested \
             filter policy",
        ),
        (
            "SetSubscriptionAttributes",
            &[("SubscriptionArn", &subscription), ("AttributeName", "Owner")],
            "Invalid parameter: AttributeName",
        ),
        (
            "Unsubscribe",
            &[("SubscriptionArn", "x")],
            "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, \
             not 1",
        ),
        (
            "Unsubscribe",
            &[("SubscriptionArn", "")],
            "Invalid parameter: SubscriptionArn Reason: no value for required parameter",
        ),
        (
            "GetSubscriptionAttributes",
            &[("SubscriptionArn", &topic)],
            "Invalid parameter: SubscriptionId",
        ),
        (
            "ConfirmSubscription",
            &[("TopicArn", &topic)],
            "1 validation error detected: Value null at 'token' failed to satisfy constraint: \
             Member must not be null",
        ),
        ("ListSubscriptions", &[("NextToken", "!")], "Invalid parameter: NextToken"),
    ];
    for (action, pairs, message) in cases {
        let error = world.call(action, pairs).await.unwrap_err();
        assert_eq!(error.message, message, "{action} {pairs:?}");
        assert_eq!(error.status.as_u16(), 400);
    }
}
