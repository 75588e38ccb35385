//! Move tasks: messages of a dead-letter queue go back.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use brume_edge::{Answer, AwsError, Call};
use brume_policy::Arn;
use brume_queues::{MoveTask, QueueKey};
use serde_json::Value;

use super::{About, in_range};
use crate::errors;
use crate::reply::{Member, Reply};
use crate::request::{CancelMove, ListMoves, StartMove};
use crate::service::{Sqs, read, wire};

/// Messages per second of the fastest task.
const RATE_MAX: i64 = 500;

impl Sqs {
    pub(crate) async fn start_message_move_task(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<StartMove>(call)?;
        let source = self.arn(call, request.source_arn.as_deref(), "SourceArn")?;
        let destination = request.destination_arn.filter(|arn| !arn.is_empty());
        let destination =
            destination.map(|arn| self.arn(call, Some(&arn), "DestinationArn")).transpose()?;
        let rate = request.max_number_of_messages_per_second;
        let rate = in_range(rate, "MaxNumberOfMessagesPerSecond", [1, RATE_MAX])?;
        let started = self.queues.start_move(&source, destination.as_ref(), rate).await;
        let about = About::queue(wire(call), &source.resource);
        let handle = started.map_err(|error| about.error(error))?;
        Ok(Reply::text("TaskHandle", handle).answer(about.wire))
    }

    pub(crate) fn list_message_move_tasks(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<ListMoves>(call)?;
        let source = self.arn(call, request.source_arn.as_deref(), "SourceArn")?;
        let limit = in_range(request.max_results, "MaxResults", [1, 10])?;
        let about = About::queue(wire(call), &source.resource);
        // Ten at most.
        let tasks = self.queues.list_moves(&source, limit.unwrap_or(1) as usize);
        let tasks = tasks.map_err(|error| about.error(error))?;
        let mut reply = Reply::default();
        if !tasks.is_empty() {
            let entries = tasks.iter().map(entry).collect();
            let name = "ListMessageMoveTasksResultEntry";
            reply.0.push(Member::Entries("Results", name, entries));
        }
        Ok(reply.answer(about.wire))
    }

    pub(crate) async fn cancel_message_move_task(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<CancelMove>(call)?;
        let handle = request.task_handle.filter(|handle| !handle.is_empty());
        let handle = handle.ok_or_else(|| errors::missing_parameter("TaskHandle"))?;
        let source = source_of(&handle).ok_or_else(|| {
            errors::invalid_parameter("Value for parameter TaskHandle is invalid.")
        })?;
        self.arn(call, Some(&source), "SourceArn")?;
        let moved = self.queues.cancel_move(&handle).await;
        let moved = moved.map_err(|error| About::queue(wire(call), "").error(error))?;
        let reply = Reply(vec![Member::Number("ApproximateNumberOfMessagesMoved", moved)]);
        Ok(reply.answer(wire(call)))
    }

    /// The queue that an ARN names, if it is there and the caller may.
    fn arn(&self, call: &Call, text: Option<&str>, name: &str) -> Result<Arn, AwsError> {
        let text = text.ok_or_else(|| errors::missing_parameter(name))?;
        let arn = text.parse::<Arn>().ok();
        let key = arn.as_ref().and_then(QueueKey::of);
        let (Some(arn), Some(key)) = (arn, key) else {
            return Err(errors::invalid_parameter(format!(
                "You must use this format to specify the {name}: \
                 arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
            )));
        };
        match self.queue_of(call, &key) {
            Ok(_) => Ok(arn),
            Err(error) if error.code == "QueueDoesNotExist" => Err(errors::not_found(format!(
                "The resource that you specified for the {name} parameter doesn't exist."
            ))),
            Err(error) => Err(error),
        }
    }
}

/// The source that a task's handle names: it is a JSON document in base64, as on AWS.
fn source_of(handle: &str) -> Option<String> {
    let document = BASE64_STANDARD.decode(handle).ok()?;
    let document = serde_json::from_slice::<Value>(&document).ok()?;
    document["taskId"].as_str()?;
    document["sourceArn"].as_str().map(str::to_owned)
}

fn entry(task: &MoveTask) -> Vec<Member> {
    let text = |name, text: Option<String>| text.map(|text| Member::Text(name, text));
    let number = |name, number: Option<u64>| number.map(|number| Member::Number(name, number));
    [
        text("TaskHandle", task.handle.clone()),
        text("Status", Some(task.status.name().to_owned())),
        text("SourceArn", Some(task.source.to_string())),
        text("DestinationArn", task.destination.as_ref().map(ToString::to_string)),
        number("MaxNumberOfMessagesPerSecond", task.max_per_second.map(u64::from)),
        number("ApproximateNumberOfMessagesMoved", Some(task.moved)),
        number("ApproximateNumberOfMessagesToMove", Some(task.to_move)),
        text("FailureReason", task.failure.clone()),
        number("StartedTimestamp", Some(task.started_at_ms)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
