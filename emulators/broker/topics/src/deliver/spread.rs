//! What a publication does at once: filters, queues, and dead letters of queues that refuse.
//!
//! Messages for queues go there in one record with a shared body. What goes elsewhere, or has to
//! wait for earlier messages of its group, is put on the schedule and journaled. A message is
//! acknowledged when both are durable.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use brume_foundation::clock::Moment;
use brume_policy::evaluate::Caller;
use brume_queues::{MessageId, QueueError};

use super::queue::{Body, delivered};
use super::settle::{cause, lost};
use super::shared::Shared;
use super::verdict::Failure;
use crate::cause::{Attempt, Cause, Outcome};
use crate::core::Core;
use crate::directory::{Plan, SubscriptionEntry};
use crate::error::{Result, TopicError};
use crate::fifo::{Seen, window_key};
use crate::filter::{self, judged};
use crate::message::{Message, sequence_number};
use crate::meter::{Meter, Metric};
use crate::ports::QueueTarget;
use crate::protocol::Protocol;
use crate::requests::Published;
use crate::retry::{Ladder, jittered};
use crate::schedule::Delivery;
use crate::status_log::{Wanted, wanted};
use crate::store::{Entry, Written};

/// Queues that share one record.
const QUEUES_PER_RECORD: usize = 1_000;

type Subscriber = Arc<SubscriptionEntry>;
type Answers = Vec<Result<MessageId, QueueError>>;

/// A publication on its way.
#[derive(Debug)]
pub(crate) struct Spread {
    shared: Arc<Shared>,
    plan: Arc<Plan>,
    meter: Arc<Meter>,
    logged: Wanted,
    now: Moment,
}

/// What is done about some of the queues that subscribed.
#[derive(Debug, Default)]
struct Prepared {
    /// Where each target belongs to, in the order of the targets.
    purposes: Vec<(Subscriber, Purpose)>,
    targets: Vec<QueueTarget>,
    /// Those that cannot be reached now: they wait.
    retries: Vec<(Subscriber, Failure)>,
    /// Those whose message is nowhere any more, and why.
    lost: Vec<(Subscriber, Failure, Outcome)>,
}

/// What came of giving a message of a FIFO topic its place.
enum Begin {
    /// It was published before.
    Duplicate(Published),
    /// It is on its way.
    Begun(Box<Begun>),
}

/// A message of a FIFO topic that has its place everywhere, and may not be durable yet.
struct Begun {
    message: Arc<Message>,
    prepared: Prepared,
    sent: Sent,
    written: Written,
    has_waiting: bool,
}

/// Why a message goes into a queue.
#[derive(Debug)]
enum Purpose {
    /// It is the endpoint.
    Endpoint,
    /// The endpoint failed, and this is the dead-letter queue.
    DeadLetter(Failure),
}

impl Spread {
    pub(crate) fn new(shared: &Arc<Shared>, plan: Arc<Plan>, now: Moment) -> Self {
        let meter = shared.meters.of(&plan.topic.key);
        let logged = wanted(&plan.topic, Protocol::Sqs);
        Self { shared: Arc::clone(shared), plan, meter, logged, now }
    }

    /// Spreads a message of a standard topic.
    pub(crate) async fn standard(&self, message: Message) -> Result<Published> {
        let (queues, others) = self.subscribers(&message);
        let message = Arc::new(message);
        let waiting = others.iter().map(|entry| Arc::clone(&entry.record.arn)).collect::<Vec<_>>();
        let written = (!waiting.is_empty()).then(|| {
            let mut core = self.shared.core();
            core.enqueue(&message, &waiting, self.now, false);
            self.accept(&message, waiting, None, false)
        });
        if written.is_some() {
            self.shared.wake.notify_one();
        }
        let delivered = self.to_queues(&queues, &message).await;
        if let Some(written) = written {
            self.shared.store.wait(written).await?;
        }
        delivered?;
        Ok(self.published(&message))
    }

    /// Spreads a message of a FIFO topic: its place, its queues and what waits are settled in one
    /// step, so that no other message comes in between.
    pub(crate) async fn fifo(&self, message: Message) -> Result<Published> {
        let (queues, others) = self.subscribers(&message);
        let key = self.window_key(&message);
        let mut begun = match self.begin(message, queues, &others, &key)? {
            Begin::Duplicate(published) => return Ok(published),
            Begin::Begun(begun) => begun,
        };
        if begun.has_waiting {
            self.shared.wake.notify_one();
        }
        let answers = begun.sent.answers().await;
        let Begun { message, prepared, written, .. } = *begun;
        let settled = self.settle(prepared, answers, &message).await;
        let noted = self.shared.store.wait(written).await.map_err(TopicError::from);
        if let Err(error) = noted.and(settled) {
            self.shared.core().fifo(&message.topic).take_back(&key);
            return Err(error);
        }
        Ok(self.published(&message))
    }

