//! Making, finding, changing and deleting queues.

use serde_json::{Value, json};

use crate::harness::{ACCOUNT, BASE, Server, element, shown};

#[tokio::test]
async fn a_queue_is_made_found_and_deleted() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("orders", json!({})).await;
    assert_eq!(client.queue("orders", json!({})).await, url, "creation can be repeated");
    let found = client.ok("GetQueueUrl", json!({"QueueName": "orders"})).await;
    assert_eq!(found, json!({"QueueUrl": url}));
    assert_eq!(client.ok("ListQueues", json!({})).await, json!({"QueueUrls": [url]}));
    assert_eq!(client.ok("DeleteQueue", json!({"QueueUrl": url})).await, Value::Null);
    assert_eq!(client.ok("ListQueues", json!({})).await, json!({}));
    let missing = client.json("GetQueueUrl", json!({"QueueName": "orders"})).await.unwrap_err();
    assert_eq!(missing.code, "QueueDoesNotExist");
    assert_eq!(
        shown(&missing),
        "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist."
    );
    let again = client.err("CreateQueue", json!({"QueueName": "orders"})).await;
    assert!(again.starts_with("AWS.SimpleQueueService.QueueDeletedRecently"), "{again}");
    server.advance(61).await;
    client.queue("orders", json!({})).await;
}

#[tokio::test]
async fn the_older_protocol_does_the_same() {
    let server = Server::new();
    let client = server.client();
    let url = format!("{BASE}/{ACCOUNT}/q");
    let form = [
        ("QueueName", "q"),
        ("Attribute.1.Name", "DelaySeconds"),
        ("Attribute.1.Value", "7"),
        ("Tag.1.Key", "team"),
        ("Tag.1.Value", "a & b"),
    ];
    let made = client.xml("CreateQueue", &form).await;
    assert_eq!(made, format!("<QueueUrl>{url}</QueueUrl>"));
    assert_eq!(client.xml("GetQueueUrl", &[("QueueName", "q")]).await, made);
    assert_eq!(client.xml("ListQueues", &[("QueueNamePrefix", "q")]).await, made);
    assert_eq!(client.xml("ListQueues", &[("QueueNamePrefix", "x")]).await, "");
    let one = [("QueueUrl", url.as_str()), ("AttributeName.1", "DelaySeconds")];
    assert_eq!(
        client.xml("GetQueueAttributes", &one).await,
        "<Attribute><Name>DelaySeconds</Name><Value>7</Value></Attribute>"
    );
    assert_eq!(
        client.xml("ListQueueTags", &[("QueueUrl", &url)]).await,
        "<Tag><Key>team</Key><Value>a &amp; b</Value></Tag>"
    );
    // Examples of the API reference leave the number out.
    let lone =
        [("QueueUrl", url.as_str()), ("Attribute.Name", "DelaySeconds"), ("Attribute.Value", "9")];
    assert_eq!(client.xml("SetQueueAttributes", &lone).await, "");
    let at_path = server.client().at("/000000000000/q");
    let all = at_path.xml("GetQueueAttributes", &[("AttributeName.1", "All")]).await;
    assert!(all.contains("<Name>DelaySeconds</Name><Value>9</Value>"), "{all}");
    assert_eq!(at_path.xml("DeleteQueue", &[]).await, "");
    let missing = client.query("GetQueueUrl", &[("QueueName", "q")]).await.unwrap_err();
    assert_eq!(missing.message, "The specified queue does not exist for this wsdl version.");
}

#[tokio::test]
async fn attributes_have_their_usual_values() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({"VisibilityTimeout": "20"})).await;
    let all =
        client.ok("GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": ["All"]})).await;
    assert_eq!(
        all["Attributes"],
        json!({
            "ApproximateNumberOfMessages": "0",
            "ApproximateNumberOfMessagesDelayed": "0",
            "ApproximateNumberOfMessagesNotVisible": "0",
            "CreatedTimestamp": "1700000000",
            "DelaySeconds": "0",
            "LastModifiedTimestamp": "1700000000",
            "MaximumMessageSize": "1048576",
            "MessageRetentionPeriod": "345600",
            "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q",
            "ReceiveMessageWaitTimeSeconds": "0",
            "SqsManagedSseEnabled": "true",
            "VisibilityTimeout": "20",
        })
    );
    let nothing = client.ok("GetQueueAttributes", json!({"QueueUrl": url})).await;
    assert_eq!(nothing, json!({}));
    let unknown = json!({"QueueUrl": url, "AttributeNames": ["Nonsense"]});
    assert_eq!(
        client.err("GetQueueAttributes", unknown).await,
        "InvalidAttributeName: Unknown Attribute Nonsense."
    );
    server.advance(10).await;
    let set = json!({"QueueUrl": url, "Attributes": {"DelaySeconds": "420"}});
    assert_eq!(client.ok("SetQueueAttributes", set).await, Value::Null);
    let names = ["DelaySeconds", "CreatedTimestamp", "LastModifiedTimestamp"];
    let some =
        client.ok("GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": names})).await;
    let expected = json!({
        "DelaySeconds": "420",
        "CreatedTimestamp": "1700000000",
        "LastModifiedTimestamp": "1700000010",
    });
    assert_eq!(some["Attributes"], expected);
}

