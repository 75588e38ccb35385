//! One connection: TLS, protocol choice, host check, limits, idle and graceful end.

use std::fmt;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::body::{BoxError, RequestBody, ResponseBody};
use super::{Handler, Hosts, Limits, Peer, Vanish, text};
use crate::log::Log;

/// How long a connection that is told to end because it idles may take for it.
const FAREWELL: Duration = Duration::from_secs(1);

/// How many headers hyper takes if nobody says anything.
const HYPER_HEADERS_MAX: usize = 100;

/// What all connections of a server share.
pub(super) struct Connections {
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) limits: Limits,
    pub(super) hosts: Hosts,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) log: Log,
}

/// Serves one accepted connection to its end.
pub(super) async fn serve(server: &Arc<Connections>, stream: TcpStream, remote: SocketAddr) {
    let Ok(local) = stream.local_addr() else { return };
    // Answers are small and written whole: waiting to fill a packet only costs time.
    let _ = stream.set_nodelay(true);
    let mut peer = Peer { remote, local, certificates: Arc::from([]), is_tls: false };
    let Some(acceptor) = &server.acceptor else {
        return serve_stream(server, stream, peer).await;
    };
    match timeout(server.limits.handshake_timeout, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            peer.is_tls = true;
            if let Some(certificates) = stream.get_ref().1.peer_certificates() {
                peer.certificates = Arc::from(certificates);
            }
            serve_stream(server, stream, peer).await;
        }
        Ok(Err(error)) => server.log.debug(format_args!("TLS handshake with {remote}: {error}")),
        Err(_) => server.log.debug(format_args!("TLS handshake with {remote} took too long")),
    }
}

async fn serve_stream<Stream>(server: &Arc<Connections>, stream: Stream, peer: Peer)
where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Arc::new(Activity::default());
    let service = {
        let (server, activity) = (Arc::clone(server), Arc::clone(&activity));
        service_fn(move |request| {
            answer(Arc::clone(&server), request, peer.clone(), activity.begin())
        })
    };
    let builder = builder(&server.limits);
    let mut connection =
        pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut stopped = server.stopped.clone();
    let ended = tokio::select! {
        // The connection first: it is what wakes us nearly always.
        biased;
        result = connection.as_mut() => Some(result),
        () = stop_asked(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            Some(connection.await)
        }
        () = activity.idle(server.limits.idle_timeout) => {
            connection.as_mut().graceful_shutdown();
            timeout(FAREWELL, connection).await.ok()
        }
    };
    if let Some(Err(error)) = ended {
        // Clients go away in many ways; none of them is our failure.
        server.log.debug(format_args!("connection ended: {error}"));
    }
}

/// Returns when the server is told to stop, or is gone.
pub(super) async fn stop_asked(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    // hyper panics below 8 KiB.
    let buffer_bytes = limits.header_bytes_max.max(8 * 1024);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(buffer_bytes)
        .half_close(false);
    if limits.headers_max != HYPER_HEADERS_MAX {
        // Any number of our own, even the same one, costs an allocation for each request.
        builder.http1().max_headers(limits.headers_max);
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(u32::try_from(buffer_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

async fn answer(
    server: Arc<Connections>,
    mut request: hyper::Request<Incoming>,
    peer: Peer,
    flight: Flight,
) -> Result<http::Response<Guarded>, Vanished> {
    if !server.hosts.allow(&request) {
        server.log.warn("refused a request for a host name that is not ours (DNS rebinding?)");
        let response = text(
            StatusCode::MISDIRECTED_REQUEST,
            "this emulator answers only to loopback names and addresses\n",
        );
        return Ok(response.map(|body| Guarded { body, _flight: flight }));
    }
    request.extensions_mut().insert(peer);
    let limits = &server.limits;
    let request =
        request.map(|body| RequestBody::new(body, limits.body_bytes_max, limits.body_timeout));
    let response = Arc::clone(&server.handler).handle(request).await;
    if response.extensions().get::<Vanish>().is_some() {
        return Err(Vanished);
    }
    Ok(response.map(|body| Guarded { body, _flight: flight }))
}

/// Tells hyper to drop the connection (HTTP/1) or reset the stream (HTTP/2).
#[derive(Debug)]
struct Vanished;

impl fmt::Display for Vanished {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("dropped on demand")
    }
}

impl std::error::Error for Vanished {}

/// How busy a connection is.
#[derive(Debug, Default)]
struct Activity {
    in_flight: AtomicUsize,
    begun: AtomicU64,
}

impl Activity {
    fn begin(self: &Arc<Self>) -> Flight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        Flight { activity: Arc::clone(self) }
    }

    /// Returns when no request was in flight or begun for `idle_timeout`, and at most twice that
    /// later than it could have.
    async fn idle(&self, idle_timeout: Duration) {
        let mut begun = self.begun.load(Ordering::Relaxed);
        loop {
            sleep(idle_timeout).await;
            let now = self.begun.load(Ordering::Relaxed);
            if now == begun && self.in_flight.load(Ordering::Relaxed) == 0 {
                return;
            }
            begun = now;
        }
    }
}

/// One request, from its headers to the end of its response body.
#[derive(Debug)]
struct Flight {
    activity: Arc<Activity>,
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.activity.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A response body that keeps its connection counted as busy.
struct Guarded {
    body: ResponseBody,
    _flight: Flight,
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
