//! kill -9 under load: what was acknowledged is there again, and nothing comes twice too early.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, thread};

use brume_tests::Sandbox;
use brume_tests::aws::Aws;
use brume_tests::processes::{is_alive, signal, wait_until};
use rustix::process::Signal;
use serde_json::{Value, json};

/// `BRUME_CRASH_ROUNDS` asks for more.
const ROUNDS: usize = 5;
const SENDERS: usize = 4;
const CONSUMERS: usize = 2;
/// Longer than the test takes: nothing may come twice in it.
const VISIBILITY_SECONDS: u32 = 3_600;
const SOON: Duration = Duration::from_secs(10);

/// What the servers have acknowledged.
#[derive(Debug, Default)]
struct Book {
    sent: BTreeSet<String>,
    /// Numbers by group, in the order of their acknowledgement.
    ordered: BTreeMap<usize, Vec<u64>>,
    received: BTreeSet<String>,
    twice: Vec<String>,
    deleted: BTreeSet<String>,
    /// Deletes of which nobody knows.
    in_doubt: BTreeSet<String>,
}

/// The number of a text without its first letter.
fn number(text: &str) -> u64 {
    text.get(1..).and_then(|digits| digits.parse().ok()).expect("a letter and a number")
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
    println!("seed {seed}");
    let rounds = env::var("BRUME_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok());
    let sandbox = Sandbox::new();
    let book = Mutex::new(Book::default());
    let mut draw = seed;
    for round in 0..rounds.unwrap_or(ROUNDS) {
        let aws = Aws::start(&sandbox, "");
        if round == 0 {
            create(&aws);
        }
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let pause = Duration::from_millis(300 + (draw >> 33) % 900);
        load(&aws, round, pause, &book);
    }
    let aws = Aws::start(&sandbox, "");
    let book = book.into_inner().expect("nobody panicked with it");
    assert!(book.twice.is_empty(), "received twice before the visibility ended: {:?}", book.twice);
    assert!(book.sent.len() > 50, "too little happened: {} sends", book.sent.len());
    check_standard(&sandbox, &aws, &book);
    check_fifo(&aws, &book);
}

fn create(aws: &Aws<'_>) {
    let visibility = VISIBILITY_SECONDS.to_string();
    for (name, attributes) in [
        ("standard", json!({ "VisibilityTimeout": visibility })),
        ("ordered.fifo", json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" })),
    ] {
        let body = json!({ "QueueName": name, "Attributes": attributes });
        let (status, answer) = aws.sqs("CreateQueue", &body).expect("the server is there");
        assert_eq!(status, 200, "{answer}");
    }
}

fn url(name: &str) -> String {
    format!("http://127.0.0.1/000000000000/{name}")
}

/// Sends and consumes until the daemon is killed in the middle of it.
fn load(aws: &Aws<'_>, round: usize, pause: Duration, book: &Mutex<Book>) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            let is_over = &is_over;
            scope.spawn(move || {
                for count in 0.. {
                    if is_over.load(Ordering::Relaxed) || !send(aws, round, sender, count, book) {
                        return;
                    }
                }
            });
        }
        for _ in 0..CONSUMERS {
            scope.spawn(|| {
                loop {
                    if is_over.load(Ordering::Relaxed) || !consume(aws, book) {
                        return;
                    }
                }
            });
        }
        thread::sleep(pause);
        let daemon = aws.daemon();
        signal(daemon, Signal::KILL);
        assert!(wait_until(SOON, || !is_alive(daemon)), "the daemon survived kill -9");
        is_over.store(true, Ordering::Relaxed);
    });
}

/// Sends one message to each queue; `false` when the server is gone.
fn send(aws: &Aws<'_>, round: usize, sender: usize, count: u64, book: &Mutex<Book>) -> bool {
    let body = format!("{round}-{sender}-{count}");
    let request = json!({ "QueueUrl": url("standard"), "MessageBody": body });
    match aws.sqs("SendMessage", &request) {
        Ok((200, _)) => book.lock().expect("whole").sent.insert(body),
        Ok((status, answer)) => panic!("SendMessage answered {status}: {answer}"),
        Err(_) => return false,
    };
    let order = round as u64 * 1_000_000 + count;
    let group = format!("g{sender}");
    let request = json!({
        "QueueUrl": url("ordered.fifo"),
        "MessageBody": format!("n{order}"),
        "MessageGroupId": group,
        "MessageDeduplicationId": format!("{group}-{order}"),
    });
    match aws.sqs("SendMessage", &request) {
        Ok((200, _)) => {
            book.lock().expect("whole").ordered.entry(sender).or_default().push(order);
            true
        }
        Ok((status, answer)) => panic!("SendMessage answered {status}: {answer}"),
        Err(_) => false,
    }
}

