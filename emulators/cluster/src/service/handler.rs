//! Between the HTTP server and the core: reads bodies, tells who asks, injects faults.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use brume_foundation::BoxFuture;
use brume_foundation::clock::Clock;
use brume_foundation::faults::{Failure, Faults};
use brume_foundation::http::body::{self, BodyError};
use brume_foundation::http::{self as server, Handler, Peer};
use brume_foundation::random::Random;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;

use super::identity::ADMINISTRATOR;
use super::state::State;
use crate::custom::{self, Stamp};
use crate::wire::{Reason, Request, Response, Route, Status, User, route};

/// Bytes of a request body, as in Kubernetes.
const OBJECT_BYTES_MAX: usize = 3 * 1024 * 1024;

/// The handler of all connections.
#[derive(Debug)]
pub(super) struct ClusterHandler {
    pub(super) state: State,
    pub(super) clock: Arc<Clock>,
    pub(super) faults: Arc<Faults>,
    pub(super) random: Random,
    /// Address and port of the server.
    pub(super) address: String,
}

impl Handler for ClusterHandler {
    fn handle(self: Arc<Self>, request: server::Request) -> BoxFuture<'static, server::Response> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let operation = operation(&parts);
            if let Err(failure) = self.faults.apply(super::NAME, &operation, self.clock.now()).await
            {
                return failed(failure);
            }
            // Whoever may not write need not be listened to.
            let body = if is_read(&parts.method) || user(&parts).is_none() {
                Bytes::new()
            } else {
                match read_body(body).await {
                    Ok(body) => body,
                    Err(error) => return send(unreadable(&error), &parts.method),
                }
            };
            let method = parts.method.clone();
            let response = if is_quick(&parts) {
                self.respond(&parts, &body)
            } else {
                let task = tokio::task::spawn_blocking(move || self.respond(&parts, &body));
                match task.await {
                    Ok(response) => response,
                    Err(error) => Status::new(Reason::InternalError, error.to_string()).response(),
                }
            };
            send(response, &method)
        })
    }
}

impl ClusterHandler {
    fn respond(&self, parts: &Parts, body: &Bytes) -> Response {
        let user = user(parts);
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let request = Request {
            method: &parts.method,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            body,
            user: user.as_ref(),
            server_address: &self.address,
            unix_seconds: i64::try_from(since_epoch.as_secs()).unwrap_or_default(),
        };
        if is_read(&parts.method) {
            self.state.read(&request, self.stamp())
        } else {
            self.state.write(&request, self.stamp())
        }
    }

    /// Time and chance of a write; the state adds the revision.
    pub(super) fn stamp(&self) -> Stamp {
        let seconds = i64::try_from(self.clock.now().unix_seconds()).unwrap_or_default();
        let now = Timestamp::from_second(seconds).unwrap_or_default().to_string();
        Stamp { now, uid: unique_identifier(&self.random), revision: 0 }
    }
}

/// Who asks; none if nothing was proved.
fn user(parts: &Parts) -> Option<User> {
    // The server has verified that the authority of this cluster signed the certificate.
    let peer = parts.extensions.get::<Peer>().filter(|peer| !peer.certificates.is_empty());
    peer.map(|_| User { name: ADMINISTRATOR.to_owned() })
}

/// Reads a body that holds an object. Larger ones are read as well, up to the limit of the
/// connection: a client that is still sending would not see the answer.
async fn read_body(body: server::RequestBody) -> Result<Bytes, BodyError> {
    let bytes = body.collect().await?;
    if bytes.len() > OBJECT_BYTES_MAX {
        return Err(BodyError::TooLarge { bytes_max: OBJECT_BYTES_MAX });
    }
    Ok(bytes)
}

/// The answer to a body that could not be read.
fn unreadable(error: &BodyError) -> Response {
    let reason = match error {
        BodyError::TooLarge { .. } => "RequestEntityTooLarge",
        BodyError::TimedOut => "Timeout",
        BodyError::Broken(_) => "BadRequest",
    };
    Status::new(Reason::BadRequest, error.to_string()).response_as(error.status(), reason)
}

