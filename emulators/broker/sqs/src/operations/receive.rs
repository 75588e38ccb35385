//! `ReceiveMessage`.

use brume_edge::{Answer, AwsError, Call};
use brume_queues::Receive;

use super::{About, in_range};
use crate::errors;
use crate::message::check_id;
use crate::reply::messages;
use crate::request::ReceiveMessage;
use crate::select::Wanted;
use crate::service::{Sqs, read, wire};

impl Sqs {
    pub(crate) async fn receive_message(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<ReceiveMessage<'_>>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let wanted = Wanted::read(&request)?;
        let max = in_range(request.max_number_of_messages, "MaxNumberOfMessages", [1, 10])?;
        let visibility = in_range(request.visibility_timeout, "VisibilityTimeout", [0, 43_200])?;
        let wait = in_range(request.wait_time_seconds, "WaitTimeSeconds", [0, 20])?;
        let attempt = request.receive_request_attempt_id.as_deref();
        if let Some(attempt) = attempt {
            check_id(Some(attempt), "ReceiveRequestAttemptId")?;
            if queue.settings().fifo.is_none() {
                let reason =
                    "The request includes a parameter that is not valid for this queue type.";
                return Err(errors::invalid_value(attempt, "ReceiveRequestAttemptId", reason));
            }
        }
        let receive = Receive {
            // Ten at most.
            max: max.unwrap_or(1) as usize,
            visibility_seconds: visibility,
            wait_seconds: wait,
            attempt_id: attempt.map(Box::from),
        };
        let about = About::queue(wire(call), &queue.key().name);
        let received = queue.receive(receive).await.map_err(|error| about.error(error))?;
        Ok(messages::received(about.wire, &received, &wanted))
    }
}
