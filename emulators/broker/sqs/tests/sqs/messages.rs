//! Sending, receiving, deleting, hiding.

use serde_json::{Value, json};

use crate::harness::{Server, element, shown};

#[tokio::test]
async fn a_message_goes_through() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    let sent =
        client.ok("SendMessage", json!({"QueueUrl": url, "MessageBody": "a\"b\\\n😀"})).await;
    assert_eq!(sent["MD5OfMessageBody"].as_str().unwrap().len(), 32);
    assert_eq!(sent.as_object().unwrap().len(), 2, "{sent}");
    let received = client.ok("ReceiveMessage", json!({"QueueUrl": url})).await;
    let message = &received["Messages"][0];
    assert_eq!(message["Body"], "a\"b\\\n😀");
    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!(message["MD5OfBody"], sent["MD5OfMessageBody"]);
    assert_eq!(message.as_object().unwrap().len(), 4, "{message}");
    assert_eq!(client.ok("ReceiveMessage", json!({"QueueUrl": url})).await, json!({}));
    let handle = &message["ReceiptHandle"];
    let delete = json!({"QueueUrl": url, "ReceiptHandle": handle});
    assert_eq!(client.ok("DeleteMessage", delete.clone()).await, Value::Null);
    assert_eq!(client.ok("DeleteMessage", delete).await, Value::Null, "again is no error");
    server.advance(31).await;
    assert_eq!(client.ok("ReceiveMessage", json!({"QueueUrl": url})).await, json!({}));
}

#[tokio::test]
async fn attributes_come_back_as_they_were_sent() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({"VisibilityTimeout": "0"})).await;
    let attributes = json!({
        "Hello": {"DataType": "String", "StringValue": "There"},
        "General": {"DataType": "String", "StringValue": "Kenobi"},
        "Help.Me": {"DataType": "String", "StringValue": "Me"},
    });
    let body = json!({"QueueUrl": url, "MessageBody": "msg", "MessageAttributes": attributes});
    let sent = client.ok("SendMessage", body).await;
    assert_eq!(sent["MD5OfMessageAttributes"], "4c360f3fdafd970e05fae2f149d997f5");
    assert_eq!(sent["MD5OfMessageBody"], "6e2baaf3b97dbeef01c0043275f9a0e7");
    let receive = async |names: Value| {
        let body = json!({"QueueUrl": url, "MessageAttributeNames": names});
        client.ok("ReceiveMessage", body).await["Messages"][0].clone()
    };
    let message = receive(json!(["All"])).await;
    assert_eq!(message["MessageAttributes"], attributes);
    assert_eq!(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    let some = receive(json!(["Hel.*"])).await;
    assert_eq!(some["MD5OfMessageAttributes"], "83fee93c1bcd8b9a5a923ffacdc636c7");
    assert_eq!(some["MessageAttributes"].as_object().unwrap().len(), 2);
    for none in [json!(["Nobody"]), json!([])] {
        let message = receive(none).await;
        assert_eq!(message.get("MessageAttributes"), None);
        assert_eq!(message.get("MD5OfMessageAttributes"), None);
    }
}

#[tokio::test]
async fn the_older_protocol_carries_messages_too() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    let form = [
        ("QueueUrl", url.as_str()),
        ("MessageBody", "a<b>&c"),
        ("MessageAttribute.1.Name", "bin"),
        ("MessageAttribute.1.Value.DataType", "Binary"),
        ("MessageAttribute.1.Value.BinaryValue", "AAEC"),
        ("MessageAttribute.2.Name", "n"),
        ("MessageAttribute.2.Value.DataType", "Number"),
        ("MessageAttribute.2.Value.StringValue", "1.5"),
        ("MessageSystemAttribute.1.Name", "AWSTraceHeader"),
        ("MessageSystemAttribute.1.Value.DataType", "String"),
        ("MessageSystemAttribute.1.Value.StringValue", "Root=1-2-3"),
    ];
    let sent = client.xml("SendMessage", &form).await;
    for name in
        ["MessageId", "MD5OfMessageBody", "MD5OfMessageAttributes", "MD5OfMessageSystemAttributes"]
    {
        assert!(element(&sent, name).len() >= 32, "{sent}");
    }
    let form = [
        ("QueueUrl", url.as_str()),
        ("AttributeName.1", "All"),
        ("MessageAttributeName.1", "All"),
        ("MaxNumberOfMessages", "10"),
        ("VisibilityTimeout", "5"),
    ];
    let received = client.xml("ReceiveMessage", &form).await;
    assert_eq!(element(&received, "Body"), "a&lt;b&gt;&amp;c");
    assert_eq!(element(&received, "MessageId"), element(&sent, "MessageId"));
    for part in [
        "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>",
        "<Attribute><Name>AWSTraceHeader</Name><Value>Root=1-2-3</Value></Attribute>",
        "<MessageAttribute><Name>bin</Name><Value><BinaryValue>AAEC</BinaryValue>\
         <DataType>Binary</DataType></Value></MessageAttribute>",
        "<MessageAttribute><Name>n</Name><Value><StringValue>1.5</StringValue>\
         <DataType>Number</DataType></Value></MessageAttribute>",
    ] {
        assert!(received.contains(part), "{part}\n{received}");
    }
    let handle = element(&received, "ReceiptHandle").to_owned();
    let hide = [("QueueUrl", url.as_str()), ("ReceiptHandle", &handle), ("VisibilityTimeout", "0")];
    assert_eq!(client.xml("ChangeMessageVisibility", &hide).await, "");
    let received = client.xml("ReceiveMessage", &form).await;
    let handle = element(&received, "ReceiptHandle").to_owned();
    let delete = [("QueueUrl", url.as_str()), ("ReceiptHandle", &handle)];
    assert_eq!(client.xml("DeleteMessage", &delete).await, "");
    assert_eq!(client.xml("ReceiveMessage", &form).await, "");
}

