//! Requests to services for which a plugin links no client: JSON in, JSON out, signed.
//!
//! A service client costs a megabyte and minutes of build time; CloudWatch and its logs are asked
//! for one thing each.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use brume_plugin::error::{Error, ExitCode, Result};
use serde_json::Value;

use crate::cloud::ATTEMPTS_MAX;
use crate::failure::innermost;
use crate::{Aws, failure, transport};

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Wait for an answer when `--request-timeout` says nothing.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

/// Wait before the second attempt; doubled before each further one.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// One request of the AWS JSON protocols.
#[derive(Clone, Copy, Debug)]
pub struct JsonCall<'a> {
    /// Name in signatures and host names: `logs`, `monitoring`.
    pub service: &'a str,
    /// Region; the host's and the signature's.
    pub region: &'a str,
    /// X-Amz-Target: `Logs_20140328.FilterLogEvents`.
    pub target: &'a str,
    /// Version of the protocol: `1.0` or `1.1`.
    pub version: &'a str,
    /// What it asks.
    pub body: &'a Value,
}

/// What a plain request got.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// Header `server`, in lower case; empty when there is none.
    pub server: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Aws {
    /// Sends a signed JSON request; repeats it when the service is busy. `action` completes
    /// "cannot …".
    ///
    /// # Errors
    /// What the service or the network says.
    pub async fn call_json(&self, call: JsonCall<'_>, action: &str) -> Result<Value> {
        let failed = |text: &str| Error::failed(format!("cannot {action}")).cause(text);
        let credentials = self.credentials(action).await?;
        let url = self.service_url(call.service, call.region);
        let body = call.body.to_string().into_bytes();
        let mut delay = RETRY_DELAY;
        for attempt in 1.. {
            let request = signed(&url, call, &body, &credentials)
                .map_err(|error| failed("the request cannot be signed").source(error.as_ref()))?;
            let answer = self.send(request, self.timeout()).await;
            let answer = answer.map_err(|cause| self.unreached(action, &cause));
            let is_last = attempt >= ATTEMPTS_MAX;
            match answer {
                Ok(answer) if answer.status == 200 => {
                    return serde_json::from_slice(&answer.body)
                        .map_err(|error| failed("the answer is no JSON").source(&error));
                }
                Ok(answer) if is_last || !is_busy(&answer) => {
                    return Err(self.refused(action, &answer));
                }
                Err(error) if is_last => return Err(error),
                _ => {}
            }
            tokio::time::sleep(delay).await;
            delay *= 2;
        }
        Err(failed("it was never tried"))
    }

    /// Sends an unsigned request to any URL and returns whatever is answered within `timeout`.
    ///
    /// # Errors
    /// Why there was no answer, in one line.
    pub async fn fetch(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Fetched, String> {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).map_err(|error| error.to_string())?;
        request.set_uri(url).map_err(|error| error.to_string())?;
        for (name, value) in headers {
            let (name, value) = ((*name).to_owned(), (*value).to_owned());
            request.headers_mut().try_append(name, value).map_err(|error| error.to_string())?;
        }
        self.send(request, timeout).await
    }

    fn timeout(&self) -> Duration {
        self.request_timeout().unwrap_or(TIMEOUT_DEFAULT)
    }

    async fn credentials(&self, action: &str) -> Result<Credentials> {
        let missing = || {
            Error::new(ExitCode::Auth, format!("cannot {action}"))
                .cause("no AWS credentials were found, or they could not be renewed")
                .hint("aws configure list")
        };
        let provider = self.config().credentials_provider().ok_or_else(missing)?;
        provider.provide_credentials().await.map_err(|error| missing().source(&error))
    }

    /// Where a service is: the endpoint that was given, else AWS's own.
    fn service_url(&self, service: &str, region: &str) -> String {
        let given = self.endpoint_url(service).or_else(|| self.config().endpoint_url());
        match given {
            Some(url) => format!("{}/", url.trim_end_matches('/')),
            None => {
                let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
                format!("https://{service}.{region}.amazonaws.com{suffix}/")
            }
        }
    }

    async fn send(&self, request: HttpRequest, timeout: Duration) -> Result<Fetched, String> {
        let connector = transport::connector().map_err(|error| error.to_string())?;
        let work = async move {
            let mut answer = connector.call(request).await.map_err(|error| innermost(&error))?;
            let server = answer.headers().get("server").unwrap_or_default().to_lowercase();
            let status = answer.status().as_u16();
            let mut stream = ByteStream::new(answer.take_body());
            let mut body = Vec::new();
            while let Some(chunk) = stream.next().await {
                body.extend_from_slice(&chunk.map_err(|error| innermost(&error))?);
                if body.len() > ANSWER_BYTES_MAX {
                    return Err("the answer is larger than 64 MiB".to_owned());
                }
            }
            Ok(Fetched { status, server, body })
        };
        match tokio::time::timeout(timeout, work).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} ms", timeout.as_millis())),
        }
    }

    fn unreached(&self, action: &str, cause: &str) -> Error {
        Error::new(ExitCode::Unreachable, format!("cannot {action}")).cause(cause)
    }

    fn refused(&self, action: &str, answer: &Fetched) -> Error {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = body["__type"].as_str().or(body["code"].as_str()).unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default();
        let text = body["message"].as_str().or(body["Message"].as_str());
        let text = text.unwrap_or("the service gave no reason");
        let message = format!("cannot {action}");
        failure::from_answer(message, answer.status, code, text, self.target())
    }
}

/// Says whether a second attempt may go better.
fn is_busy(answer: &Fetched) -> bool {
    answer.status >= 500
        || answer.status == 429
        || answer.body.windows(9).take(4096).any(|part| part == b"Throttlin")
}

fn signed(
    url: &str,
    call: JsonCall<'_>,
    body: &[u8],
    credentials: &Credentials,
) -> Result<HttpRequest, Box<dyn std::error::Error>> {
    let content_type = format!("application/x-amz-json-{}", call.version);
    let headers = [("content-type", content_type.as_str()), ("x-amz-target", call.target)];
    let identity: Identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(call.region)
        .name(call.service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let signable =
        SignableRequest::new("POST", url, headers.into_iter(), SignableBody::Bytes(body))?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let mut request = HttpRequest::new(SdkBody::from(body.to_vec()));
    request.set_method("POST")?;
    request.set_uri(url)?;
    for (name, value) in headers.into_iter().chain(instructions.headers()) {
        request.headers_mut().try_append(name.to_owned(), value.to_owned())?;
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_signed_for_its_service_and_region() {
        let credentials = Credentials::new("AKIA", "secret", None, None, "test");
        let body = serde_json::json!({"a": 1});
        let call = JsonCall {
            service: "logs",
            region: "eu-west-3",
            target: "Logs_20140328.FilterLogEvents",
            version: "1.1",
            body: &body,
        };
        let url = "https://logs.eu-west-3.amazonaws.com/";
        let request = signed(url, call, body.to_string().as_bytes(), &credentials).unwrap();
        let authorization = request.headers().get("authorization").unwrap();
        assert!(authorization.contains("/eu-west-3/logs/aws4_request"), "{authorization}");
        assert!(authorization.contains("x-amz-target"), "{authorization}");
        assert_eq!(request.headers().get("content-type"), Some("application/x-amz-json-1.1"));
    }
}
