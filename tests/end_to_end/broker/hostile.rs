//! Requests that no client would send: they cost whoever sends them, and nobody else.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use brume_tests::Sandbox;
use brume_tests::aws::{Aws, exchange, post};
use serde_json::json;

const MIB: usize = 1024 * 1024;

fn is_well(aws: &Aws<'_>) {
    let (status, answer) = aws.sqs("ListQueues", &json!({})).expect("the server is there");
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn malformed_requests_get_an_answer() {
    let sandbox = Sandbox::new();
    let aws = Aws::start(&sandbox, "--ephemeral");
    let target = "x-amz-target: AmazonSQS.SendMessage\r\n";
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let many = "a=b&".repeat(200_000);
    for (head, body) in [
        (target, ""),
        (target, "{"),
        (target, "[1,2"),
        (target, "null"),
        (target, "{\"QueueUrl\":1}"),
        (target, "{\"QueueUrl\":\"http://x/y\"}"),
        (target, deep.as_str()),
        ("x-amz-target: AmazonSQS.Nothing\r\n", "{}"),
        ("x-amz-target: Nobody.Nothing\r\n", "{}"),
        ("x-amz-target: \r\n", "{}"),
        ("content-type: application/x-www-form-urlencoded\r\n", "Action=%zz&Version=2012-11-05"),
        ("content-type: application/x-www-form-urlencoded\r\n", "Action=Publish"),
        ("content-type: application/x-www-form-urlencoded\r\n", many.as_str()),
        ("", "\0\u{1}\u{2}"),
    ] {
        let (status, answer) = post(aws.address(), "/", head, body).expect("an answer");
        assert!((400..500).contains(&status), "{head}{body:.80}: {status} {answer:.300}");
        is_well(&aws);
    }
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let sandbox = Sandbox::new();
    let aws = Aws::start(&sandbox, "--ephemeral");
    let (_, queue) = aws.sqs("CreateQueue", &json!({ "QueueName": "q" })).expect("an answer");
    let send = |bytes: usize| {
        let body = json!({ "QueueUrl": queue["QueueUrl"], "MessageBody": "x".repeat(bytes) });
        aws.sqs("SendMessage", &body).expect("an answer")
    };
    assert_eq!(send(MIB).0, 200);
    let (status, answer) = send(MIB + 1);
    assert_eq!(status, 400, "{answer}");
    let claimed = format!(
        "POST / HTTP/1.1\r\nhost: {}\r\ncontent-length: 99999999999\r\n\r\n{{}}",
        aws.address()
    );
    let (status, _) = exchange(aws.address(), claimed.as_bytes()).expect("an answer");
    assert_eq!(status, 413);
    is_well(&aws);
}

#[test]
fn slow_and_half_closed_clients_hold_up_nobody() {
    let sandbox = Sandbox::new();
    let aws = Aws::start(&sandbox, "--ephemeral");
    let mut slow = Vec::new();
    for index in 0..200 {
        let mut stream = TcpStream::connect(aws.address()).expect("the server accepts");
        let part: &[u8] = match index % 3 {
            0 => b"POST / HTTP/1.1\r\nhost: ",
            1 => b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nslow",
            _ => b"",
        };
        stream.write_all(part).expect("the server reads");
        if index % 2 == 0 {
            // Gone half-way: the server may close, others must not notice.
            let _ = stream.shutdown(std::net::Shutdown::Write);
        }
        slow.push(stream);
    }
    let begun = Instant::now();
    (0..50).for_each(|_| is_well(&aws));
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn other_hosts_and_other_origins_are_refused() {
    let sandbox = Sandbox::new();
    let aws = Aws::start(&sandbox, "--ephemeral");
    let foreign = b"POST / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\
        x-amz-target: AmazonSQS.ListQueues\r\ncontent-length: 2\r\n\r\n{}";
    let (status, _) = exchange(aws.address(), foreign).expect("an answer");
    assert_eq!(status, 421);
}
