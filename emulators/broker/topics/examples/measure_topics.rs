//! Measures fan-out and the retry ladder:
//! `measure_topics fan-out SUBSCRIPTIONS SECONDS [FOLDER]` or
//! `measure_topics ladder`.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a tool for people")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brume_foundation::clock::{Clock, Moment};
use brume_foundation::faults::{Action, Faults, Rule};
use brume_foundation::invoke::NoFunctions;
use brume_foundation::journal::Durability;
use brume_foundation::log::Log;
use brume_foundation::metrics::Metrics;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{ServiceContext, Storage};
use brume_policy::{Account, Region};
use brume_queues::{QueueKey, Queues, Settings};
use brume_topics::observer::NoObserver;
use brume_topics::ports::queueing;
use brume_topics::requests::{CreateTopic, Publish, Subscribe, Target};
use brume_topics::{Options, PolicyMode, Topics};

/// Publications that are on their way together.
const CALLERS: usize = 16;

struct World {
    topics: Arc<Topics>,
    queues: Arc<Queues>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    topic: String,
}

async fn open(clock: Arc<Clock>, storage: Storage) -> World {
    let faults = Arc::new(Faults::new());
    let context = ServiceContext {
        instance: "measure".to_owned(),
        storage,
        repair: false,
        clock: Arc::clone(&clock),
        faults: Arc::clone(&faults),
        random: Random::seeded(1),
        ports: Arc::new(Ports::random()),
        log: Log::discard(),
    };
    let metrics = Arc::new(Metrics::new());
    let durability = Durability::Group;
    let queue_options = brume_queues::Options { durability, metrics: Arc::clone(&metrics) };
    let queues = Queues::open(&context, queue_options).expect("queues open");
    let options = Options {
        queues: queueing(Arc::clone(&queues)),
        invoke: Arc::new(NoFunctions),
        observer: Arc::new(NoObserver),
        metrics,
        policy_mode: PolicyMode::Enforce,
        base_url: "http://127.0.0.1:4566".to_owned(),
        durability,
    };
    let topics = Topics::open(&context, options).expect("topics open");
    let request = CreateTopic {
        account: Account::default(),
        region: Region::default(),
        name: "orders".to_owned(),
        attributes: Vec::new(),
        tags: Vec::new(),
        data_protection_policy: None,
    };
    let topic = topics.create_topic(request).await.expect("a topic");
    World { topics, queues, clock, faults, topic }
}

impl World {
    async fn subscribe(&self, name: &str, attributes: &[(&str, &str)]) {
        let key = QueueKey::new(Account::default(), Region::default(), name);
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
            "Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage",
            "Resource":"*"}]}"#;
        let settings = Settings { policy: Some(Arc::from(policy)), ..Settings::default() };
        self.queues.create(key.clone(), settings, Vec::new()).await.expect("a queue");
        let pairs = attributes.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let request = Subscribe {
            caller: Account::default(),
            topic_arn: self.topic.clone(),
            protocol: "sqs".to_owned(),
            endpoint: Some(key.to_string()),
            attributes: pairs.collect(),
            returns_arn: true,
        };
        self.topics.subscribe(request).await.expect("a subscription");
    }

    fn message(&self) -> Publish {
        Publish {
            caller: Account::default(),
            region: Region::default(),
            target: Target::Topic(self.topic.clone()),
            message: "x".repeat(256),
            subject: None,
            is_structured: false,
            attributes: Vec::new(),
            group: None,
            deduplication: None,
            trace_header: None,
        }
    }
}

async fn fan_out(subscriptions: usize, seconds: u64, storage: Storage) {
    let world = Arc::new(open(Clock::real(), storage).await);
    for number in 0..subscriptions {
        world.subscribe(&format!("q{number}"), &[("RawMessageDelivery", "true")]).await;
    }
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let callers = (0..CALLERS).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let mut count = 0_usize;
            while Instant::now() < end {
                world.topics.publish(world.message()).await.expect("published");
                count += 1;
            }
            count
        })
    });
    let mut publications = 0;
    for caller in callers.collect::<Vec<_>>() {
        publications += caller.await.expect("it ends");
    }
    let took = begun.elapsed().as_secs_f64();
    let rate = publications as f64 / took;
    println!("{subscriptions} subscriptions: {rate:.0} publications/s");
    println!("{:.0} deliveries/s", rate * subscriptions as f64);
}

async fn ladder() {
    let clock = Clock::frozen(Moment::from_unix_millis(1_700_000_000_000));
    let world = open(clock, Storage::Ephemeral(std::env::temp_dir())).await;
    world.subscribe("q", &[]).await;
    let action = Action::Error { status: 503, code: None, message: None };
    let (service, operation) = ("sns".to_owned(), "Deliver/*".to_owned());
    let (rate, after, count, seed) = (1.0, 0, None, Some(1));
    let rule = Rule { service, operation, action, rate, after, count, seed };
    world.faults.add(rule).expect("a rule");
    world.topics.publish(world.message()).await.expect("published");
    // The delivery's first timer is set by another thread.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    let fired = world.clock.advance(Duration::from_secs(23 * 86_400)).await;
    println!("23 days, {fired} timers: {:.2} s", begun.elapsed().as_secs_f64());
    println!("{} deliveries are left", world.topics.pending());
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let words = std::env::args().skip(1).collect::<Vec<_>>();
    let number = |index: usize| words.get(index).and_then(|word| word.parse().ok());
    match words.first().map(String::as_str) {
        Some("fan-out") => {
            let storage = match words.get(3).map(PathBuf::from) {
                Some(folder) => Storage::Durable(folder),
                None => Storage::Ephemeral(std::env::temp_dir()),
            };
            let subscriptions = usize::try_from(number(1).unwrap_or(10_u64)).expect("small");
            fan_out(subscriptions, number(2).unwrap_or(3), storage).await;
        }
        Some("ladder") => ladder().await,
        _ => println!(
            "measure_topics fan-out SUBSCRIPTIONS SECONDS [FOLDER] | measure_topics ladder"
        ),
    }
}
