//! Who may do what.

use brume_sqs::PolicyMode;
use serde_json::{Value, json};

use crate::harness::{Server, shown};

const STRANGER: &str = "111111111111";

async fn policy(server: &Server, url: &str) -> Option<Value> {
    let body = json!({"QueueUrl": url, "AttributeNames": ["Policy"]});
    let found = server.client().ok("GetQueueAttributes", body).await;
    found["Attributes"]["Policy"].as_str().map(|text| serde_json::from_str(text).unwrap())
}

#[tokio::test]
async fn permissions_edit_the_policy() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    let add = json!({
        "QueueUrl": url,
        "Label": "crossaccount",
        "AWSAccountIds": ["111111111111", "222222222222"],
        "Actions": ["ReceiveMessage"],
    });
    assert_eq!(client.ok("AddPermission", add.clone()).await, Value::Null);
    assert_eq!(
        policy(&server, &url).await.unwrap(),
        json!({
            "Version": "2008-10-17",
            "Id": "arn:aws:sqs:us-east-1:000000000000:q/SQSDefaultPolicy",
            "Statement": [{
                "Sid": "crossaccount",
                "Effect": "Allow",
                "Principal": {"AWS": [
                    "arn:aws:iam::111111111111:root",
                    "arn:aws:iam::222222222222:root",
                ]},
                "Action": "SQS:ReceiveMessage",
                "Resource": "arn:aws:sqs:us-east-1:000000000000:q",
            }],
        })
    );
    assert_eq!(
        client.err("AddPermission", add).await,
        "InvalidParameterValue: Value crossaccount for parameter Label is invalid. Reason: Already \
         exists."
    );
    let form = [
        ("QueueUrl", url.as_str()),
        ("Label", "second"),
        ("AWSAccountId.1", "111111111111"),
        ("ActionName.1", "*"),
    ];
    assert_eq!(client.xml("AddPermission", &form).await, "");
    assert_eq!(policy(&server, &url).await.unwrap()["Statement"][1]["Action"], "SQS:*");
    for label in ["crossaccount", "second"] {
        let remove = json!({"QueueUrl": url, "Label": label});
        assert_eq!(client.ok("RemovePermission", remove).await, Value::Null);
    }
    assert_eq!(policy(&server, &url).await, None);
    let remove = json!({"QueueUrl": url, "Label": "second"});
    assert_eq!(
        client.err("RemovePermission", remove).await,
        "InvalidParameterValue: Value second for parameter Label is invalid. Reason: can't find \
         label."
    );
}

#[tokio::test]
async fn strangers_need_the_queues_policy() {
    let server = Server::new();
    let (owner, stranger) = (server.client(), server.client_of(STRANGER));
    let url = owner.queue("q", json!({})).await;
    let send = json!({"QueueUrl": url, "MessageBody": "a"});
    let error = stranger.json("SendMessage", send.clone()).await.unwrap_err();
    assert_eq!((error.code, error.status.as_u16()), ("AccessDeniedException", 403));
    assert_eq!(
        shown(&error),
        "AccessDenied: User: arn:aws:iam::111111111111:root is not authorized to perform: \
         sqs:sendmessage on resource: arn:aws:sqs:us-east-1:000000000000:q because no \
         resource-based policy allows the sqs:sendmessage action"
    );
    let add = json!({
        "QueueUrl": url,
        "Label": "l",
        "AWSAccountIds": [STRANGER],
        "Actions": ["SendMessage", "GetQueueUrl"],
    });
    owner.ok("AddPermission", add).await;
    stranger.ok("SendMessage", send).await;
    let entries = json!([{"Id": "1", "MessageBody": "b"}]);
    stranger.ok("SendMessageBatch", json!({"QueueUrl": url, "Entries": entries})).await;
    let find = json!({"QueueName": "q", "QueueOwnerAWSAccountId": "000000000000"});
    assert_eq!(stranger.ok("GetQueueUrl", find).await["QueueUrl"], url);
    let error = stranger.err("ReceiveMessage", json!({"QueueUrl": url})).await;
    assert!(error.starts_with("AccessDenied"), "{error}");
    let everything = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*",
            "Resource": "arn:aws:sqs:us-east-1:000000000000:q"}],
    });
    let set = json!({"QueueUrl": url, "Attributes": {"Policy": everything.to_string()}});
    owner.ok("SetQueueAttributes", set).await;
    stranger.ok("ReceiveMessage", json!({"QueueUrl": url})).await;
    let error = stranger.err("DeleteQueue", json!({"QueueUrl": url})).await;
    assert!(error.starts_with("AccessDenied"), "only the owner may: {error}");
}

#[tokio::test]
async fn an_explicit_deny_stops_the_owner_too() {
    for (mode, is_refused) in
        [(PolicyMode::Enforce, true), (PolicyMode::Warn, false), (PolicyMode::Off, false)]
    {
        let server = Server::with_policy(mode);
        let client = server.client();
        let url = client.queue("q", json!({})).await;
        let deny = json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage",
                "Resource": "arn:aws:sqs:us-east-1:000000000000:q",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
        });
        let set = json!({"QueueUrl": url, "Attributes": {"Policy": deny.to_string()}});
        client.ok("SetQueueAttributes", set).await;
        let sent = client.json("SendMessage", json!({"QueueUrl": url, "MessageBody": "a"})).await;
        assert_eq!(sent.is_err(), is_refused, "{mode}");
        if let Err(error) = sent {
            assert!(error.message.ends_with("with an explicit deny in a resource-based policy"));
        }
        client.ok("ReceiveMessage", json!({"QueueUrl": url})).await;
    }
}
