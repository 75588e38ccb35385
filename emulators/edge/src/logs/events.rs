//! Events are put, read by stream, and filtered across streams.

use serde::Deserialize;
use serde_json::{Value, json};

use super::filter::Pattern;
use super::request::{group_name, invalid, limit, no_group, no_stream, read};
use super::store::{EVENT_OVERHEAD, Event, Logs, MESSAGE_BYTES_MAX};
use crate::{AwsError, Call};

/// Events of one request and of one page.
const EVENTS_MAX: usize = 10_000;
/// Bytes of the events of one request, and of one page.
const BATCH_BYTES_MAX: usize = 1_048_576;
/// How far in the past and in the future a timestamp may be, in milliseconds.
const PAST_MAX_MS: u64 = 14 * 86_400_000;
const FUTURE_MAX_MS: u64 = 2 * 3_600_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Put {
    log_group_name: String,
    log_stream_name: String,
    log_events: Vec<InputEvent>,
}

#[derive(Deserialize)]
struct InputEvent {
    timestamp: u64,
    message: String,
}

pub(super) fn put(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let put: Put = read(body)?;
    let events = put.log_events;
    check_batch(&events)?;
    let place = (call.caller.account, call.caller.region);
    let mut state = logs.lock();
    let group = state.group(place, &put.log_group_name).ok_or_else(no_group)?;
    if !group.streams.contains_key(&put.log_stream_name) {
        return Err(no_stream());
    }
    let now = call.now.unix_millis();
    let too_old = now.saturating_sub(PAST_MAX_MS);
    let expired = group.expired_before(call.now);
    let mut rejected = serde_json::Map::new();
    let old = events.partition_point(|event| event.timestamp < too_old);
    let gone = events.partition_point(|event| event.timestamp < expired);
    let new = events.partition_point(|event| event.timestamp <= now + FUTURE_MAX_MS);
    if old > 0 {
        rejected.insert("tooOldLogEventEndIndex".to_owned(), json!(old));
    }
    if gone > 0 {
        rejected.insert("expiredLogEventEndIndex".to_owned(), json!(gone));
    }
    if new < events.len() {
        rejected.insert("tooNewLogEventStartIndex".to_owned(), json!(new));
    }
    let accepted = new.saturating_sub(old.max(gone));
    for event in events.into_iter().skip(old.max(gone)).take(accepted) {
        let (group, stream) = (&put.log_group_name, &put.log_stream_name);
        state.append(place, group, stream, event.timestamp, call.now, event.message);
    }
    // Sequence tokens are of no use any more, and still sent.
    let mut answer = json!({ "nextSequenceToken": format!("{:056}", now) });
    if !rejected.is_empty() {
        answer["rejectedLogEventsInfo"] = Value::Object(rejected);
    }
    Ok(answer)
}

fn check_batch(events: &[InputEvent]) -> Result<(), AwsError> {
    let bytes = events.iter().map(|event| event.message.len() + EVENT_OVERHEAD).sum::<usize>();
    if events.is_empty() || events.len() > EVENTS_MAX {
        return Err(invalid(format!("A request has from 1 to {EVENTS_MAX} log events.")));
    }
    if bytes > BATCH_BYTES_MAX {
        return Err(invalid(format!(
            "Upload too large: {bytes} bytes exceeds limit of {BATCH_BYTES_MAX}"
        )));
    }
    if let Some(event) = events.iter().find(|event| event.message.len() > MESSAGE_BYTES_MAX) {
        let bytes = event.message.len() + EVENT_OVERHEAD;
        return Err(invalid(format!("Log event too large: {bytes} bytes exceeds limit")));
    }
    if events.iter().any(|event| event.message.is_empty()) {
        return Err(invalid("A log event's message must not be empty."));
    }
    if !events.is_sorted_by_key(|event| event.timestamp) {
        let message = "Log events in a single PutLogEvents request must be in chronological order.";
        return Err(invalid(message));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Get {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<u64>,
    end_time: Option<u64>,
    next_token: Option<String>,
    limit: Option<u32>,
    start_from_head: Option<bool>,
}

/// Where an event is among others: by time, equal ones as they came.
type Position = (u64, u64);

fn position(event: &Event) -> Position {
    (event.timestamp_ms, event.id)
}

pub(super) fn get(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let get: Get = read(body)?;
    let limit = limit(get.limit, EVENTS_MAX, EVENTS_MAX)?;
    let group = group_name(get.log_group_name.as_deref(), get.log_group_identifier.as_deref())?;
    let state = logs.lock();
    let group = state.group((call.caller.account, call.caller.region), group);
    let group = group.ok_or_else(no_group)?;
    let stream = group.streams.get(&get.log_stream_name).ok_or_else(no_stream)?;
    let start = get.start_time.unwrap_or(0).max(group.expired_before(call.now));
    let end = get.end_time.unwrap_or(u64::MAX);
    let is_wanted = |event: &&Event| event.timestamp_ms >= start && event.timestamp_ms < end;
    let mut events = stream.events.iter().filter(is_wanted).collect::<Vec<_>>();
    events.sort_by_key(|event| position(event));
    let token = get.next_token.as_deref().map(read_token).transpose()?;
    let page = match token {
        Some((Direction::Forward, after)) => {
            let from = events.partition_point(|event| position(event) <= after);
            head(&events[from..], limit)
        }
        Some((Direction::Backward, before)) => {
            let to = events.partition_point(|event| position(event) < before);
            tail(&events[..to], limit)
        }
        None if get.start_from_head == Some(true) => head(&events, limit),
        None => tail(&events, limit),
    };
    // At either end the same token comes again: that is how clients see the end.
    let here = token.map_or((start, 0), |(_, position)| position);
    let first = page.first().map_or(here, |event| position(event));
    let last = page.last().map_or(here, |event| position(event));
    let shown = page.iter().map(|event| {
        json!({
            "timestamp": event.timestamp_ms,
            "message": event.message,
            "ingestionTime": event.ingested_ms,
        })
    });
    Ok(json!({
        "events": shown.collect::<Vec<_>>(),
        "nextForwardToken": token_of('f', last),
        "nextBackwardToken": token_of('b', first),
    }))
}

/// As many events from the beginning as fit into a page.
fn head<'a>(events: &[&'a Event], limit: usize) -> Vec<&'a Event> {
    let mut bytes = 0;
    let fits = |event: &&&Event| {
        bytes += event.message.len() + EVENT_OVERHEAD;
        bytes <= BATCH_BYTES_MAX
    };
    events.iter().take(limit).take_while(fits).copied().collect()
}

