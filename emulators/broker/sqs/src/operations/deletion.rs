//! Operations on messages that were received: deletion, change of visibility, and their batches.

use brume_edge::{Answer, AwsError, Call};
use brume_queues::Queue;

use super::{About, check_ids, missing_in_entry};
use crate::errors;
use crate::reply::{batch::Outcomes, nothing};
use crate::request::{Batch, HandleInput};
use crate::service::{Sqs, read, wire};

/// Seconds of the longest visibility timeout.
const VISIBILITY_SECONDS_MAX: i64 = 43_200;

impl Sqs {
    pub(crate) async fn delete_message(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<HandleInput<'_>>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let handle = handle_of(&request)?;
        delete(call, &queue, &[handle]).await.remove(0)?;
        Ok(nothing(wire(call)))
    }

    pub(crate) async fn delete_message_batch(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<Batch<'_, HandleInput<'_>>>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let ids = check_ids(&call.action, request.entries.iter().map(|entry| entry.id.as_deref()))?;
        let handles = handles_of(call, &request.entries)?;
        let outcomes = delete(call, &queue, &handles).await;
        let outcomes = Outcomes(ids.into_iter().zip(outcomes).collect());
        Ok(outcomes.answer(wire(call), &call.action))
    }

    pub(crate) async fn change_visibility(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<HandleInput<'_>>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let handle = handle_of(&request)?;
        let seconds = request.visibility_timeout;
        let seconds = seconds.ok_or_else(|| errors::missing_parameter("VisibilityTimeout"))?;
        change(call, &queue, &[(handle, seconds)]).await.remove(0)?;
        Ok(nothing(wire(call)))
    }

    pub(crate) async fn change_visibility_batch(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<Batch<'_, HandleInput<'_>>>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let ids = check_ids(&call.action, request.entries.iter().map(|entry| entry.id.as_deref()))?;
        let handles = handles_of(call, &request.entries)?;
        // The model does not require the timeout in an entry; without one it is the queue's.
        let usual = i64::from(queue.settings().visibility_timeout_seconds);
        let seconds = request.entries.iter().map(|entry| entry.visibility_timeout.unwrap_or(usual));
        let changes = handles.into_iter().zip(seconds).collect::<Vec<_>>();
        let outcomes = change(call, &queue, &changes).await;
        let outcomes = Outcomes(ids.into_iter().zip(outcomes).collect());
        Ok(outcomes.answer(wire(call), &call.action))
    }
}

fn handle_of<'a>(request: &'a HandleInput<'_>) -> Result<&'a str, AwsError> {
    request.receipt_handle.as_deref().ok_or_else(|| errors::missing_parameter("ReceiptHandle"))
}

fn handles_of<'a>(call: &Call, entries: &'a [HandleInput<'_>]) -> Result<Vec<&'a str>, AwsError> {
    let handle = |(index, entry): (usize, &'a HandleInput<'_>)| {
        let missing = || missing_in_entry(&call.action, index, "ReceiptHandle");
        entry.receipt_handle.as_deref().ok_or_else(missing)
    };
    entries.iter().enumerate().map(handle).collect()
}

/// Deletes; one outcome for each handle.
async fn delete(call: &Call, queue: &Queue, handles: &[&str]) -> Vec<Result<(), AwsError>> {
    let outcomes = queue.delete(handles).await;
    let name = &queue.key().name;
    let about = |handle| About::handle(wire(call), name, handle);
    let outcomes = handles.iter().zip(outcomes);
    outcomes.map(|(handle, outcome)| outcome.map_err(|error| about(handle).error(error))).collect()
}

/// Changes the visibility; one outcome for each handle.
async fn change(call: &Call, queue: &Queue, changes: &[(&str, i64)]) -> Vec<Result<(), AwsError>> {
    let in_range = |seconds: i64| {
        let seconds = u32::try_from(seconds).ok()?;
        (i64::from(seconds) <= VISIBILITY_SECONDS_MAX).then_some(seconds)
    };
    let fitting =
        changes.iter().filter_map(|(handle, seconds)| Some((*handle, in_range(*seconds)?)));
    let mut outcomes = queue.change_visibility(&fitting.collect::<Vec<_>>()).await.into_iter();
    let name = &queue.key().name;
    let outcome = |(handle, seconds): &(&str, i64)| {
        let Some(fitting) = in_range(*seconds) else {
            let reason = "VisibilityTimeout must be an integer between 0 and 43200.";
            return Err(errors::invalid_value(seconds, "VisibilityTimeout", reason));
        };
        let about = About { seconds: fitting, ..About::handle(wire(call), name, handle) };
        let outcome = outcomes.next().ok_or_else(|| errors::internal("A handle was forgotten."))?;
        outcome.map_err(|error| about.error(error))
    };
    changes.iter().map(outcome).collect()
}
