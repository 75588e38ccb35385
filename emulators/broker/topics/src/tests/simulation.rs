//! Random publications to endpoints that fail, with crashes in between, against a simple model:
//! every acknowledged message arrives or is a dead letter, and groups keep their order.
//!
//! `BRUME_SEED` repeats a run; the seed is printed.

use std::collections::BTreeMap;
use std::time::Duration;

use brume_foundation::journal::simulated::SimulatedDisk;
use brume_foundation::random::Random;

use super::world::{World, message, redrive};

const QUEUES: u64 = 4;
const ROUNDS: u64 = 12;

fn seed() -> u64 {
    let given = std::env::var("BRUME_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| Random::from_system().next_u64());
    println!("BRUME_SEED={seed}");
    seed
}

struct Model {
    random: Random,
    topic: String,
    queues: Vec<String>,
    letters: String,
    is_fifo: bool,
    /// What was acknowledged, by group, in order.
    acknowledged: BTreeMap<String, Vec<String>>,
    number: u64,
}

impl Model {
    async fn begin(world: &World, random: Random, is_fifo: bool) -> Self {
        let suffix = if is_fifo { ".fifo" } else { "" };
        let topic = world.topic(&format!("orders{suffix}"), &[]).await;
        let letters = world.queue(&format!("dlq{suffix}"));
        let mut queues = Vec::new();
        for number in 0..QUEUES {
            let queue = world.queue(&format!("q{number}{suffix}"));
            let attributes =
                [("RawMessageDelivery", "true"), ("RedrivePolicy", &*redrive(&letters))];
            world.subscribe(&topic, "sqs", &queue, &attributes).await;
            queues.push(queue);
        }
        let acknowledged = BTreeMap::new();
        Self { random, topic, queues, letters, is_fifo, acknowledged, number: 0 }
    }

    async fn publish(&mut self, world: &World) {
        for _ in 0..=self.random.below(6) {
            self.number += 1;
            let group = format!("g{}", self.random.below(3));
            let text = format!("{group}/{}", self.number);
            let mut publish = message(&self.topic, &text);
            if self.is_fifo {
                publish.group = Some(group.clone());
                publish.deduplication = Some(self.number.to_string());
            }
            if world.topics.publish(publish).await.is_ok() {
                self.acknowledged.entry(group).or_default().push(text);
            }
        }
    }

    fn check(&self, world: &World) {
        let letters = world.queues.bodies(&self.letters);
        for queue in &self.queues {
            let got = world.queues.bodies(queue);
            for (group, texts) in &self.acknowledged {
                for text in texts {
                    let is_there = got.contains(text) || letters.contains(text);
                    assert!(is_there, "{text} is lost on its way to {queue}");
                }
                if !self.is_fifo {
                    continue;
                }
                // A crash may send something twice; its first arrival counts.
                let prefix = format!("{group}/");
                let mut first: Vec<&String> = Vec::new();
                for text in got.iter().filter(|text| text.starts_with(&prefix)) {
                    if !first.contains(&text) {
                        first.push(text);
                    }
                }
                let wanted = texts.iter().filter(|text| first.contains(text));
                let arrived = first.iter().filter(|text| texts.contains(text)).copied();
                assert_eq!(arrived.collect::<Vec<_>>(), wanted.collect::<Vec<_>>(), "{queue}");
            }
        }
    }
}

async fn simulate(seed: u64, is_fifo: bool) {
    let random = Random::seeded(seed);
    let mut world = World::on(SimulatedDisk::new());
    let mut model = Model::begin(&world, random.clone(), is_fifo).await;
    for _ in 0..ROUNDS {
        if random.chance(0.6) {
            let queue = format!("Deliver/sqs/*:q{}*", random.below(QUEUES));
            world.fault(&queue, 503, Some(random.below(12)));
        }
        model.publish(&world).await;
        match random.below(5) {
            0 => {
                let disk = world.disk.as_ref().unwrap().after_crash(&random);
                world = world.reopened(disk);
            }
            1 => world.topics.checkpoint_now().await.unwrap(),
            _ => drop(world.clock.advance(Duration::from_secs(random.below(40))).await),
        }
    }
    world.faults.clear();
    world.clock.advance(Duration::from_secs(600)).await;
    world.settle().await;
    model.check(&world);
}

#[tokio::test]
async fn standard_topics_lose_nothing() {
    let seed = seed();
    for run in 0..40 {
        simulate(seed.wrapping_add(run), false).await;
    }
}

#[tokio::test]
async fn fifo_topics_lose_nothing_and_keep_order() {
    let seed = seed();
    for run in 0..40 {
        simulate(seed.wrapping_add(run), true).await;
    }
}
