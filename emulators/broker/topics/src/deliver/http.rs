//! POSTs: a pooled client that follows no redirects and reads no more than it must.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::verdict::{Delivered, Failure, Verdict};

/// How long an endpoint may take to answer, in real time; 15 seconds as on AWS.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// How long it may take to connect.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// Idle connections of one endpoint.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Characters of an answer that are kept.
const RESPONSE_CHARS_MAX: usize = 512;
/// Who POSTs.
const USER_AGENT: &str = "Amazon Simple Notification Service Agent";

type Plain = Client<HttpConnector, Full<Bytes>>;
type Encrypted = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Sends POSTs.
pub(crate) struct HttpClient {
    plain: Plain,
    /// Made when it is first needed: the system's certificates take a while to read.
    encrypted: OnceLock<Result<Encrypted, String>>,
    answer_max: Duration,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

/// A POST to be sent.
#[derive(Debug)]
pub(crate) struct Post<'a> {
    pub(crate) url: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl HttpClient {
    /// Makes a client that trusts what the system trusts.
    pub(crate) fn new() -> Self {
        let plain = builder().build(connector());
        Self { plain, encrypted: OnceLock::new(), answer_max: ANSWER_MAX }
    }

    fn encrypted(&self) -> Result<&Encrypted, Failure> {
        let made = self.encrypted.get_or_init(|| {
            let roots = HttpsConnectorBuilder::new().with_native_roots();
            let https = roots.map_err(|error| error.to_string())?;
            let https = https.https_only().enable_http1().wrap_connector(connector());
            Ok(builder().build(https))
        });
        made.as_ref().map_err(|error| {
            let detail = format!("the system's certificates cannot be read: {error}");
            Failure::server(0, "NoTrust", detail)
        })
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        let answer = if request.uri().scheme() == Some(&Scheme::HTTPS) {
            self.encrypted()?.request(request).await
        } else {
            self.plain.request(request).await
        };
        answer.map_err(|error| refused(&error))
    }

    /// Sends one POST and reads the beginning of the answer.
    pub(crate) async fn post(&self, post: Post<'_>) -> Verdict {
        let request = request(post)?;
        let exchange = async {
            let response = self.send(request).await?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            let text = match body {
                Ok(body) => String::from_utf8_lossy(&body.to_bytes())
                    .chars()
                    .take(RESPONSE_CHARS_MAX)
                    .collect(),
                // A status is a status, however the rest ends.
                Err(_) => String::new(),
            };
            Ok((status, text))
        };
        match tokio::time::timeout(self.answer_max, exchange).await {
            Ok(Ok((status, response))) if (200..300).contains(&status) => {
                Ok(Delivered { status, response })
            }
            Ok(Ok((status, response))) => Err(Failure::of_status(
                status,
                format!("the endpoint answered {status}: {response}"),
            )),
            Ok(Err(failure)) => Err(failure),
            Err(_) => {
                let seconds = self.answer_max.as_secs();
                let detail = format!("the endpoint did not answer within {seconds} seconds");
                Err(Failure::server(0, "Timeout", detail))
            }
        }
    }
}

fn builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX);
    builder
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT_MAX));
    connector
}

fn request(post: Post<'_>) -> Result<Request<Full<Bytes>>, Failure> {
    let wrong = |error: &dyn fmt::Display| Failure::client(0, "InvalidUrl", error.to_string());
    let (url, user) = without_user(post.url);
    let uri = url.parse::<Uri>().map_err(|error| wrong(&error))?;
    let mut builder = Request::post(uri)
        .header(http::header::CONTENT_TYPE, post.content_type)
        .header(http::header::USER_AGENT, USER_AGENT);
    if let Some(user) = user {
        builder = builder.header(http::header::AUTHORIZATION, user);
    }
    for (name, value) in post.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(post.body)).map_err(|error| wrong(&error))
}

/// Takes user and password out of a URL; they go into a header.
fn without_user(url: &str) -> (String, Option<String>) {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let plain = || (url.to_owned(), None);
    let Some((scheme, rest)) = url.split_once("://") else { return plain() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some(at) = rest[..end].rfind('@') else { return plain() };
    let user = format!("Basic {}", STANDARD.encode(&rest[..at]));
    (format!("{scheme}://{}", &rest[at + 1..]), Some(user))
}

fn refused(error: &hyper_util::client::legacy::Error) -> Failure {
    let mut detail = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        detail = format!("{detail}: {cause}");
        source = cause.source();
    }
    let code = if error.is_connect() { "ConnectionFailed" } else { "ConnectionClosed" };
    Failure::server(0, code, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_leave_the_url() {
        let (url, user) = without_user("https://me:pw@host:8443/a@b?x");
        assert_eq!(url, "https://host:8443/a@b?x");
        assert_eq!(user.unwrap(), "Basic bWU6cHc=");
        assert_eq!(without_user("http://host/a@b"), ("http://host/a@b".to_owned(), None));
    }
}
