//! Lists of groups and streams.

use std::ops::Bound;

use brume_policy::Arn;
use serde::Deserialize;
use serde_json::{Value, json};

use super::request::{group_name, invalid, limit, no_group, read};
use super::store::{Group, Logs, Stream};
use crate::{AwsError, Call};

/// Items of one page.
const PAGE_MAX: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeGroups {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<u32>,
}

pub(super) fn groups(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let wish: DescribeGroups = read(body)?;
    let limit = limit(wish.limit, PAGE_MAX, PAGE_MAX)?;
    if wish.log_group_name_prefix.is_some() && wish.log_group_name_pattern.is_some() {
        let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive \
                       parameters.";
        return Err(invalid(message));
    }
    let prefix = wish.log_group_name_prefix.unwrap_or_default();
    let pattern = wish.log_group_name_pattern.unwrap_or_default().to_lowercase();
    let place = (call.caller.account, call.caller.region);
    let state = logs.lock();
    let from = match &wish.next_token {
        // A token is the last name of the page before.
        Some(token) => Bound::Excluded(token.clone()),
        None => Bound::Included(prefix.clone()),
    };
    let found = state.groups(place).into_iter().flat_map(|all| {
        all.range((from.clone(), Bound::Unbounded))
            .take_while(|(name, _)| name.starts_with(&prefix))
            .filter(|(name, _)| name.to_lowercase().contains(&pattern))
    });
    let mut page = found.take(limit + 1).collect::<Vec<_>>();
    let has_more = page.len() > limit;
    page.truncate(limit);
    let groups = page.iter().map(|(name, group)| describe_group(call, name, group));
    let mut answer = json!({ "logGroups": groups.collect::<Vec<_>>() });
    if let Some((last, _)) = page.last()
        && has_more
    {
        answer["nextToken"] = json!(last);
    }
    Ok(answer)
}

fn describe_group(call: &Call, name: &str, group: &Group) -> Value {
    let resource = format!("log-group:{name}");
    let arn = Arn::new("logs", call.caller.region, call.caller.account, &resource).to_string();
    let bytes: usize = group.streams.values().map(stored_bytes).sum();
    let mut described = json!({
        "logGroupName": name,
        "creationTime": group.created_ms,
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "storedBytes": bytes,
        "logGroupClass": "STANDARD",
        "logGroupArn": arn,
    });
    if let Some(days) = group.retention_days {
        described["retentionInDays"] = json!(days);
    }
    described
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeStreams {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    descending: Option<bool>,
    next_token: Option<String>,
    limit: Option<u32>,
}

pub(super) fn streams(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let wish: DescribeStreams = read(body)?;
    let limit = limit(wish.limit, PAGE_MAX, PAGE_MAX)?;
    let group = group_name(wish.log_group_name.as_deref(), wish.log_group_identifier.as_deref())?;
    let is_by_time = match wish.order_by.as_deref() {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") if wish.log_stream_name_prefix.is_none() => true,
        Some("LastEventTime") => {
            return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        Some(_) => return Err(invalid("orderBy must be LogStreamName or LastEventTime.")),
    };
    let place = (call.caller.account, call.caller.region);
    let state = logs.lock();
    let found = state.group(place, group).ok_or_else(no_group)?;
    let prefix = wish.log_stream_name_prefix.unwrap_or_default();
    let mut streams =
        found.streams.iter().filter(|(name, _)| name.starts_with(&prefix)).collect::<Vec<_>>();
    if is_by_time {
        streams.sort_by_key(|(_, stream)| last_timestamp(stream));
    }
    if wish.descending == Some(true) {
        streams.reverse();
    }
    if let Some(token) = &wish.next_token {
        let after = streams.iter().position(|(name, _)| *name == token);
        let after = after.ok_or_else(|| invalid("The specified nextToken is invalid."))?;
        streams.drain(..=after);
    }
    let has_more = streams.len() > limit;
    streams.truncate(limit);
    let described = streams.iter().map(|(name, stream)| describe_stream(call, group, name, stream));
    let mut answer = json!({ "logStreams": described.collect::<Vec<_>>() });
    if let Some((last, _)) = streams.last()
        && has_more
    {
        answer["nextToken"] = json!(last);
    }
    Ok(answer)
}

fn describe_stream(call: &Call, group: &str, name: &str, stream: &Stream) -> Value {
    let resource = format!("log-group:{group}:log-stream:{name}");
    let arn = Arn::new("logs", call.caller.region, call.caller.account, &resource);
    let mut described = json!({
        "logStreamName": name,
        "creationTime": stream.created_ms,
        "arn": arn.to_string(),
        "storedBytes": 0,
    });
    if let Some(last) = stream.events.back() {
        let first = stream.events.iter().map(|event| event.timestamp_ms).min();
        described["firstEventTimestamp"] = json!(first);
        described["lastEventTimestamp"] = json!(last_timestamp(stream));
        described["lastIngestionTime"] = json!(last.ingested_ms);
        described["uploadSequenceToken"] = json!(format!("{:056}", last.id));
    }
    described
}

fn last_timestamp(stream: &Stream) -> Option<u64> {
    stream.events.iter().map(|event| event.timestamp_ms).max()
}

fn stored_bytes(stream: &Stream) -> usize {
    let bytes = |message: &str| message.len() + super::store::EVENT_OVERHEAD;
    stream.events.iter().map(|event| bytes(&event.message)).sum()
}
