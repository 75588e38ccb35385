//! `/healthz`, `/livez` and `/readyz`.

use std::fmt::Write;

use http::StatusCode;

use crate::wire::{Request, Response};

/// The checks that a server lists. All hold as soon as it answers at all.
const CHECKS: [&str; 4] = ["ping", "log", "etcd", "informer-sync"];

/// Answers a health question about one check, or about all if `check` is empty.
pub(crate) fn respond(request: &Request<'_>, endpoint: &str, check: &str) -> Response {
    if !check.is_empty() {
        if CHECKS.contains(&check) {
            return Response::text(StatusCode::OK, "ok");
        }
        return Response::text(StatusCode::NOT_FOUND, "404 page not found\n");
    }
    if request.parameter("verbose").is_none() {
        return Response::text(StatusCode::OK, "ok");
    }
    let mut text = String::new();
    for check in CHECKS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "[+]{check} ok");
    }
    let _ = writeln!(text, "{endpoint} check passed");
    Response::text(StatusCode::OK, text)
}
