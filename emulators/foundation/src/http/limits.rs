//! Limits on every size and every wait of a connection.

use std::time::Duration;

/// What one client may ask of the server; the defaults suit a developer's machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further clients wait in the kernel's queue. Upgraded connections
    /// (WebSocket, SPDY) no longer count.
    pub connections_max: usize,
    /// Concurrent requests on one HTTP/2 connection.
    pub streams_max: u32,
    /// Bytes of all headers together, and of the request line. At least 8 KiB.
    pub header_bytes_max: usize,
    /// Number of headers.
    pub headers_max: usize,
    /// Bytes of a request body.
    pub body_bytes_max: usize,
    /// Time for the TLS handshake.
    pub handshake_timeout: Duration,
    /// Time for the headers of an HTTP/1 request, counted from the previous response: it is also
    /// how long an idle HTTP/1 connection stays open.
    pub header_timeout: Duration,
    /// Longest pause inside a request body.
    pub body_timeout: Duration,
    /// How long a connection with no request in flight stays open.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 2_048,
            streams_max: 250,
            header_bytes_max: 64 * 1024,
            headers_max: 100,
            body_bytes_max: 16 * 1024 * 1024,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(90),
            body_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(180),
        }
    }
}
