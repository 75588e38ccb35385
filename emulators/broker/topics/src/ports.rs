//! What the engine needs of queues, as a trait: the queue engine is one, tests bring another.

use std::fmt;
use std::sync::Arc;

use brume_foundation::BoxFuture;
use brume_queues::{Content, Delivery, MessageId, Queue, QueueError, QueueKey, Queues};
use bytes::Bytes;

/// Who sends what SNS sends: `SenderId` of its messages.
pub const SENDER: &str = "AIDAISDSMDUMMYSNS00000";

/// Queues, as far as deliveries need them.
pub trait Queueing: fmt::Debug + Send + Sync {
    /// Looks a queue up.
    fn find(&self, queue: &QueueKey) -> Option<QueueFacts>;

    /// Puts one content into many queues, in one durable record.
    ///
    /// The first poll takes the place in every queue; the result tells when it is durable, with an
    /// answer for each target.
    fn deliver(
        &self,
        content: Arc<Content>,
        targets: Vec<QueueTarget>,
    ) -> BoxFuture<'static, Vec<Result<MessageId, QueueError>>>;
}

/// What a delivery asks of a queue first.
#[derive(Clone, Debug, Default)]
pub struct QueueFacts {
    /// Its policy. Equal pointers mean equal text.
    pub policy: Option<Arc<str>>,
    /// The queue itself; only the queue engine looks at it.
    pub handle: Option<Arc<Queue>>,
}

/// One target of a fan-out.
#[derive(Clone, Debug)]
pub struct QueueTarget {
    /// Which queue.
    pub queue: QueueKey,
    /// As it was found.
    pub handle: Option<Arc<Queue>>,
    /// `MessageGroupId`.
    pub group: Option<Arc<str>>,
    /// `MessageDeduplicationId`.
    pub deduplication: Option<Arc<str>>,
    /// `AWSTraceHeader`.
    pub trace_header: Option<Arc<str>>,
    /// Another body for this target only; the message then has no attributes.
    pub body: Option<Bytes>,
}

#[derive(Debug)]
struct Engine {
    queues: Arc<Queues>,
    sender: Arc<str>,
}

/// The queue engine as the topic engine sees it.
#[must_use]
pub fn queueing(queues: Arc<Queues>) -> Arc<dyn Queueing> {
    Arc::new(Engine { queues, sender: Arc::from(SENDER) })
}

impl Queueing for Engine {
    fn find(&self, queue: &QueueKey) -> Option<QueueFacts> {
        let found = self.queues.get(queue)?;
        Some(QueueFacts { policy: found.settings().policy.clone(), handle: Some(found) })
    }

    fn deliver(
        &self,
        content: Arc<Content>,
        targets: Vec<QueueTarget>,
    ) -> BoxFuture<'static, Vec<Result<MessageId, QueueError>>> {
        let boxed = |text: Option<Arc<str>>| text.map(|text| Box::from(&*text));
        let mut missing = Vec::new();
        let mut deliveries = Vec::with_capacity(targets.len());
        for (index, target) in targets.into_iter().enumerate() {
            let Some(queue) = target.handle.or_else(|| self.queues.get(&target.queue)) else {
                missing.push(index);
                continue;
            };
            deliveries.push(Delivery {
                queue,
                group: boxed(target.group),
                deduplication: boxed(target.deduplication),
                trace_header: boxed(target.trace_header),
                sender: Arc::clone(&self.sender),
                body_override: target.body,
            });
        }
        let queues = Arc::clone(&self.queues);
        Box::pin(async move {
            let mut answers = queues.deliver(content, deliveries).await;
            for index in missing {
                answers.insert(index, Err(QueueError::QueueDoesNotExist));
            }
            answers
        })
    }
}