/// Receives up to ten messages and deletes every second one; `false` when the server is gone.
fn consume(aws: &Aws<'_>, book: &Mutex<Book>) -> bool {
    let request = json!({ "QueueUrl": url("standard"), "MaxNumberOfMessages": 10 });
    let Ok((status, answer)) = aws.sqs("ReceiveMessage", &request) else { return false };
    assert_eq!(status, 200, "{answer}");
    for (index, message) in messages(&answer).into_iter().enumerate() {
        let body = message["Body"].as_str().unwrap_or_default().to_owned();
        let mut written = book.lock().expect("whole");
        if !written.received.insert(body.clone()) {
            written.twice.push(body.clone());
        }
        drop(written);
        if index % 2 == 1 {
            continue;
        }
        let handle = message["ReceiptHandle"].clone();
        let request = json!({ "QueueUrl": url("standard"), "ReceiptHandle": handle });
        match aws.sqs("DeleteMessage", &request) {
            Ok((200, _)) => book.lock().expect("whole").deleted.insert(body),
            Ok((status, answer)) => panic!("DeleteMessage answered {status}: {answer}"),
            Err(_) => {
                book.lock().expect("whole").in_doubt.insert(body);
                return false;
            }
        };
    }
    true
}

fn messages(answer: &Value) -> Vec<Value> {
    answer["Messages"].as_array().cloned().unwrap_or_default()
}

/// Takes everything out of a queue, in order.
fn drain(aws: &Aws<'_>, name: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let deadline = Instant::now() + SOON * 12;
    loop {
        assert!(Instant::now() < deadline, "the queue does not get empty");
        let request = json!({
            "QueueUrl": url(name),
            "MaxNumberOfMessages": 10,
            "MessageSystemAttributeNames": ["All"],
        });
        let (status, answer) = aws.sqs("ReceiveMessage", &request).expect("the server is there");
        assert_eq!(status, 200, "{answer}");
        let batch = messages(&answer);
        if batch.is_empty() {
            return found;
        }
        let entries: Vec<Value> = batch
            .iter()
            .enumerate()
            .map(|(id, message)| {
                json!({ "Id": id.to_string(), "ReceiptHandle": message["ReceiptHandle"] })
            })
            .collect();
        let request = json!({ "QueueUrl": url(name), "Entries": entries });
        let (status, answer) =
            aws.sqs("DeleteMessageBatch", &request).expect("the server is there");
        assert_eq!(status, 200, "{answer}");
        found.extend(batch);
    }
}

fn check_standard(sandbox: &Sandbox, aws: &Aws<'_>, book: &Book) {
    // What is in flight still is: it comes back only when its visibility ends.
    let early: BTreeSet<String> = drain(aws, "standard").iter().map(body).collect();
    let again: Vec<_> = early.intersection(&book.received).collect();
    assert!(again.is_empty(), "visible before their time: {again:?}");
    let _ = sandbox.brume("clock advance 2h").run().success();
    let late: BTreeSet<String> = drain(aws, "standard").iter().map(body).collect();
    let left: BTreeSet<String> = early.union(&late).cloned().collect();
    let back: Vec<_> = left.intersection(&book.deleted).collect();
    assert!(back.is_empty(), "deleted and there again: {back:?}");
    let gone = |body: &&String| {
        !left.contains(*body) && !book.deleted.contains(*body) && !book.in_doubt.contains(*body)
    };
    let lost: Vec<_> = book.sent.iter().filter(gone).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
}

fn body(message: &Value) -> String {
    message["Body"].as_str().unwrap_or_default().to_owned()
}

fn check_fifo(aws: &Aws<'_>, book: &Book) {
    let mut found: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for message in drain(aws, "ordered.fifo") {
        let group = message["Attributes"]["MessageGroupId"].as_str().unwrap_or_default();
        let group = usize::try_from(number(group)).expect("a small number");
        found.entry(group).or_default().push(number(&body(&message)));
    }
    for (group, acknowledged) in &book.ordered {
        let found = found.get(group).cloned().unwrap_or_default();
        assert!(found.is_sorted_by(|one, next| one < next), "out of order or twice: {found:?}");
        let lost: Vec<_> =
            acknowledged.iter().filter(|number| found.binary_search(number).is_err()).collect();
        assert!(lost.is_empty(), "lost in group {group}: {lost:?}");
    }
}
