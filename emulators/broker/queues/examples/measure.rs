//! Measures the engine without HTTP: operations per second, CPU per operation, bytes per message,
//! recovery, fan-out and redrive. Give the folder to work in; a release build is what counts.
//!
//! `cargo run --release -p brume-queues --example measure -- FOLDER [MODE [TASKS]]`, where the
//! mode is `ephemeral`, `none`, `group` or `sync`; or `fill`, and then `open` to recover that.
//!
//! With a number of tasks, only sends, receives and deletions are measured, three times.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring program"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use brume_foundation::clock::Clock;
use brume_foundation::faults::Faults;
use brume_foundation::journal::Durability;
use brume_foundation::log::Log;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{ServiceContext, Storage};
use brume_policy::{Account, Region};
use brume_queues::{
    Content, Delivery, NewMessage, Options, Queue, QueueKey, Queues, Receive, Redrive, Settings,
};

const BODY_BYTES: usize = 256;
const MILLION: usize = 1_000_000;

fn context(folder: &Path, is_ephemeral: bool) -> ServiceContext {
    let storage = match is_ephemeral {
        true => Storage::Ephemeral(folder.to_owned()),
        false => Storage::Durable(folder.to_owned()),
    };
    ServiceContext {
        instance: "measure".to_owned(),
        storage,
        repair: false,
        clock: Clock::real(),
        faults: Arc::new(Faults::new()),
        random: Random::seeded(1),
        ports: Arc::new(Ports::random()),
        log: Log::discard(),
    }
}

/// CPU time of the process so far.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").expect("there");
    let fields = text.rsplit(") ").next().unwrap().split(' ').collect::<Vec<_>>();
    let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn resident_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("there");
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4_096.0 / 1_048_576.0
}

struct Stopwatch {
    begun: Instant,
    cpu: Duration,
}

impl Stopwatch {
    fn start() -> Self {
        Self { begun: Instant::now(), cpu: cpu() }
    }

    fn report(&self, what: &str, operations: usize) {
        let (elapsed, used) = (self.begun.elapsed(), cpu() - self.cpu);
        let rate = operations as f64 / elapsed.as_secs_f64();
        let micros = used.as_secs_f64() * 1e6 / operations as f64;
        println!("{what:<46} {rate:>10.0}/s {micros:>8.2} us CPU {:>8.2} s", elapsed.as_secs_f64());
    }
}

fn message() -> NewMessage {
    let content = Arc::new(Content::new(&[b'x'; BODY_BYTES], Vec::new()));
    NewMessage::new(content, Arc::from("000000000000"))
}

async fn create(queues: &Queues, name: &str, settings: Settings) -> Arc<Queue> {
    let key = QueueKey::new(Account::default(), Region::default(), name);
    queues.create(key, settings, Vec::new()).await.expect("created").queue
}