    /// Gives a message of a FIFO topic its place everywhere, while nobody else can.
    fn begin(
        &self,
        mut message: Message,
        queues: Vec<Subscriber>,
        others: &[Subscriber],
        key: &Arc<str>,
    ) -> Result<Begin> {
        let shared = &self.shared;
        let mut core = shared.core();
        let fifo = core.fifo(&message.topic);
        if let Some(seen) = fifo.duplicate(key, self.now) {
            let sequence_number = Some(sequence_number(seen.sequence));
            let message_id = seen.message_id.to_string();
            return Ok(Begin::Duplicate(Published { message_id, sequence_number }));
        }
        let sequence = fifo.next_sequence();
        message.sequence = Some(sequence);
        let message = Arc::new(message);
        let text = message.text_for(Protocol::Sqs);
        if queues.iter().any(|entry| !entry.is_raw) {
            message.make_template(text, &shared.options.base_url, None)?;
        }
        let (at, message_id) = (self.now, Arc::clone(&message.id));
        let seen = Seen { key: Arc::clone(key), at, message_id, sequence };
        fifo.remember(seen.clone());
        let is_archived = core.archive(&message, self.now);
        let (busy, free) = self.by_lane(&core, queues, &message);
        let arn = |entry: &Subscriber| Arc::clone(&entry.record.arn);
        let mut waiting = others.iter().chain(&busy).map(arn).collect::<Vec<_>>();
        core.enqueue(&message, &waiting, self.now, false);
        let mut prepared = self.prepare(&free, &message);
        self.set_bodies(&mut prepared, &message);
        self.retry(&mut core, &message, &prepared.retries);
        waiting.extend(prepared.retries.iter().map(|(entry, _)| arn(entry)));
        let has_waiting = !waiting.is_empty();
        let written = self.accept(&message, waiting, Some(seen), is_archived);
        let targets = std::mem::take(&mut prepared.targets);
        let sent = Sent::begin(shared, message.raw_content(text), targets);
        Ok(Begin::Begun(Box::new(Begun { message, prepared, sent, written, has_waiting })))
    }

    fn published(&self, message: &Message) -> Published {
        let bytes = message.bytes();
        self.meter.add(Metric::Published, 1, self.now);
        self.meter.add(Metric::PublishSize, bytes, self.now);
        let sequence_number = message.sequence_number();
        Published { message_id: message.id.to_string(), sequence_number }
    }

    fn accept(
        &self,
        message: &Arc<Message>,
        targets: Vec<Arc<str>>,
        seen: Option<Seen>,
        is_archived: bool,
    ) -> Written {
        let message = Arc::clone(message);
        self.shared.store.append(&Entry::Accepted { message, targets, seen, is_archived })
    }

    fn window_key(&self, message: &Message) -> Arc<str> {
        let scope = self.plan.topic.attributes.get("FifoThroughputScope");
        let is_within_group = scope.is_some_and(|scope| scope == "MessageGroup");
        let group = message.group.as_deref().unwrap_or_default();
        window_key(group, message.deduplication.as_deref().unwrap_or_default(), is_within_group)
    }

    /// Who wants the message: queues, and others.
    fn subscribers(&self, message: &Message) -> (Vec<Subscriber>, Vec<Subscriber>) {
        let judged = judged(&message.attributes, &message.text);
        let (mut queues, mut others) = (Vec::new(), Vec::new());
        for group in &self.plan.groups {
            let outcome = group.filter.as_ref().map(|filter| filter.judge(&judged));
            if let Some(outcome) = outcome
                && outcome != filter::Outcome::Matched
            {
                let count = group.subscriptions.len();
                self.meter.add(Metric::FilteredOut, count, self.now);
                self.meter.add(filtered(outcome), count, self.now);
                continue;
            }
            for entry in &group.subscriptions {
                if self.is_forbidden(entry, message) {
                    continue;
                }
                let is_queue = entry.record.protocol == Protocol::Sqs;
                if is_queue { &mut queues } else { &mut others }.push(Arc::clone(entry));
            }
        }
        (queues, others)
    }

