//! What the tests stand on: doubles of everything that the engine talks to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brume_foundation::BoxFuture;
use brume_foundation::clock::{Clock, Moment};
use brume_foundation::faults::{Action, Faults, Rule};
use brume_foundation::invoke::{Accepted, Event, Invoke, Refusal};
use brume_foundation::journal::simulated::SimulatedDisk;
use brume_foundation::journal::{Disk, Durability};
use brume_foundation::log::Log;
use brume_foundation::metrics::{Metrics, SeriesId};
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{ServiceContext, Storage};
use brume_policy::{Account, Region};
use brume_queues::{Content, MessageId, QueueError, QueueKey};

use crate::cause::{Cause, CauseQuery};
use crate::observer::{LogEntry, Observer};
use crate::ports::{QueueFacts, QueueTarget, Queueing};
use crate::requests::{CreateTopic, Publish, Published, Subscribe, Target};
use crate::{Options, PolicyMode, Topics};

/// Where the edge would be.
pub(super) const BASE: &str = "http://127.0.0.1:4566";

/// What a queue got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Got {
    pub(super) body: String,
    pub(super) attributes: Vec<String>,
    pub(super) group: Option<String>,
    pub(super) deduplication: Option<String>,
}

/// Queues in memory.
#[derive(Debug, Default)]
pub(super) struct Queues {
    queues: Mutex<BTreeMap<String, Queue>>,
    ids: AtomicU64,
    pub(super) is_full: AtomicBool,
    /// How many records were written.
    pub(super) records: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    policy: Option<Arc<str>>,
    got: Vec<Got>,
}

impl Queues {
    pub(super) fn add(&self, arn: &str, policy: Option<String>) {
        let queue = Queue { policy: policy.map(Arc::from), got: Vec::new() };
        self.queues.lock().unwrap().insert(arn.to_owned(), queue);
    }

    pub(super) fn remove(&self, arn: &str) {
        self.queues.lock().unwrap().remove(arn);
    }

    pub(super) fn got(&self, arn: &str) -> Vec<Got> {
        self.queues.lock().unwrap().get(arn).map(|it| it.got.clone()).unwrap_or_default()
    }

    pub(super) fn bodies(&self, arn: &str) -> Vec<String> {
        self.got(arn).into_iter().map(|got| got.body).collect()
    }
}

impl Queueing for Queues {
    fn find(&self, queue: &QueueKey) -> Option<QueueFacts> {
        let queues = self.queues.lock().unwrap();
        let found = queues.get(&queue.to_string())?;
        Some(QueueFacts { policy: found.policy.clone(), handle: None })
    }

    fn deliver(
        &self,
        content: Arc<Content>,
        targets: Vec<QueueTarget>,
    ) -> BoxFuture<'static, Vec<Result<MessageId, QueueError>>> {
        self.records.fetch_add(1, Ordering::Relaxed);
        let mut queues = self.queues.lock().unwrap();
        let full = || {
            let error = brume_foundation::Error::failed("the disk is full");
            Err(QueueError::StorageFailed(error))
        };
        let answers = targets.into_iter().map(|target| {
            if self.is_full.load(Ordering::Relaxed) {
                return full();
            }
            let name = target.queue.to_string();
            let queue = queues.get_mut(&name).ok_or(QueueError::QueueDoesNotExist)?;
            let attributes = match &target.body {
                Some(_) => Vec::new(),
                None => content.attributes().iter().map(|it| it.name.to_string()).collect(),
            };
            let body = target.body.as_ref().unwrap_or(content.body());
            queue.got.push(Got {
                body: String::from_utf8(body.to_vec()).unwrap(),
                attributes,
                group: target.group.map(|it| it.to_string()),
                deduplication: target.deduplication.map(|it| it.to_string()),
            });
            let id = self.ids.fetch_add(1, Ordering::Relaxed);
            Ok(MessageId::from_random(u128::from(id).to_be_bytes()))
        });
        let answers = answers.collect();
        Box::pin(async move { answers })
    }
}

