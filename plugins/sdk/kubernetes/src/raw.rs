//! Raw reads for discovery and schemas, where a typed client would be in the way.

use std::io::Read;

use brume_plugin::error::{Error, ExitCode, Result};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use kube::core::Status;

use crate::cluster::Cluster;
use crate::failure::from_status;

/// Largest answer, in bytes, before and after decompression.
const BODY_BYTES_MAX: usize = 256 << 20;

/// An answer as it came, decompressed.
#[derive(Clone, Debug)]
pub struct RawResponse {
    /// HTTP status: a refusal is an answer too, see [`RawResponse::into_success`].
    pub status: u16,
    /// `Content-Type`; empty when there was none.
    pub content_type: String,
    /// `ETag`, quotes included.
    pub etag: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl RawResponse {
    /// Says whether the server has nothing newer than the `ETag` that it was shown.
    #[must_use]
    pub fn is_not_modified(&self) -> bool {
        self.status == StatusCode::NOT_MODIFIED.as_u16()
    }

    /// Turns a refusal into an error.
    ///
    /// # Errors
    /// What the server's `Status` says, for every status outside 200..=299 but 304.
    pub fn into_success(self) -> Result<Self> {
        if (200..300).contains(&self.status) || self.is_not_modified() {
            return Ok(self);
        }
        let status = serde_json::from_slice::<Status>(&self.body).unwrap_or_else(|_| {
            // A proxy, or a path that no API server knows: plain text, or a page.
            let text = String::from_utf8_lossy(&self.body);
            let line = text.lines().map(str::trim).find(|line| !line.is_empty());
            let message = line.filter(|line| !line.starts_with('<')).unwrap_or_default();
            Status { message: message.to_owned(), ..Status::default() }
        });
        let code = if status.code == 0 { self.status } else { status.code };
        Err(from_status(&Status { code, ..status }))
    }
}

impl Cluster {
    /// Reads `path` (with its query), and waits for it.
    ///
    /// # Errors
    /// When no answer came; a refusal by the server is an answer.
    pub fn get_raw(&self, path: &str, accept: &str) -> Result<RawResponse> {
        self.block_on(self.fetch(path, accept, None))
    }

    /// Reads `path`, unless it is still what `etag` stands for: then the status is 304.
    ///
    /// # Errors
    /// As [`Cluster::get_raw`].
    pub fn get_raw_if_changed(&self, path: &str, accept: &str, etag: &str) -> Result<RawResponse> {
        self.block_on(self.fetch(path, accept, Some(etag)))
    }

    /// Reads `path`; for several reads at once inside [`Cluster::block_on`].
    ///
    /// # Errors
    /// As [`Cluster::get_raw`].
    pub async fn fetch(&self, path: &str, accept: &str, etag: Option<&str>) -> Result<RawResponse> {
        let mut request = Request::get(path).header(ACCEPT, accept).header(ACCEPT_ENCODING, "gzip");
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let request = request.body(Body::empty()).map_err(|error| {
            Error::new(ExitCode::Internal, format!("cannot ask for {path}")).source(&error)
        })?;
        let client = self.client()?;
        let whole = async {
            let response = client.send(request).await.map_err(|error| self.failure(error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|error| {
                match error.downcast::<kube::Error>() {
                    Ok(error) => self.failure(*error),
                    Err(error) => self.failure(kube::Error::Service(error)),
                }
            })?;
            Ok::<_, Error>((head, body.to_bytes()))
        };
        let (head, body) = match self.request_timeout() {
            Some(limit) => tokio::time::timeout(limit, whole).await.map_err(|_| {
                Error::new(ExitCode::Timeout, format!("{} did not answer in time", self.server()))
                    .hint("repeat the command with a longer --request-timeout")
            })??,
            None => whole.await?,
        };
        let is_gzip = text(&head.headers, CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
        Ok(RawResponse {
            status: head.status.as_u16(),
            content_type: text(&head.headers, CONTENT_TYPE).unwrap_or_default(),
            etag: text(&head.headers, ETAG),
            body: if is_gzip { gunzip(&body)? } else { body },
        })
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn gunzip(bytes: &[u8]) -> Result<Bytes> {
    let mut plain = Vec::new();
    let limit = BODY_BYTES_MAX as u64 + 1;
    GzDecoder::new(bytes)
        .take(limit)
        .read_to_end(&mut plain)
        .map_err(|error| Error::failed("the server's answer is not gzip").source(&error))?;
    if plain.len() > BODY_BYTES_MAX {
        return Err(Error::failed("the server's answer is larger than 256 MiB"));
    }
    Ok(plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> RawResponse {
        RawResponse {
            status,
            content_type: String::new(),
            etag: None,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    #[test]
    fn a_refusal_becomes_an_error_with_the_servers_words() {
        let body = r#"{"kind":"Status","code":403,"message":"pods is forbidden"}"#;
        let error = response(403, body).into_success().unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (ExitCode::Auth, "pods is forbidden"));
        let error = response(404, "404 page not found\n").into_success().unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            (ExitCode::NotFound, "404 page not found")
        );
        let error = response(502, "<html>oops</html>").into_success().unwrap_err();
        assert_eq!(error.message, "the cluster answered 502");
        assert!(response(200, "").into_success().is_ok());
        assert!(response(304, "").into_success().is_ok());
    }

    #[test]
    fn a_broken_stream_is_no_panic() {
        assert!(gunzip(b"not gzip").is_err());
    }
}
