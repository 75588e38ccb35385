//! The canonical request of SigV4 (IAM User Guide, "Create a signed AWS API request", step 1).

use http::{HeaderMap, Method};

use crate::form::hex_digit;

/// What goes into a canonical request.
pub(super) struct Request<'a> {
    pub(super) method: &'a Method,
    /// As on the wire, still encoded.
    pub(super) path: &'a str,
    /// As on the wire, still encoded.
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// The value of `Host`, or of HTTP/2's `:authority`.
    pub(super) host: &'a str,
    /// Lower-case names joined by semicolons, as the client sent them.
    pub(super) signed_headers: &'a str,
    /// SHA-256 of the body, hexadecimal.
    pub(super) payload_hash: &'a str,
}

/// Writes the canonical request.
pub(super) fn canonical_request(request: &Request<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(request.method.as_str().as_bytes());
    out.push(b'\n');
    out.extend_from_slice(canonical_path(request.path).as_bytes());
    out.push(b'\n');
    out.extend_from_slice(canonical_query(request.query).as_bytes());
    out.push(b'\n');
    for name in request.signed_headers.split(';') {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        write_header(&mut out, request, name);
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(request.signed_headers.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(request.payload_hash.as_bytes());
    out
}

fn write_header(out: &mut Vec<u8>, request: &Request<'_>, name: &str) {
    if name == "host" {
        out.extend_from_slice(request.host.as_bytes());
        return;
    }
    for (index, value) in request.headers.get_all(name).iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let words = value.as_bytes().split(|byte| *byte == b' ' || *byte == b'\t');
        for (index, word) in words.filter(|word| !word.is_empty()).enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
}

/// Every service but S3 takes the path without `.`, `..` and empty segments, and encodes what is
/// encoded already once more.
fn canonical_path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let mut out = String::with_capacity(path.len());
    for segment in &segments {
        out.push('/');
        encode(&mut out, segment.as_bytes());
    }
    if out.is_empty() || path.ends_with('/') {
        out.push('/');
    }
    out
}

/// Names and values decoded, encoded in the one right way, and sorted; without the signature.
fn canonical_query(query: &str) -> String {
    let mut pairs = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (recode(name), recode(value))
        })
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect::<Vec<_>>();
    pairs.sort_unstable();
    let mut out = String::with_capacity(query.len());
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&name);
        out.push('=');
        out.push_str(&value);
    }
    out
}

fn recode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = match (first, tail) {
            (b'%', [high, low, ..]) => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        match digits {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    let mut out = String::with_capacity(text.len());
    encode(&mut out, &bytes);
    out
}

/// Percent-encodes everything but what RFC 3986 calls unreserved.
fn encode(out: &mut String, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a//b/", "/a/b/"),
            ("/a/./b/../c", "/a/c"),
            ("/../..", "/"),
            ("/a%20b", "/a%2520b"),
        ] {
            assert_eq!(canonical_path(path), expected, "{path}");
        }
    }

    #[test]
    fn queries() {
        for (query, expected) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1", "a=1&a=2"),
            ("Flag", "Flag="),
            ("a=%7e%2f+x&X-Amz-Signature=00", "a=~%2F%20x"),
            ("%E1%88%B4=b", "%E1%88%B4=b"),
        ] {
            assert_eq!(canonical_query(query), expected, "{query}");
        }
    }

    #[test]
    fn headers_are_trimmed_and_joined() {
        let mut headers = HeaderMap::new();
        headers.append("my-header", "  a   b ".parse().unwrap());
        headers.append("my-header", "c".parse().unwrap());
        let request = Request {
            method: &Method::GET,
            path: "/",
            query: "",
            headers: &headers,
            host: "example.amazonaws.com",
            signed_headers: "host;my-header",
            payload_hash: "00",
        };
        let text = String::from_utf8(canonical_request(&request)).unwrap();
        let expected =
            "GET\n/\n\nhost:example.amazonaws.com\nmy-header:a b,c\n\nhost;my-header\n00";
        assert_eq!(text, expected);
    }
}