    /// Whether the topic's data protection policy keeps the message from a subscriber.
    fn is_forbidden(&self, entry: &Subscriber, message: &Message) -> bool {
        let Some(policy) = self.plan.protection.as_ref().filter(|it| it.has_outbound()) else {
            return false;
        };
        let text = message.text_for(entry.record.protocol);
        let Err(denied) = policy.outbound(&Caller::root(entry.record.owner), text) else {
            return false;
        };
        let detail = format!(
            "The topic's data protection policy prohibits this message from being delivered to {} \
             (found {})",
            entry.record.arn,
            denied.identifiers.join(", ")
        );
        let failure = Failure::client(403, "DataProtection", detail);
        self.shared.failed(entry, message, &failure, 1, self.now);
        true
    }

    /// Those with earlier messages of the group on their way, and those without.
    fn by_lane(
        &self,
        core: &Core,
        queues: Vec<Subscriber>,
        message: &Message,
    ) -> (Vec<Subscriber>, Vec<Subscriber>) {
        let Some(group) = &message.group else { return (Vec::new(), queues) };
        let is_busy = |entry: &Subscriber| {
            core.schedule.is_busy(&(Arc::clone(&entry.record.arn), Arc::clone(group)))
        };
        queues.into_iter().partition(is_busy)
    }

    /// Messages for queues of a standard topic.
    async fn to_queues(&self, queues: &[Subscriber], message: &Arc<Message>) -> Result<()> {
        let text = message.text_for(Protocol::Sqs);
        if queues.iter().any(|entry| !entry.is_raw) {
            let made = self.shared.template(message, text).await;
            made.map_err(|failure| TopicError::Storage(failure.detail))?;
        }
        for some in queues.chunks(QUEUES_PER_RECORD) {
            let mut prepared = self.prepare(some, message);
            self.set_bodies(&mut prepared, message);
            if !prepared.retries.is_empty() {
                let waiting = prepared.retries.iter().map(|(it, _)| Arc::clone(&it.record.arn));
                let waiting = waiting.collect::<Vec<_>>();
                let written = {
                    let mut core = self.shared.core();
                    self.retry(&mut core, message, &prepared.retries);
                    self.accept(message, waiting, None, false)
                };
                self.shared.wake.notify_one();
                self.shared.store.wait(written).await?;
            }
            let targets = std::mem::take(&mut prepared.targets);
            let answers = if targets.is_empty() {
                Vec::new()
            } else {
                let content = message.raw_content(text);
                self.shared.options.queues.deliver(content, targets).await
            };
            self.settle(prepared, answers, message).await?;
        }
        Ok(())
    }

    /// Asks each queue whether it takes the message, and its dead-letter queue where it does not.
    fn prepare(&self, queues: &[Subscriber], message: &Message) -> Prepared {
        let mut prepared = Prepared::default();
        prepared.targets.reserve(queues.len());
        prepared.purposes.reserve(queues.len());
        for entry in queues {
            let failure = match self.shared.endpoint_queue(entry, message, self.now) {
                Ok(target) => {
                    prepared.targets.push(target);
                    prepared.purposes.push((Arc::clone(entry), Purpose::Endpoint));
                    continue;
                }
                Err(failure) => failure,
            };
            let entry = Arc::clone(entry);
            if !failure.is_client_side {
                prepared.retries.push((entry, failure));
                continue;
            }
            match self.shared.dead_letter_queue(&entry, message, self.now) {
                Some(Ok(target)) => {
                    prepared.targets.push(target);
                    prepared.purposes.push((entry, Purpose::DeadLetter(failure)));
                }
                Some(Err(refusal)) => {
                    let outcome = self.shared.buried(&entry, message, Err(refusal), self.now);
                    prepared.lost.push((entry, failure, outcome));
                }
                None => {
                    let outcome = lost(self.now, None, "the subscription has no dead-letter queue");
                    prepared.lost.push((entry, failure, outcome));
                }
            }
        }
        prepared
    }

    /// Wraps messages for those that want an envelope; it was made before.
    fn set_bodies(&self, prepared: &mut Prepared, message: &Message) {
        let Some(template) = message.template(message.text_for(Protocol::Sqs)) else { return };
        for ((entry, _), target) in prepared.purposes.iter().zip(&mut prepared.targets) {
            let body = if entry.is_raw {
                Body::Raw
            } else {
                Body::Envelope(template.render(&entry.record.arn))
            };
            if let Body::Envelope(body) = body {
                target.body = Some(body);
            }
        }
    }

