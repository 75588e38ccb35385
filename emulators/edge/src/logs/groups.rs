//! Groups and streams come and go.

use serde::Deserialize;
use serde_json::{Value, json};

use super::request::{check_group_name, check_stream_name, invalid, no_group, no_stream, read};
use super::store::{Created, Logs};
use crate::{AwsError, Call};

/// The days that PutRetentionPolicy takes.
const RETENTION_DAYS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557,
    2_922, 3_288, 3_653,
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Names {
    log_group_name: String,
    log_stream_name: Option<String>,
    retention_in_days: Option<u32>,
}

impl Names {
    fn stream(&self) -> Result<&str, AwsError> {
        self.log_stream_name.as_deref().ok_or_else(|| invalid("logStreamName is required."))
    }
}

pub(super) fn create_group(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let names: Names = read(body)?;
    check_group_name(&names.log_group_name)?;
    let place = (call.caller.account, call.caller.region);
    created(logs.lock().create_group(place, &names.log_group_name, call.now), "log group")
}

pub(super) fn create_stream(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let names: Names = read(body)?;
    let stream = names.stream()?;
    check_stream_name(stream)?;
    let place = (call.caller.account, call.caller.region);
    let group = &names.log_group_name;
    created(logs.lock().create_stream(place, group, stream, call.now), "log stream")
}

fn created(created: Created, what: &str) -> Result<Value, AwsError> {
    match created {
        Created::New => Ok(Value::Null),
        Created::Exists => Err(AwsError::new(
            "ResourceAlreadyExistsException",
            format!("The specified {what} already exists"),
        )),
        Created::TooMany => {
            Err(AwsError::new("LimitExceededException", "Resource limit exceeded."))
        }
        Created::NoGroup => Err(no_group()),
    }
}

pub(super) fn delete_group(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let names: Names = read(body)?;
    let place = (call.caller.account, call.caller.region);
    match logs.lock().delete_group(place, &names.log_group_name) {
        true => Ok(Value::Null),
        false => Err(no_group()),
    }
}

pub(super) fn delete_stream(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let names: Names = read(body)?;
    let place = (call.caller.account, call.caller.region);
    let mut state = logs.lock();
    if state.group(place, &names.log_group_name).is_none() {
        return Err(no_group());
    }
    match state.delete_stream(place, &names.log_group_name, names.stream()?) {
        true => Ok(Value::Null),
        false => Err(no_stream()),
    }
}

pub(super) fn put_retention(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let names: Names = read(body)?;
    let days = names.retention_in_days.unwrap_or_default();
    if !RETENTION_DAYS.contains(&days) {
        return Err(invalid(format!("{days} is not a valid value for retentionInDays.")));
    }
    set_retention(logs, call, &names.log_group_name, Some(days))
}

pub(super) fn delete_retention(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let names: Names = read(body)?;
    set_retention(logs, call, &names.log_group_name, None)
}

fn set_retention(
    logs: &Logs,
    call: &Call,
    group: &str,
    days: Option<u32>,
) -> Result<Value, AwsError> {
    let place = (call.caller.account, call.caller.region);
    logs.lock().group_mut(place, group).ok_or_else(no_group)?.retention_days = days;
    Ok(json!(null))
}
