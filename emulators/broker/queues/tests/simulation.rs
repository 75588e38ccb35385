//! Random operations against a simple model, on a disk that stops, fills up and fails.
//!
//! Everything follows from the seed: `BRUME_SEED` repeats one run, `BRUME_RUNS` sets how many there
//! are (60 when not set). Checked are: what was acknowledged is there, what was refused is not, a
//! message is not given to anybody while somebody has it, groups keep their order, dead letters are
//! in one queue.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use brume_foundation::clock::Clock;
use brume_foundation::journal::simulated::{Faults, SimulatedDisk};
use brume_foundation::random::Random;
use brume_queues::{Content, Delivery, Queue, QueueError, Queues, Received, State};
use common::*;

const QUEUES: [&str; 4] = ["standard", "dead", "first.fifo", "second.fifo"];
const RECEIVES_MAX: u32 = 3;
const STEPS: usize = 250;

/// What the model knows of a message, by its body.
#[derive(Clone, Debug)]
struct Known {
    queue: &'static str,
    group: Option<String>,
    /// Place among all messages of its FIFO queue.
    number: u64,
    /// End of the visibility timeout that was acknowledged.
    until_ms: u64,
    receives: u32,
    handle: Option<String>,
}

impl Known {
    /// Whether it is in that queue as far as we know, or went there without our seeing it.
    fn may_be_in(&self, name: &str, moves: usize) -> bool {
        let has_died = self.receives >= RECEIVES_MAX;
        self.queue == name
            || (self.queue, name) == ("standard", "dead") && has_died
            || (self.queue, name) == ("dead", "standard") && moves > 0
    }
}

struct World {
    seed: u64,
    random: Random,
    clock: Arc<Clock>,
    disk: SimulatedDisk,
    queues: Arc<Queues>,
    known: BTreeMap<String, Known>,
    /// Bodies that were refused, and so may be there after a crash only.
    doubtful: BTreeSet<String>,
    /// Queues in which an unknown message may have been received or moved.
    touched: BTreeSet<&'static str>,
    deleted: BTreeSet<String>,
    sent: u64,
    acknowledged: usize,
    moves: usize,
}

impl World {
    async fn new(seed: u64) -> Self {
        let is_even = seed.is_multiple_of(2);
        let disk = if is_even { SimulatedDisk::new() } else { SimulatedDisk::reserving() };
        let clock = frozen();
        let queues = simulated(&clock, Arc::new(disk.clone()));
        create(&queues, "dead", settings()).await;
        let standard = with_dead_letters(settings(), "dead", RECEIVES_MAX);
        create(&queues, "standard", standard).await;
        create(&queues, "first.fifo", fifo()).await;
        create(&queues, "second.fifo", fifo()).await;
        Self {
            seed,
            random: Random::seeded(seed),
            clock,
            disk,
            queues,
            known: BTreeMap::new(),
            doubtful: BTreeSet::new(),
            touched: BTreeSet::new(),
            deleted: BTreeSet::new(),
            sent: 0,
            acknowledged: 0,
            moves: 0,
        }
    }

    fn below(&self, bound: usize) -> usize {
        self.random.below(bound as u64) as usize
    }

    fn now_ms(&self) -> u64 {
        self.clock.now().unix_millis()
    }

    fn queue(&self, name: &str) -> Arc<Queue> {
        self.queues.get(&key(name)).unwrap_or_else(|| panic!("seed {}: no {name}", self.seed))
    }

    fn body(&mut self) -> (String, u64) {
        self.sent += 1;
        (format!("{}-{}", self.sent, "x".repeat(self.below(60))), self.sent)
    }

    fn accept(&mut self, body: String, queue: &'static str, group: Option<String>, number: u64) {
        self.acknowledged += 1;
        let known = Known { queue, group, number, until_ms: 0, receives: 0, handle: None };
        self.known.insert(body, known);
    }

