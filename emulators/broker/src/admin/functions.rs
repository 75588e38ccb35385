//! The functions that only pretend.

use std::sync::Arc;

use brume_edge::{AdminAnswer, AdminCall, AdminError, AdminRoute};
use brume_foundation::ErrorKind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answered, route};
use crate::broker::Engines;
use crate::functions::{Definition, Recorded, Status};

pub(super) fn routes(engines: &Arc<Engines>) -> Vec<AdminRoute> {
    vec![
        route(engines, Method::GET, "/_brume/functions", list),
        route(engines, Method::POST, "/_brume/functions", define),
        route(engines, Method::GET, "/_brume/functions/", one),
        route(engines, Method::DELETE, "/_brume/functions/", remove),
    ]
}

fn failed(error: brume_foundation::Error) -> AdminError {
    match error.kind {
        ErrorKind::Usage => AdminError::new(StatusCode::BAD_REQUEST, error.to_string()),
        ErrorKind::NotFound => AdminError::new(StatusCode::NOT_FOUND, error.to_string()),
        _ => error.into(),
    }
}

async fn list(engines: Arc<Engines>, _call: AdminCall) -> Answered {
    AdminAnswer::json(&json!({"functions": engines.functions.list()}))
}

async fn define(engines: Arc<Engines>, call: AdminCall) -> Answered {
    let definition = call.json::<Definition>()?;
    AdminAnswer::json(&engines.functions.define(definition).map_err(failed)?)
}

async fn one(engines: Arc<Engines>, call: AdminCall) -> Answered {
    let (status, recorded) =
        engines.functions.get(&call.rest).ok_or_else(|| AdminError::not_found("such function"))?;
    let Status { definition, events, accepted } = status;
    let recorded = recorded.iter().map(shown).collect::<Vec<_>>();
    AdminAnswer::json(&json!({
        "name": definition.name,
        "behaviour": definition.behaviour,
        "fail_first": definition.fail_first,
        "events": events,
        "accepted": accepted,
        "recorded": recorded,
    }))
}

fn shown(recorded: &Recorded) -> Value {
    let (request_id, refusal) = match &recorded.answer {
        Ok(request_id) => (Some(request_id), None),
        Err(refusal) => (None, Some(refusal)),
    };
    json!({
        "at": recorded.at.to_string(),
        "function_arn": recorded.function_arn,
        "principal": recorded.principal,
        "source_arn": recorded.source_arn,
        "payload": recorded.payload,
        "request_id": request_id,
        "refusal": refusal,
    })
}

async fn remove(engines: Arc<Engines>, call: AdminCall) -> Answered {
    engines.functions.remove(&call.rest).map_err(failed)?;
    AdminAnswer::json(&json!({}))
}
