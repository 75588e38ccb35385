//! Input that nobody sends by mistake: an error each time, and the service goes on.

use brume_edge::Parameters;
use brume_sqs::OPERATIONS;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::harness::{Client, Server};

#[tokio::test]
async fn odd_bodies_are_refused_by_every_operation() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    let spare = client.queue("spare", json!({})).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = [
        "".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "{".to_owned(),
        "\u{FEFF}{}".to_owned(),
        deep.clone(),
        format!("{{\"QueueUrl\": {deep}}}"),
        format!("{{\"QueueUrl\": \"{url}\", \"Entries\": {{}}}}"),
        format!("{{\"QueueUrl\": \"{url}\", \"Entries\": [null]}}"),
        format!("{{\"QueueUrl\": \"{url}\", \"Attributes\": [1]}}"),
        format!("{{\"QueueUrl\": \"{url}\", \"MessageBody\": \"\\ud800\"}}"),
        format!("{{\"QueueUrl\": \"{url}\", \"DelaySeconds\": 1e999}}"),
        "{\"QueueUrl\": \"http://x/\u{0}\"}".to_owned(),
    ];
    for action in OPERATIONS {
        for body in &bodies {
            let answer = client.raw(action, body.as_bytes()).await;
            let is_list = action == "ListQueues";
            let is_known = body.contains(&url);
            assert!(answer.is_err() || is_list || is_known, "{action} {body:.80}");
        }
        let _ = client.raw(action, &[0xFF, 0xFE, 0x00]).await.unwrap_err();
    }
    client.ok("SendMessage", json!({"QueueUrl": spare, "MessageBody": "still here"})).await;
}

#[tokio::test]
async fn huge_lists_are_refused_quickly() {
    let server = Server::new();
    let client = server.client();
    let url = client.queue("q", json!({})).await;
    let many = (0..50_000).map(|index| (index.to_string(), json!("x")));
    let many = many.collect::<serde_json::Map<_, _>>();
    for action in ["TagQueue", "SetQueueAttributes"] {
        let name = if action == "TagQueue" { "Tags" } else { "Attributes" };
        client.err(action, json!({"QueueUrl": url, name: many})).await;
    }
    let names = (0..50_000).map(|index| format!("n{index}")).collect::<Vec<_>>();
    let receive = json!({"QueueUrl": url, "MessageAttributeNames": names});
    client.err("ReceiveMessage", receive).await;
    let attribute = json!({"DataType": "String", "StringValue": "x"});
    let attributes = names.iter().map(|name| (name.clone(), attribute.clone()));
    let attributes = attributes.collect::<serde_json::Map<_, _>>();
    let send = json!({"QueueUrl": url, "MessageBody": "a", "MessageAttributes": attributes});
    assert!(client.err("SendMessage", send).await.contains("exceeds the allowed maximum [10]"));
    let entries = names.iter().map(|name| json!({"Id": name, "MessageBody": "a"}));
    let entries = entries.collect::<Vec<_>>();
    let error = client.err("SendMessageBatch", json!({"QueueUrl": url, "Entries": entries})).await;
    assert!(error.contains("You have sent 50000."), "{error}");
}

fn run(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future);
}

async fn ask(client: &Client<'_>, action: &str, form: &[(String, String)]) {
    let borrowed = form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let _ = client.query(action, &borrowed.collect::<Vec<_>>()).await;
}

#[test]
fn no_form_brings_it_down() {
    let name = prop_oneof![
        Just("QueueUrl".to_owned()),
        "(Attribute|AttributeName|Tag|TagKey|MessageAttribute|MaxNumberOfMessages)\
         (\\.[0-9]{1,2})?(\\.(Name|Value|Key|Value\\.DataType|Value\\.StringValue))?",
        "(SendMessageBatchRequestEntry|DeleteMessageBatchRequestEntry)\\.[0-9]{1,2}\
         (\\.(Id|MessageBody|ReceiptHandle|DelaySeconds|MessageAttribute\\.1\\.Name))?",
        "[A-Za-z.0-9]{0,12}",
    ];
    let value = prop_oneof![
        2 => Just("http://localhost/000000000000/q".to_owned()),
        1 => Just("String".to_owned()),
        3 => "\\PC{0,8}",
        1 => any::<i64>().prop_map(|number| number.to_string()),
    ];
    let form = prop::collection::vec((name, value), 0..12);
    let mut runner = TestRunner::new(Config::default());
    let result =
        runner.run(&(prop::sample::select(OPERATIONS.to_vec()), form), |(action, form)| {
            // A name that is there twice does not get past the edge.
            if Parameters::from_pairs(form.clone()).is_ok() {
                run(async {
                    let server = Server::new();
                    let client = server.client();
                    client.queue("q", json!({})).await;
                    ask(&client, action, &form).await;
                });
            }
            Ok(())
        });
    result.unwrap();
}
