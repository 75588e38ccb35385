//! Batches: whole refusals and partial failures.

use serde_json::{Value, json};

use crate::harness::{Server, element, shown};

const ACTIONS: [&str; 3] =
    ["SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"];

fn entry(id: &str) -> Value {
    json!({"Id": id, "MessageBody": "a", "ReceiptHandle": "r", "VisibilityTimeout": 1})
}

/// An entry with only the members that the action knows, as SDKs send it.
fn entry_for(action: &str, id: &str) -> Value {
    let mut entry = entry(id);
    let members = entry.as_object_mut().unwrap();
    if action == "SendMessageBatch" {
        members.retain(|name, _| name == "Id" || name == "MessageBody");
    } else {
        members.remove("MessageBody");
    }
    entry
}

#[tokio::test]
async fn a_batch_as_a_whole_can_be_wrong() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    for action in ACTIONS {
        let refusal = async |ids: &[&str]| {
            let entries = ids.iter().map(|id| entry_for(action, id)).collect::<Vec<_>>();
            client.err(action, json!({"QueueUrl": url, "Entries": entries})).await
        };
        assert_eq!(
            refusal(&[]).await,
            format!(
                "AWS.SimpleQueueService.EmptyBatchRequest: There should be at least one \
                 {action}RequestEntry in the request."
            )
        );
        let many = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
        assert_eq!(
            refusal(&many).await,
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest: Maximum number of entries per \
             request are 10. You have sent 11."
        );
        assert_eq!(
            refusal(&["a", "b", "a"]).await,
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct: Id a repeated."
        );
        for id in ["", "invalid:id", "ä", &"x".repeat(81)] {
            assert_eq!(
                refusal(&[id]).await,
                "AWS.SimpleQueueService.InvalidBatchEntryId: A batch entry id can only contain \
                 alphanumeric characters, hyphens and underscores. It can be at most 80 letters \
                 long."
            );
        }
        let without = json!({"QueueUrl": url, "Entries": [{"MessageBody": "a"}]});
        assert_eq!(
            client.err(action, without).await,
            format!(
                "MissingParameter: The request must contain the parameter \
                 {action}RequestEntry.1.Id."
            )
        );
    }
}

