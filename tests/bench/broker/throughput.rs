//! Requests a second and what they cost: sending, and receiving with deleting.

use std::io;

use serde_json::json;

use super::requests::{self, Consume, Repeat};
use super::server::Server;
use super::{ROUNDS, Round, Rounds, WINDOW};
use crate::report::{Bar, Finding, Table};

const SIZES: [usize; 3] = [256, 4_096, 65_536];
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// The cell of the table that the bars are about.
const MEASURE: (usize, usize) = (256, 16);
/// Messages that are sent before they are consumed.
const BACKLOG: u64 = 60_000;
/// The same for servers that would need minutes.
const BACKLOG_OF_OTHERS: u64 = 3_000;

const COLUMNS: [&str; 7] =
    ["server", "bytes", "connections", "requests/s", "p50 ms", "p99 ms", "cpu us/request"];

/// In the order in which [`bars`] expects them; only the first three are asked in every cell.
fn servers() -> io::Result<[Server; 5]> {
    Ok([
        Server::ours("brume, group", "--durability group")?,
        Server::bare()?,
        Server::ours("brume, ephemeral", "--ephemeral")?,
        Server::ministack()?,
        Server::moto()?,
    ])
}

/// SendMessage.
///
/// # Errors
/// A server does not come up or refuses.
pub fn send(title: &'static str) -> io::Result<Finding> {
    let servers = servers()?;
    let mut table = Table::new(&COLUMNS);
    let mut measured = Vec::new();
    for bytes in SIZES {
        for connections in CONNECTIONS {
            let is_measure = (bytes, connections) == MEASURE;
            // The others are slow: they are asked where the bars are, and at each size.
            let here = if connections == 16 { servers.len() } else { 3 };
            let rounds = take_turns(&servers[..here], |server| {
                let url = match server.name {
                    "bare hyper" => requests::queue_url("000000000000", "bench"),
                    _ => requests::create_queue(server.address, "bench", json!({}))?,
                };
                let mut traffic = Repeat::new(vec![requests::send(&url, bytes)]);
                let round = Round::run(server, connections, WINDOW, &mut traffic)?;
                empty(server)?;
                Ok(round)
            })?;
            add(&mut table, &servers, &rounds, bytes, connections);
            if is_measure {
                measured = rounds;
            }
        }
    }
    Ok(Finding { title, rows: Vec::new(), bars: bars(&measured), table: Some(table) })
}

/// ReceiveMessage and DeleteMessage in turn, on a backlog.
///
/// # Errors
/// A server does not come up or refuses.
pub fn consume(title: &'static str) -> io::Result<Finding> {
    let servers = servers()?;
    let mut table = Table::new(&COLUMNS);
    let mut measured = Vec::new();
    for connections in CONNECTIONS {
        let here = if connections == MEASURE.1 { servers.len() } else { 3 };
        let rounds = take_turns(&servers[..here], |server| {
            if server.name == "bare hyper" {
                let url = requests::queue_url("000000000000", "bench");
                let mut traffic = Repeat::new(vec![requests::send(&url, MEASURE.0)]);
                return Round::run(server, connections, WINDOW, &mut traffic);
            }
            let url = requests::create_queue(server.address, "bench", json!({}))?;
            let is_ours = server.stage().is_some();
            let backlog = if is_ours { BACKLOG } else { BACKLOG_OF_OTHERS };
            requests::fill(server.address, &url, backlog, MEASURE.0)?;
            let mut traffic = Consume::new(&url, connections);
            let round = Round::run(server, connections, WINDOW, &mut traffic)?;
            if traffic.empty > 0 {
                return Err(io::Error::other(format!("{} ran out of messages", server.name)));
            }
            empty(server)?;
            Ok(round)
        })?;
        add(&mut table, &servers, &rounds, MEASURE.0, connections);
        if connections == MEASURE.1 {
            measured = rounds;
        }
    }
    Ok(Finding { title, rows: Vec::new(), bars: bars(&measured), table: Some(table) })
}

/// Forgets what was sent, so that the next round begins as this one did.
fn empty(server: &Server) -> io::Result<()> {
    match server.name {
        "bare hyper" => Ok(()),
        _ if server.stage().is_some() => reset(server),
        _ => {
            let url = requests::create_queue(server.address, "bench", json!({}))?;
            let body = json!({ "QueueUrl": url }).to_string();
            requests::call(server.address, requests::sqs("DeleteQueue", &body)).map(drop)
        }
    }
}

fn reset(server: &Server) -> io::Result<()> {
    let request = b"POST /_brume/reset HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n";
    requests::call(server.address, request.to_vec()).map(drop)
}

/// Each server once a round, so that whatever else the machine does hits all alike.
fn take_turns(
    servers: &[Server],
    mut run: impl FnMut(&Server) -> io::Result<Round>,
) -> io::Result<Vec<Rounds>> {
    let mut rounds = vec![Rounds::default(); servers.len()];
    for _ in 0..ROUNDS {
        for (server, rounds) in servers.iter().zip(&mut rounds) {
            rounds.0.push(run(server)?);
        }
    }
    Ok(rounds)
}

fn add(table: &mut Table, servers: &[Server], rounds: &[Rounds], bytes: usize, connections: usize) {
    for (server, rounds) in servers.iter().zip(rounds) {
        let mut row = vec![server.name.to_owned(), bytes.to_string(), connections.to_string()];
        row.extend(rounds.cells());
        table.push(row);
    }
}

/// Ours on disk is first, the bare server second, ministack fourth.
fn bars(rounds: &[Rounds]) -> Vec<Bar> {
    let [ours, bare, _, ministack, ..] = rounds else { return Vec::new() };
    vec![
        Bar::at_least("requests/s, ours / bare hyper", ours.rate() / bare.rate(), 0.6, ""),
        Bar::at_most("cpu a request, ours / bare hyper", ours.cpu_us() / bare.cpu_us(), 2.0, ""),
        Bar::at_most(
            "cpu a request, ours / ministack",
            ours.cpu_us() / ministack.cpu_us(),
            1.0 / 12.0,
            "",
        ),
    ]
}