#[tokio::test]
async fn a_second_creation_must_not_contradict_the_first() {
    let server = Server::new();
    let client = server.client();
    client.queue("q", json!({"DelaySeconds": "1"})).await;
    client.queue("q", json!({})).await;
    client.queue("q", json!({"DelaySeconds": "1", "VisibilityTimeout": "30"})).await;
    let other = json!({"QueueName": "q", "Attributes": {"DelaySeconds": "2"}});
    assert_eq!(
        client.err("CreateQueue", other).await,
        "QueueAlreadyExists: A queue already exists with the same name and a different value for \
         attribute DelaySeconds"
    );
}

#[tokio::test]
async fn names_are_checked() {
    let server = Server::new();
    let client = server.client();
    let plain = "InvalidParameterValue: Can only include alphanumeric characters, hyphens, or \
                 underscores. 1 to 80 in length";
    for name in ["a b", "a.b", "ä", "q.fifo", &"x".repeat(81)] {
        assert_eq!(client.err("CreateQueue", json!({"QueueName": name})).await, plain);
    }
    let fifo = json!({"QueueName": "q", "Attributes": {"FifoQueue": "true"}});
    assert!(client.err("CreateQueue", fifo).await.contains("must end with .fifo suffix"));
    for body in [json!({}), json!({"QueueName": null}), json!({"QueueName": ""})] {
        assert_eq!(
            client.err("CreateQueue", body).await,
            "MissingParameter: The request must contain the parameter QueueName."
        );
    }
    let standard = json!({"QueueName": "q", "Attributes": {"FifoQueue": "false"}});
    assert_eq!(
        client.err("CreateQueue", standard).await,
        "InvalidAttributeName: Unknown Attribute FifoQueue."
    );
}