    fn is_refused<T>(&self, result: &Result<T, QueueError>) -> bool {
        match result {
            Ok(_) => false,
            Err(QueueError::StorageFailed(_)) => true,
            Err(error) => panic!("seed {}: {error}", self.seed),
        }
    }

    async fn send(&mut self) {
        let name = ["standard", "dead", "first.fifo", "second.fifo"][self.below(4)];
        let queue = self.queue(name);
        let count = 1 + self.below(4);
        let mut messages = Vec::new();
        let mut sent = Vec::new();
        for _ in 0..count {
            let (body, number) = self.body();
            let group = format!("g{}", self.below(3));
            let is_fifo = name.ends_with(".fifo");
            let new = if is_fifo { ordered(&body, &group) } else { message(&body) };
            messages.push(new);
            sent.push((body, is_fifo.then_some(group), number));
        }
        let results = queue.send_batch(messages.clone()).await;
        for ((body, group, number), result) in sent.into_iter().zip(&results) {
            if self.is_refused(result) {
                self.doubtful.insert(body);
            } else {
                self.accept(body, name, group, number);
            }
        }
        if name.ends_with(".fifo") && results.iter().all(Result::is_ok) {
            // The same once more is the same.
            let again = queue.send_batch(messages).await;
            for (again, first) in again.iter().zip(&results) {
                if let (Ok(again), Ok(first)) = (again, first) {
                    assert!(again.is_duplicate && again.id == first.id, "seed {}", self.seed);
                }
            }
        }
    }

    async fn fan_out(&mut self) {
        let (body, number) = self.body();
        let group = format!("g{}", self.below(3));
        let names = ["standard", "first.fifo", "second.fifo"];
        let delivery = |name: &&str| Delivery {
            queue: self.queue(name),
            group: name.ends_with(".fifo").then(|| group.as_str().into()),
            deduplication: name.ends_with(".fifo").then(|| body.as_str().into()),
            trace_header: None,
            sender: "topic".into(),
            body_override: Some(format!("{body}@{name}").into()),
        };
        let deliveries = names.iter().map(delivery).collect();
        let content = Arc::new(Content::new(body.as_bytes(), Vec::new()));
        let results = self.queues.deliver(content, deliveries).await;
        let refused = results.iter().filter(|result| self.is_refused(result)).count();
        assert!(refused == 0 || refused == 3, "seed {}: all or none", self.seed);
        for name in names {
            let body = format!("{body}@{name}");
            let group = name.ends_with(".fifo").then(|| group.clone());
            if refused == 0 {
                self.accept(body, name, group, number);
            } else {
                self.doubtful.insert(body);
            }
        }
    }

    async fn receive(&mut self) {
        let name = QUEUES[self.below(4)];
        let seconds = [5, 30, 1_000][self.below(3)];
        let now_ms = self.now_ms();
        let result = self.queue(name).receive(for_seconds(1 + self.below(10), seconds)).await;
        if self.is_refused(&result) {
            self.touched.insert(name);
            return;
        }
        let mut groups = BTreeSet::new();
        for received in result.unwrap() {
            self.check_received(name, &received, now_ms, &mut groups);
            let body = body_of(&received);
            let known = self.known.get_mut(&body).unwrap();
            known.queue = name;
            known.until_ms = now_ms + u64::from(seconds) * 1_000;
            known.receives = received.attributes.receive_count;
            known.handle = Some(received.handle.clone());
        }
    }

