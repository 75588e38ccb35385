//! Which `Host` values are ours: the defence against DNS rebinding.

use std::net::IpAddr;

use http::Request;
use http::header::HOST;
use http::uri::Authority;

/// The names under which a server answers, besides every loopback address and `localhost`.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    names: Vec<String>,
}

impl Hosts {
    /// Makes a list of further names; `.example` allows every name that ends so.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(|name| name.into().to_ascii_lowercase()).collect();
        Self { names }
    }

    /// Whether the request was meant for this server.
    ///
    /// HTTP/2 sends the name in the target, HTTP/1.1 in `Host`; where both are there, both must be
    /// ours. No name at all is refused.
    #[must_use]
    pub fn allow<Body>(&self, request: &Request<Body>) -> bool {
        let mut seen = false;
        if let Some(authority) = request.uri().authority() {
            seen = true;
            if !self.allow_name(authority.host()) {
                return false;
            }
        }
        for value in request.headers().get_all(HOST) {
            seen = true;
            if is_plainly_local(value.as_bytes()) {
                continue;
            }
            let authority = value.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
            if !authority.is_some_and(|authority| self.allow_name(authority.host())) {
                return false;
            }
        }
        seen
    }

    fn allow_name(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        if let Ok(address) = host.parse::<IpAddr>() {
            return address.is_loopback();
        }
        let host = host.to_ascii_lowercase();
        host == "localhost"
            || host.ends_with(".localhost")
            || self.names.iter().any(|name| match name.strip_prefix('.') {
                Some(_) => host.len() > name.len() && host.ends_with(name.as_str()),
                None => host == *name,
            })
    }
}

/// Whether it is what nearly every client sends: worth no parser.
fn is_plainly_local(value: &[u8]) -> bool {
    let rest = value.strip_prefix(b"localhost").or_else(|| value.strip_prefix(b"127.0.0.1"));
    match rest {
        Some([b':', port @ ..]) => {
            (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit)
        }
        Some(rest) => rest.is_empty(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(hosts: &Hosts, host: &str) -> bool {
        let request = Request::builder().uri("/").header(HOST, host).body(()).expect("valid");
        hosts.allow(&request)
    }

    #[test]
    fn loopback_names_are_ours() {
        let hosts = Hosts::default();
        for host in
            ["localhost", "LOCALHOST:80", "127.0.0.1:6443", "127.9.9.9", "[::1]:1", "a.localhost"]
        {
            assert!(allowed(&hosts, host), "{host}");
        }
    }

    #[test]
    fn other_names_are_not() {
        let hosts = Hosts::new(["kubernetes", ".amazonaws.com"]);
        for host in [
            "evil.example",
            "10.0.0.1",
            "localhost.evil.example",
            "amazonaws.com",
            "",
            "a b",
            "localhost:80@evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.10x",
        ] {
            assert!(!allowed(&hosts, host), "{host}");
        }
        assert!(allowed(&hosts, "kubernetes:443"));
        assert!(allowed(&hosts, "sqs.eu-west-1.amazonaws.com"));
    }

    #[test]
    fn a_request_without_a_name_is_refused() {
        assert!(!Hosts::default().allow(&Request::builder().uri("/").body(()).expect("valid")));
    }

    #[test]
    fn target_and_header_must_both_be_ours() {
        let request = Request::builder()
            .uri("http://localhost/")
            .header(HOST, "evil.example")
            .body(())
            .expect("valid");
        assert!(!Hosts::default().allow(&request));
    }
}
