//! Starting, listing and cancelling.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brume_policy::Arn;
use serde::Deserialize;

use super::{Task, run};
use crate::hub::Hub;
use crate::record::TaskRecord;
use crate::{MoveStatus, MoveTask, QueueError, QueueKey};

/// The highest rate that a caller can set; without one a task is as fast as it can be.
const RATE_MAX: u32 = 500;

/// Starts a task; returns its handle.
pub(crate) async fn start(
    hub: &Arc<Hub>,
    source: &Arn,
    destination: Option<&Arn>,
    max_per_second: Option<u32>,
) -> Result<String, QueueError> {
    let _alone = hub.changing.lock().await;
    let not_found = |parameter| {
        let message =
            format!("The resource that you specified for the {parameter} parameter doesn't exist.");
        QueueError::ResourceNotFound(message)
    };
    let find = |arn: &Arn| hub.registry().get(&QueueKey::of(arn)?).cloned();
    let queue = find(source).ok_or_else(|| not_found("SourceArn"))?;
    if hub.registry().sources(source).is_empty() {
        let message = "Source queue must be configured as a Dead Letter Queue.";
        return Err(QueueError::InvalidMove(message.to_owned()));
    }
    if let Some(destination) = destination {
        let target = find(destination).ok_or_else(|| not_found("DestinationArn"))?;
        let is_same_kind = target.key().is_fifo() == queue.key().is_fifo();
        if destination == source || !is_same_kind {
            let message = "The destination must be another queue of the same kind as the source.";
            return Err(QueueError::InvalidMove(message.to_owned()));
        }
    }
    if hub.registry().tasks.of(source).iter().any(|task| task.status().is_active()) {
        let message = "There is already a task running. Only one active task is allowed for a \
                       source queue arn at a given time.";
        return Err(QueueError::InvalidMove(message.to_owned()));
    }
    let (horizon, to_move) = queue.extent();
    let task = Task::of(&TaskRecord {
        id: hub.message_id().to_string(),
        source: source.to_string(),
        destination: destination.map(ToString::to_string),
        max_per_second: max_per_second.map(|rate| rate.clamp(1, RATE_MAX)),
        status: MoveStatus::Running.name().to_owned(),
        moved: 0,
        to_move,
        failure: None,
        started_at_ms: hub.now_ms(),
        horizon,
    });
    let task = Arc::new(task.ok_or_else(|| not_found("SourceArn"))?);
    hub.registry_mut().tasks.put(Arc::clone(&task));
    if let Err(error) = task.keep(hub).await {
        hub.registry_mut().tasks.remove(&task);
        return Err(error.into());
    }
    let handle = task.handle();
    tokio::spawn(run(Arc::clone(hub), task));
    Ok(handle)
}

/// The last tasks of a source, the newest first.
pub(crate) fn list(hub: &Hub, source: &Arn, limit: usize) -> Result<Vec<MoveTask>, QueueError> {
    let registry = hub.registry();
    if QueueKey::of(source).is_none_or(|key| registry.get(&key).is_none()) {
        let message = "The resource that you specified for the SourceArn parameter doesn't exist.";
        return Err(QueueError::ResourceNotFound(message.to_owned()));
    }
    Ok(registry.tasks.of(source).iter().rev().take(limit).map(|task| task.told()).collect())
}

/// What a handle holds.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(rename = "taskId")]
    id: &'a str,
    #[serde(rename = "sourceArn")]
    source: &'a str,
}

/// Cancels a task; returns how many messages it has moved.
pub(crate) async fn cancel(hub: &Hub, handle: &str) -> Result<u64, QueueError> {
    let not_found = || QueueError::ResourceNotFound("Task does not exist.".to_owned());
    let bytes = STANDARD.decode(handle).map_err(|_| not_found())?;
    let document: Document<'_> = serde_json::from_slice(&bytes).map_err(|_| not_found())?;
    let found = hub.registry().tasks.get(document.source, document.id).cloned();
    let task = found.filter(|task| task.status() == MoveStatus::Running).ok_or_else(not_found)?;
    task.is_cancelled.store(true, Ordering::Relaxed);
    task.keep(hub).await?;
    Ok(task.moved())
}
