//! Queues and their messages, looked at without receiving anything.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use brume_edge::{AdminAnswer, AdminCall, AdminError, AdminRoute};
use brume_foundation::clock::Moment;
use brume_policy::{Account, Arn, Region};
use brume_queues::{AttributeValue, Peeked, Queue, QueueKey, State};
use http::Method;
use serde_json::{Map, Value, json};

use super::{Answered, limit, parameter, route, wrong};
use crate::broker::Engines;

/// Messages that one request looks at when it wants only those of a certain state.
const LOOKED_AT_MAX: usize = 100_000;
/// Messages that are looked at in one go.
const STEP: usize = 1_000;

pub(super) fn routes(engines: &Arc<Engines>) -> Vec<AdminRoute> {
    vec![
        route(engines, Method::GET, "/_brume/queues", list),
        route(engines, Method::GET, "/_brume/queues/", by_path),
        route(engines, Method::GET, "/_brume/queues/messages", by_arn),
    ]
}

async fn list(engines: Arc<Engines>, call: AdminCall) -> Answered {
    let account = parameter::<Account>(&call, "account")?;
    let region = parameter::<Region>(&call, "region")?;
    let prefix = call.query.get("prefix").unwrap_or_default();
    let after = parameter::<Arn>(&call, "after")?.as_ref().and_then(QueueKey::of);
    let limit = limit(&call)?;
    let is_wanted = |queue: &&Arc<Queue>| {
        let key = queue.key();
        account.is_none_or(|account| key.account == account)
            && region.is_none_or(|region| key.region == region)
            && key.name.starts_with(prefix)
            && after.as_ref().is_none_or(|after| key > after)
    };
    let all = engines.queues.all();
    let mut found = all.iter().filter(is_wanted);
    let page = found.by_ref().take(limit).collect::<Vec<_>>();
    let next = found.next().and_then(|_| page.last()).map(|last| last.arn().to_string());
    let queues = page.into_iter().map(|queue| summary(queue)).collect::<Vec<_>>();
    AdminAnswer::json(&json!({"queues": queues, "next": next}))
}

/// `ACCOUNT/REGION/NAME` or `ACCOUNT/REGION/NAME/messages`.
async fn by_path(engines: Arc<Engines>, call: AdminCall) -> Answered {
    let parts = call.rest.split('/').collect::<Vec<_>>();
    let (account, region, name, rest) = match parts.as_slice() {
        [account, region, name] => (account, region, name, None),
        [account, region, name, rest] => (account, region, name, Some(*rest)),
        _ => return Err(AdminError::not_found("such admin path")),
    };
    let account = account.parse::<Account>().map_err(|error| wrong(error.to_string()))?;
    let region = region.parse::<Region>().map_err(|error| wrong(error.to_string()))?;
    let key = QueueKey::new(account, region, name);
    let queue = engines.queues.get(&key).ok_or_else(|| AdminError::not_found("such queue"))?;
    match rest {
        None => AdminAnswer::json(&details(&queue)?),
        Some("messages") => messages(&queue, &call),
        Some(_) => Err(AdminError::not_found("such admin path")),
    }
}

async fn by_arn(engines: Arc<Engines>, call: AdminCall) -> Answered {
    let arn = parameter::<Arn>(&call, "queue")?.ok_or_else(|| wrong("queue: an ARN is needed"))?;
    let queue = engines.queues.by_arn(&arn).ok_or_else(|| AdminError::not_found("such queue"))?;
    messages(&queue, &call)
}

fn summary(queue: &Queue) -> Value {
    let (key, counts) = (queue.key(), queue.counts());
    json!({
        "arn": queue.arn().to_string(),
        "account": key.account.as_str(),
        "region": key.region.as_str(),
        "name": &*key.name,
        "visible": counts.visible,
        "in_flight": counts.in_flight,
        "delayed": counts.delayed,
    })
}

fn details(queue: &Queue) -> Result<Value, AdminError> {
    let mut details = summary(queue);
    let attributes = brume_sqs::queue_attributes(queue);
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
    details["attributes"] = Value::Object(attributes.collect());
    let tags = queue.tags().into_iter().map(|(key, value)| (key, value.into()));
    details["tags"] = Value::Object(tags.collect());
    Ok(details)
}

/// Messages in the order in which they came, in the form of `ReceiveMessage`.
fn messages(queue: &Queue, call: &AdminCall) -> Answered {
    let limit = limit(call)?;
    let state = call.query.get("state").filter(|state| !state.is_empty());
    if let Some(state) = state.filter(|state| !STATES.contains(state)) {
        return Err(wrong(format!(
            "state: {} is none of {}",
            state.escape_debug(),
            STATES.join(", ")
        )));
    }
    let mut cursor = parameter::<u64>(call, "after")?.unwrap_or(0);
    let (mut found, mut looked_at, mut is_end) = (Vec::new(), 0, false);
    while found.len() < limit && looked_at < LOOKED_AT_MAX && !is_end {
        let step = if state.is_none() { limit - found.len() } else { STEP };
        let peeked = queue.peek(cursor, step);
        is_end = peeked.len() < step;
        for message in peeked {
            if found.len() == limit {
                is_end = false;
                break;
            }
            cursor = message.cursor;
            looked_at += 1;
            if state.is_none_or(|state| state == name(message.state)) {
                found.push(shown(&message));
            }
        }
    }
    let next = (!is_end).then(|| cursor.to_string());
    AdminAnswer::json(&json!({"messages": found, "next": next}))
}

/// The states that can be asked for.
const STATES: [&str; 3] = ["visible", "in-flight", "delayed"];

const fn name(state: State) -> &'static str {
    match state {
        State::Visible => STATES[0],
        State::InFlight { .. } => STATES[1],
        State::Delayed { .. } => STATES[2],
    }
}

fn shown(message: &Peeked) -> Value {
    let content = &message.content;
    let attributes = content.attributes().iter().map(|attribute| {
        let mut value = json!({"DataType": &*attribute.data_type});
        match &attribute.value {
            AttributeValue::Text(text) => value["StringValue"] = (&**text).into(),
            AttributeValue::Binary(bytes) => {
                value["BinaryValue"] = BASE64_STANDARD.encode(bytes).into();
            }
        }
        (attribute.name.to_string(), value)
    });
    let system = brume_sqs::system_attributes(&message.attributes);
    let system = system.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
    let until = match message.state {
        State::Visible => None,
        State::InFlight { until_ms } | State::Delayed { until_ms } => {
            Some(Moment::from_unix_millis(until_ms).to_string())
        }
    };
    json!({
        "MessageId": message.id.to_string(),
        "Body": String::from_utf8_lossy(content.body()),
        "MD5OfBody": content.body_md5().to_string(),
        "Attributes": system.collect::<Map<_, _>>(),
        "MessageAttributes": attributes.collect::<Map<_, _>>(),
        "State": name(message.state),
        "Until": until,
        // More digits than a double holds: a text, or JavaScript would round it.
        "Cursor": message.cursor.to_string(),
    })
}
