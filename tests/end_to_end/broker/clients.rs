//! AWS's own clients, and what people build on them, against the emulator.
//!
//! The scripts are in `tests/clients`; each ends with `ok`, or tells what is wrong.

use std::time::Duration;

use brume_tests::aws::Aws;
use brume_tests::{Call, Sandbox};

/// Scripts in Python import for seconds on a busy machine.
const LONG: Duration = Duration::from_secs(240);

fn passes(call: Call) {
    let outcome = call.deadline(LONG).run().success();
    assert_eq!(outcome.stdout().lines().last(), Some("ok"), "{outcome}");
}

#[test]
fn boto3_finds_sqs_as_on_aws() {
    let sandbox = Sandbox::new();
    passes(Aws::start(&sandbox, "--ephemeral").python("sqs.py"));
}

#[test]
#[ignore = "topics have no engine yet"]
fn boto3_finds_sns_as_on_aws() {
    let sandbox = Sandbox::new();
    passes(Aws::start(&sandbox, "--ephemeral").python("sns.py"));
}

#[test]
#[ignore = "topics have no engine yet"]
fn the_sdk_for_javascript_works() {
    let sandbox = Sandbox::new();
    passes(Aws::start(&sandbox, "--ephemeral").node("sdk.mjs"));
}

#[test]
fn celery_works_on_sqs() {
    let sandbox = Sandbox::new();
    passes(Aws::start(&sandbox, "--ephemeral").python("celery_tasks.py"));
}

#[test]
fn the_aws_cli_follows_brume_env() {
    let sandbox = Sandbox::new();
    let aws = Aws::start(&sandbox, "--ephemeral --account 123456789012");
    let who = aws.cli("sts get-caller-identity").run().success().json();
    assert_eq!(who["Account"], "123456789012");
    let queue = aws.cli("sqs create-queue --queue-name orders").run().success().json();
    let url = queue["QueueUrl"].as_str().expect("a URL").to_owned();
    assert_eq!(url, format!("{}/123456789012/orders", aws.url()));
    let line = format!("sqs send-message --queue-url {url} --message-body hello");
    let sent = aws.cli(&line).run().success().json();
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    let received = aws.cli(&format!("sqs receive-message --queue-url {url}")).run().success();
    assert_eq!(received.json()["Messages"][0]["Body"], "hello");
    let refused = aws.cli("sqs get-queue-url --queue-name nobody").run();
    assert_ne!(refused.code(), 0);
    assert!(refused.stderr().contains("AWS.SimpleQueueService.NonExistentQueue"), "{refused}");
}
