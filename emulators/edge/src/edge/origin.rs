//! Web pages must not reach the emulator behind their reader's back.
//!
//! A page of any site can make a browser send forms and plain GETs to localhost, where nobody asks
//! for a signature. Such requests carry `Origin` or `Sec-Fetch-Site`, which a page cannot forge,
//! and which SDKs and command lines do not send.

use super::head::Head;

/// Whether a web page of another origin made the request.
pub(super) fn is_foreign(head: &Head<'_>) -> bool {
    let site = head.fetch_site.unwrap_or("none");
    if site != "none" && site != "same-origin" {
        return true;
    }
    let Some(origin) = head.origin else { return false };
    let authority =
        origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")).unwrap_or("");
    authority.is_empty() || !authority.eq_ignore_ascii_case(head.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_others_are_told_from_tools() {
        for (origin, fetch_site, expected) in [
            (None, None, false),
            (None, Some("none"), false),
            (None, Some("same-origin"), false),
            (None, Some("cross-site"), true),
            (None, Some("same-site"), true),
            (Some("http://localhost:4566"), Some("same-origin"), false),
            (Some("http://localhost:3000"), None, true),
            (Some("https://evil.example"), None, true),
            (Some("null"), None, true),
            (Some(""), None, true),
        ] {
            let head = Head { origin, fetch_site, host: "localhost:4566", ..Head::default() };
            assert_eq!(is_foreign(&head), expected, "{origin:?} {fetch_site:?}");
        }
    }
}
