//! Move tasks on the wire.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::harness::{Server, element, shown};

const DLQ: &str = "arn:aws:sqs:us-east-1:000000000000:dlq";

/// A dead-letter queue with `count` messages that failed in `q`.
async fn with_dead_letters(server: &Server, count: usize) -> String {
    let client = server.client();
    client.queue("dlq", json!({})).await;
    let policy = json!({"deadLetterTargetArn": DLQ, "maxReceiveCount": 1}).to_string();
    let attributes = json!({"RedrivePolicy": policy, "VisibilityTimeout": "1"});
    let url = client.queue("q", attributes).await;
    for index in 0..count {
        let body = json!({"QueueUrl": url, "MessageBody": index.to_string()});
        client.ok("SendMessage", body).await;
    }
    let receive = json!({"QueueUrl": url, "MaxNumberOfMessages": 10});
    client.ok("ReceiveMessage", receive.clone()).await;
    server.advance(2).await;
    assert_eq!(client.ok("ReceiveMessage", receive).await, json!({}));
    url
}

async fn depth(server: &Server, url: &str) -> String {
    let body = json!({"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]});
    let found = server.client().ok("GetQueueAttributes", body).await;
    found["Attributes"]["ApproximateNumberOfMessages"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn messages_go_back_to_where_they_came_from() {
    let server = Server::new();
    let url = with_dead_letters(&server, 3).await;
    let client = server.client();
    let started = client.ok("StartMessageMoveTask", json!({"SourceArn": DLQ})).await;
    assert!(!started["TaskHandle"].as_str().unwrap().is_empty());
    server.advance(5).await;
    assert_eq!(depth(&server, &url).await, "3");
    let tasks = client.ok("ListMessageMoveTasks", json!({"SourceArn": DLQ})).await;
    let task = &tasks["Results"][0];
    assert_eq!(task["Status"], "COMPLETED");
    assert_eq!(task["SourceArn"], DLQ);
    assert_eq!(task["ApproximateNumberOfMessagesMoved"], 3);
    assert_eq!(task["ApproximateNumberOfMessagesToMove"], 3);
    assert!(task["StartedTimestamp"].as_u64().unwrap() >= 1_700_000_000_000);
    for absent in ["TaskHandle", "DestinationArn", "FailureReason", "MaxNumberOfMessagesPerSecond"]
    {
        assert_eq!(task.get(absent), None, "{absent}");
    }
    let xml = client.xml("ListMessageMoveTasks", &[("SourceArn", DLQ)]).await;
    let entry = element(&xml, "ListMessageMoveTasksResultEntry");
    assert_eq!(element(entry, "Status"), "COMPLETED");
}

#[tokio::test]
async fn a_slow_task_can_be_cancelled() {
    let server = Server::new();
    with_dead_letters(&server, 5).await;
    let client = server.client();
    let start = json!({"SourceArn": DLQ, "MaxNumberOfMessagesPerSecond": 1});
    let started = client.ok("StartMessageMoveTask", start.clone()).await;
    assert_eq!(
        client.err("StartMessageMoveTask", start).await,
        "InvalidParameterValue: There is already a task running. Only one active task is allowed \
         for a source queue arn at a given time."
    );
    let running = client.ok("ListMessageMoveTasks", json!({"SourceArn": DLQ})).await;
    assert_eq!(running["Results"][0]["TaskHandle"], started["TaskHandle"]);
    assert_eq!(running["Results"][0]["MaxNumberOfMessagesPerSecond"], 1);
    let cancel = json!({"TaskHandle": started["TaskHandle"]});
    let cancelled = client.ok("CancelMessageMoveTask", cancel).await;
    assert!(cancelled["ApproximateNumberOfMessagesMoved"].as_u64().unwrap() < 5);
    server.advance(3).await;
    let tasks = client.ok("ListMessageMoveTasks", json!({"SourceArn": DLQ})).await;
    assert_eq!(tasks["Results"][0]["Status"], "CANCELLED");
}

#[tokio::test]
async fn what_cannot_be_moved_is_refused() {
    let server = Server::new();
    let client = server.client();
    client.queue("plain", json!({})).await;
    let plain = "arn:aws:sqs:us-east-1:000000000000:plain";
    let nobody = "arn:aws:sqs:us-east-1:000000000000:nobody";
    let refusal = async |body: Value| client.err("StartMessageMoveTask", body).await;
    assert_eq!(
        refusal(json!({"SourceArn": plain})).await,
        "InvalidParameterValue: Source queue must be configured as a Dead Letter Queue."
    );
    assert_eq!(
        refusal(json!({"SourceArn": nobody})).await,
        "ResourceNotFoundException: The resource that you specified for the SourceArn parameter \
         doesn't exist."
    );
    assert!(refusal(json!({"SourceArn": "x"})).await.contains("You must use this format"));
    assert!(refusal(json!({})).await.contains("SourceArn"));
    with_dead_letters(&server, 1).await;
    assert_eq!(
        refusal(json!({"SourceArn": DLQ, "DestinationArn": nobody})).await,
        "ResourceNotFoundException: The resource that you specified for the DestinationArn \
         parameter doesn't exist."
    );
    let fast = json!({"SourceArn": DLQ, "MaxNumberOfMessagesPerSecond": 501});
    assert!(refusal(fast).await.contains("Must be between 1 and 500"));
    let error = client.json("CancelMessageMoveTask", json!({"TaskHandle": "x"})).await.unwrap_err();
    assert_eq!(shown(&error), "InvalidParameterValue: Value for parameter TaskHandle is invalid.");
    for (source, message) in [
        (nobody, "The resource that you specified for the SourceArn parameter doesn't exist."),
        (DLQ, "Task does not exist."),
    ] {
        let handle = json!({"taskId": "6c2b", "sourceArn": source}).to_string();
        let handle = json!({"TaskHandle": BASE64_STANDARD.encode(handle)});
        let error = client.json("CancelMessageMoveTask", handle).await.unwrap_err();
        assert_eq!((error.status.as_u16(), &*error.message), (404, message));
    }
    let list = client.json("ListMessageMoveTasks", json!({"SourceArn": nobody})).await.unwrap_err();
    assert_eq!((list.code, list.status.as_u16()), ("ResourceNotFoundException", 404));
    assert_eq!(client.ok("ListMessageMoveTasks", json!({"SourceArn": DLQ})).await, json!({}));
}
