//! FIFO queues on the wire.

use serde_json::{Value, json};

use crate::harness::Server;

#[tokio::test]
async fn order_sequence_numbers_and_deduplication() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q.fifo", json!({"FifoQueue": "true"})).await;
    let send = async |body: &str, id: &str| {
        let body = json!({
            "QueueUrl": url,
            "MessageBody": body,
            "MessageGroupId": "g",
            "MessageDeduplicationId": id,
        });
        client.ok("SendMessage", body).await
    };
    let first = send("1", "a").await;
    let second = send("2", "b").await;
    let again = send("1", "a").await;
    let number = |sent: &Value| sent["SequenceNumber"].as_str().unwrap().to_owned();
    assert_eq!(number(&first).len(), 20);
    assert!(number(&first) < number(&second));
    assert_eq!(again["MessageId"], first["MessageId"], "a duplicate is the first one");
    let body = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]});
    let received = client.ok("ReceiveMessage", body).await;
    let messages = received["Messages"].as_array().unwrap();
    let bodies = messages.iter().map(|message| &message["Body"]).collect::<Vec<_>>();
    assert_eq!(bodies, ["1", "2"]);
    let attributes = &messages[0]["Attributes"];
    assert_eq!(attributes["MessageDeduplicationId"], "a");
    assert_eq!(attributes["MessageGroupId"], "g");
    assert_eq!(attributes["SequenceNumber"], first["SequenceNumber"]);
}

#[tokio::test]
async fn attributes_of_a_fifo_queue() {
    let server = Server::new();
    let client = server.client();
    let attributes = json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"});
    let url = client.queue("q.fifo", attributes).await;
    let names = json!([
        "FifoQueue",
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "FifoThroughputLimit"
    ]);
    let read = json!({"QueueUrl": url, "AttributeNames": names});
    let found = client.ok("GetQueueAttributes", read).await;
    assert_eq!(
        found["Attributes"],
        json!({
            "FifoQueue": "true",
            "ContentBasedDeduplication": "true",
            "DeduplicationScope": "queue",
            "FifoThroughputLimit": "perQueue",
        })
    );
    let set = json!({"QueueUrl": url, "Attributes": {"FifoQueue": "false"}});
    let error = client.err("SetQueueAttributes", set).await;
    assert!(error.ends_with("Modifying queue type is not supported."), "{error}");
    let other = json!({"QueueName": "q.fifo",
        "Attributes": {"FifoQueue": "true", "ContentBasedDeduplication": "false"}});
    let error = client.err("CreateQueue", other).await;
    assert!(error.ends_with("attribute ContentBasedDeduplication"), "{error}");
}

#[tokio::test]
async fn what_a_batch_lacks_makes_all_of_it_fail() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q.fifo", json!({"FifoQueue": "true"})).await;
    let refusal = async |entry: Value| {
        client.err("SendMessageBatch", json!({"QueueUrl": url, "Entries": [entry]})).await
    };
    assert_eq!(
        refusal(json!({"Id": "1", "MessageBody": "a", "MessageDeduplicationId": "d"})).await,
        "InvalidParameterValue: The request must contain the parameter MessageGroupId."
    );
    assert_eq!(
        refusal(json!({"Id": "1", "MessageBody": "a", "MessageGroupId": "g"})).await,
        "InvalidParameterValue: The queue should either have ContentBasedDeduplication enabled or \
         MessageDeduplicationId provided explicitly"
    );
}

#[tokio::test]
async fn a_superseded_handle_deletes_nothing() {
    let server = Server::new();
    let client = server.client();
    let attributes = json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"});
    let url = client.queue("q.fifo", attributes).await;
    let body = json!({"QueueUrl": url, "MessageBody": "a", "MessageGroupId": "g"});
    client.ok("SendMessage", body).await;
    let receive = json!({"QueueUrl": url, "VisibilityTimeout": 1});
    let received = client.ok("ReceiveMessage", receive).await;
    let handle = received["Messages"][0]["ReceiptHandle"].as_str().unwrap().to_owned();
    server.advance(2).await;
    assert_eq!(
        client.err("DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handle})).await,
        format!(
            "InvalidParameterValue: Value {handle} for parameter ReceiptHandle is invalid. Reason: \
             The receipt handle has expired."
        )
    );
}

#[tokio::test]
async fn an_attempt_can_be_repeated() {
    let server = Server::new();
    let client = server.client();
    let attributes = json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"});
    let url = client.queue("q.fifo", attributes).await;
    let body = json!({"QueueUrl": url, "MessageBody": "a", "MessageGroupId": "g"});
    client.ok("SendMessage", body).await;
    let receive = json!({"QueueUrl": url, "ReceiveRequestAttemptId": "try-1"});
    let first = client.ok("ReceiveMessage", receive.clone()).await;
    let second = client.ok("ReceiveMessage", receive).await;
    assert_eq!(first["Messages"][0]["MessageId"], second["Messages"][0]["MessageId"]);
}
