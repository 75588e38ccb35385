//! What much of it costs: a million messages, ten thousand queues.

use std::io;
use std::time::{Duration, Instant};

use serde_json::json;

use super::load::Traffic;
use super::requests::{self, Consume, Repeat};
use super::server::Server;
use super::{Round, WINDOW};
use crate::measure;
use crate::report::{Bar, Finding, Table};

const MILLION: u64 = 1_000_000;
const BODY_BYTES: usize = 256;
const CONNECTIONS: usize = 16;
const QUEUES_MANY: usize = 10_000;
/// How long a daemon is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

/// Memory when idle and with a million messages; the time to read them back after a kill -9.
///
/// # Errors
/// The server does not come up or refuses, or a message is missing.
pub fn memory(title: &'static str) -> io::Result<Finding> {
    let server = Server::ours("brume, group", "--durability group")?;
    std::thread::sleep(IDLE);
    let idle = server.memory_mib()?;
    let url = requests::create_queue(server.address, "deep", json!({}))?;
    requests::fill(server.address, &url, MILLION, BODY_BYTES)?;
    let full = server.memory_mib()?;
    let stage = server.kill().ok_or_else(|| io::Error::other("ours has a stage"))?;
    let begun = Instant::now();
    measure::run(&mut stage.brume("up aws --port aws=0 --wait 60s"))?;
    let recovery = begun.elapsed();
    let server = Server::running("brume, recovered", stage)?;
    let found = requests::count(server.address, &url)?;
    if found != MILLION {
        return Err(io::Error::other(format!("{found} messages are left of {MILLION}")));
    }
    let recovered = server.memory_mib()?;
    let mut table = Table::new(&["state", "resident MiB"]);
    for (state, mib) in [
        ("idle", idle),
        ("1,000,000 messages of 256 bytes", full),
        ("the same after recovery", recovered),
    ] {
        table.push(vec![state.to_owned(), format!("{mib:.1}")]);
    }
    let bars = vec![
        Bar::at_most("idle", idle, 12.0, " MiB"),
        Bar::at_most("a million messages", full.max(recovered), 700.0, " MiB"),
        Bar::at_most("recovery of a million messages", recovery.as_secs_f64(), 5.0, " s"),
    ];
    Ok(Finding { title, rows: Vec::new(), bars, table: Some(table) })
}

/// Processor time of a request with few and with many messages and queues.
///
/// # Errors
/// The server does not come up or refuses.
pub fn growth(title: &'static str) -> io::Result<Finding> {
    let mut table = Table::new(&["what", "where", "requests/s", "cpu us/request"]);
    let mut costs = Vec::new();
    let shallow = Server::ours("shallow", "--ephemeral")?;
    let deep = Server::ours("deep", "--ephemeral")?;
    let url = requests::create_queue(shallow.address, "queue", json!({}))?;
    requests::create_queue(deep.address, "queue", json!({}))?;
    requests::fill(deep.address, &url, MILLION, BODY_BYTES)?;
    for (server, place) in [(&shallow, "10 messages"), (&deep, "1,000,000 messages")] {
        requests::fill(server.address, &url, 10, BODY_BYTES)?;
        // A message is sent for each that is taken: the depth stays.
        let mut traffic = Steady {
            send: requests::send(&url, BODY_BYTES),
            consume: Consume::new(&url, CONNECTIONS),
            turns: vec![0; CONNECTIONS],
        };
        let round = Round::run(server, CONNECTIONS, WINDOW * 2, &mut traffic)?;
        costs.push(add(&mut table, "send, receive, delete", place, &round));
    }
    let server = Server::ours("queues", "--ephemeral")?;
    for (queues, place) in [(1, "1 queue"), (QUEUES_MANY, "10,000 queues")] {
        let urls: Vec<String> = (0..queues)
            .map(|index| {
                requests::create_queue(server.address, &format!("q{queues}-{index}"), json!({}))
            })
            .collect::<io::Result<_>>()?;
        let sends = urls.iter().map(|url| requests::send(url, BODY_BYTES)).collect();
        let round = Round::run(&server, CONNECTIONS, WINDOW * 2, &mut Repeat::new(sends))?;
        costs.push(add(&mut table, "send", place, &round));
    }
    let bars = match costs.as_slice() {
        [few, many, one, all] => vec![
            Bar::at_most("cpu, a million messages / ten", many / few, 1.25, ""),
            Bar::at_most("cpu, 10,000 queues / one", all / one, 1.25, ""),
        ],
        _ => Vec::new(),
    };
    Ok(Finding { title, rows: Vec::new(), bars, table: Some(table) })
}

fn add(table: &mut Table, what: &str, place: &str, round: &Round) -> f64 {
    table.push(vec![
        what.to_owned(),
        place.to_owned(),
        format!("{:.0}", round.load.rate()),
        format!("{:.1}", round.cpu_us()),
    ]);
    round.cpu_us()
}

/// Sends, receives and deletes in turn on each connection.
struct Steady {
    send: Vec<u8>,
    consume: Consume,
    turns: Vec<u8>,
}

impl Traffic for Steady {
    fn request(&mut self, connection: usize, buffer: &mut Vec<u8>) -> bool {
        if self.turns[connection] == 0 {
            buffer.extend_from_slice(&self.send);
            return true;
        }
        self.consume.request(connection, buffer)
    }

    fn answer(&mut self, connection: usize, status: u16, body: &[u8]) -> io::Result<()> {
        let turn = self.turns[connection];
        self.turns[connection] = (turn + 1) % 3;
        if turn == 0 && status == 200 {
            return Ok(());
        }
        self.consume.answer(connection, status, body)
    }
}