    /// Puts what failed once on the schedule.
    fn retry(&self, core: &mut Core, message: &Arc<Message>, failures: &[(Subscriber, Failure)]) {
        let ladder = Ladder::AWS_MANAGED;
        for (entry, failure) in failures {
            let delay = ladder.delay_before(2).unwrap_or_default();
            let due = self.now.after(jittered(delay, &self.shared.random));
            core.schedule.add(first(entry, message, failure.attempt(1, self.now), due));
        }
    }

    /// Does what follows from the answers of the queues.
    async fn settle(
        &self,
        prepared: Prepared,
        answers: Answers,
        message: &Arc<Message>,
    ) -> Result<()> {
        let shared = &self.shared;
        let mut arrived = 0;
        let mut causes = Vec::new();
        let mut refused = None;
        for (entry, failure, outcome) in prepared.lost {
            shared.failed(&entry, message, &failure, 1, self.now);
            causes.push(self.cause(&entry, message, &failure, outcome));
        }
        for ((entry, purpose), answer) in prepared.purposes.into_iter().zip(answers) {
            if let Err(QueueError::StorageFailed(error)) = answer {
                refused = Some(error);
                continue;
            }
            let answer = answer.map(|id| delivered(&id.to_string())).map_err(Failure::from);
            match (purpose, answer) {
                (Purpose::Endpoint, Ok(done)) => {
                    arrived += 1;
                    if self.logged.success_percent > 0 {
                        let answer = (done.status, &*done.response);
                        shared.log_delivery(&entry, message, true, answer, 1, self.now);
                    }
                }
                (Purpose::Endpoint, Err(failure)) => {
                    // Between the question and the delivery the queue has changed.
                    let outcome = shared.give_up(&entry, message, &failure, 1).await;
                    causes.push(self.cause(&entry, message, &failure, outcome));
                }
                (Purpose::DeadLetter(failure), answer) => {
                    shared.failed(&entry, message, &failure, 1, self.now);
                    let outcome = shared.buried(&entry, message, answer, self.now);
                    causes.push(self.cause(&entry, message, &failure, outcome));
                }
            }
        }
        self.meter.add(Metric::Delivered, arrived, self.now);
        if !causes.is_empty() {
            let mut core = shared.core();
            for cause in causes {
                core.history.put(cause.clone());
                shared.note(&Entry::Over {
                    message: Arc::clone(&message.id),
                    subscription: Arc::clone(&cause.subscription_arn),
                    cause: Some(Box::new(cause)),
                });
            }
        }
        refused.map_or(Ok(()), |error| Err(error.into()))
    }

    fn cause(
        &self,
        entry: &Subscriber,
        message: &Arc<Message>,
        failure: &Failure,
        outcome: Outcome,
    ) -> Cause {
        let delivery = first(entry, message, failure.attempt(1, self.now), self.now);
        cause(entry, &delivery, outcome)
    }
}

/// A delivery whose first attempt has failed.
fn first(entry: &Subscriber, message: &Arc<Message>, attempt: Attempt, due: Moment) -> Delivery {
    Delivery {
        id: 0,
        message: Arc::clone(message),
        subscription: Arc::clone(&entry.record.arn),
        tries: 1,
        attempts: vec![attempt],
        due,
        is_replay: false,
    }
}

const fn filtered(outcome: filter::Outcome) -> Metric {
    match outcome {
        filter::Outcome::NoAttributes => Metric::FilteredNoAttributes,
        filter::Outcome::InvalidAttributes => Metric::FilteredInvalidAttributes,
        filter::Outcome::FilteredByBody => Metric::FilteredByBody,
        filter::Outcome::InvalidBody => Metric::FilteredInvalidBody,
        filter::Outcome::FilteredByAttributes | filter::Outcome::Matched => {
            Metric::FilteredByAttributes
        }
    }
}

/// Messages that have their places in the queues, and may not be durable yet.
struct Sent {
    future: Option<Pin<Box<dyn Future<Output = Answers> + Send>>>,
    answers: Answers,
}

impl Sent {
    /// Takes the places: the first poll does that.
    fn begin(
        shared: &Arc<Shared>,
        content: Arc<brume_queues::Content>,
        targets: Vec<QueueTarget>,
    ) -> Self {
        if targets.is_empty() {
            return Self { future: None, answers: Vec::new() };
        }
        let mut future = shared.options.queues.deliver(content, targets);
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answers) => Self { future: None, answers },
            Poll::Pending => Self { future: Some(future), answers: Vec::new() },
        }
    }

    async fn answers(&mut self) -> Answers {
        match self.future.take() {
            Some(future) => future.await,
            None => std::mem::take(&mut self.answers),
        }
    }
}
