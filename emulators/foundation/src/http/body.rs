//! Bodies: requests limited in size and time, responses whole or streamed.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep};

/// An error in a response body; the connection is cut, because the status is already sent.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The body of a response.
pub type ResponseBody = UnsyncBoxBody<Bytes, BoxError>;

/// Makes an empty body.
#[must_use]
pub fn empty() -> ResponseBody {
    Empty::new().map_err(never).boxed_unsync()
}

/// Makes a body of known bytes; reference-counted bytes are not copied.
#[must_use]
pub fn full(bytes: impl Into<Bytes>) -> ResponseBody {
    Full::new(bytes.into()).map_err(never).boxed_unsync()
}

/// Makes a body that is sent while it is made, and the sender to feed it with.
///
/// `chunks_max` chunks wait at most; then sending waits for the client.
#[must_use]
pub fn stream(chunks_max: usize) -> (BodySender, ResponseBody) {
    let (sender, receiver) = mpsc::channel(chunks_max.max(1));
    (BodySender { sender }, Streamed { receiver }.boxed_unsync())
}

fn never(never: Infallible) -> BoxError {
    match never {}
}

/// Feeds a streamed body; dropping it ends the body.
#[derive(Clone, Debug)]
pub struct BodySender {
    sender: mpsc::Sender<Result<Bytes, BoxError>>,
}

impl BodySender {
    /// Sends a chunk when there is room.
    ///
    /// # Errors
    /// The client has gone.
    pub async fn send(&self, chunk: Bytes) -> Result<(), ClientGone> {
        self.sender.send(Ok(chunk)).await.map_err(|_| ClientGone)
    }

    /// Sends a chunk if there is room now; gives it back otherwise.
    ///
    /// # Errors
    /// The chunk, when the client is slow or has gone.
    pub fn try_send(&self, chunk: Bytes) -> Result<(), Bytes> {
        self.sender.try_send(Ok(chunk)).map_err(|error| match error.into_inner() {
            Ok(chunk) => chunk,
            Err(_) => Bytes::new(),
        })
    }

    /// Cuts the response off, so that the client knows it is not whole.
    pub async fn abort(self, error: BoxError) {
        // A client that has gone needs no telling.
        let _ = self.sender.send(Err(error)).await;
    }

    /// Waits until the client has gone.
    pub async fn closed(&self) {
        self.sender.closed().await;
    }
}

/// The client has closed the connection or reset the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientGone;

impl fmt::Display for ClientGone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the client has gone")
    }
}

impl StdError for ClientGone {}

struct Streamed {
    receiver: mpsc::Receiver<Result<Bytes, BoxError>>,
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let chunk = ready!(self.receiver.poll_recv(context));
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }
}

/// The body of a request, which ends in an error when it is too large or too slow.
pub struct RequestBody {
    inner: Incoming,
    bytes_max: usize,
    bytes_left: usize,
    pause_max: Duration,
    // Made at the first wait: most bodies arrive with the headers.
    pause: Option<Pin<Box<Sleep>>>,
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RequestBody").field("bytes_left", &self.bytes_left).finish()
    }
}

impl RequestBody {
    pub(super) fn new(inner: Incoming, bytes_max: usize, pause_max: Duration) -> Self {
        Self { inner, bytes_max, bytes_left: bytes_max, pause_max, pause: None }
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// It is larger than the server's limit, pauses too long, or breaks off.
    pub async fn collect(mut self) -> Result<Bytes, BodyError> {
        if self.inner.size_hint().lower() > self.bytes_max as u64 {
            return Err(BodyError::TooLarge { bytes_max: self.bytes_max });
        }
        // Most bodies come in one piece, which needs no copy.
        let first = self.next_piece().await?.unwrap_or_default();
        if self.is_end_stream() {
            return Ok(first);
        }
        let Some(second) = self.next_piece().await? else { return Ok(first) };
        let mut whole = Vec::with_capacity(2 * (first.len() + second.len()));
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(piece) = self.next_piece().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }

    /// The next data of the body; trailers are left out.
    async fn next_piece(&mut self) -> Result<Option<Bytes>, BodyError> {
        while let Some(frame) = self.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) else {
            let pause_max = self.pause_max;
            let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(pause_max)));
            ready!(pause.as_mut().poll(context));
            return Poll::Ready(Some(Err(BodyError::TimedOut)));
        };
        let pause_max = self.pause_max;
        if let Some(pause) = &mut self.pause {
            pause.as_mut().reset(Instant::now() + pause_max);
        }
        let Some(frame) = frame else { return Poll::Ready(None) };
        let frame = frame.map_err(|error| BodyError::Broken(error.to_string()))?;
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(left) = self.bytes_left.checked_sub(length) else {
            return Poll::Ready(Some(Err(BodyError::TooLarge { bytes_max: self.bytes_max })));
        };
        self.bytes_left = left;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Why a request body could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than the limit.
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// The client paused too long.
    TimedOut,
    /// The connection broke, or the framing is wrong.
    Broken(String),
}

impl BodyError {
    /// The status to answer with.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Broken(_) => StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes_max } => {
                write!(formatter, "the request body is larger than {bytes_max} bytes")
            }
            Self::TimedOut => formatter.write_str("the request body took too long"),
            Self::Broken(reason) => write!(formatter, "the request body broke off: {reason}"),
        }
    }
}

impl StdError for BodyError {}
