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
fn boto3_finds_sns_as_on_aws() {
    let sandbox = Sandbox::new();
    passes(Aws::start(&sandbox, "--ephemeral").python("sns.py"));
}

#[test]
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
    // Version 1 of the CLI sends SQS to AWS itself unless it is told otherwise on its own line.
    let sqs = |line: &str| aws.cli(&format!("--endpoint-url {} sqs {line}", aws.url())).run();
    let queue = sqs("create-queue --queue-name orders").success().json();
    let url = queue["QueueUrl"].as_str().expect("a URL").to_owned();
    assert_eq!(url, format!("{}/123456789012/orders", aws.url()));
    let sent = sqs(&format!("send-message --queue-url {url} --message-body hello")).success();
    assert_eq!(sent.json()["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    let received = sqs(&format!("receive-message --queue-url {url}")).success();
    assert_eq!(received.json()["Messages"][0]["Body"], "hello");
    let refused = sqs("get-queue-url --queue-name nobody");
    assert_ne!(refused.code(), 0);
    assert!(refused.stderr().contains("AWS.SimpleQueueService.NonExistentQueue"), "{refused}");
    let topic = aws.cli("sns create-topic --name orders").run().success().json();
    assert_eq!(topic["TopicArn"], "arn:aws:sns:us-east-1:123456789012:orders");
}
