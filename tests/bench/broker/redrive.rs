//! How fast dead letters get back to where they belong.

use std::io;
use std::time::{Duration, Instant};

use serde_json::json;

use super::requests;
use super::server::Server;
use crate::measure;
use crate::report::{Bar, Finding, Table};

const MESSAGES: u64 = 100_000;
const BODY_BYTES: usize = 256;
const MOVE_MAX: Duration = Duration::from_secs(60);

/// `brume sns-dlq redrive` with its journal, and SQS's own move task.
///
/// # Errors
/// The server does not come up or refuses, or a message is missing.
pub fn redrive(title: &'static str) -> io::Result<Finding> {
    let server = Server::ours("brume, group", "--durability group")?;
    let stage = server.stage().ok_or_else(|| io::Error::other("ours has a stage"))?;
    let dead = requests::create_queue(server.address, "dead", json!({}))?;
    let redrive = json!({
        "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead",
        "maxReceiveCount": 3,
    });
    let attributes = json!({ "RedrivePolicy": redrive.to_string() });
    let orders = requests::create_queue(server.address, "orders", attributes)?;

    requests::fill(server.address, &dead, MESSAGES, BODY_BYTES)?;
    let line = "--local sns-dlq redrive dead --to orders --yes";
    let cost = measure::run(&mut stage.brume(line))?;
    let journaled = MESSAGES as f64 / cost.wall.as_secs_f64();
    expect(&server, &dead, 0)?;
    expect(&server, &orders, MESSAGES)?;

    requests::fill(server.address, &dead, MESSAGES, BODY_BYTES)?;
    let source = "arn:aws:sqs:us-east-1:000000000000:dead";
    let body = json!({
        "SourceArn": source,
        "DestinationArn": "arn:aws:sqs:us-east-1:000000000000:orders",
    });
    let begun = Instant::now();
    let start = requests::sqs("StartMessageMoveTask", &body.to_string());
    requests::call(server.address, start)?;
    while requests::count(server.address, &orders)? < MESSAGES * 2 {
        if begun.elapsed() > MOVE_MAX {
            return Err(io::Error::other("the move task does not end"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let native = MESSAGES as f64 / begun.elapsed().as_secs_f64();
    let mut table = Table::new(&["how", "messages/s"]);
    table.push(vec!["brume sns-dlq redrive".to_owned(), format!("{journaled:.0}")]);
    table.push(vec!["StartMessageMoveTask".to_owned(), format!("{native:.0}")]);
    let bars = vec![
        Bar::at_least("sns-dlq redrive, messages/s", journaled, 20_000.0, ""),
        Bar::at_least("move task, messages/s", native, 20_000.0, ""),
    ];
    Ok(Finding { title, rows: Vec::new(), bars, table: Some(table) })
}

fn expect(server: &Server, url: &str, wanted: u64) -> io::Result<()> {
    let found = requests::count(server.address, url)?;
    if found == wanted {
        return Ok(());
    }
    Err(io::Error::other(format!("{url} holds {found} messages instead of {wanted}")))
}
