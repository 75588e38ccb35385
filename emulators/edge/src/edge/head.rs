//! The headers that decide, found in one pass.

use http::request::Parts;

/// What is needed of the headers.
#[derive(Debug, Default)]
pub(super) struct Head<'a> {
    pub(super) authorization: Option<&'a str>,
    /// `X-Amz-Target`.
    pub(super) target: Option<&'a str>,
    pub(super) content_type: Option<&'a str>,
    pub(super) content_encoding: Option<&'a str>,
    /// `Host`, or HTTP/2's `:authority`.
    pub(super) host: &'a str,
    pub(super) origin: Option<&'a str>,
    /// `Sec-Fetch-Site`: browsers say with it where a request comes from.
    pub(super) fetch_site: Option<&'a str>,
    /// `X-Amzn-Trace-Id`.
    pub(super) trace: Option<&'a str>,
}

impl<'a> Head<'a> {
    pub(super) fn of(parts: &'a Parts) -> Self {
        let mut head = Self::default();
        for (name, value) in &parts.headers {
            let place = match name.as_str() {
                "authorization" => &mut head.authorization,
                "x-amz-target" => &mut head.target,
                "content-type" => &mut head.content_type,
                "content-encoding" => &mut head.content_encoding,
                "origin" => &mut head.origin,
                "sec-fetch-site" => &mut head.fetch_site,
                "x-amzn-trace-id" => &mut head.trace,
                "host" => {
                    head.host = value.to_str().unwrap_or_default();
                    continue;
                }
                _ => continue,
            };
            // A value that is no text decides like one that is empty: it matches nothing.
            *place = Some(value.to_str().unwrap_or_default());
        }
        if let Some(authority) = parts.uri.authority()
            && head.host.is_empty()
        {
            head.host = authority.as_str();
        }
        head
    }
}
