//! What is under `/_brume/`: brume's own interface, JSON in and out, never part of an AWS answer.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use brume_foundation::BoxFuture;
use brume_foundation::clock::Moment;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Parameters;

/// What every admin path begins with.
pub const ADMIN_PREFIX: &str = "/_brume/";

/// A request to an admin route.
#[derive(Clone, Debug)]
pub struct AdminCall {
    /// What follows the route's prefix in the path, percent-decoded.
    pub rest: String,
    /// The query string.
    pub query: Parameters,
    /// The body.
    pub body: Bytes,
    /// When it came, on the instance's clock.
    pub now: Moment,
}

impl AdminCall {
    /// Reads the body.
    ///
    /// # Errors
    /// It is not the JSON that is wanted.
    pub fn json<Value: DeserializeOwned>(&self) -> Result<Value, AdminError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            AdminError::new(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"))
        })
    }
}

/// An answer of an admin route.
#[derive(Clone, Debug)]
pub struct AdminAnswer {
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The contents.
    pub body: Bytes,
}

impl AdminAnswer {
    /// Makes a JSON answer.
    ///
    /// # Errors
    /// The value cannot be written as JSON.
    pub fn json(value: &impl Serialize) -> Result<Self, AdminError> {
        let mut body = serde_json::to_vec(value).map_err(|error| {
            let message = format!("the answer cannot be written: {error}");
            AdminError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        })?;
        body.push(b'\n');
        Ok(Self { content_type: "application/json", body: body.into() })
    }

    /// Makes an answer of another kind.
    #[must_use]
    pub fn plain(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { content_type, body: body.into() }
    }
}

/// Why an admin request failed; people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminError {
    /// The HTTP status.
    pub status: StatusCode,
    /// What went wrong.
    pub message: String,
}

impl AdminError {
    /// Makes an error.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// Makes the error for what does not exist.
    #[must_use]
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what}"))
    }
}

impl From<brume_foundation::Error> for AdminError {
    fn from(error: brume_foundation::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

type Handler =
    dyn Fn(AdminCall) -> BoxFuture<'static, Result<AdminAnswer, AdminError>> + Send + Sync;

/// A method, the beginning of a path, and what answers there.
#[derive(Clone)]
pub struct AdminRoute {
    method: Method,
    prefix: &'static str,
    handler: Arc<Handler>,
}

impl fmt::Debug for AdminRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.prefix)
    }
}

impl AdminRoute {
    /// Makes a route. `prefix` begins with [`ADMIN_PREFIX`]; without a slash at its end it stands
    /// for that one path, with one for every path below as well.
    #[must_use]
    pub fn new<Function, Answer>(method: Method, prefix: &'static str, function: Function) -> Self
    where
        Function: Fn(AdminCall) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<AdminAnswer, AdminError>> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |call| Box::pin(function(call)));
        Self { method, prefix, handler }
    }
}

/// All routes, the longest prefix first.
#[derive(Debug, Default)]
pub(crate) struct AdminTable {
    routes: Vec<AdminRoute>,
}

/// What the table says to a request.
pub(crate) enum Found {
    /// This function, and what follows its prefix.
    Route(Arc<Handler>, String),
    /// The path is there for these methods.
    OtherMethods(Vec<Method>),
    /// No such path.
    Nothing,
}

impl AdminTable {
    pub(crate) fn add(&mut self, route: AdminRoute) {
        self.routes.push(route);
        self.routes.sort_by_key(|route| std::cmp::Reverse(route.prefix.len()));
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Found {
        let mut others = Vec::new();
        for route in &self.routes {
            let Some(rest) = path.strip_prefix(route.prefix) else { continue };
            if !rest.is_empty() && !route.prefix.ends_with('/') {
                continue;
            }
            if route.method == *method {
                return Found::Route(Arc::clone(&route.handler), rest.to_owned());
            }
            others.push(route.method.clone());
        }
        if others.is_empty() { Found::Nothing } else { Found::OtherMethods(others) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: Method, prefix: &'static str) -> AdminRoute {
        AdminRoute::new(method, prefix, async |call: AdminCall| {
            Ok(AdminAnswer::plain("text/plain", call.rest))
        })
    }

    #[test]
    fn the_longest_prefix_and_the_method_decide() {
        let mut table = AdminTable::default();
        table.add(route(Method::GET, "/_brume/queues/"));
        table.add(route(Method::GET, "/_brume/queues/all"));
        table.add(route(Method::POST, "/_brume/reset"));
        let find = |method, path| match table.find(&method, path) {
            Found::Route(_, rest) => format!("route {rest}"),
            Found::OtherMethods(methods) => format!("{methods:?}"),
            Found::Nothing => "nothing".to_owned(),
        };
        assert_eq!(find(Method::GET, "/_brume/queues/x/y"), "route x/y");
        assert_eq!(find(Method::GET, "/_brume/queues/all"), "route ");
        assert_eq!(find(Method::GET, "/_brume/queues/allx"), "route allx");
        assert_eq!(find(Method::GET, "/_brume/reset"), "[POST]");
        assert_eq!(find(Method::POST, "/_brume/reset/"), "nothing");
    }
}