/// Functions that are there or not, and remember their events.
#[derive(Debug, Default)]
pub(super) struct Functions {
    pub(super) refusals: Mutex<Vec<Refusal>>,
    pub(super) events: Mutex<Vec<Event>>,
}

impl Invoke for Functions {
    fn invoke(&self, event: Event) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        let answer = match self.refusals.lock().unwrap().pop() {
            Some(refusal) => Err(refusal),
            None => {
                self.events.lock().unwrap().push(event);
                Ok(Accepted { request_id: "r".to_owned() })
            }
        };
        Box::pin(async move { answer })
    }
}

/// Remembers log entries.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    pub(super) entries: Mutex<Vec<LogEntry>>,
}

impl Observer for Recorder {
    fn log(&self, entry: LogEntry) {
        self.entries.lock().unwrap().push(entry);
    }
}

/// An engine with its surroundings.
pub(super) struct World {
    pub(super) topics: Arc<Topics>,
    pub(super) clock: Arc<Clock>,
    pub(super) faults: Arc<Faults>,
    pub(super) queues: Arc<Queues>,
    pub(super) functions: Arc<Functions>,
    pub(super) recorder: Arc<Recorder>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) disk: Option<SimulatedDisk>,
}

impl World {
    /// Without a disk.
    pub(super) fn new() -> Self {
        Self::build(Arc::default(), None, PolicyMode::Enforce)
    }

    pub(super) fn with_mode(mode: PolicyMode) -> Self {
        Self::build(Arc::default(), None, mode)
    }

    /// On a disk that can fail.
    pub(super) fn on(disk: SimulatedDisk) -> Self {
        Self::build(Arc::default(), Some(disk), PolicyMode::Enforce)
    }

    /// What the next start finds; the queues are the same ones.
    pub(super) fn reopened(&self, disk: SimulatedDisk) -> Self {
        Self::build(Arc::clone(&self.queues), Some(disk), PolicyMode::Enforce)
    }

    fn build(queues: Arc<Queues>, disk: Option<SimulatedDisk>, mode: PolicyMode) -> Self {
        let clock = Clock::frozen(Moment::from_unix_millis(1_700_000_000_000));
        let faults = Arc::new(Faults::new());
        let context = ServiceContext {
            instance: "test".to_owned(),
            storage: Storage::Ephemeral("/nowhere".into()),
            repair: false,
            clock: Arc::clone(&clock),
            faults: Arc::clone(&faults),
            random: Random::seeded(7),
            ports: Arc::new(Ports::random()),
            log: Log::discard(),
        };
        let functions = Arc::new(Functions::default());
        let recorder = Arc::new(Recorder::default());
        let metrics = Arc::new(Metrics::new());
        let options = Options {
            queues: Arc::clone(&queues) as Arc<dyn Queueing>,
            invoke: Arc::clone(&functions) as Arc<dyn Invoke>,
            observer: Arc::clone(&recorder) as Arc<dyn Observer>,
            metrics: Arc::clone(&metrics),
            policy_mode: mode,
            base_url: BASE.to_owned(),
            durability: Durability::Group,
        };
        let shared = disk.clone().map(|disk| Arc::new(disk) as Arc<dyn Disk>);
        let topics = Topics::open_on(&context, options, shared).unwrap();
        Self { topics, clock, faults, queues, functions, recorder, metrics, disk }
    }

    /// Makes a topic; FIFO if the name says so.
    pub(super) async fn topic(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        let mut attributes = owned(attributes);
        if name.ends_with(".fifo") {
            attributes.push(("FifoTopic".to_owned(), "true".to_owned()));
        }
        let request = CreateTopic {
            account: Account::default(),
            region: Region::default(),
            name: name.to_owned(),
            attributes,
            tags: Vec::new(),
            data_protection_policy: None,
        };
        self.topics.create_topic(request).await.unwrap()
    }

