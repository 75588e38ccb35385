//! Many small JSON requests to one service: signed, on kept connections, never repeated.
//!
//! A service client spends half a millisecond of CPU on a request. That is nothing for one request,
//! and too much for a hundred thousand; and its retries hide whether a request may have been
//! carried out twice.

use std::error::Error as StdError;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::date_time::Format;
use brume_plugin::error::{Error, Result};
use sha2::{Digest as _, Sha256};

use crate::failure::{innermost, was_refused};
use crate::{Aws, transport};

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Credentials that expire sooner than this are fetched anew.
const EXPIRY_MARGIN: Duration = Duration::from_secs(300);

/// One service in one region.
#[derive(Debug)]
pub struct QuickClient {
    connector: Connector,
    url: String,
    host: String,
    path: String,
    service: String,
    region: String,
    timeout: Duration,
    config: aws_config::SdkConfig,
    signing: Mutex<Option<Signing>>,
}

/// What a signature needs, kept as long as it is good.
#[derive(Clone)]
struct Signing {
    credentials: Credentials,
    /// `20260102`, and the key for this day.
    day: String,
    key: Vec<u8>,
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Signing").field("day", &self.day).finish_non_exhaustive()
    }
}

/// What a service answered.
#[derive(Clone, Debug)]
pub struct QuickAnswer {
    /// HTTP status.
    pub status: u16,
    /// The error code that Query clients know: `AWS.SimpleQueueService.NonExistentQueue`.
    pub query_error: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuickError {
    /// Nothing was sent.
    NotSent(String),
    /// It was sent, or perhaps sent: nobody knows whether it was carried out.
    Unknown(String),
}

impl std::fmt::Display for QuickError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::NotSent(why) | Self::Unknown(why)) = self;
        formatter.write_str(why)
    }
}

impl StdError for QuickError {}

impl Aws {
    /// A client for one service at `url` (scheme and host; a path before the service's own is
    /// kept). `service` is its name in signatures.
    ///
    /// # Errors
    /// When the URL is none, or `AWS_CA_BUNDLE` cannot be read.
    pub fn quick_client(
        &self,
        service: &str,
        region: &str,
        url: &str,
        timeout: Duration,
    ) -> Result<QuickClient> {
        let wrong = || Error::usage(format!("'{url}' is no URL of a service"));
        let (_, rest) = url.split_once("://").ok_or_else(wrong)?;
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.is_empty() || host.contains('@') {
            return Err(wrong());
        }
        let path = format!("{}/", path.trim_end_matches('/'));
        Ok(QuickClient {
            connector: transport::connector()?,
            url: format!("{}{path}", url.get(..url.len() - rest.len() + host.len()).unwrap_or(url)),
            // The port that goes without saying is not in the header that is signed.
            host: host
                .trim_end_matches(if url.starts_with("https") { ":443" } else { ":80" })
                .into(),
            path,
            service: service.to_owned(),
            region: region.to_owned(),
            timeout: self.request_timeout().unwrap_or(timeout),
            config: self.config().clone(),
            signing: Mutex::new(None),
        })
    }
}

