//! The admin API: looks that change nothing, and test doubles.

use std::time::Duration;

use brume_foundation::invoke::{Event, Invoke};
use serde_json::{Value, json};

use crate::harness::Running;

fn bodies(page: &Value) -> Vec<&str> {
    let messages = page["messages"].as_array().unwrap().iter();
    messages.map(|message| message["Body"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn messages_are_looked_at_without_receiving_them() {
    let broker = Running::in_memory().await;
    let url = broker.queue("q", &["a", "b", "c"]).await;
    let late = json!({"QueueUrl": url, "MessageBody": "late", "DelaySeconds": 60});
    broker.sqs("SendMessage", late).await;
    let attributes = json!({"bin": {"DataType": "Binary", "BinaryValue": "AAH/"}});
    let with = json!({"QueueUrl": url, "MessageBody": "x", "MessageAttributes": attributes});
    broker.sqs("SendMessage", with).await;
    let path = "queues/000000000000/us-east-1/q/messages";
    let page = broker.admin("GET", path, "").await;
    assert_eq!(bodies(&page), ["a", "b", "c", "late", "x"]);
    assert_eq!(page["next"], Value::Null);
    let last = &page["messages"][4];
    assert_eq!(last["MessageAttributes"], attributes);
    assert_eq!(last["State"], "visible");
    assert_eq!(last["Attributes"]["ApproximateReceiveCount"], "0");
    let delayed = &page["messages"][3];
    assert_eq!(
        (&delayed["State"], &delayed["Until"]),
        (&json!("delayed"), &json!("2023-11-14T22:14:20.000Z"))
    );

    let received = broker.sqs("ReceiveMessage", json!({"QueueUrl": url})).await;
    let id = &received["Messages"][0]["MessageId"];
    let in_flight = broker.admin("GET", &format!("{path}?state=in-flight"), "").await;
    assert_eq!(in_flight["messages"].as_array().unwrap().len(), 1);
    assert_eq!(in_flight["messages"][0]["MessageId"], *id);
    let visible = broker.admin("GET", &format!("{path}?state=visible"), "").await;
    assert_eq!(visible["messages"].as_array().unwrap().len(), 3);
    // Nobody has counted the looks.
    broker.clock.advance(Duration::from_secs(31)).await;
    let all = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]});
    let again = broker.sqs("ReceiveMessage", all).await;
    for message in again["Messages"].as_array().unwrap() {
        let expected = if message["MessageId"] == *id { "2" } else { "1" };
        assert_eq!(message["Attributes"]["ApproximateReceiveCount"], expected);
    }
    broker.stop().await;
}

#[tokio::test]
async fn long_queues_are_read_in_pages() {
    let broker = Running::in_memory().await;
    let names = (0..25).map(|index| index.to_string()).collect::<Vec<_>>();
    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
    broker.queue("q", &names).await;
    let arn = "arn:aws:sqs:us-east-1:000000000000:q";
    for state in ["", "&state=visible"] {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("queues/messages?queue={arn}&limit=10&after={after}{state}");
            let page = broker.admin("GET", &path, "").await;
            assert!(bodies(&page).len() <= 10);
            found.extend(bodies(&page).into_iter().map(str::to_owned));
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
        }
        assert_eq!(found, names);
    }
    broker.stop().await;
}

#[tokio::test]
async fn queues_are_listed_across_accounts_and_described() {
    let broker = Running::in_memory().await;
    broker.queue("a1", &["x"]).await;
    let url = broker.queue("a2", &[]).await;
    broker.queue("b", &[]).await;
    broker.sqs("TagQueue", json!({"QueueUrl": url, "Tags": {"k": "v"}})).await;
    let list = broker.admin("GET", "queues?prefix=a&limit=1", "").await;
    assert_eq!(list["queues"][0]["name"], "a1");
    assert_eq!(list["queues"][0]["visible"], 1);
    let next = list["next"].as_str().unwrap();
    let list = broker.admin("GET", &format!("queues?prefix=a&limit=1&after={next}"), "").await;
    assert_eq!(list["queues"][0]["name"], "a2");
    assert_eq!(list["next"], Value::Null);
    let other = broker.admin("GET", "queues?account=111111111111", "").await;
    assert_eq!(other["queues"], json!([]));
    let one = broker.admin("GET", "queues/000000000000/us-east-1/a2", "").await;
    assert_eq!(one["tags"], json!({"k": "v"}));
    assert_eq!(one["attributes"]["VisibilityTimeout"], "30");
    broker.stop().await;
}

#[tokio::test]
async fn wrong_questions_get_a_reason() {
    let broker = Running::in_memory().await;
    broker.queue("q", &[]).await;
    for (path, status, reason) in [
        ("queues/000000000000/us-east-1/x", 404, "no such queue"),
        ("queues/1/us-east-1/q", 400, "12 digits"),
        ("queues/000000000000/us-east-1/q/letters", 404, "admin path"),
        ("queues/000000000000/us-east-1/q/messages?state=dead", 400, "visible"),
        ("queues/000000000000/us-east-1/q/messages?limit=0", 400, "limit"),
        ("queues/000000000000/us-east-1/q/messages?after=x", 400, "after"),
        ("queues/messages", 400, "ARN"),
        ("queues?account=x", 400, "12 digits"),
        ("functions/nobody", 404, "no such function"),
        ("topics/x", 400, "ARN"),
    ] {
        let (found, message) = broker.admin_error("GET", path, "").await;
        assert_eq!(found, status, "{path}: {message}");
        assert!(message.contains(reason), "{path}: {message}");
    }
    for body in ["", "{}", "{\"name\": \"a b\"}", "{\"name\": \"f\", \"behaviour\": \"dance\"}"] {
        let (status, _) = broker.admin_error("POST", "functions", body).await;
        assert_eq!(status, 400, "{body}");
    }
    broker.stop().await;
}

#[tokio::test]
async fn functions_are_defined_called_and_removed() {
    let broker = Running::in_memory().await;
    let definition = "{\"name\": \"f\", \"behaviour\": \"succeed\", \"fail_first\": 1}";
    let made = broker.admin("POST", "functions", definition).await;
    assert_eq!(made["events"], 0);
    for expected in [false, true] {
        let event = Event {
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
            principal: "sns.amazonaws.com".to_owned(),
            source_arn: "arn:aws:sns:us-east-1:000000000000:t".to_owned(),
            payload: b"{\"Records\": []}".as_slice().into(),
        };
        assert_eq!(broker.broker.functions().invoke(event).await.is_ok(), expected);
    }
    let one = broker.admin("GET", "functions/f", "").await;
    assert_eq!((&one["events"], &one["accepted"]), (&json!(2), &json!(1)));
    assert!(one["recorded"][0]["refusal"].as_str().unwrap().contains("told to fail"));
    assert_eq!(one["recorded"][1]["payload"], "{\"Records\": []}");
    let list = broker.admin("GET", "functions", "").await;
    assert_eq!(list["functions"][0]["name"], "f");
    broker.admin("DELETE", "functions/f", "").await;
    assert_eq!(broker.admin("GET", "functions", "").await, json!({"functions": []}));
    broker.stop().await;
}
