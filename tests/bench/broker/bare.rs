//! The wall: hyper with nothing behind it. What a server does beyond this is its own.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// As long as the answer to SendMessage.
const BODY: &[u8] = br#"{"MessageId":"5fea7756-0ea4-451a-a703-a558b933e274",
"MD5OfMessageBody":"fafb00f5732ab283681e124bf8747ed1"}"#;

/// Serves until the process is ended; prints its address first.
///
/// # Errors
/// No port is free.
pub fn serve() -> io::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        use io::Write as _;
        writeln!(io::stdout(), "{}", listener.local_addr()?)?;
        io::stdout().flush()?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(async move {
                let service = service_fn(answer);
                // A client that goes away is no failure of ours.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // The body has to be read, as everybody does.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(Bytes::from_static(BODY)));
    let json = hyper::header::HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    Ok(response)
}