impl QuickClient {
    /// Sends one request of the AWS JSON 1.0 protocol; `target` is its X-Amz-Target.
    ///
    /// # Errors
    /// Why there is no answer; an answer that is an error is an answer.
    pub async fn call(&self, target: &str, body: Vec<u8>) -> Result<QuickAnswer, QuickError> {
        let request = self.request(target, body).await.map_err(QuickError::NotSent)?;
        let work = async {
            let mut answer = self.connector.call(request).await.map_err(|error| {
                let why = innermost(&error);
                if was_refused(&error) {
                    QuickError::NotSent(why)
                } else {
                    QuickError::Unknown(why)
                }
            })?;
            let unknown = |error: &(dyn StdError + 'static)| QuickError::Unknown(innermost(error));
            let query_error = answer.headers().get("x-amzn-query-error");
            let query_error =
                query_error.and_then(|text| text.split(';').next()).map(str::to_owned);
            let status = answer.status().as_u16();
            let mut stream = ByteStream::new(answer.take_body());
            let mut body = Vec::new();
            while let Some(chunk) = stream.next().await {
                body.extend_from_slice(&chunk.map_err(|error| unknown(&error))?);
                if body.len() > ANSWER_BYTES_MAX {
                    return Err(QuickError::Unknown("the answer is larger than 64 MiB".to_owned()));
                }
            }
            Ok(QuickAnswer { status, query_error, body })
        };
        match tokio::time::timeout(self.timeout, work).await {
            Ok(answer) => answer,
            Err(_) => {
                let ms = self.timeout.as_millis();
                Err(QuickError::Unknown(format!("no answer within {ms} ms")))
            }
        }
    }

    async fn request(&self, target: &str, body: Vec<u8>) -> Result<HttpRequest, String> {
        let now = DateTime::from(SystemTime::now());
        let time = now.fmt(Format::DateTime).map_err(|error| error.to_string())?;
        // 2026-01-02T03:04:05.678Z becomes 20260102T030405Z.
        let time: String = time.chars().filter(char::is_ascii_digit).take(14).collect();
        let (day, clock) = time.split_at_checked(8).ok_or("the time has no day")?;
        let stamp = format!("{day}T{clock}Z");
        let signing = self.signing(day).await?;
        let token = signing.credentials.session_token();
        let digest = hex(&Sha256::digest(&body));
        let mut canonical = format!(
            "POST\n{}\n\ncontent-type:application/x-amz-json-1.0\nhost:{}\nx-amz-date:{stamp}\n",
            self.path, self.host
        );
        let mut names = "content-type;host;x-amz-date".to_owned();
        if let Some(token) = token {
            canonical.push_str(&format!("x-amz-security-token:{token}\n"));
            names.push_str(";x-amz-security-token");
        }
        names.push_str(";x-amz-target");
        canonical.push_str(&format!("x-amz-target:{target}\n\n{names}\n{digest}"));
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!(
            "AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}",
            hex(&Sha256::digest(canonical.as_bytes()))
        );
        let signature = calculate_signature(&signing.key, text.as_bytes());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            signing.credentials.access_key_id()
        );
        let mut request = HttpRequest::new(SdkBody::from(body));
        let put = |request: &mut HttpRequest, name: &'static str, value: String| {
            request.headers_mut().try_append(name, value).map(drop).map_err(|e| e.to_string())
        };
        request.set_method("POST").map_err(|error| error.to_string())?;
        request.set_uri(self.url.as_str()).map_err(|error| error.to_string())?;
        put(&mut request, "content-type", "application/x-amz-json-1.0".to_owned())?;
        put(&mut request, "x-amz-date", stamp)?;
        put(&mut request, "x-amz-target", target.to_owned())?;
        if let Some(token) = token {
            put(&mut request, "x-amz-security-token", token.to_owned())?;
        }
        put(&mut request, "authorization", authorization)?;
        Ok(request)
    }

    /// Credentials that are good for a while, and their key for this day.
    async fn signing(&self, day: &str) -> Result<Signing, String> {
        let kept = self.signing.lock().map_err(|error| error.to_string())?.clone();
        let soon = SystemTime::now() + EXPIRY_MARGIN;
        let is_good =
            |signing: &Signing| signing.credentials.expiry().is_none_or(|expiry| expiry > soon);
        let credentials = match kept {
            Some(signing) if is_good(&signing) && signing.day == day => return Ok(signing),
            Some(signing) if is_good(&signing) => signing.credentials,
            _ => {
                let provider =
                    self.config.credentials_provider().ok_or("there are no credentials")?;
                provider.provide_credentials().await.map_err(|error| innermost(&error))?
            }
        };
        let secret = credentials.secret_access_key();
        let key = generate_signing_key(secret, SystemTime::now(), &self.region, &self.service);
        let signing = Signing { credentials, day: day.to_owned(), key: key.as_ref().to_vec() };
        *self.signing.lock().map_err(|error| error.to_string())? = Some(signing.clone());
        Ok(signing)
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4;
    use aws_smithy_runtime_api::client::identity::Identity;
    use brume_plugin::Invocation;
    use brume_plugin::invocation::{Target, TargetKind};

    use super::*;

    fn aws() -> Aws {
        let mut target = Target { kind: TargetKind::Emulated, ..Target::default() };
        target.aws.endpoint_url = Some("http://127.0.0.1:1".to_owned());
        Aws::with_cancel(&Invocation { target, ..Invocation::default() }, None).unwrap()
    }

    #[test]
    fn a_request_is_signed_as_the_library_signs_it() {
        let aws = aws();
        let wait = Duration::from_secs(1);
        let client = aws.quick_client("sqs", "eu-west-3", "http://127.0.0.1:4566", wait).unwrap();
        let body = b"{\"QueueUrl\":\"x\"}".to_vec();
        let request = aws.block_on(async {
            client.request("AmazonSQS.ReceiveMessage", body.clone()).await.map_err(Error::failed)
        });
        let request = request.unwrap();
        assert_eq!(request.uri(), "http://127.0.0.1:4566/");
        let header = |name: &str| request.headers().get(name).unwrap().to_owned();
        let stamp = header("x-amz-date");
        let time = format!(
            "{}-{}-{}T{}:{}:{}Z",
            &stamp[..4],
            &stamp[4..6],
            &stamp[6..8],
            &stamp[9..11],
            &stamp[11..13],
            &stamp[13..15]
        );
        let time = DateTime::from_str(&time, Format::DateTime).unwrap();
        let identity: Identity = Credentials::new("test", "test", None, None, "x").into();
        let mut settings = SigningSettings::default();
        settings.excluded_headers = None;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-west-3")
            .name("sqs")
            .time(SystemTime::try_from(time).unwrap())
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "AmazonSQS.ReceiveMessage"),
        ];
        let body = SignableBody::Bytes(&body);
        let url = "http://127.0.0.1:4566/";
        let signable = SignableRequest::new("POST", url, headers.into_iter(), body).unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        let expected = instructions.headers().find(|header| header.0 == "authorization").unwrap();
        assert_eq!(header("authorization"), expected.1);
    }

    #[test]
    fn nobody_listening_means_not_sent() {
        let aws = aws();
        let wait = Duration::from_secs(5);
        let client = aws.quick_client("sqs", "x", "http://127.0.0.1:1/", wait).unwrap();
        let answer = aws.block_on(async { Ok(client.call("AmazonSQS.X", Vec::new()).await) });
        assert!(matches!(answer.unwrap(), Err(QuickError::NotSent(_))));
        assert!(aws.quick_client("sqs", "x", "nonsense", wait).is_err());
    }
}
