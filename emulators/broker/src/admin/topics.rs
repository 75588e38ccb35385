//! Topics, deliveries that failed, and the mailbox.

use std::sync::Arc;

use brume_edge::{AdminAnswer, AdminCall, AdminError, AdminRoute};
use brume_foundation::clock::Moment;
use brume_policy::{Account, Arn, Region};
use brume_topics::cause::{Cause, CauseQuery, Outcome};
use brume_topics::mailbox::Letter;
use brume_topics::requests::Pairs;
use brume_topics::{TopicError, Topics};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Answered, limit, parameter, route, wrong};
use crate::broker::Engines;

/// Subscriptions of one topic that are shown.
const SUBSCRIPTIONS_MAX: usize = 10_000;

pub(super) fn routes(engines: &Arc<Engines>) -> Vec<AdminRoute> {
    vec![
        route(engines, Method::GET, "/_brume/topics", list),
        route(engines, Method::GET, "/_brume/topics/", one),
        route(engines, Method::GET, "/_brume/topics/causes", deliveries),
        route(engines, Method::GET, "/_brume/deliveries", deliveries),
        route(engines, Method::GET, "/_brume/mailbox", mailbox),
        route(engines, Method::DELETE, "/_brume/mailbox", clear_mailbox),
    ]
}

fn failed(error: &TopicError) -> AdminError {
    let status = match error {
        TopicError::NotFound(_) => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    };
    AdminError::new(status, error.to_string())
}

async fn list(engines: Arc<Engines>, call: AdminCall) -> Answered {
    let account = parameter::<Account>(&call, "account")?.unwrap_or(engines.options.account);
    let region = parameter::<Region>(&call, "region")?.unwrap_or_default();
    let after = call.query.get("after").filter(|after| !after.is_empty());
    let page = engines.topics.list_topics(account, region, after);
    let page = page.map_err(|error| failed(&error))?;
    AdminAnswer::json(&json!({"topics": page.items, "next": page.next}))
}

async fn one(engines: Arc<Engines>, call: AdminCall) -> Answered {
    let arn = call.rest.parse::<Arn>().map_err(|error| wrong(error.to_string()))?.to_string();
    let topics = &engines.topics;
    let attributes = topics.topic_attributes(&arn).map_err(|error| failed(&error))?;
    let tags = topics.tags(&arn).map_err(|error| failed(&error))?;
    let subscriptions = subscriptions(topics, &arn).map_err(|error| failed(&error))?;
    AdminAnswer::json(&json!({
        "arn": arn,
        "attributes": object(attributes),
        "tags": object(tags),
        "subscriptions": subscriptions,
    }))
}

fn subscriptions(topics: &Topics, arn: &str) -> Result<Vec<Value>, TopicError> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = topics.list_subscriptions_by_topic(arn, after.as_deref())?;
        for summary in page.items {
            let is_pending = summary.arn.parse::<Arn>().is_err();
            let attributes = if is_pending {
                Pairs::new()
            } else {
                topics.subscription_attributes(&summary.arn)?
            };
            found.push(json!({
                "arn": &*summary.arn,
                "owner": summary.owner.as_str(),
                "protocol": summary.protocol,
                "endpoint": &*summary.endpoint,
                "attributes": object(attributes),
            }));
        }
        after = page.next;
        if after.is_none() || found.len() >= SUBSCRIPTIONS_MAX {
            return Ok(found);
        }
    }
}

fn object(pairs: Pairs) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name, value.into())).collect()
}

async fn deliveries(engines: Arc<Engines>, call: AdminCall) -> Answered {
    let text =
        |name: &str| call.query.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let query = CauseQuery {
        message_id: text("message"),
        subscription_arn: text("subscription"),
        queue_arn: text("queue"),
        after: text("after"),
        limit: limit(&call)?,
    };
    let page = engines.topics.causes(&query);
    let causes = page.items.iter().map(cause).collect::<Vec<_>>();
    AdminAnswer::json(&json!({"causes": causes, "next": page.next}))
}

fn time(at: Moment) -> String {
    at.to_string()
}

fn cause(cause: &Cause) -> Value {
    let attempts = cause.attempts.iter().map(|attempt| {
        json!({
            "number": attempt.number,
            "at": time(attempt.at),
            "status": attempt.status,
            "is_client_side": attempt.is_client_side,
            "code": attempt.code,
            "detail": attempt.detail,
        })
    });
    json!({
        "message_id": &*cause.message_id,
        "topic_arn": &*cause.topic_arn,
        "subscription_arn": &*cause.subscription_arn,
        "protocol": &*cause.protocol,
        "endpoint": &*cause.endpoint,
        "published_at": time(cause.published_at),
        "attempts_count": cause.attempts_count,
        "attempts": attempts.collect::<Vec<_>>(),
        "outcome": outcome(&cause.outcome),
    })
}

fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Retrying { next_at } => json!({"state": "retrying", "next_at": time(*next_at)}),
        Outcome::Delivered { at } => json!({"state": "delivered", "at": time(*at)}),
        Outcome::DeadLettered { at, queue_arn, message_id } => json!({
            "state": "dead-lettered",
            "at": time(*at),
            "queue_arn": queue_arn,
            "message_id": message_id,
        }),
        Outcome::Lost { at, queue_arn, reason } => json!({
            "state": "lost",
            "at": time(*at),
            "queue_arn": queue_arn,
            "reason": reason,
        }),
    }
}

async fn mailbox(engines: Arc<Engines>, call: AdminCall) -> Answered {
    let endpoint = call.query.get("endpoint").filter(|endpoint| !endpoint.is_empty());
    let after = parameter::<u64>(&call, "after")?.unwrap_or(0);
    let page = engines.topics.mailbox().list(endpoint, after, limit(&call)?);
    let letters = page.items.iter().map(letter).collect::<Vec<_>>();
    AdminAnswer::json(&json!({"letters": letters, "next": page.next}))
}

fn letter(letter: &Letter) -> Value {
    json!({
        "serial": letter.serial,
        "at": time(letter.at),
        "protocol": letter.protocol,
        "endpoint": letter.endpoint,
        "topic_arn": letter.topic_arn,
        "message_id": letter.message_id,
        "subject": letter.subject,
        "body": letter.body,
    })
}

async fn clear_mailbox(engines: Arc<Engines>, _call: AdminCall) -> Answered {
    engines.topics.mailbox().clear();
    AdminAnswer::json(&json!({}))
}