#[tokio::test]
async fn system_attributes_are_shown_on_demand() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({"VisibilityTimeout": "0"})).await;
    let trace = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}});
    let body = json!({
        "QueueUrl": url,
        "MessageBody": "m",
        "MessageSystemAttributes": trace,
        "MessageGroupId": "tenant",
    });
    let sent = client.ok("SendMessage", body).await;
    assert_eq!(sent["MD5OfMessageSystemAttributes"].as_str().unwrap().len(), 32);
    let receive = async |body: Value| {
        let mut body = body;
        body["QueueUrl"] = url.clone().into();
        client.ok("ReceiveMessage", body).await["Messages"][0]["Attributes"].clone()
    };
    assert_eq!(
        receive(json!({"AttributeNames": ["All"]})).await,
        json!({
            "SenderId": "000000000000",
            "SentTimestamp": "1700000000000",
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": "1700000000000",
            "AWSTraceHeader": "Root=1",
            "MessageGroupId": "tenant",
        })
    );
    let newer =
        json!({"MessageSystemAttributeNames": ["ApproximateReceiveCount", "SequenceNumber"]});
    assert_eq!(receive(newer).await, json!({"ApproximateReceiveCount": "2"}));
    assert_eq!(receive(json!({"AttributeNames": ["SequenceNumber"]})).await, Value::Null);
    let unknown = json!({"QueueUrl": url, "AttributeNames": ["Nonsense"]});
    let error = client.err("ReceiveMessage", unknown).await;
    assert_eq!(error, "InvalidAttributeName: Unknown Attribute Nonsense.");
}

#[tokio::test]
async fn parameters_of_a_receive_have_ranges() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    for (name, value, reason) in [
        ("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."),
        ("MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided."),
        ("WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."),
        ("WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."),
        ("VisibilityTimeout", 43_201, "Must be >= 0 and <= 43200, if provided."),
    ] {
        assert_eq!(
            client.err("ReceiveMessage", json!({"QueueUrl": url, name: value})).await,
            format!(
                "InvalidParameterValue: Value {value} for parameter {name} is invalid. Reason: \
                 {reason}"
            )
        );
    }
    let attempt = json!({"QueueUrl": url, "ReceiveRequestAttemptId": "a"});
    assert!(client.err("ReceiveMessage", attempt).await.contains("not valid for this queue type"));
    let text = json!({"QueueUrl": url, "MaxNumberOfMessages": "ten"});
    assert!(client.err("ReceiveMessage", text).await.starts_with("SerializationException"));
    let form = [("QueueUrl", url.as_str()), ("MaxNumberOfMessages", "ten")];
    let error = client.query("ReceiveMessage", &form).await.unwrap_err();
    assert!(shown(&error).starts_with("InvalidParameterValue: Value ten"), "{error:?}");
}

