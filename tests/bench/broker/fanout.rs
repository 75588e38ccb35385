//! One message to many queues, and who else notices.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::load::{self, Traffic};
use super::requests::{self, Repeat};
use super::server::Server;
use super::{ROUNDS, WINDOW};
use crate::report::{Bar, Finding, Table};

const FANS: [usize; 2] = [10, 100];
const BODY_BYTES: usize = 256;
/// Publishers at a time.
const PUBLISHERS: usize = 8;
/// How long late deliveries are waited for.
const SETTLE_MAX: Duration = Duration::from_secs(60);

/// Deliveries a second, the last one included.
///
/// # Errors
/// A server does not come up or refuses, or a delivery is missing.
pub fn deliveries(title: &'static str) -> io::Result<Finding> {
    let servers = [
        Server::ours("brume, group", "--durability group")?,
        Server::ministack()?,
        Server::moto()?,
    ];
    let columns = ["server", "subscriptions", "published/s", "deliveries/s", "cpu us/delivery"];
    let mut table = Table::new(&columns);
    let mut bars = Vec::new();
    for fan in FANS {
        let mut rates = vec![Vec::new(); servers.len()];
        let mut rows = vec![Vec::new(); servers.len()];
        for round in 0..ROUNDS {
            for (index, server) in servers.iter().enumerate() {
                let topic = Topic::new(server, &format!("fan{fan}x{round}"), fan)?;
                let run = topic.broadcast(server, WINDOW)?;
                rates[index].push(run.delivered_rate);
                rows[index] = vec![
                    server.name.to_owned(),
                    fan.to_string(),
                    format!("{:.0}", run.published_rate),
                    format!("{:.0}", run.delivered_rate),
                    format!("{:.1}", run.cpu_us),
                ];
                topic.remove(server)?;
            }
        }
        rows.into_iter().for_each(|row| table.push(row));
        let rates: Vec<f64> = rates.into_iter().map(median).collect();
        let (what, aim) = match fan {
            10 => ("deliveries/s to 10, ours / ministack", "deliveries/s to 10"),
            _ => ("deliveries/s to 100, ours / ministack", "deliveries/s to 100"),
        };
        bars.push(Bar::at_least(what, rates[0] / rates[1], 10.0, ""));
        bars.push(Bar::at_least(aim, rates[0], 150_000.0, ""));
    }
    Ok(Finding { title, rows: Vec::new(), bars, table: Some(table) })
}

/// What a sender to a queue of its own sees while somebody broadcasts without a pause.
///
/// # Errors
/// A server does not come up or refuses.
pub fn neighbour(title: &'static str) -> io::Result<Finding> {
    let server = Server::ours("brume, group", "--durability group")?;
    let topic = Topic::new(&server, "loud", 100)?;
    let url = requests::create_queue(server.address, "quiet", json!({}))?;
    let mut table = Table::new(&["broadcast", "sends", "p50 ms", "p99 ms"]);
    let (mut idle, mut loud) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        idle.push(send_gently(server.address, &url)?);
        let is_over = AtomicBool::new(false);
        let during = thread::scope(|scope| {
            let broadcast = scope.spawn(|| topic.broadcast_until(server.address, &is_over));
            let during = send_gently(server.address, &url);
            is_over.store(true, Ordering::Relaxed);
            broadcast.join().map_err(|_| io::Error::other("the broadcast failed"))??;
            during
        })?;
        loud.push(during);
    }
    let p99 = |loads: &[load::Load]| median(loads.iter().map(|l| l.latency_ms(0.99)).collect());
    for (name, loads) in [("none", &idle), ("to 100 queues, one publisher", &loud)] {
        table.push(vec![
            name.to_owned(),
            loads.iter().map(|load| load.requests).sum::<u64>().to_string(),
            format!("{:.2}", median(loads.iter().map(|load| load.latency_ms(0.5)).collect())),
            format!("{:.2}", p99(loads)),
        ]);
    }
    let bar = Bar::at_most("p99 during / p99 idle", p99(&loud) / p99(&idle), 2.0, "");
    Ok(Finding { title, rows: Vec::new(), bars: vec![bar], table: Some(table) })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn send_gently(address: SocketAddr, url: &str) -> io::Result<load::Load> {
    load::run(address, 1, WINDOW, &mut Repeat::new(vec![requests::send(url, BODY_BYTES)]))
}

