//! Helpers of the tests.

#![allow(dead_code, clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;

use brume_foundation::clock::{Clock, Moment};
use brume_foundation::faults::Faults;
use brume_foundation::journal::Disk;
use brume_foundation::log::Log;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{ServiceContext, Storage};
use brume_policy::{Account, Region};
use brume_queues::{
    Content, Fifo, NewMessage, Options, Queue, QueueKey, Queues, Receive, Received, Redrive,
    Settings,
};

/// 2026-01-01.
pub const START_MS: u64 = 1_767_225_600_000;

/// Bytes of a segment in tests with many of them.
pub const SEGMENT_BYTES: u64 = 4_096;

pub fn frozen() -> Arc<Clock> {
    Clock::frozen(Moment::from_unix_millis(START_MS))
}

pub fn context(storage: Storage, clock: &Arc<Clock>) -> ServiceContext {
    ServiceContext {
        instance: "test".to_owned(),
        storage,
        repair: false,
        clock: Arc::clone(clock),
        faults: Arc::new(Faults::new()),
        random: Random::seeded(7),
        ports: Arc::new(Ports::random()),
        log: Log::discard(),
    }
}

/// Queues without a disk.
pub fn ephemeral(clock: &Arc<Clock>) -> Arc<Queues> {
    let storage = Storage::Ephemeral("unused".into());
    Queues::open(&context(storage, clock), Options::default()).expect("opens")
}

/// Queues in a folder.
pub fn durable(clock: &Arc<Clock>, folder: &Path) -> Arc<Queues> {
    let storage = Storage::Durable(folder.to_owned());
    Queues::open(&context(storage, clock), Options::default()).expect("opens")
}

/// Queues on a disk that a test can let fail.
pub fn simulated(clock: &Arc<Clock>, disk: Arc<dyn Disk>) -> Arc<Queues> {
    let context = context(Storage::Ephemeral("unused".into()), clock);
    Queues::open_on(&context, Options::default(), disk, SEGMENT_BYTES).expect("opens")
}

pub fn key(name: &str) -> QueueKey {
    QueueKey::new(Account::default(), Region::default(), name)
}

pub fn settings() -> Settings {
    Settings::default()
}

pub fn fifo() -> Settings {
    Settings { fifo: Some(Fifo::default()), ..Settings::default() }
}

pub fn with_dead_letters(settings: Settings, target: &str, max_receive_count: u32) -> Settings {
    let redrive = Some(Redrive { target: key(target).arn(), max_receive_count });
    Settings { redrive, ..settings }
}

pub async fn create(queues: &Queues, name: &str, settings: Settings) -> Arc<Queue> {
    queues.create(key(name), settings, Vec::new()).await.expect("created").queue
}

pub fn message(body: &str) -> NewMessage {
    NewMessage::new(Arc::new(Content::new(body.as_bytes(), Vec::new())), Arc::from("sender"))
}

pub fn in_group(body: &str, group: &str) -> NewMessage {
    NewMessage { group: Some(group.into()), ..message(body) }
}

/// A message for a FIFO queue whose body is its deduplication id.
pub fn ordered(body: &str, group: &str) -> NewMessage {
    NewMessage { deduplication: Some(body.into()), ..in_group(body, group) }
}

pub fn up_to(max: usize) -> Receive {
    Receive { max, ..Receive::default() }
}

pub fn for_seconds(max: usize, seconds: u32) -> Receive {
    Receive { visibility_seconds: Some(seconds), ..up_to(max) }
}

pub async fn receive(queue: &Queue, max: usize) -> Vec<Received> {
    queue.receive(up_to(max)).await.expect("received")
}

pub fn bodies(received: &[Received]) -> Vec<String> {
    let text = |it: &Received| String::from_utf8(it.content.body().to_vec()).expect("text");
    received.iter().map(text).collect()
}

pub async fn receive_bodies(queue: &Queue, max: usize) -> Vec<String> {
    bodies(&receive(queue, max).await)
}

pub async fn delete(queue: &Queue, received: &Received) {
    queue.delete(&[&received.handle]).await.remove(0).expect("deleted");
}