#[tokio::test]
async fn receipt_handles_are_checked() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    for action in ["DeleteMessage", "ChangeMessageVisibility"] {
        let body = json!({"QueueUrl": url, "ReceiptHandle": "nonsense", "VisibilityTimeout": 1});
        let error = client.json(action, body).await.unwrap_err();
        assert_eq!(error.status.as_u16(), 404);
        assert_eq!(
            shown(&error),
            "ReceiptHandleIsInvalid: The input receipt handle \"nonsense\" is not a valid receipt \
             handle."
        );
        let error = client.err(action, json!({"QueueUrl": url})).await;
        assert_eq!(
            error,
            "MissingParameter: The request must contain the parameter ReceiptHandle."
        );
    }
    client.ok("SendMessage", json!({"QueueUrl": url, "MessageBody": "a"})).await;
    let received = client.ok("ReceiveMessage", json!({"QueueUrl": url})).await;
    let handle = received["Messages"][0]["ReceiptHandle"].clone();
    let named = json!({"QueueUrl": url, "ReceiptHandle": handle});
    let change = |seconds: i64| {
        let mut body = named.clone();
        body["VisibilityTimeout"] = seconds.into();
        body
    };
    assert_eq!(client.ok("ChangeMessageVisibility", change(60)).await, Value::Null);
    for seconds in [-1, 43_201] {
        assert_eq!(
            client.err("ChangeMessageVisibility", change(seconds)).await,
            format!(
                "InvalidParameterValue: Value {seconds} for parameter VisibilityTimeout is \
                 invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200."
            )
        );
    }
    server.advance(10).await;
    assert_eq!(
        client.err("ChangeMessageVisibility", change(43_200)).await,
        "InvalidParameterValue: Value 43200 for parameter VisibilityTimeout is invalid. Reason: \
         Total VisibilityTimeout for the message is beyond the limit [43200 seconds]."
    );
    let without = json!({"QueueUrl": url, "ReceiptHandle": handle});
    let error = client.err("ChangeMessageVisibility", without).await;
    assert_eq!(
        error,
        "MissingParameter: The request must contain the parameter VisibilityTimeout."
    );
    client.ok("DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handle})).await;
    let gone = client.err("ChangeMessageVisibility", change(1)).await;
    assert!(gone.ends_with("not available for visibility timeout change."), "{gone}");
}

#[tokio::test]
async fn a_delayed_message_comes_later() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    let body = json!({"QueueUrl": url, "MessageBody": "a", "DelaySeconds": 10});
    client.ok("SendMessage", body).await;
    let counts = json!({"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessagesDelayed"]});
    let counts = client.ok("GetQueueAttributes", counts).await;
    assert_eq!(counts["Attributes"]["ApproximateNumberOfMessagesDelayed"], "1");
    let receive = json!({"QueueUrl": url});
    assert_eq!(client.ok("ReceiveMessage", receive.clone()).await, json!({}));
    server.advance(10).await;
    assert_eq!(client.ok("ReceiveMessage", receive).await["Messages"][0]["Body"], "a");
}

#[tokio::test]
async fn a_message_that_fails_too_often_is_moved() {
    let server = Server::new();
    let client = server.client();
    let dlq = client.queue("dlq", json!({})).await;
    let policy = json!({
        "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dlq",
        "maxReceiveCount": 1,
    });
    let attributes = json!({"RedrivePolicy": policy.to_string(), "VisibilityTimeout": "1"});
    let url = client.queue("q", attributes).await;
    let sent = client.ok("SendMessage", json!({"QueueUrl": url, "MessageBody": "a"})).await;
    let receive = json!({"QueueUrl": url});
    assert_eq!(client.ok("ReceiveMessage", receive.clone()).await["Messages"][0]["Body"], "a");
    server.advance(2).await;
    assert_eq!(client.ok("ReceiveMessage", receive).await, json!({}));
    let body = json!({"QueueUrl": dlq, "MessageSystemAttributeNames": ["All"]});
    let dead = client.ok("ReceiveMessage", body).await["Messages"][0].clone();
    assert_eq!(dead["MessageId"], sent["MessageId"]);
    let attributes = &dead["Attributes"];
    assert_eq!(attributes["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:q");
    assert_eq!(attributes["ApproximateReceiveCount"], "2");
}

#[tokio::test]
async fn the_header_of_a_traced_request_goes_on() {
    let server = Server::new();
    let client = server.client().traced("Root=1-2-3");
    let url = client.queue("q", json!({})).await;
    let sent = client.ok("SendMessage", json!({"QueueUrl": url, "MessageBody": "a"})).await;
    assert_eq!(sent.get("MD5OfMessageSystemAttributes"), None);
    let receive = json!({"QueueUrl": url, "AttributeNames": ["AWSTraceHeader"]});
    let message = client.ok("ReceiveMessage", receive).await["Messages"][0].clone();
    assert_eq!(message["Attributes"], json!({"AWSTraceHeader": "Root=1-2-3"}));
}
