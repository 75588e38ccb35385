//! Who may do what with a topic.

use brume_topics::PolicyMode;

use crate::testing::{STRANGER, World};

async fn set_policy(world: &World, topic: &str, effect: &str, action: &str) {
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": effect,
            "Principal": { "AWS": "*" },
            "Action": action,
            "Resource": topic,
        }],
    })
    .to_string();
    let pairs =
        [("TopicArn", topic), ("AttributeName", "Policy"), ("AttributeValue", policy.as_str())];
    world.call("SetTopicAttributes", &pairs).await.unwrap();
}

#[tokio::test]
async fn a_stranger_needs_to_be_let_in() {
    let world = World::new();
    let topic = world.topic("orders").await;
    let publish = [("TopicArn", topic.as_str()), ("Message", "m")];
    let error = world.call_as(STRANGER, "Publish", &publish).await.unwrap_err();
    assert_eq!((error.code, error.status.as_u16()), ("AuthorizationError", 403));
    assert_eq!(
        error.message,
        format!(
            "User: arn:aws:iam::{STRANGER}:root is not authorized to perform: SNS:Publish on \
             resource: {topic} because no resource-based policy allows the SNS:Publish action"
        )
    );
    set_policy(&world, &topic, "Allow", "SNS:Publish").await;
    world.call_as(STRANGER, "Publish", &publish).await.unwrap();
    for action in ["GetTopicAttributes", "DeleteTopic", "ListSubscriptionsByTopic"] {
        let error = world.call_as(STRANGER, action, &publish[..1]).await.unwrap_err();
        assert_eq!(error.code, "AuthorizationError", "{action}");
    }
    let tags = [("ResourceArn", topic.as_str())];
    let error = world.call_as(STRANGER, "ListTagsForResource", &tags).await.unwrap_err();
    assert_eq!(error.code, "AuthorizationError");
}

#[tokio::test]
async fn a_deny_is_for_the_owner_too() {
    let world = World::new();
    let topic = world.topic("orders").await;
    set_policy(&world, &topic, "Deny", "SNS:Publish").await;
    let publish = [("TopicArn", topic.as_str()), ("Message", "m")];
    let error = world.call("Publish", &publish).await.unwrap_err();
    assert!(
        error.message.ends_with("with an explicit deny in a resource-based policy"),
        "{}",
        error.message
    );
    let entry = [
        publish[0],
        ("PublishBatchRequestEntries.member.1.Id", "1"),
        ("PublishBatchRequestEntries.member.1.Message", "m"),
    ];
    assert_eq!(world.call("PublishBatch", &entry).await.unwrap_err().code, "AuthorizationError");
    world.call("GetTopicAttributes", &publish[..1]).await.unwrap();
}

#[tokio::test]
async fn conditions_see_protocol_and_endpoint() {
    let world = World::new();
    let topic = world.topic("orders").await;
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": STRANGER },
            "Action": "SNS:Subscribe",
            "Resource": topic,
            "Condition": {
                "StringEquals": { "sns:Protocol": "sqs" },
                "StringLike": { "sns:Endpoint": "arn:aws:sqs:*:210987654321:*" },
            },
        }],
    })
    .to_string();
    let pairs =
        [("TopicArn", topic.as_str()), ("AttributeName", "Policy"), ("AttributeValue", &policy)];
    world.call("SetTopicAttributes", &pairs).await.unwrap();
    for (protocol, endpoint, is_good) in [
        ("sqs", "arn:aws:sqs:eu-west-3:210987654321:q", true),
        ("sqs", "arn:aws:sqs:eu-west-3:123456789012:q", false),
        ("email", "someone@example.com", false),
    ] {
        let pairs = [("TopicArn", topic.as_str()), ("Protocol", protocol), ("Endpoint", endpoint)];
        let done = world.call_as(STRANGER, "Subscribe", &pairs).await;
        assert_eq!(done.is_ok(), is_good, "{protocol} {endpoint} {done:?}");
    }
}

#[tokio::test]
async fn policies_can_be_left_out() {
    for mode in [PolicyMode::Warn, PolicyMode::Off] {
        let world = World::with_mode(mode);
        let topic = world.topic("orders").await;
        let publish = [("TopicArn", topic.as_str()), ("Message", "m")];
        world.call_as(STRANGER, "Publish", &publish).await.unwrap();
    }
}
