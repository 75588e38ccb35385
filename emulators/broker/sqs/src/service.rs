//! The service: reads a call, lets it in or not, does it, answers.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use brume_edge::{Answer, AwsError, AwsService, Call, Input};
use brume_foundation::BoxFuture;
use brume_foundation::log::Log;
use brume_policy::{Account, PolicyMode};
use brume_queues::{Queue, QueueKey, Queues};

use crate::access::Guard;
use crate::address;
use crate::errors::{self, Wire};
use crate::request::form::Form;
use crate::request::{FromForm, FromJson};

/// Names of the operations.
pub const OPERATIONS: [&str; 23] = [
    "AddPermission",
    "CancelMessageMoveTask",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "CreateQueue",
    "DeleteMessage",
    "DeleteMessageBatch",
    "DeleteQueue",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "ListMessageMoveTasks",
    "ListQueueTags",
    "ListQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "RemovePermission",
    "SendMessage",
    "SendMessageBatch",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
];

/// Accounts whose texts are kept.
const SENDERS_MAX: usize = 1_024;

/// SQS over a queue engine.
#[derive(Debug)]
pub struct Sqs {
    pub(crate) queues: Arc<Queues>,
    guard: Guard,
    senders: RwLock<HashMap<Account, Arc<str>>>,
    /// Held while settings are read, changed and written back, so that no change is lost.
    pub(crate) changing: tokio::sync::Mutex<()>,
}

impl Sqs {
    /// Makes the service. What `mode` lets through with a warning goes to `log`.
    #[must_use]
    pub fn new(queues: Arc<Queues>, mode: PolicyMode, log: Log) -> Self {
        let changing = tokio::sync::Mutex::new(());
        Self { queues, guard: Guard::new(mode, log), senders: RwLock::default(), changing }
    }

    /// The queue that a call is about, if the caller may.
    ///
    /// # Errors
    /// `InvalidAddress`, `QueueDoesNotExist`, `AccessDenied`.
    pub(crate) fn queue(&self, call: &Call, url: Option<&str>) -> Result<Arc<Queue>, AwsError> {
        self.queue_of(call, &address::key_of(call, url)?)
    }

    /// As [`Sqs::queue`], for a queue that was named in another way.
    pub(crate) fn queue_of(&self, call: &Call, key: &QueueKey) -> Result<Arc<Queue>, AwsError> {
        let queue = self.queues.get(key).ok_or_else(|| errors::no_queue(wire(call)))?;
        self.guard.check(call, &queue)?;
        Ok(queue)
    }

    /// `SenderId` of the caller's messages, one text for all of them.
    pub(crate) fn sender(&self, account: Account) -> Arc<str> {
        let known = self.senders.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = known.get(&account) {
            return Arc::clone(sender);
        }
        drop(known);
        let mut known = self.senders.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= SENDERS_MAX {
            known.clear();
        }
        Arc::clone(known.entry(account).or_insert_with(|| Arc::from(account.as_str())))
    }

    async fn answer(&self, call: &Call) -> Result<Answer, AwsError> {
        match call.action.as_str() {
            "SendMessage" => self.send_message(call).await,
            "SendMessageBatch" => self.send_message_batch(call).await,
            "ReceiveMessage" => self.receive_message(call).await,
            "DeleteMessage" => self.delete_message(call).await,
            "DeleteMessageBatch" => self.delete_message_batch(call).await,
            "ChangeMessageVisibility" => self.change_visibility(call).await,
            "ChangeMessageVisibilityBatch" => self.change_visibility_batch(call).await,
            "CreateQueue" => self.create_queue(call).await,
            "DeleteQueue" => self.delete_queue(call).await,
            "PurgeQueue" => self.purge_queue(call).await,
            "GetQueueUrl" => self.get_queue_url(call),
            "ListQueues" => self.list_queues(call),
            "ListDeadLetterSourceQueues" => self.list_dead_letter_source_queues(call),
            "GetQueueAttributes" => self.get_queue_attributes(call),
            "SetQueueAttributes" => self.set_queue_attributes(call).await,
            "TagQueue" => self.tag_queue(call).await,
            "UntagQueue" => self.untag_queue(call).await,
            "ListQueueTags" => self.list_queue_tags(call),
            "AddPermission" => self.add_permission(call).await,
            "RemovePermission" => self.remove_permission(call).await,
            "StartMessageMoveTask" => self.start_message_move_task(call).await,
            "ListMessageMoveTasks" => self.list_message_move_tasks(call),
            "CancelMessageMoveTask" => self.cancel_message_move_task(call).await,
            action => Err(AwsError::unknown_action(action)),
        }
    }
}

/// Which protocol a call came in.
#[must_use]
pub(crate) fn wire(call: &Call) -> Wire {
    match call.input {
        Input::Query(_) => Wire::Query,
        Input::Json(_) | Input::Cbor(_) => Wire::Json,
    }
}

/// Reads the parameters of a call.
///
/// # Errors
/// `SerializationException`, `InvalidParameterValue`.
pub(crate) fn read<'a, Request>(call: &'a Call) -> Result<Request, AwsError>
where
    Request: FromJson<'a> + FromForm<'a>,
{
    match &call.input {
        Input::Json(body) => Request::from_json(body),
        Input::Query(parameters) => Request::from_form(&Form::new(parameters.iter()), &call.action),
        // The service has no name in that protocol, so nothing comes in it.
        Input::Cbor(_) => Err(AwsError::unknown_action(&call.action)),
    }
}

impl AwsService for Sqs {
    fn name(&self) -> &'static str {
        "sqs"
    }

    fn json_target(&self) -> &'static str {
        "AmazonSQS"
    }

    fn json_namespace(&self) -> &'static str {
        "com.amazonaws.sqs"
    }

    fn query_version(&self) -> &'static str {
        "2012-11-05"
    }

    fn xml_namespace(&self) -> &'static str {
        "http://queue.amazonaws.com/doc/2012-11-05/"
    }

    fn claims(&self, action: &str, path: &str) -> bool {
        let is_ours = |name: &&str| *name == action;
        let is_shared = matches!(action, "AddPermission" | "RemovePermission");
        let has_queue = address::parse_queue_url(path).is_some();
        has_queue || (!is_shared && OPERATIONS.iter().any(is_ours))
    }

    fn throttled(&self) -> AwsError {
        let message = "Request is throttled.";
        AwsError::new("RequestThrottled", message).status(http::StatusCode::FORBIDDEN)
    }

    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, AwsError>> {
        Box::pin(async move { self.answer(&call).await })
    }
}
