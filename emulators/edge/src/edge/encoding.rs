//! Bodies that come compressed: SDKs do that with large PutMetricData requests.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::StatusCode;

use super::BODY_BYTES_MAX;
use crate::AwsError;

/// Undoes the encoding of a body, which may not become larger than bodies may be.
///
/// # Errors
/// Another encoding than gzip, a damaged body, or one that unpacks to too much.
pub(super) fn decode(encoding: Option<&str>, body: Bytes) -> Result<Bytes, AwsError> {
    let encoding = encoding.unwrap_or_default().trim();
    if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") {
        return Ok(body);
    }
    if !encoding.eq_ignore_ascii_case("gzip") {
        let shown = encoding.escape_debug();
        let message = format!("The content encoding '{shown}' is not supported.");
        return Err(AwsError::new("UnsupportedMediaTypeException", message)
            .status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let mut unpacked = Vec::new();
    let limit = BODY_BYTES_MAX as u64 + 1;
    GzDecoder::new(&*body).take(limit).read_to_end(&mut unpacked).map_err(|error| {
        let message = format!("The request body cannot be unpacked: {error}");
        AwsError::new("SerializationException", message)
    })?;
    if unpacked.len() > BODY_BYTES_MAX {
        return Err(super::too_large(BODY_BYTES_MAX));
    }
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn pack(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn gzip_is_undone() {
        assert_eq!(decode(Some("gzip"), pack(b"hello")).unwrap(), "hello");
        assert_eq!(decode(None, "plain".into()).unwrap(), "plain");
    }

    #[test]
    fn what_is_wrong_or_too_large_is_refused() {
        let code = |encoding, body| decode(Some(encoding), body).unwrap_err().code;
        assert_eq!(code("br", "x".into()), "UnsupportedMediaTypeException");
        assert_eq!(code("gzip", "no gzip".into()), "SerializationException");
        let bomb = pack(&vec![0; BODY_BYTES_MAX + 1]);
        assert_eq!(code("gzip", bomb), "RequestEntityTooLarge");
    }
}
