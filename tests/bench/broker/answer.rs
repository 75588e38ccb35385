//! Finds the end of an HTTP/1 answer, in every form in which the servers here send it.

use std::ops::Range;

/// What a buffer begins with.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A whole answer.
    Whole(Whole),
    /// The beginning of one.
    Part,
    /// Something else.
    Nonsense,
}

/// A whole answer. A chunked body is given with its chunk sizes: nobody here looks inside one.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole {
    /// The status.
    pub status: u16,
    /// Where the body is.
    pub body: Range<usize>,
    /// Bytes of everything.
    pub length: usize,
    /// Whether the server closes the connection behind it.
    pub closes: bool,
}

/// Looks at the answer at the beginning of `bytes`; `is_over` when no more will come.
pub fn find(bytes: &[u8], is_over: bool) -> Found {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if is_over { Found::Nonsense } else { Found::Part };
    };
    let start = end + 4;
    let Ok(head) = std::str::from_utf8(&bytes[..end]) else { return Found::Nonsense };
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let Some(status) = first.split(' ').nth(1).and_then(|status| status.parse().ok()) else {
        return Found::Nonsense;
    };
    let mut length = None;
    let mut is_chunked = false;
    let mut closes = first.starts_with("HTTP/1.0");
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse::<usize>().ok();
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            is_chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            closes |= value.eq_ignore_ascii_case("close");
        }
    }
    let rest = &bytes[start..];
    let body = match length {
        Some(length) if rest.len() >= length => Some(length),
        Some(_) => None,
        None if is_chunked => {
            const LAST: &[u8] = b"0\r\n\r\n";
            rest.ends_with(LAST).then_some(rest.len())
        }
        None => is_over.then_some(rest.len()),
    };
    match body {
        Some(length) => Found::Whole(Whole {
            status,
            body: start..start + length,
            length: start + length,
            closes,
        }),
        None => Found::Part,
    }
}
