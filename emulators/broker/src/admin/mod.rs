//! The admin API of the broker under `/_brume/`: read-only looks, exact causes, test doubles.
//!
//! | Request | Answer |
//! |---|---|
//! | `GET queues?account=&region=&prefix=&after=&limit=` | `{"queues": […], "next": …}` |
//! | `GET queues/ACCOUNT/REGION/NAME` | one queue: attributes, tags, counts |
//! | `GET queues/ACCOUNT/REGION/NAME/messages?state=&after=&limit=` | messages, not received |
//! | `GET queues/messages?queue=ARN&…` | the same, by ARN |
//! | `GET topics?account=&region=&after=` | `{"topics": […], "next": …}` |
//! | `GET topics/ARN` | one topic: attributes, tags, subscriptions |
//! | `GET deliveries?message=&subscription=&queue=&after=&limit=` | causes of failed deliveries |
//! | `GET topics/causes?…` | the same |
//! | `GET mailbox?endpoint=&after=&limit=`, `DELETE mailbox` | mail, text messages, pushes |
//! | `GET functions`, `POST functions` | the functions that only pretend; defines one |
//! | `GET functions/NAME`, `DELETE functions/NAME` | its events; removes it |
//!
//! Times are RFC 3339, durations have their unit in the name, `next` goes into `after`. An error
//! is `{"error": …}`. Nothing here changes what AWS's own interface answers. `POST reset` is the
//! daemon's, because it concerns more than the broker.

mod functions;
mod queues;
mod topics;

use std::fmt::Display;
use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;

use brume_edge::{AdminAnswer, AdminCall, AdminError, AdminRoute};
use http::{Method, StatusCode};

use crate::broker::Engines;

/// Entries of a page when the caller does not say.
const LIMIT_USUAL: usize = 100;
/// Entries of the longest page.
const LIMIT_MAX: usize = 1_000;

type Answered = Result<AdminAnswer, AdminError>;

/// All routes.
pub(crate) fn routes(engines: &Arc<Engines>) -> Vec<AdminRoute> {
    let mut routes = queues::routes(engines);
    routes.extend(topics::routes(engines));
    routes.extend(functions::routes(engines));
    routes
}

/// A route to a function of the engines.
fn route<Function, Answer>(
    engines: &Arc<Engines>,
    method: Method,
    prefix: &'static str,
    function: Function,
) -> AdminRoute
where
    Function: Fn(Arc<Engines>, AdminCall) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Answered> + Send + 'static,
{
    let engines = Arc::clone(engines);
    AdminRoute::new(method, prefix, move |call| function(Arc::clone(&engines), call))
}

fn wrong(message: impl Into<String>) -> AdminError {
    AdminError::new(StatusCode::BAD_REQUEST, message)
}

/// A value of the query string; `None` when it is not there or empty.
fn parameter<Value>(call: &AdminCall, name: &str) -> Result<Option<Value>, AdminError>
where
    Value: FromStr,
    Value::Err: Display,
{
    let text = call.query.get(name).filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|error| wrong(format!("{name}: {error}")))).transpose()
}

fn limit(call: &AdminCall) -> Result<usize, AdminError> {
    let limit = parameter::<usize>(call, "limit")?.unwrap_or(LIMIT_USUAL);
    let is_fitting = (1..=LIMIT_MAX).contains(&limit);
    is_fitting.then_some(limit).ok_or_else(|| wrong(format!("limit must be 1 to {LIMIT_MAX}")))
}
