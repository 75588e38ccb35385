//! The HTTP server of every emulator: HTTP/1.1 and HTTP/2, plain or TLS, loopback only.
//!
//! Comes in: bound listeners, a [`Handler`], [`Limits`]. Goes out: answered requests.
//! Every size and every wait has a limit; a `Host` that is not ours is refused, because a web page
//! could otherwise reach the emulator through a name that resolves to 127.0.0.1.

pub mod body;
mod connection;
pub mod hosts;
pub mod limits;
pub mod probe;
mod server;
pub mod tls;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;

use crate::BoxFuture;

pub use body::{BodySender, RequestBody, ResponseBody};
pub use hosts::Hosts;
pub use limits::Limits;
pub use server::{Server, ServerConfig};

/// A request; its body is limited in size and time. Its extensions hold a [`Peer`].
///
/// `hyper::upgrade::on` works on it for WebSocket and SPDY.
pub type Request = http::Request<RequestBody>;

/// A response with a body that may be a stream.
pub type Response = http::Response<ResponseBody>;

/// Answers requests; plain `async fn(Request) -> Response` functions and closures are handlers.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request. Dropped when the client goes away.
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response>;
}

impl<Function, Answer> Handler for Function
where
    Function: Fn(Request) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Response> + Send + 'static,
{
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(self(request))
    }
}

/// Who is at the other end of the connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Address of the client.
    pub remote: SocketAddr,
    /// Address that the client connected to.
    pub local: SocketAddr,
    /// Certificates that the client proved to own, leaf first; empty without TLS client
    /// authentication.
    pub certificates: Arc<[CertificateDer<'static>]>,
    /// Whether the connection is encrypted.
    pub is_tls: bool,
}

/// Makes a response that closes the connection without an answer, as a vanished server would.
#[must_use]
pub fn vanish() -> Response {
    let mut response = http::Response::new(body::empty());
    response.extensions_mut().insert(Vanish);
    response
}

/// The mark that [`vanish`] leaves on a response.
#[derive(Clone, Copy, Debug)]
struct Vanish;

/// Makes a plain-text response.
#[must_use]
pub fn text(status: http::StatusCode, message: impl Into<String>) -> Response {
    let mut response = http::Response::new(body::full(message.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

#[cfg(test)]
mod tests;
