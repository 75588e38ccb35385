//! CloudWatch Logs (API version 2014-03-28), the part that people read logs with.
//!
//! Comes in: events, from clients and from the other emulators ([`Logs::put`]). Goes out: events by
//! stream, or filtered across a group. All in memory; beyond [`store::BYTES_MAX`] the oldest
//! events of all are dropped first.

mod describe;
mod events;
mod filter;
mod groups;
mod request;
pub mod store;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use brume_foundation::BoxFuture;
use serde_json::Value;

use crate::{Answer, AwsError, AwsService, Call, Input};

pub use store::Logs;

/// What SDKs can ask for and the emulator does not do begins with one of these.
const NOT_SUPPORTED: [&str; 16] = [
    "Associate",
    "Cancel",
    "Create",
    "Delete",
    "Describe",
    "Disassociate",
    "Get",
    "List",
    "Put",
    "Start",
    "Stop",
    "Tag",
    "Test",
    "Untag",
    "Update",
    "Import",
];

/// The service.
#[derive(Debug)]
pub struct LogsService {
    logs: Arc<Logs>,
}

impl LogsService {
    /// Makes the service on top of everybody's logs.
    #[must_use]
    pub const fn new(logs: Arc<Logs>) -> Self {
        Self { logs }
    }

    fn answer(&self, call: &Call) -> Result<Answer, AwsError> {
        let Input::Json(body) = &call.input else {
            return Err(AwsError::unknown_action(&call.action));
        };
        let logs = &*self.logs;
        let action = match call.action.as_str() {
            "CreateLogGroup" => groups::create_group,
            "CreateLogStream" => groups::create_stream,
            "DeleteLogGroup" => groups::delete_group,
            "DeleteLogStream" => groups::delete_stream,
            "DeleteRetentionPolicy" => groups::delete_retention,
            "DescribeLogGroups" => describe::groups,
            "DescribeLogStreams" => describe::streams,
            "FilterLogEvents" => events::filter,
            "GetLogEvents" => events::get,
            "PutLogEvents" => events::put,
            "PutRetentionPolicy" => groups::put_retention,
            action if NOT_SUPPORTED.iter().any(|prefix| action.starts_with(prefix)) => {
                return Err(AwsError::not_supported(action));
            }
            action => return Err(AwsError::unknown_action(action)),
        };
        let answer: Value = action(logs, call, body)?;
        // The two actions without an answer send no body at all.
        Ok(Answer::Json(match answer {
            Value::Null => "".into(),
            answer => answer.to_string().into(),
        }))
    }
}

impl AwsService for LogsService {
    fn name(&self) -> &'static str {
        "logs"
    }

    fn json_target(&self) -> &'static str {
        "Logs_20140328"
    }

    fn json_version(&self) -> &'static str {
        "1.1"
    }

    fn claims(&self, _action: &str, _path: &str) -> bool {
        false
    }

    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, AwsError>> {
        Box::pin(async move { self.answer(&call) })
    }
}
