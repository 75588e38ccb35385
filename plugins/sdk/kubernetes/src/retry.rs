//! Repeats what may be repeated: reads that met an overloaded server or a connection that broke.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{Method, Request, Response, StatusCode};
use kube::client::Body;
use tower::BoxError;
use tower::retry::Policy;

use crate::chain::errors;

/// Waits before the second, third and fourth attempt. One client that waits needs no jitter.
const WAITS: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1_600)];

/// A server that asks for more patience than this gets its answer printed instead.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);

/// The policy of every client: reads only, three repetitions.
///
/// A refused connection is not repeated: nothing listens there, and the user wants to know now.
#[derive(Clone, Debug, Default)]
pub(crate) struct RepeatReads {
    repeated: usize,
}

impl<B> Policy<Request<Body>, Response<B>, BoxError> for RepeatReads {
    type Future = tokio::time::Sleep;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<B>, BoxError>,
    ) -> Option<Self::Future> {
        let wait = *WAITS.get(self.repeated)?;
        let wait = match result {
            Ok(response) if is_transient(response.status()) => match retry_after(response) {
                Some(asked) if asked > RETRY_AFTER_MAX => return None,
                asked => asked.unwrap_or(wait),
            },
            Err(error) if is_broken_connection(error.as_ref()) => wait,
            _ => return None,
        };
        self.repeated += 1;
        Some(tokio::time::sleep(wait))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let mut copy = Request::new(request.body().try_clone()?);
        *copy.method_mut() = request.method().clone();
        *copy.uri_mut() = request.uri().clone();
        *copy.version_mut() = request.version();
        *copy.headers_mut() = request.headers().clone();
        *copy.extensions_mut() = request.extensions().clone();
        Some(copy)
    }
}

fn is_transient(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn is_broken_connection(error: &(dyn StdError + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    errors(error).any(|error| {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(kind, Some(BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof))
            || error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, after: Option<&str>) -> Result<Response<()>, BoxError> {
        let mut builder = Response::builder().status(status);
        if let Some(after) = after {
            builder = builder.header(RETRY_AFTER, after);
        }
        Ok(builder.body(()).unwrap())
    }

    fn broken(kind: io::ErrorKind) -> Result<Response<()>, BoxError> {
        Err(Box::new(io::Error::from(kind)))
    }

    #[tokio::test]
    async fn transient_failures_are_repeated_three_times() {
        let mut policy = RepeatReads::default();
        let mut request = Request::new(Body::empty());
        for _ in 0..3 {
            assert!(policy.retry(&mut request, &mut answer(503, None)).is_some());
        }
        assert!(policy.retry(&mut request, &mut answer(503, None)).is_none());
    }

    #[tokio::test]
    async fn only_what_may_pass_is_repeated() {
        let table = [
            (answer(200, None), false),
            (answer(404, None), false),
            (answer(429, Some("1")), true),
            (answer(429, Some("3600")), false),
            (broken(io::ErrorKind::ConnectionReset), true),
            (broken(io::ErrorKind::ConnectionRefused), false),
        ];
        for (mut result, expected) in table {
            let repeats =
                RepeatReads::default().retry(&mut Request::new(Body::empty()), &mut result);
            assert_eq!(repeats.is_some(), expected, "{result:?}");
        }
    }

    #[test]
    fn a_write_is_never_repeated() {
        let request = |method| Request::builder().method(method).body(Body::empty()).unwrap();
        let mut policy = RepeatReads::default();
        let mut clones = |method| {
            Policy::<_, Response<()>, _>::clone_request(&mut policy, &request(method)).is_some()
        };
        assert!(clones(Method::GET));
        assert!(!clones(Method::POST) && !clones(Method::DELETE));
    }
}