/// Makes a random (version 4) UUID.
fn unique_identifier(random: &Random) -> String {
    let high = random.next_u64() & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = random.next_u64() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

const fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Whether a request is answered in microseconds: others must not hold up the runtime.
fn is_quick(parts: &Parts) -> bool {
    let path = parts.uri.path();
    let may_be_large = path.starts_with("/openapi/") || path.contains(custom::PLURAL);
    is_read(&parts.method) && !may_be_large
}

/// What fault rules call a request: `list pods`, `get deployments/scale`, `get /version`.
fn operation(parts: &Parts) -> String {
    let path = parts.uri.path();
    let Route::Resource { plural, name, subresource, .. } = route(path) else {
        return format!("{} {path}", parts.method.as_str().to_lowercase());
    };
    let is_watch = parts.uri.query().is_some_and(|query| query.contains("watch=true"));
    let verb = match (parts.method.as_str(), name) {
        ("GET", _) if is_watch => "watch",
        ("GET" | "HEAD", None) => "list",
        ("GET" | "HEAD", Some(_)) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", None) => "deletecollection",
        ("DELETE", Some(_)) => "delete",
        _ => "other",
    };
    match subresource {
        Some(subresource) => format!("{verb} {plural}/{subresource}"),
        None => format!("{verb} {plural}"),
    }
}

fn failed(failure: Failure) -> server::Response {
    let (code, reason, message, retry) = match failure {
        Failure::Drop => return server::vanish(),
        Failure::Error { status, code, message } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let reason = code.unwrap_or_else(|| usual_reason(status).to_owned());
            let message = message.unwrap_or_else(|| "a fault rule made this request fail".into());
            (status, reason, message, None)
        }
        Failure::Throttle { retry_after } => {
            let message = "too many requests, please try again later".to_owned();
            let seconds = retry_after.as_secs().saturating_add(1);
            let reason = usual_reason(StatusCode::TOO_MANY_REQUESTS).to_owned();
            (StatusCode::TOO_MANY_REQUESTS, reason, message, Some(seconds))
        }
    };
    let status = Status::new(Reason::InternalError, message);
    let mut response = status.response_as(code, &reason);
    if let Some(seconds) = retry {
        response.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    send(response, &Method::GET)
}

/// The reason that an API server gives with a status code.
fn usual_reason(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        410 => "Gone",
        422 => "Invalid",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    }
}

fn send(response: Response, method: &Method) -> server::Response {
    let body = if *method == Method::HEAD { body::empty() } else { body::full(response.body) };
    let mut sent = http::Response::new(body);
    *sent.status_mut() = response.status;
    *sent.headers_mut() = response.headers;
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_random_uuids() {
        let random = Random::seeded(1);
        let one = unique_identifier(&random);
        assert_ne!(one, unique_identifier(&random));
        let parts: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(one.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&one.as_bytes()[19]));
    }

    #[test]
    fn what_may_be_large_is_not_quick() {
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        for (method, uri, wanted) in [
            (Method::GET, "/readyz", true),
            (Method::GET, "/apis", true),
            (Method::GET, "/openapi/v2", false),
            (Method::GET, definitions, false),
            (Method::POST, definitions, false),
        ] {
            let request = http::Request::builder().method(method).uri(uri).body(()).unwrap();
            assert_eq!(is_quick(&request.into_parts().0), wanted, "{uri}");
        }
    }

    #[test]
    fn a_body_that_is_too_large_is_told_as_kubernetes_does() {
        let response = unreadable(&BodyError::TooLarge { bytes_max: OBJECT_BYTES_MAX });
        assert_eq!(response.status, StatusCode::PAYLOAD_TOO_LARGE);
        let status: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(status["reason"], "RequestEntityTooLarge");
        assert_eq!(status["code"], 413);
    }

    #[test]
    fn a_throttle_without_end_is_answered() {
        let response = failed(Failure::Throttle { retry_after: std::time::Duration::MAX });
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    }

    #[test]
    fn operations_are_named_as_rules_name_them() {
        for (method, uri, wanted) in [
            (Method::GET, "/api/v1/pods", "list pods"),
            (Method::GET, "/api/v1/pods?watch=true", "watch pods"),
            (Method::GET, "/api/v1/namespaces/a/pods/b/log", "get pods/log"),
            (Method::DELETE, "/apis/apps/v1/namespaces/a/deployments/b", "delete deployments"),
            (Method::GET, "/version", "get /version"),
        ] {
            let request = http::Request::builder().method(method).uri(uri).body(()).unwrap();
            assert_eq!(operation(&request.into_parts().0), wanted);
        }
    }
}