/// A topic with raw SQS subscriptions.
struct Topic {
    arn: String,
    urls: Vec<String>,
}

struct Broadcast {
    published_rate: f64,
    delivered_rate: f64,
    cpu_us: f64,
}

impl Topic {
    fn new(server: &Server, name: &str, fan: usize) -> io::Result<Self> {
        let address = server.address;
        let answer =
            requests::call(address, requests::sns(&[("Action", "CreateTopic"), ("Name", name)]))?;
        let arn = element(&answer, "TopicArn")?;
        let mut urls = Vec::new();
        for index in 0..fan {
            let name = format!("{name}-{index}");
            let account = arn.split(':').nth(4).unwrap_or_default();
            let queue = format!("arn:aws:sqs:us-east-1:{account}:{name}");
            let policy = json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": "sns.amazonaws.com" },
                    "Action": "sqs:SendMessage",
                    "Resource": queue,
                    "Condition": { "ArnEquals": { "aws:SourceArn": arn } },
                }],
            });
            let attributes = json!({ "Policy": policy.to_string() });
            urls.push(requests::create_queue(address, &name, attributes)?);
            requests::call(
                address,
                requests::sns(&[
                    ("Action", "Subscribe"),
                    ("TopicArn", &arn),
                    ("Protocol", "sqs"),
                    ("Endpoint", &queue),
                    ("Attributes.entry.1.key", "RawMessageDelivery"),
                    ("Attributes.entry.1.value", "true"),
                ]),
            )?;
        }
        Ok(Self { arn, urls })
    }

    fn publish(&self) -> Vec<u8> {
        let body = "x".repeat(BODY_BYTES);
        let parameters = [("Action", "Publish"), ("TopicArn", &self.arn), ("Message", &body)];
        requests::sns(&parameters)
    }

    fn delivered(&self, address: SocketAddr) -> io::Result<u64> {
        self.urls.iter().map(|url| requests::count(address, url)).sum()
    }

    /// Publishes for a while, then waits until the last queue has everything.
    fn broadcast(&self, server: &Server, window: Duration) -> io::Result<Broadcast> {
        let before = server.cpu()?;
        let begun = Instant::now();
        let mut traffic = Repeat::new(vec![self.publish()]);
        let load = load::run(server.address, PUBLISHERS, window, &mut traffic)?;
        let wanted = load.requests * self.urls.len() as u64;
        let mut settled = begun.elapsed();
        while self.delivered(server.address)? < wanted {
            if begun.elapsed() > window + SETTLE_MAX {
                return Err(io::Error::other(format!("{} lost deliveries", server.name)));
            }
            settled = begun.elapsed();
        }
        let cpu = server.cpu()?.saturating_sub(before).as_secs_f64();
        Ok(Broadcast {
            published_rate: load.rate(),
            delivered_rate: wanted as f64 / settled.as_secs_f64(),
            cpu_us: cpu * 1e6 / wanted.max(1) as f64,
        })
    }

    fn broadcast_until(&self, address: SocketAddr, is_over: &AtomicBool) -> io::Result<()> {
        struct Until<'a>(Repeat, &'a AtomicBool);
        impl Traffic for Until<'_> {
            fn request(&mut self, connection: usize, buffer: &mut Vec<u8>) -> bool {
                !self.1.load(Ordering::Relaxed) && self.0.request(connection, buffer)
            }

            fn answer(&mut self, connection: usize, status: u16, body: &[u8]) -> io::Result<()> {
                self.0.answer(connection, status, body)
            }
        }
        let mut traffic = Until(Repeat::new(vec![self.publish()]), is_over);
        load::run(address, 1, SETTLE_MAX, &mut traffic).map(drop)
    }

    fn remove(&self, server: &Server) -> io::Result<()> {
        let delete = [("Action", "DeleteTopic"), ("TopicArn", self.arn.as_str())];
        requests::call(server.address, requests::sns(&delete))?;
        for url in &self.urls {
            let body = json!({ "QueueUrl": url }).to_string();
            requests::call(server.address, requests::sqs("DeleteQueue", &body))?;
        }
        Ok(())
    }
}

fn element(answer: &[u8], name: &str) -> io::Result<String> {
    let text = String::from_utf8_lossy(answer);
    let found = text.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once('<'));
    let found = found.map(|(value, _)| value.to_owned());
    found.ok_or_else(|| io::Error::other(format!("no {name} in: {text}")))
}