#[tokio::test]
async fn queue_urls_are_taken_by_their_path() {
    let server = Server::new();
    let client = server.client();
    client.queue("q", json!({})).await;
    let read = |url: &str| json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]});
    for url in [
        "https://sqs.us-east-1.amazonaws.com/000000000000/q",
        "http://host.docker.internal:1/000000000000/q",
        "/000000000000/q",
    ] {
        client.ok("GetQueueAttributes", read(url)).await;
    }
    for url in ["q", "http://localhost/queue/us-east-1/000000000000/q", "http://localhost/x/q"] {
        let error = client.json("GetQueueAttributes", read(url)).await.unwrap_err();
        assert_eq!((error.code, error.status.as_u16()), ("InvalidAddress", 404), "{url}");
    }
    assert_eq!(
        client.err("GetQueueAttributes", json!({})).await,
        "MissingParameter: The request must contain the parameter QueueUrl."
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = Server::new();
    let client = server.client();
    for index in 0..5 {
        client.queue(&format!("a{index}"), json!({})).await;
    }
    client.queue("b", json!({})).await;
    let mut names = Vec::new();
    let mut token = Value::Null;
    loop {
        let body = json!({"QueueNamePrefix": "a", "MaxResults": 2, "NextToken": token});
        let page = client.ok("ListQueues", body).await;
        for url in page["QueueUrls"].as_array().unwrap() {
            names.push(url.as_str().unwrap().rsplit('/').next().unwrap().to_owned());
        }
        match page.get("NextToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!(names, ["a0", "a1", "a2", "a3", "a4"]);
    let exact = client.ok("ListQueues", json!({"MaxResults": 6})).await;
    assert_eq!(exact.get("NextToken"), None);
    for wrong in [0, 1_001, -1] {
        let error = client.err("ListQueues", json!({"MaxResults": wrong})).await;
        assert!(error.starts_with("InvalidParameterValue: Value "), "{error}");
    }
    let error = client.err("ListQueues", json!({"NextToken": "?"})).await;
    assert!(error.contains("NextToken"), "{error}");
}

#[tokio::test]
async fn tags_come_and_go() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    let list = json!({"QueueUrl": url});
    assert_eq!(client.ok("ListQueueTags", list.clone()).await, json!({}));
    let tags = json!({"QueueUrl": url, "Tags": {"a": "1", "b": "2", "c": ""}});
    assert_eq!(client.ok("TagQueue", tags).await, Value::Null);
    let found = client.ok("ListQueueTags", list.clone()).await;
    assert_eq!(found, json!({"Tags": {"a": "1", "b": "2", "c": ""}}));
    client.ok("UntagQueue", json!({"QueueUrl": url, "TagKeys": ["a", "c", "x"]})).await;
    let form = [("QueueUrl", url.as_str()), ("TagKey.1", "b")];
    client.xml("UntagQueue", &form).await;
    assert_eq!(client.ok("ListQueueTags", list).await, json!({}));
    for (body, expected) in [
        (json!({}), "MissingParameter: The request must contain the parameter Tags."),
        (json!({"": "x"}), "Tag keys must be between 1 and 128 characters in length."),
        (json!({"aws:x": "x"}), "reserved for AWS use"),
    ] {
        let error = client.err("TagQueue", json!({"QueueUrl": url, "Tags": body})).await;
        assert!(error.contains(expected), "{error}");
    }
    let many =
        (0..51).map(|index| (index.to_string(), json!("x"))).collect::<serde_json::Map<_, _>>();
    let error = client.err("TagQueue", json!({"QueueUrl": url, "Tags": many})).await;
    assert_eq!(error, "InvalidParameterValue: Too many tags added for queue q.");
}

#[tokio::test]
async fn redrive_policies_need_a_fitting_target() {
    let server = Server::new();
    let client = server.client();
    let dlq = client.queue("dlq", json!({})).await;
    client.queue("dlq.fifo", json!({"FifoQueue": "true"})).await;
    let policy = |name: &str| {
        let arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
        json!({"deadLetterTargetArn": arn, "maxReceiveCount": "3"}).to_string()
    };
    let url = client.queue("q", json!({"RedrivePolicy": policy("dlq")})).await;
    let read = json!({"QueueUrl": url, "AttributeNames": ["RedrivePolicy"]});
    assert_eq!(
        client.ok("GetQueueAttributes", read.clone()).await["Attributes"]["RedrivePolicy"],
        "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dlq\",\"maxReceiveCount\":3}"
    );
    let sources = client.ok("ListDeadLetterSourceQueues", json!({"QueueUrl": dlq})).await;
    assert_eq!(sources, json!({"queueUrls": [url]}));
    let sources = client.xml("ListDeadLetterSourceQueues", &[("QueueUrl", &dlq)]).await;
    assert_eq!(element(&sources, "QueueUrl"), url);
    let set = |value: String| json!({"QueueUrl": url, "Attributes": {"RedrivePolicy": value}});
    for (name, reason) in [
        ("nobody", "Dead letter target does not exist."),
        ("dlq.fifo", "Dead-letter queue must be same type of queue as the source."),
    ] {
        let error = client.err("SetQueueAttributes", set(policy(name))).await;
        assert!(error.starts_with("InvalidParameterValue: Value {"), "{error}");
        assert!(error.ends_with(&format!("Reason: {reason}")), "{error}");
    }
    client.ok("SetQueueAttributes", set(String::new())).await;
    assert_eq!(client.ok("GetQueueAttributes", read).await, json!({}));
    let sources = client.ok("ListDeadLetterSourceQueues", json!({"QueueUrl": dlq})).await;
    assert_eq!(sources, json!({"queueUrls": []}));

    let deny = json!({"redrivePermission": "denyAll"}).to_string();
    let deny = json!({"QueueUrl": dlq, "Attributes": {"RedriveAllowPolicy": deny}});
    client.ok("SetQueueAttributes", deny).await;
    let error = client.err("SetQueueAttributes", set(policy("dlq"))).await;
    assert!(error.contains("RedriveAllowPolicy"), "{error}");
}

#[tokio::test]
async fn purging_has_a_pause() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    client.ok("SendMessage", json!({"QueueUrl": url, "MessageBody": "a"})).await;
    let purge = json!({"QueueUrl": url});
    assert_eq!(client.ok("PurgeQueue", purge.clone()).await, Value::Null);
    assert_eq!(client.ok("ReceiveMessage", purge.clone()).await, json!({}));
    let error = client.json("PurgeQueue", purge.clone()).await.unwrap_err();
    assert_eq!(error.status.as_u16(), 403);
    assert_eq!(
        shown(&error),
        "AWS.SimpleQueueService.PurgeQueueInProgress: Only one PurgeQueue operation on q is \
         allowed every 60 seconds."
    );
    server.advance(61).await;
    client.ok("PurgeQueue", purge).await;
}

#[tokio::test]
async fn unknown_operations_are_named() {
    let server = Server::new();
    let error = server.client().json("DropQueue", json!({})).await.unwrap_err();
    assert_eq!(error.code_for_query(), "InvalidAction");
}
