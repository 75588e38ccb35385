//! The admin routes that every edge has.

use std::sync::Arc;

use brume_foundation::metrics::Metrics;
use http::Method;
use serde_json::json;

use crate::admin::{AdminAnswer, AdminCall, AdminRoute};
use crate::prometheus;

/// `GET /_brume/health`.
pub(super) fn health(instance: &str) -> AdminRoute {
    let instance = instance.to_owned();
    AdminRoute::new(Method::GET, "/_brume/health", move |call: AdminCall| {
        let answer = json!({
            "status": "ok",
            "instance": instance,
            "version": env!("CARGO_PKG_VERSION"),
            "now": call.now.to_string(),
        });
        async move { AdminAnswer::json(&answer) }
    })
}

/// `GET /_brume/metrics`.
pub(super) fn metrics(metrics: Arc<Metrics>) -> AdminRoute {
    AdminRoute::new(Method::GET, "/_brume/metrics", move |call: AdminCall| {
        let text = prometheus::render(&metrics, call.now);
        async move { Ok(AdminAnswer::plain(prometheus::CONTENT_TYPE, text)) }
    })
}