/// Runs `count` operations on `tasks` tasks.
async fn spread<F: Future<Output = ()> + Send>(
    tasks: usize,
    count: usize,
    operation: impl Fn(usize) -> F + Send + Sync + Clone + 'static,
) {
    let tasks = (0..tasks).map(|task| {
        let operation = operation.clone();
        tokio::spawn(async move {
            for _ in 0..count / tasks.max(1) {
                operation(task).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("done");
    }
}

async fn send_receive_delete(queue: &Arc<Queue>, tasks: usize, count: usize) {
    let watch = Stopwatch::start();
    let target = Arc::clone(queue);
    spread(tasks, count, move |_| {
        let queue = Arc::clone(&target);
        async move {
            queue.send(message()).await.expect("sent");
        }
    })
    .await;
    watch.report(&format!("send, {tasks} tasks"), count);
    let watch = Stopwatch::start();
    let target = Arc::clone(queue);
    spread(tasks, count, move |_| {
        let queue = Arc::clone(&target);
        async move {
            for received in queue.receive(Receive::default()).await.expect("received") {
                queue.delete(&[&received.handle]).await.remove(0).expect("deleted");
            }
        }
    })
    .await;
    watch.report(&format!("receive + delete, {tasks} tasks"), count);
}

async fn fill(queue: &Arc<Queue>, count: usize) {
    let target = Arc::clone(queue);
    spread(16, count / 10, move |_| {
        let queue = Arc::clone(&target);
        async move {
            let batch = (0..10).map(|_| message()).collect();
            assert!(queue.send_batch(batch).await.iter().all(Result::is_ok));
        }
    })
    .await;
}

async fn fan_out(queues: &Arc<Queues>, targets: usize, count: usize) {
    let mut all = Vec::new();
    for number in 0..targets {
        all.push(create(queues, &format!("fan-{targets}-{number}"), Settings::default()).await);
    }
    let watch = Stopwatch::start();
    let (queues, all) = (Arc::clone(queues), Arc::new(all));
    let counted = Arc::clone(&all);
    spread(16, count, move |_| {
        let (queues, all) = (Arc::clone(&queues), Arc::clone(&all));
        async move {
            let deliveries = all.iter().map(|queue| Delivery {
                queue: Arc::clone(queue),
                group: None,
                deduplication: None,
                trace_header: None,
                sender: Arc::from("AIDAISMY"),
                body_override: None,
            });
            let deliveries = deliveries.collect();
            let content = message().content;
            assert!(queues.deliver(content, deliveries).await.iter().all(Result::is_ok));
        }
    })
    .await;
    watch.report(&format!("deliveries to {targets} queues"), count * targets);
    let found = counted.iter().map(|queue| queue.counts().visible).sum::<u64>();
    assert_eq!(found as usize, count / 16 * 16 * targets);
}

async fn redrive(queues: &Queues, count: usize) {
    let dead = create(queues, "dead", Settings::default()).await;
    let target = dead.arn().as_ref().clone();
    let redrive = Some(Redrive { target, max_receive_count: 1 });
    let source = create(queues, "source", Settings { redrive, ..Settings::default() }).await;
    fill(&source, count).await;
    let request = || Receive { max: 10, visibility_seconds: Some(0), ..Receive::default() };
    let watch = Stopwatch::start();
    while !source.receive(request()).await.expect("received").is_empty() {}
    watch.report("to the dead-letter queue (receives of 10)", count);
    assert_eq!(dead.counts().visible as usize, count);
    let watch = Stopwatch::start();
    queues.start_move(dead.arn(), None, None).await.expect("started");
    while source.counts().visible < count as u64 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    watch.report("redrive by a move task", count);
}

async fn run(folder: PathBuf, mode: &str, only_sends: Option<usize>) {
    let is_ephemeral = mode == "ephemeral";
    let durability = match mode {
        "none" | "fill" => Durability::None,
        "sync" => Durability::Sync,
        _ => Durability::Group,
    };
    let options = || Options { durability, ..Options::default() };
    let open = || Queues::open(&context(&folder, is_ephemeral), options()).expect("opens");
    println!("mode {mode}, {BODY_BYTES} B bodies");
    let watch = Stopwatch::start();
    let queues = open();
    if mode == "open" {
        let messages = queues.all().iter().map(|it| it.counts().visible as usize).sum();
        watch.report("recovery in a new process", messages);
        println!("{:<46} {:>10.0} MiB resident", "after the recovery", resident_mib());
        return;
    }
    if mode == "fill" {
        let queue = create(&queues, "many", Settings::default()).await;
        fill(&queue, MILLION).await;
        return queues.close().await.expect("closed");
    }
    let queue = create(&queues, "few", Settings::default()).await;
    if let Some(tasks) = only_sends {
        for _ in 0..3 {
            send_receive_delete(&queue, tasks, 3_000 * tasks).await;
        }
        return;
    }
    for tasks in [1, 16, 64] {
        let count = if tasks == 1 { 20_000 } else { 200_000 };
        send_receive_delete(&queue, tasks, count).await;
    }
    fan_out(&queues, 10, 10_000).await;
    fan_out(&queues, 100, 2_000).await;
    redrive(&queues, 100_000).await;
    queues.reset().await.expect("reset");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = resident_mib();
    let queue = create(&queues, "many", Settings::default()).await;
    let watch = Stopwatch::start();
    fill(&queue, MILLION).await;
    watch.report("a million messages, batches of 10", MILLION);
    let more = resident_mib() - before;
    let bytes = more * 1_048_576.0 / MILLION as f64;
    println!(
        "{:<46} {more:>10.0} MiB more, {bytes:.0} B a message",
        "memory of a million messages"
    );
    println!("with a million messages in the queue:");
    send_receive_delete(&queue, 16, 200_000).await;
    if !is_ephemeral {
        queues.close().await.expect("closed");
        drop((queue, queues));
        tokio::time::sleep(Duration::from_millis(300)).await;
        let watch = Stopwatch::start();
        let queues = open();
        let queue = queues.all().remove(0);
        let count = queue.counts().visible as usize;
        watch.report("recovery", count);
        println!("{:<46} {:>10.0} MiB resident", "after the recovery", resident_mib());
        let watch = Stopwatch::start();
        queues.reset().await.expect("reset");
        watch.report("reset", 1);
        return;
    }
    queues.reset().await.expect("reset");
    let mut all = Vec::new();
    let watch = Stopwatch::start();
    for number in 0..10_000 {
        all.push(create(&queues, &format!("q{number}"), Settings::default()).await);
    }
    watch.report("10,000 queues created", 10_000);
    let watch = Stopwatch::start();
    let all = Arc::new(all);
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    spread(16, 200_000, move |_| {
        let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % all.len();
        let queue = Arc::clone(&all[at]);
        async move {
            queue.send(message()).await.expect("sent");
        }
    })
    .await;
    watch.report("send to 10,000 queues in turn, 16 tasks", 200_000);
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder to work in"));
    std::fs::create_dir_all(&folder).expect("made");
    let mode = arguments.next().unwrap_or_else(|| "group".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("started");
    let only_sends = arguments.next().and_then(|text| text.parse().ok());
    runtime.block_on(run(folder, &mode, only_sends));
}