    /// Makes a queue that lets every topic in.
    pub(super) fn queue(&self, name: &str) -> String {
        let arn = queue_arn(name);
        self.queues.add(&arn, Some(open_policy("*")));
        arn
    }

    pub(super) async fn subscribe(
        &self,
        topic: &str,
        protocol: &str,
        endpoint: &str,
        attributes: &[(&str, &str)],
    ) -> String {
        let request = subscription(topic, protocol, endpoint, attributes);
        self.topics.subscribe(request).await.unwrap()
    }

    pub(super) async fn publish(&self, topic: &str, text: &str) -> Published {
        self.topics.publish(message(topic, text)).await.unwrap()
    }

    /// Waits until nothing is due any more.
    pub(super) async fn settle(&self) {
        self.until(|| self.topics.pending() == 0).await;
    }

    /// Waits for something that is about to happen.
    pub(super) async fn until(&self, is_so: impl Fn() -> bool) {
        let wait = async {
            while !is_so() {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
        waited.expect("it happens");
    }

    pub(super) fn causes(&self, message_id: &str) -> Vec<Cause> {
        let message_id = Some(message_id.to_owned());
        let query = CauseQuery { message_id, limit: 100, ..CauseQuery::default() };
        self.topics.causes(&query).items
    }

    /// Causes of everything.
    pub(super) fn causes_of_all(&self) -> Vec<Cause> {
        self.topics.causes(&CauseQuery { limit: 100, ..CauseQuery::default() }).items
    }

    /// Whether all that is left waits for its time.
    pub(super) fn is_waiting(&self) -> bool {
        self.topics.is_waiting()
    }

    /// Makes deliveries fail as long as the rule stands.
    pub(super) fn fault(&self, operation: &str, status: u16, count: Option<u64>) -> u64 {
        let action = Action::Error { status, code: None, message: None };
        let rule = Rule {
            service: "sns".to_owned(),
            operation: operation.to_owned(),
            action,
            rate: 1.0,
            after: 0,
            count,
            seed: Some(1),
        };
        self.faults.add(rule).unwrap()
    }

    /// The sum of a metric of a topic.
    pub(super) fn metric(&self, topic_name: &str, name: &str) -> f64 {
        let id = SeriesId::new("AWS/SNS", name, &[("TopicName", topic_name)]);
        let registry = self.metrics.scope("000000000000", "us-east-1");
        registry.summary(&id, self.clock.now()).map_or(0.0, |(statistics, _)| statistics.sum)
    }
}

pub(super) fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub(super) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

/// A policy that lets topics send whose ARN fits a pattern.
pub(super) fn open_policy(source: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"sns","Effect":"Allow",
        "Principal":{{"Service":"sns.amazonaws.com"}},"Action":"sqs:SendMessage",
        "Resource":"*","Condition":{{"ArnLike":{{"aws:SourceArn":"{source}"}}}}}}]}}"#
    )
}

pub(super) fn subscription(
    topic: &str,
    protocol: &str,
    endpoint: &str,
    attributes: &[(&str, &str)],
) -> Subscribe {
    Subscribe {
        caller: Account::default(),
        topic_arn: topic.to_owned(),
        protocol: protocol.to_owned(),
        endpoint: Some(endpoint.to_owned()),
        attributes: owned(attributes),
        returns_arn: true,
    }
}

pub(super) fn message(topic: &str, text: &str) -> Publish {
    Publish {
        caller: Account::default(),
        region: Region::default(),
        target: Target::Topic(topic.to_owned()),
        message: text.to_owned(),
        subject: None,
        is_structured: false,
        attributes: Vec::new(),
        group: None,
        deduplication: None,
        trace_header: None,
    }
}

/// A redrive policy.
pub(super) fn redrive(queue: &str) -> String {
    format!(r#"{{"deadLetterTargetArn":"{queue}"}}"#)
}
