//! The broker against hyper with nothing behind it, and against other emulators.

mod answer;
pub mod bare;
mod depth;
mod fanout;
mod load;
mod redrive;
mod requests;
mod server;
mod throughput;

use std::io;
use std::time::Duration;

use self::load::{Load, Traffic};
use self::server::Server;
use crate::cases::Case;

/// The benches of the broker by title.
pub const ALL: &[(&str, Case)] = &[
    ("broker: SendMessage on disk", throughput::send),
    ("broker: ReceiveMessage and DeleteMessage on disk", throughput::consume),
    ("broker: Publish to raw SQS subscriptions", fanout::deliveries),
    ("broker: an unrelated SendMessage during a broadcast", fanout::neighbour),
    ("broker: idle, a million messages, recovery", depth::memory),
    ("broker: cost as queues and backlogs grow", depth::growth),
    ("broker: redrive", redrive::redrive),
];

/// Rounds in which the servers take turns.
const ROUNDS: usize = 3;
/// How long each is kept busy in a round.
const WINDOW: Duration = Duration::from_millis(1_500);

/// What one server did in one round.
#[derive(Clone, Debug)]
struct Round {
    load: Load,
    /// Processor time of the server.
    cpu: Duration,
}

impl Round {
    /// Runs traffic against a server and sees what it costs.
    fn run(
        server: &Server,
        connections: usize,
        window: Duration,
        traffic: &mut dyn Traffic,
    ) -> io::Result<Self> {
        let before = server.cpu()?;
        let load = load::run(server.address, connections, window, traffic)?;
        let cpu = server.cpu()?.saturating_sub(before);
        Ok(Self { load, cpu })
    }

    fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / (self.load.requests.max(1)) as f64
    }
}

/// Several rounds of one server.
#[derive(Clone, Debug, Default)]
struct Rounds(Vec<Round>);

impl Rounds {
    fn median(&self, value: impl Fn(&Round) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    }

    fn rate(&self) -> f64 {
        self.median(|round| round.load.rate())
    }

    fn cpu_us(&self) -> f64 {
        self.median(Round::cpu_us)
    }

    /// The cells of a table: requests a second, both latencies, processor time.
    fn cells(&self) -> Vec<String> {
        vec![
            format!("{:.0}", self.rate()),
            format!("{:.2}", self.median(|round| round.load.latency_ms(0.5))),
            format!("{:.2}", self.median(|round| round.load.latency_ms(0.99))),
            format!("{:.1}", self.cpu_us()),
        ]
    }
}