    fn check_received(
        &self,
        name: &'static str,
        received: &Received,
        now_ms: u64,
        groups: &mut BTreeSet<String>,
    ) {
        let body = body_of(received);
        let seed = self.seed;
        assert!(!self.deleted.contains(&body), "seed {seed}: {body} was deleted");
        let Some(known) = self.known.get(&body) else { panic!("seed {seed}: {body} is unknown") };
        assert!(known.until_ms <= now_ms, "seed {seed}: {body} is somebody else's: {known:?}");
        let is_moved = (known.queue, name) == ("standard", "dead")
            && known.receives >= RECEIVES_MAX
            || (known.queue, name) == ("dead", "standard") && self.moves > 0;
        assert!(known.queue == name || is_moved, "seed {seed}: {body} in {name}: {known:?}");
        if known.queue == name && !self.may_have_come_back(known) {
            assert_eq!(received.attributes.receive_count, known.receives + 1, "seed {seed}");
        }
        let Some(group) = &known.group else { return };
        // Everything older of the group is gone or was received just now; nothing is out.
        for (other, it) in &self.known {
            if it.queue != name || it.group.as_ref() != Some(group) || *other == body {
                continue;
            }
            let is_ours = groups.contains(other);
            assert!(is_ours || it.number > known.number, "seed {seed}: {other} is before {body}");
            assert!(is_ours || it.until_ms <= now_ms, "seed {seed}: {other} blocks {body}");
        }
        groups.insert(body);
    }

    /// Whether it may have been a dead letter and moved back without our seeing it.
    fn may_have_come_back(&self, known: &Known) -> bool {
        self.moves > 0 && (known.receives >= RECEIVES_MAX || known.queue == "dead")
    }

    /// A message that is out, with its handle.
    fn any_out(&self) -> Option<(String, Known)> {
        let now_ms = self.now_ms();
        let is_out = |known: &&Known| known.until_ms > now_ms && known.handle.is_some();
        let out = self.known.iter().filter(|(_, known)| is_out(known)).collect::<Vec<_>>();
        let (body, known) = out.get(self.below(out.len().max(1)))?;
        Some(((*body).clone(), (*known).clone()))
    }

    async fn delete(&mut self) {
        let Some((body, known)) = self.any_out() else { return };
        let handle = known.handle.unwrap();
        let result = self.queue(known.queue).delete(&[&handle]).await.remove(0);
        if self.is_refused(&result) {
            self.doubtful.insert(body);
        } else {
            self.acknowledged += 1;
            self.known.remove(&body);
            self.deleted.insert(body);
        }
    }

    async fn change_visibility(&mut self) {
        let Some((body, known)) = self.any_out() else { return };
        let handle = known.handle.unwrap();
        let seconds = [0, 0, 7, 2_000][self.below(4)];
        let queue = self.queue(known.queue);
        let result = queue.change_visibility(&[(&handle, seconds)]).await.remove(0);
        if self.is_refused(&result) {
            self.doubtful.insert(body);
        } else {
            let until_ms = self.now_ms() + u64::from(seconds) * 1_000;
            self.known.get_mut(&body).unwrap().until_ms = until_ms;
        }
    }

