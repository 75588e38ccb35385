//! A request, as the core sees it.

use std::borrow::Cow;

use http::{HeaderMap, Method, header};

use super::Accept;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user name, for example `kubernetes-admin`.
    pub name: String,
}

/// A request whose body has been read.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path, percent-encoded as it came.
    pub path: &'a str,
    /// The query without its question mark; may be empty.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
    /// Who asks; none if nothing was proved.
    pub user: Option<&'a User>,
    /// Address and port under which the server was reached, for example `127.0.0.1:6443`.
    pub server_address: &'a str,
    /// The time of day in seconds since 1970, for headers that caches read.
    pub unix_seconds: i64,
}

impl<'a> Request<'a> {
    /// The media types that the client takes.
    pub fn accept(&self) -> Accept<'a> {
        Accept::of(self.header(header::ACCEPT.as_str()))
    }

    /// A header as text; empty if it is missing or no text.
    pub fn header(&self, name: &str) -> &'a str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The first value of a query parameter; empty for one without a value.
    pub fn parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then(|| decode(value))
        })
    }

    /// Whether the client takes a gzip body.
    pub fn takes_gzip(&self) -> bool {
        self.header(header::ACCEPT_ENCODING.as_str()).split(',').any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            name.trim().eq_ignore_ascii_case("gzip") && weight.replace(' ', "") != "q=0"
        })
    }
}

/// Decodes `%2F` and `+`. What decodes to no text is left as it came.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| byte == b'%');
        let digits = digits.and_then(|digits| str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                decoded.push(escaped);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(if byte == b'+' { b' ' } else { byte });
                rest = tail;
            }
        }
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn escapes_are_decoded_and_others_left() {
        for (text, wanted) in [
            ("", ""),
            ("a+b", "a b"),
            ("metadata.name%3Dx", "metadata.name=x"),
            ("%c3%A9", "é"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%ff", "%ff"),
        ] {
            assert_eq!(decode(text), wanted);
        }
    }
}
