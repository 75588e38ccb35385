//! The OpenAPI documents: one of version 3 for each group version, and one of version 2 for all.
//!
//! Documents are rendered when they are first asked for, and kept. The hash in a document's URL
//! names what the document is made from, so that the index needs no document to be rendered.

mod components;
mod operations;
mod paths;
mod protobuf;
mod schema;
mod v2;
mod v3;

use std::io::Write;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{StatusCode, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::catalogue::Catalogue;
use crate::wire::{Request, Response};

pub(crate) use v2::V2Documents;
pub(crate) use v3::{Document, hash};

/// Media types of OpenAPI v2 in protobuf, as asked for and as answered: the "@" of the name is no
/// valid character of a media type, so the answer has a dot instead.
const V2_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const V2_PROTOBUF_ANSWER: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const JSON: &str = "application/json";
/// Smaller bodies than this many bytes are not compressed.
const COMPRESSED_BYTES_MIN: usize = 16 * 1024;
/// A trade of size for time: a document is compressed once, while a client waits.
const COMPRESSION_LEVEL: u32 = 3;
/// How long a document with a hash in its URL may be kept.
const KEPT_SECONDS: i64 = 365 * 24 * 60 * 60;

/// A body, and its compressed form once someone asked for it.
#[derive(Debug)]
pub(crate) struct Body {
    plain: Bytes,
    compressed: OnceLock<Bytes>,
}

impl Body {
    fn new(plain: Vec<u8>) -> Self {
        Self { plain: plain.into(), compressed: OnceLock::new() }
    }

    /// A successful response with the body in the form that the client takes.
    fn response(&self, request: &Request<'_>, content_type: &'static str) -> Response {
        let is_compressed = self.plain.len() >= COMPRESSED_BYTES_MIN && request.takes_gzip();
        if !is_compressed {
            return Response::new(StatusCode::OK, content_type, self.plain.clone())
                .with_header(header::VARY, "Accept, Accept-Encoding");
        }
        let compressed = self.compressed.get_or_init(|| compress(&self.plain)).clone();
        Response::new(StatusCode::OK, content_type, compressed)
            .with_header(header::CONTENT_ENCODING, "gzip")
            .with_header(header::VARY, "Accept, Accept-Encoding")
    }
}

fn compress(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(COMPRESSION_LEVEL));
    // Writing to memory cannot fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default().into()
}

/// Answers `/openapi/v3`.
pub(crate) fn v3_index(catalogue: &Catalogue, request: &Request<'_>) -> Response {
    match request.accept().choose(&[JSON]) {
        Some(_) => Body::new(v3::index(catalogue)).response(request, JSON),
        None => crate::discovery::not_acceptable(&[JSON]),
    }
}

/// Answers `/openapi/v3/api/VERSION` and `/openapi/v3/apis/GROUP/VERSION`.
pub(crate) fn v3(
    catalogue: &Catalogue,
    request: &Request<'_>,
    group: &str,
    version: &str,
) -> Response {
    let Some(group_version) = catalogue.group_version(group, version) else {
        return crate::discovery::not_found();
    };
    if request.accept().choose(&[JSON]).is_none() {
        return crate::discovery::not_acceptable(&[JSON]);
    }
    let hash = group_version.hash(catalogue.version());
    let wanted = request.parameter("hash").unwrap_or_default();
    if !wanted.is_empty() && *wanted != *hash {
        let location = format!("/openapi/v3/{}?hash={hash}", group_version.path());
        return Response::text(StatusCode::MOVED_PERMANENTLY, "")
            .with_header(header::LOCATION, location);
    }
    let response = group_version.document(catalogue.version()).body().response(request, JSON);
    let response = with_entity_tag(request, response, hash);
    if wanted.is_empty() {
        return response;
    }
    response
        .with_header(header::CACHE_CONTROL, "public, immutable")
        .with_header(header::EXPIRES, http_date(request.unix_seconds.saturating_add(KEPT_SECONDS)))
}

/// Answers `/openapi/v2`.
pub(crate) fn v2(catalogue: &Catalogue, request: &Request<'_>) -> Response {
    let documents = catalogue.v2();
    let response = match request.accept().choose(&[JSON, V2_PROTOBUF]) {
        Some(V2_PROTOBUF) => documents.protobuf(catalogue).response(request, V2_PROTOBUF_ANSWER),
        Some(_) => documents.json(catalogue).response(request, JSON),
        None => return crate::discovery::not_acceptable(&[JSON, V2_PROTOBUF]),
    };
    with_entity_tag(request, response, documents.hash())
}

/// Adds the entity tag, or answers that what the client has is still right.
fn with_entity_tag(request: &Request<'_>, response: Response, hash: &str) -> Response {
    let tag = format!("\"{hash}\"");
    let is_known = request
        .header(header::IF_NONE_MATCH.as_str())
        .split(',')
        .any(|known| known.trim().trim_start_matches("W/") == tag || known.trim() == "*");
    let response = if is_known {
        Response { status: StatusCode::NOT_MODIFIED, body: Bytes::new(), ..response }
    } else {
        response
    };
    response.with_header(header::ETAG, tag)
}

/// Writes a moment as HTTP headers do: `Thu, 01 Jan 1970 00:00:00 GMT`.
fn http_date(unix_seconds: i64) -> String {
    Timestamp::from_second(unix_seconds)
        .and_then(|moment| DateTimePrinter::new().timestamp_to_rfc9110_string(&moment))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::http_date;

    #[test]
    fn dates_are_written_as_http_wants_them() {
        for (seconds, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (i64::MAX, ""),
        ] {
            assert_eq!(http_date(seconds), text);
        }
    }
}
