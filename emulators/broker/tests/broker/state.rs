//! What outlives the process, what a snapshot holds, what a reset forgets.

use brume_foundation::files::make_private_folder;
use serde_json::json;

use crate::harness::Running;

const FUNCTION: &str = "{\"name\": \"f\", \"behaviour\": \"deny\"}";

#[tokio::test]
async fn a_broker_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let before = Running::in_folder(folder.path()).await;
    let url = before.queue("q", &["kept"]).await;
    before.admin("POST", "functions", FUNCTION).await;
    before.stop().await;
    let after = Running::in_folder(folder.path()).await;
    let received = after.sqs("ReceiveMessage", json!({"QueueUrl": url})).await;
    assert_eq!(received["Messages"][0]["Body"], "kept");
    let functions = after.admin("GET", "functions", "").await;
    assert_eq!(functions["functions"][0]["behaviour"], "deny");
    after.stop().await;
}

#[tokio::test]
async fn a_snapshot_brings_everything_back() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("snapshot");
    make_private_folder(&snapshot).unwrap();
    let broker = Running::in_memory().await;
    let url = broker.queue("q", &["saved"]).await;
    broker.admin("POST", "functions", FUNCTION).await;
    broker.broker.save(&snapshot).await.unwrap();
    broker.broker.reset().await.unwrap();
    assert_eq!(broker.admin("GET", "queues", "").await["queues"], json!([]));
    assert_eq!(broker.admin("GET", "functions", "").await["functions"], json!([]));
    broker.queue("other", &[]).await;
    broker.broker.load(&snapshot).await.unwrap();
    let queues = broker.admin("GET", "queues", "").await;
    let names = queues["queues"].as_array().unwrap().iter();
    assert_eq!(names.map(|queue| queue["name"].clone()).collect::<Vec<_>>(), ["q"]);
    let received = broker.sqs("ReceiveMessage", json!({"QueueUrl": url})).await;
    assert_eq!(received["Messages"][0]["Body"], "saved");
    assert_eq!(broker.admin("GET", "functions", "").await["functions"][0]["name"], "f");
    broker.stop().await;
}