#[tokio::test]
async fn a_batch_has_a_size() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    let body = |length: usize| "x".repeat(length);
    let batch = |lengths: &[usize]| {
        let entries = lengths.iter().enumerate().map(|(index, length)| {
            let id = index.to_string();
            json!({"Id": id, "MessageBody": body(*length)})
        });
        json!({"QueueUrl": url, "Entries": entries.collect::<Vec<_>>()})
    };
    assert_eq!(
        client.err("SendMessageBatch", batch(&[1_048_570, 7])).await,
        "AWS.SimpleQueueService.BatchRequestTooLong: Batch requests cannot be longer than 1048576 \
         bytes. You have sent 1048577 bytes."
    );
    let whole = client.ok("SendMessageBatch", batch(&[1_048_570, 6])).await;
    assert_eq!(whole["Successful"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn some_entries_fail_and_others_do_not() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({"MaximumMessageSize": "1024"})).await;
    let entries = json!([
        {"Id": "ok", "MessageBody": "a", "DelaySeconds": 0},
        {"Id": "long", "MessageBody": "x".repeat(1_025)},
        {"Id": "odd", "MessageBody": "\u{1}"},
        {"Id": "late", "MessageBody": "a", "DelaySeconds": 901},
        {"Id": "fine", "MessageBody": "b", "MessageAttributes":
            {"k": {"DataType": "String", "StringValue": "v"}}},
    ]);
    let body = json!({"QueueUrl": url, "Entries": entries});
    let answer = client.ok("SendMessageBatch", body).await;
    let ids = |list: &str| {
        let entries = answer[list].as_array().unwrap().iter();
        entries.map(|entry| entry["Id"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids("Successful"), ["ok", "fine"]);
    assert_eq!(ids("Failed"), ["long", "odd", "late"]);
    assert_eq!(
        answer["Failed"][0],
        json!({
            "Id": "long",
            "SenderFault": true,
            "Code": "InvalidParameterValue",
            "Message": "One or more parameters cannot be validated. Reason: Message must be \
                        shorter than 1024 bytes.",
        })
    );
    assert_eq!(answer["Failed"][1]["Code"], "InvalidMessageContents");
    assert_eq!(answer["Successful"][1]["MD5OfMessageAttributes"].as_str().unwrap().len(), 32);
    let received = json!({"QueueUrl": url, "MaxNumberOfMessages": 10});
    let received = client.ok("ReceiveMessage", received).await;
    let bodies = received["Messages"].as_array().unwrap().iter();
    let mut bodies = bodies.map(|message| message["Body"].as_str().unwrap()).collect::<Vec<_>>();
    bodies.sort_unstable();
    assert_eq!(bodies, ["a", "b"]);

    let handles = received["Messages"].as_array().unwrap();
    let changes = json!({"QueueUrl": url, "Entries": [
        {"Id": "1", "ReceiptHandle": handles[0]["ReceiptHandle"], "VisibilityTimeout": 99},
        {"Id": "2", "ReceiptHandle": handles[1]["ReceiptHandle"], "VisibilityTimeout": 43_201},
        {"Id": "3", "ReceiptHandle": "nonsense", "VisibilityTimeout": 1},
    ]});
    let answer = client.ok("ChangeMessageVisibilityBatch", changes).await;
    assert_eq!(answer["Successful"], json!([{"Id": "1"}]));
    assert_eq!(answer["Failed"][0]["Code"], "InvalidParameterValue");
    assert_eq!(answer["Failed"][1]["Code"], "ReceiptHandleIsInvalid");
    let deletions = json!({"QueueUrl": url, "Entries": [
        {"Id": "1", "ReceiptHandle": handles[0]["ReceiptHandle"]},
        {"Id": "x", "ReceiptHandle": "nonsense"},
        {"Id": "2", "ReceiptHandle": handles[1]["ReceiptHandle"]},
    ]});
    let answer = client.ok("DeleteMessageBatch", deletions).await;
    assert_eq!(answer["Successful"], json!([{"Id": "1"}, {"Id": "2"}]));
    assert_eq!(answer["Failed"][0]["Id"], "x");
}

#[tokio::test]
async fn the_older_protocol_has_batches() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    let form = [
        ("QueueUrl", url.as_str()),
        ("SendMessageBatchRequestEntry.1.Id", "one"),
        ("SendMessageBatchRequestEntry.1.MessageBody", "a"),
        ("SendMessageBatchRequestEntry.2.Id", "two"),
        ("SendMessageBatchRequestEntry.2.MessageBody", "b"),
        ("SendMessageBatchRequestEntry.2.DelaySeconds", "901"),
        ("SendMessageBatchRequestEntry.2.MessageAttribute.1.Name", "k"),
        ("SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType", "String"),
        ("SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.StringValue", "v"),
    ];
    let sent = client.xml("SendMessageBatch", &form).await;
    let entry = element(&sent, "SendMessageBatchResultEntry");
    assert_eq!(element(entry, "Id"), "one");
    let failed = element(&sent, "BatchResultErrorEntry");
    assert_eq!((element(failed, "Id"), element(failed, "SenderFault")), ("two", "true"));
    assert_eq!(element(failed, "Code"), "InvalidParameterValue");
    let received = client.xml("ReceiveMessage", &[("QueueUrl", &url)]).await;
    let handle = element(&received, "ReceiptHandle").to_owned();
    let form = [
        ("QueueUrl", url.as_str()),
        ("ChangeMessageVisibilityBatchRequestEntry.1.Id", "x"),
        ("ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle", &handle),
        ("ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout", "60"),
    ];
    let changed = client.xml("ChangeMessageVisibilityBatch", &form).await;
    assert_eq!(
        changed,
        "<ChangeMessageVisibilityBatchResultEntry><Id>x</Id>\
         </ChangeMessageVisibilityBatchResultEntry>"
    );
    let form = [
        ("QueueUrl", url.as_str()),
        ("DeleteMessageBatchRequestEntry.1.Id", "x"),
        ("DeleteMessageBatchRequestEntry.1.ReceiptHandle", &handle),
    ];
    let deleted = client.xml("DeleteMessageBatch", &form).await;
    assert_eq!(element(&deleted, "Id"), "x");
    let empty = client.query("DeleteMessageBatch", &[("QueueUrl", &url)]).await.unwrap_err();
    assert!(shown(&empty).starts_with("AWS.SimpleQueueService.EmptyBatchRequest"));
}