/// As many events at the end as fit into a page.
fn tail<'a>(events: &[&'a Event], limit: usize) -> Vec<&'a Event> {
    let mut bytes = 0;
    let fits = |event: &&&Event| {
        bytes += event.message.len() + EVENT_OVERHEAD;
        bytes <= BATCH_BYTES_MAX
    };
    let mut page = events.iter().rev().take(limit).take_while(fits).copied().collect::<Vec<_>>();
    page.reverse();
    page
}

#[derive(Clone, Copy)]
enum Direction {
    Forward,
    Backward,
}

fn token_of(direction: char, (timestamp, id): Position) -> String {
    format!("{direction}/{timestamp:020}{id:020}")
}

fn read_token(token: &str) -> Result<(Direction, Position), AwsError> {
    let read = || {
        let (direction, digits) = token.split_once('/')?;
        let direction = match direction {
            "f" => Direction::Forward,
            "b" => Direction::Backward,
            _ => return None,
        };
        let is_whole = digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let (timestamp, id) = is_whole.then(|| digits.split_at(20))?;
        Some((direction, (timestamp.parse().ok()?, id.parse().ok()?)))
    };
    read().ok_or_else(|| invalid("The specified nextToken is invalid."))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<u64>,
    end_time: Option<u64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<u32>,
}

pub(super) fn filter(logs: &Logs, call: &Call, body: &[u8]) -> Result<Value, AwsError> {
    let wish: Filter = read(body)?;
    let limit = limit(wish.limit, EVENTS_MAX, EVENTS_MAX)?;
    let pattern = Pattern::parse(wish.filter_pattern.as_deref().unwrap_or_default())?;
    let group = group_name(wish.log_group_name.as_deref(), wish.log_group_identifier.as_deref())?;
    let after = wish.next_token.as_deref().map(read_token).transpose()?.map(|(_, at)| at);
    let state = logs.lock();
    let group = state.group((call.caller.account, call.caller.region), group);
    let group = group.ok_or_else(no_group)?;
    if wish.log_stream_names.is_some() && wish.log_stream_name_prefix.is_some() {
        return Err(invalid("logStreamNames and logStreamNamePrefix are mutually exclusive."));
    }
    let start = wish.start_time.unwrap_or(0).max(group.expired_before(call.now));
    // The end belongs to the range here.
    let end = wish.end_time.unwrap_or(u64::MAX);
    let mut events = Vec::new();
    for (name, stream) in &group.streams {
        let is_named = wish.log_stream_names.as_ref().is_none_or(|names| names.contains(name));
        let prefix = wish.log_stream_name_prefix.as_deref().unwrap_or_default();
        if !is_named || !name.starts_with(prefix) {
            continue;
        }
        let is_wanted = |event: &&Event| {
            (start..=end).contains(&event.timestamp_ms)
                && after.is_none_or(|after| position(event) > after)
                && pattern.matches(&event.message)
        };
        events.extend(stream.events.iter().filter(is_wanted).map(|event| (name, event)));
    }
    events.sort_by_key(|(_, event)| position(event));
    let mut bytes = 0;
    let fits = |(_, event): &&(&String, &Event)| {
        bytes += event.message.len() + EVENT_OVERHEAD;
        bytes <= BATCH_BYTES_MAX
    };
    let page = events.iter().take(limit).take_while(fits).collect::<Vec<_>>();
    let shown = page.iter().map(|(name, event)| {
        json!({
            "logStreamName": name,
            "timestamp": event.timestamp_ms,
            "message": event.message,
            "ingestionTime": event.ingested_ms,
            "eventId": format!("{:020}{:036}", event.timestamp_ms, event.id),
        })
    });
    let mut answer =
        json!({ "events": shown.collect::<Vec<_>>(), "searchedLogStreams": Vec::<Value>::new() });
    if let Some((_, last)) = page.last()
        && page.len() < events.len()
    {
        answer["nextToken"] = json!(token_of('f', position(last)));
    }
    Ok(answer)
}
