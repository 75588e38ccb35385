//! Publish and PublishBatch.

use crate::testing::{World, element};

#[tokio::test]
async fn a_message_gets_an_id() {
    let world = World::new();
    let topic = world.topic("orders").await;
    for target in ["TopicArn", "TargetArn"] {
        let pairs = [(target, topic.as_str()), ("Message", "m"), ("Subject", "s")];
        let answer = world.call("Publish", &pairs).await.unwrap();
        let id = element(&answer, "MessageId");
        assert_eq!(answer, format!("<MessageId>{id}</MessageId>"));
        assert_eq!(id.len(), 36);
    }
}

#[tokio::test]
async fn a_fifo_message_gets_a_number_too() {
    let world = World::new();
    let topic = world.topic("orders.fifo").await;
    let mut last = String::new();
    for deduplication in ["a", "b", "c"] {
        let pairs = [
            ("TopicArn", topic.as_str()),
            ("Message", "m"),
            ("MessageGroupId", "g"),
            ("MessageDeduplicationId", deduplication),
        ];
        let answer = world.call("Publish", &pairs).await.unwrap();
        let number = element(&answer, "SequenceNumber");
        assert_eq!(number.len(), 20);
        assert!(number > last, "{number} after {last}");
        last = number;
    }
}

#[tokio::test]
async fn wrong_messages_are_refused() {
    let world = World::new();
    let topic = world.topic("orders").await;
    let fifo = world.topic("orders.fifo").await;
    let too_long = "x".repeat(262_145);
    let target = ("TopicArn", topic.as_str());
    let message = ("Message", "m");
    let cases: [(Vec<(&str, &str)>, &str); 13] = [
        (
            vec![message],
            "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
        ),
        (
            vec![target, message, ("PhoneNumber", "+15551234567")],
            "Invalid parameter: Only one of TopicArn, TargetArn and PhoneNumber can be specified",
        ),
        (
            vec![("TopicArn", ""), message],
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        (
            vec![("TopicArn", "arn:aws:sns:eu-west-3:123456789012:other"), message],
            "Topic does not exist",
        ),
        (
            vec![("PhoneNumber", "+1a234"), message],
            "Invalid parameter: PhoneNumber Reason: +1a234 is not valid to publish to",
        ),
        (
            vec![("TargetArn", "arn:aws:sns:eu-west-3:123456789012:endpoint/GCM/app/1"), message],
            "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified",
        ),
        (
            vec![target],
            "1 validation error detected: Value null at 'message' failed to satisfy constraint: \
             Member must not be null",
        ),
        (vec![target, ("Message", "")], "Invalid parameter: Empty message"),
        (vec![target, message, ("Subject", "a\nb")], "Invalid parameter: Subject"),
        (vec![target, ("Message", &too_long)], "Invalid parameter: Message too long"),
        (
            vec![target, ("Message", "{}"), ("MessageStructure", "json")],
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
        (
            vec![("TopicArn", &fifo), message],
            "Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
        ),
        (
            vec![("TopicArn", &fifo), message, ("MessageGroupId", "g")],
            "Invalid parameter: The topic should either have ContentBasedDeduplication enabled \
             or MessageDeduplicationId provided explicitly",
        ),
    ];
    for (pairs, wanted) in cases {
        let error = world.call("Publish", &pairs).await.unwrap_err();
        assert_eq!(error.message, wanted, "{:?}", &pairs[..1]);
    }
    let attribute = [
        target,
        message,
        ("MessageAttributes.entry.1.Name", "a"),
        ("MessageAttributes.entry.1.Value.DataType", "Number"),
        ("MessageAttributes.entry.1.Value.StringValue", "one"),
    ];
    let error = world.call("Publish", &attribute).await.unwrap_err();
    assert_eq!(error.code, "ParameterValueInvalid");
}

#[tokio::test]
async fn the_topic_decides_how_long_a_message_may_be() {
    let world = World::new();
    let topic = world.topic("orders").await;
    let text = "x".repeat(300_000);
    let publish = [("TopicArn", topic.as_str()), ("Message", text.as_str())];
    assert!(world.call("Publish", &publish).await.is_err());
    for (bytes, is_good) in [("1048576", true), ("2048", false)] {
        let set = [
            ("TopicArn", topic.as_str()),
            ("AttributeName", "MaximumMessageSize"),
            ("AttributeValue", bytes),
        ];
        world.call("SetTopicAttributes", &set).await.unwrap();
        assert_eq!(world.call("Publish", &publish).await.is_ok(), is_good, "{bytes}");
    }
}

#[tokio::test]
async fn a_batch_is_answered_entry_by_entry() {
    let world = World::new();
    let topic = world.topic("orders").await;
    let pairs = [
        ("TopicArn", topic.as_str()),
        ("PublishBatchRequestEntries.member.1.Id", "one"),
        ("PublishBatchRequestEntries.member.1.Message", "a"),
        ("PublishBatchRequestEntries.member.2.Id", "two"),
        ("PublishBatchRequestEntries.member.2.Message", "b"),
        ("PublishBatchRequestEntries.member.2.MessageAttributes.entry.1.Name", "n"),
        ("PublishBatchRequestEntries.member.2.MessageAttributes.entry.1.Value.DataType", "String"),
        ("PublishBatchRequestEntries.member.2.MessageAttributes.entry.1.Value.StringValue", "v"),
    ];
    let answer = world.call("PublishBatch", &pairs).await.unwrap();
    assert!(answer.contains("<Failed></Failed>"), "{answer}");
    assert!(answer.contains("<Successful><member><Id>one</Id><MessageId>"), "{answer}");
    assert_eq!(answer.matches("<member>").count(), 2);
    for (place, value, code) in [
        (1, "", "InvalidBatchEntryId"),
        (1, "a b", "InvalidBatchEntryId"),
        (1, "two", "BatchEntryIdsNotDistinct"),
        (2, "", "InvalidParameter"),
        (0, "x", "InvalidParameter"),
        (6, "Text", "ParameterValueInvalid"),
        (6, "", "ValidationError"),
    ] {
        let mut wrong = pairs;
        wrong[place].1 = value;
        let error = world.call("PublishBatch", &wrong).await.unwrap_err();
        assert_eq!(error.code, code, "{error:?}");
    }
    let error = world.call("PublishBatch", &pairs[..1]).await.unwrap_err();
    assert_eq!(error.code, "EmptyBatchRequest");
    let text = "x".repeat(140_000);
    let mut long = pairs;
    (long[2].1, long[4].1) = (&text, &text);
    let error = world.call("PublishBatch", &long).await.unwrap_err();
    assert_eq!(error.code, "BatchRequestTooLong");
    let names: Vec<_> = (1..=11)
        .flat_map(|number| {
            let name = |field: &str| format!("PublishBatchRequestEntries.member.{number}.{field}");
            [(name("Id"), number.to_string()), (name("Message"), "m".to_owned())]
        })
        .collect();
    let mut many: Vec<_> =
        names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    many.push(pairs[0]);
    let error = world.call("PublishBatch", &many).await.unwrap_err();
    assert_eq!(error.code, "TooManyEntriesInBatchRequest");
}
