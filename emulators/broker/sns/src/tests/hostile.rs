//! Requests that nobody in their right mind sends.

use std::sync::LazyLock;

use brume_edge::{AwsService, Input, Parameters};
use bytes::Bytes;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::operations::ACTIONS;
use crate::testing::{ACCOUNT, World, call};

const TOPIC: &str = "arn:aws:sns:eu-west-3:123456789012:orders";

#[tokio::test]
async fn every_action_answers_an_empty_request() {
    let world = World::new();
    let without_parameters = [
        "GetSMSAttributes",
        "GetSMSSandboxAccountStatus",
        "ListOriginationNumbers",
        "ListPhoneNumbersOptedOut",
        "ListPlatformApplications",
        "ListSMSSandboxPhoneNumbers",
        "ListSubscriptions",
        "ListTopics",
        "SetSMSAttributes",
    ];
    for action in ACTIONS {
        match world.call(action, &[]).await {
            Ok(answer) => assert!(without_parameters.contains(&action), "{action}: {answer}"),
            Err(error) => {
                assert!(!without_parameters.contains(&action), "{action}: {error:?}");
                assert_eq!(error.status.as_u16(), 400, "{action}");
                let codes = ["InvalidParameter", "ValidationError"];
                assert!(codes.contains(&error.code), "{action}: {error:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_action_of_ours_is_not_answered() {
    let world = World::new();
    for action in ["", "SendMessage", "createTopic", "Publish "] {
        let error = world.call(action, &[]).await.unwrap_err();
        assert_eq!(error.code_for_query(), "InvalidAction", "{action}");
    }
    let json = call(ACCOUNT, "ListTopics", Input::Json(Bytes::from_static(b"{}")));
    let error = world.send(json).await.unwrap_err();
    assert!(error.code.ends_with("#UnknownOperationException"), "{error:?}");
}

#[tokio::test]
async fn unsigned_requests_are_claimed_when_they_can_only_be_ours() {
    let world = World::new();
    assert!(world.sns.claims("ConfirmSubscription", "/"));
    assert!(world.sns.claims("Unsubscribe", "/"));
    assert!(world.sns.claims("", "/SimpleNotificationService-0123.pem"));
    assert!(!world.sns.claims("AddPermission", "/"));
    assert!(!world.sns.claims("SendMessage", "/000000000000/q"));
    assert!(!world.sns.claims("", "/SimpleNotificationService-0123.key"));
}

#[test]
fn actions_are_sorted_and_complete() {
    assert!(ACTIONS.is_sorted());
    assert_eq!(ACTIONS.len(), 42);
}

/// Names that operations read, with values that may come near to what they want.
fn pair() -> impl Strategy<Value = (String, String)> {
    let names = prop::sample::select(vec![
        "TopicArn",
        "TargetArn",
        "ResourceArn",
        "SubscriptionArn",
        "PlatformApplicationArn",
        "EndpointArn",
        "Name",
        "Message",
        "Subject",
        "MessageStructure",
        "Protocol",
        "Endpoint",
        "Token",
        "Label",
        "AttributeName",
        "AttributeValue",
        "PhoneNumber",
        "phoneNumber",
        "NextToken",
        "MaxResults",
        "AWSAccountId.member.1",
        "ActionName.member.1",
        "Attributes.entry.1.key",
        "Attributes.entry.1.value",
        "Tags.member.1.Key",
        "Tags.member.1.Value",
        "MessageAttributes.entry.1.Name",
        "MessageAttributes.entry.1.Value.DataType",
        "MessageAttributes.entry.1.Value.StringValue",
        "PublishBatchRequestEntries.member.1.Id",
        "PublishBatchRequestEntries.member.1.Message",
        "DataProtectionPolicy",
    ]);
    let known = prop::sample::select(vec![
        TOPIC,
        "arn:aws:sns:eu-west-3:123456789012:orders:0b1f2c3d-0000-4000-8000-0123456789ab",
        "arn:aws:sns:eu-west-3:123456789012:app/GCM/a",
        "arn:aws:sqs:eu-west-3:123456789012:q",
        "http://[::1]:99999/",
        "{\"a\":[{\"numeric\":[\">\",1e999]}]}",
        "{\"http\":{}}",
        "sqs",
        "http",
        "json",
        "Policy",
        "FilterPolicy",
        "RedrivePolicy",
        "DeliveryPolicy",
        "String",
        "1",
    ])
    .prop_map(str::to_owned);
    (names.prop_map(str::to_owned), prop_oneof![known, ".{0,40}", "[{}\\[\\]\":,a0]{0,30}"])
}

/// One world for all cases: what one leaves behind is there for the next.
static SHARED: LazyLock<(Runtime, World)> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let world = runtime.block_on(async {
        let world = World::new();
        world.topic("orders").await;
        world
    });
    (runtime, world)
});

proptest! {
    #[test]
    fn no_request_is_too_odd(
        action in prop::sample::select(ACTIONS.to_vec()),
        pairs in prop::collection::vec(pair(), 0..12),
    ) {
        let (runtime, world) = &*SHARED;
        let mut pairs = pairs;
        pairs.sort();
        pairs.dedup_by(|one, other| one.0 == other.0);
        let parameters = Parameters::from_pairs(pairs).unwrap();
        let done = runtime.block_on(world.send(call(ACCOUNT, action, Input::Query(parameters))));
        if let Err(error) = done {
            prop_assert!(error.is_sender, "{action}: {error:?}");
        }
    }
}