    async fn move_back(&mut self) {
        let source = key("dead").arn();
        let target = key("standard").arn();
        match self.queues.start_move(&source, Some(&target), None).await {
            Ok(_) => {}
            Err(QueueError::InvalidMove(_)) => return,
            Err(QueueError::StorageFailed(_)) => {
                // After a crash it may run all the same.
                self.moves += 1;
                return;
            }
            Err(error) => panic!("seed {}: {error}", self.seed),
        }
        self.moves += 1;
        // It runs while other things go on; a short while of them is enough.
        for _ in 0..200 {
            tokio::task::yield_now().await;
            let task = self.queues.list_moves(&source, 1).unwrap().remove(0);
            if task.handle.is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        if self.flush().await {
            self.resync(false);
        }
    }

    async fn purge(&mut self) {
        let name = QUEUES[self.below(4)];
        match self.queue(name).purge().await {
            Ok(()) => {
                // A disk that only refuses gets well for this.
                self.disk.set_faults(Faults::default());
                if self.flush().await {
                    self.resync_after_purge(name);
                } else {
                    let there = self.known.keys().cloned().collect::<Vec<_>>();
                    self.doubtful.extend(there);
                }
            }
            Err(QueueError::PurgeQueueInProgress) => {}
            Err(QueueError::StorageFailed(_)) => {
                self.touched.insert(name);
                let moves = self.moves;
                let there = self.known.iter().filter(|(_, known)| known.may_be_in(name, moves));
                self.doubtful.extend(there.map(|(body, _)| body.clone()).collect::<Vec<_>>());
            }
            Err(error) => panic!("seed {}: {error}", self.seed),
        }
    }

    /// What was in a purged queue is gone, unless it had left it without our seeing that.
    fn resync_after_purge(&mut self, name: &str) {
        let there = self.there();
        assert!(there.values().all(|(queue, ..)| *queue != name), "seed {}", self.seed);
        let moves = self.moves;
        let is_gone = |body: &String, known: &mut Known| {
            known.may_be_in(name, moves) && !there.contains_key(body)
        };
        let gone = self.known.extract_if(.., is_gone).map(|(body, _)| body).collect::<Vec<_>>();
        self.deleted.extend(gone);
    }

    /// Lets what is on its way arrive: a message that moves is to be seen in neither queue. Tells
    /// whether the disk let it.
    async fn flush(&self) -> bool {
        let tag = ("flush".to_owned(), self.random.next_u64().to_string());
        self.queue("standard").tag(vec![tag]).await.is_ok()
    }

    /// What is in the queues: queue, state, receives.
    fn there(&self) -> BTreeMap<String, (&'static str, State, u32)> {
        let mut there = BTreeMap::new();
        for name in QUEUES {
            let (mut after, queue) = (0, self.queue(name));
            loop {
                let page = queue.peek(after, 7);
                let Some(last) = page.last() else { break };
                assert!(last.cursor > after);
                after = last.cursor;
                for it in page {
                    let body = String::from_utf8(it.content.body().to_vec()).unwrap();
                    let place = (name, it.state, it.attributes.receive_count);
                    let before = there.insert(body.clone(), place);
                    assert!(before.is_none(), "seed {}: {body} twice", self.seed);
                }
            }
        }
        there
    }

    /// Compares the model with what is there, and takes over what only a crash explains.
    fn resync(&mut self, has_crashed: bool) {
        let seed = self.seed;
        let there = self.there();
        let now_ms = self.now_ms();
        for (body, (name, state, receives)) in &there {
            assert!(!self.deleted.contains(body), "seed {seed}: {body} was deleted");
            let is_doubtful = self.doubtful.contains(body);
            let Some(known) = self.known.get(body) else {
                assert!(is_doubtful && has_crashed, "seed {seed}: {body} was refused");
                continue;
            };
            let is_touched = |name: &&str| known.may_be_in(name, self.moves);
            let is_touched = has_crashed && (is_doubtful || self.touched.iter().any(is_touched));
            let moved = (known.queue, *name) == ("dead", "standard") && self.moves > 0;
            let died = (known.queue, *name) == ("standard", "dead")
                && (known.receives >= RECEIVES_MAX || is_touched);
            assert!(known.queue == *name || moved || died, "seed {seed}: {body} is in {name}");
            if known.until_ms > now_ms && !is_touched && known.queue == *name {
                let expected = State::InFlight { until_ms: known.until_ms };
                assert_eq!(*state, expected, "seed {seed}: {body}");
            }
            if known.queue == *name && !is_touched && !self.may_have_come_back(known) {
                assert_eq!(*receives, known.receives, "seed {seed}: {body}");
            }
        }
        for (body, known) in &self.known {
            let may_be_gone = has_crashed && self.doubtful.contains(body);
            let is_there = there.contains_key(body);
            assert!(is_there || may_be_gone, "seed {seed}: {body} is lost: {known:?}");
        }
        if has_crashed {
            let gone = self.known.extract_if(.., |body, _| !there.contains_key(body));
            let gone = gone.map(|(body, _)| body).collect::<Vec<_>>();
            self.deleted.extend(gone);
        }
        self.take_over(&there, has_crashed);
    }

    fn take_over(
        &mut self,
        there: &BTreeMap<String, (&'static str, State, u32)>,
        has_crashed: bool,
    ) {
        for (body, &(queue, state, receives)) in there {
            let until_ms = match state {
                State::InFlight { until_ms } | State::Delayed { until_ms } => until_ms,
                State::Visible => 0,
            };
            let group = self.group_of(body, queue);
            let number = body.split(['-', '@']).next().and_then(|text| text.parse().ok());
            let number = number.unwrap();
            let known = self.known.entry(body.clone()).or_insert(Known {
                queue,
                group,
                number,
                until_ms,
                receives,
                handle: None,
            });
            if known.queue != queue || known.receives != receives {
                // Somebody whom we do not know had it since.
                known.handle = None;
            }
            if known.queue != queue || has_crashed {
                (known.queue, known.until_ms, known.receives) = (queue, until_ms, receives);
            }
        }
        if has_crashed {
            self.doubtful.clear();
            self.touched.clear();
        }
    }

    fn group_of(&self, body: &str, queue: &str) -> Option<String> {
        let page = self.queue(queue).peek(0, usize::MAX);
        let found = page.into_iter().find(|it| it.content.body() == body.as_bytes())?;
        found.attributes.group.map(|group| group.to_string())
    }

    fn fill_disk(&self) {
        let errors = |kind| {
            let begin = 1 + self.random.below(4);
            (begin..begin + 1 + self.random.below(4)).map(|at| (at, kind)).collect()
        };
        let faults = match self.below(3) {
            0 => Faults { capacity: Some(0), ..Faults::default() },
            1 => Faults { errors: errors(io::ErrorKind::StorageFull), ..Faults::default() },
            _ => Faults { errors: errors(io::ErrorKind::Other), ..Faults::default() },
        };
        self.disk.set_faults(faults);
    }

    async fn crash(&mut self) {
        self.disk = match self.below(3) {
            0 => self.disk.after_kill(),
            _ => self.disk.after_crash(&self.random),
        };
        let queues = simulated(&self.clock, Arc::new(self.disk.clone()));
        self.queues = queues;
        self.resync(true);
    }

    async fn step(&mut self) {
        match self.below(40) {
            0..10 => self.send().await,
            10..13 => self.fan_out().await,
            13..23 => self.receive().await,
            23..30 => self.delete().await,
            30..33 => self.change_visibility().await,
            33..36 => {
                let seconds = [1, 6, 31, 1_001][self.below(4)];
                self.clock.advance(Duration::from_secs(seconds)).await;
            }
            36 => {
                // It may be refused like everything else.
                let _ = self.queues.relocate().await;
            }
            37 if self.below(8) == 0 => self.purge().await,
            38 => self.move_back().await,
            _ => {}
        }
    }

    async fn run(mut self) -> usize {
        for _ in 0..STEPS {
            match self.below(60) {
                0 => self.crash().await,
                1 => {
                    // The machine stops in the middle of something.
                    let at = Some(1 + self.random.below(12));
                    self.disk.set_faults(Faults { crash_at: at, ..Faults::default() });
                    for _ in 0..8 {
                        self.step().await;
                    }
                    self.crash().await;
                }
                2 => {
                    self.fill_disk();
                    for _ in 0..6 {
                        self.step().await;
                    }
                    self.disk.set_faults(Faults::default());
                    // Nothing that was refused happened.
                    assert!(self.flush().await, "seed {}: the disk is well", self.seed);
                    self.resync(false);
                    self.doubtful.clear();
                    self.touched.clear();
                }
                _ => self.step().await,
            }
        }
        assert!(self.flush().await, "seed {}: the disk is well", self.seed);
        self.resync(false);
        self.acknowledged
    }
}

fn body_of(received: &Received) -> String {
    String::from_utf8(received.content.body().to_vec()).unwrap()
}

#[test]
fn random_operations_agree_with_the_model() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("BRUME_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("BRUME_RUNS").unwrap_or(60),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut acknowledged = 0;
    for seed in seeds {
        println!("BRUME_SEED={seed}");
        acknowledged += runtime.block_on(async { World::new(seed).await.run().await });
    }
    println!("{acknowledged} sends and deletions acknowledged, none lost");
}
