//! The server under test, over real loopback sockets.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::probe::Probe;
use super::tls::Authority;
use super::*;
use crate::log::Log;
use crate::ports::Ports;

fn config(limits: Limits) -> ServerConfig {
    ServerConfig { tls: None, limits, hosts: Hosts::default(), log: Log::discard() }
}

fn start(limits: Limits, handler: impl Handler) -> Server {
    let listeners = Ports::random().bind("test", 0).expect("a free port");
    Server::start(listeners, config(limits), Arc::new(handler)).expect("started")
}

async fn echo(request: Request) -> Response {
    match request.into_body().collect().await {
        Ok(bytes) => http::Response::new(body::full(bytes)),
        Err(error) => text(error.status(), error.to_string()),
    }
}

/// Sends raw bytes and reads until the server closes.
async fn raw(port: u16, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = Vec::new();
    // A reset counts as a close.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

const CLOSE: &str = "Host: localhost\r\nConnection: close\r\n";

#[tokio::test]
async fn answers_on_every_loopback_address() {
    let server = start(Limits::default(), echo);
    for host in ["127.0.0.1", "::1"] {
        let Ok(mut stream) = TcpStream::connect((host, server.port())).await else { continue };
        let request = format!("POST / HTTP/1.1\r\n{CLOSE}Content-Length: 2\r\n\r\nhi");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("read");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hi"), "{answer}");
    }
    server.stop(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn refuses_foreign_hosts() {
    let server = start(Limits::default(), echo);
    let answer =
        raw(server.port(), b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert!(answer.await.starts_with("HTTP/1.1 421"));
}

#[tokio::test]
async fn refuses_large_bodies_declared_or_not() {
    let limits = Limits { body_bytes_max: 4, ..Limits::default() };
    let server = start(limits, echo);
    let declared = format!("POST / HTTP/1.1\r\n{CLOSE}Content-Length: 5\r\n\r\nhello");
    assert!(raw(server.port(), declared.as_bytes()).await.starts_with("HTTP/1.1 413"));
    let chunked = format!(
        "POST / HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    );
    assert!(raw(server.port(), chunked.as_bytes()).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn gives_up_on_slow_bodies_and_slow_headers() {
    let pause = Duration::from_millis(50);
    let limits = Limits { body_timeout: pause, header_timeout: pause, ..Limits::default() };
    let server = start(limits, echo);
    let body = format!("POST / HTTP/1.1\r\n{CLOSE}Content-Length: 5\r\n\r\nhe");
    assert!(raw(server.port(), body.as_bytes()).await.starts_with("HTTP/1.1 408"));
    let begun = Instant::now();
    raw(server.port(), b"GET / HTTP/1.1\r\nHost: loc").await;
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn closes_a_connection_that_says_nothing() {
    let limits = Limits { idle_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = start(limits, echo);
    let begun = Instant::now();
    assert_eq!(raw(server.port(), b"").await, "");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn refuses_many_and_long_headers() {
    let limits = Limits { headers_max: 10, header_bytes_max: 8 * 1024, ..Limits::default() };
    let server = start(limits, echo);
    let many = "X: y\r\n".repeat(20);
    let long = format!("X: {}\r\n", "y".repeat(20_000));
    for headers in [many, long] {
        let request = format!("GET / HTTP/1.1\r\n{CLOSE}{headers}\r\n");
        let answer = raw(server.port(), request.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}

#[tokio::test]
async fn rubbish_does_no_harm() {
    let server = start(Limits::default(), echo);
    for rubbish in [&b"\0\0\0\0\r\n\r\n"[..], b"GET", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"] {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).await.expect("connected");
        stream.write_all(rubbish).await.expect("sent");
    }
    let address = ([127, 0, 0, 1], server.port()).into();
    Probe::plain(address, "/").run(Duration::from_secs(5)).await.expect("still answers");
}

#[tokio::test]
async fn a_stream_arrives_as_it_is_made_and_ends_when_the_client_goes() {
    static GONE: AtomicUsize = AtomicUsize::new(0);
    let server = start(Limits::default(), async |_request: Request| {
        let (sender, body) = body::stream(1);
        tokio::spawn(async move {
            sender.send(Bytes::from_static(b"first")).await.expect("the client is there");
            sender.closed().await;
            GONE.fetch_add(1, Ordering::SeqCst);
        });
        http::Response::new(body)
    });
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).await.expect("connected");
    let request = format!("GET / HTTP/1.1\r\n{CLOSE}\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut seen = String::new();
    while !seen.contains("first") {
        let mut buffer = [0; 1_024];
        let length = stream.read(&mut buffer).await.expect("read");
        assert_ne!(length, 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    drop(stream);
    while GONE.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_vanished_answer_closes_the_connection() {
    let server = start(Limits::default(), async |_request: Request| vanish());
    let answer = raw(server.port(), format!("GET / HTTP/1.1\r\n{CLOSE}\r\n").as_bytes()).await;
    assert_eq!(answer, "");
}

#[tokio::test]
async fn a_panic_ends_one_connection_only() {
    let server = start(Limits::default(), async |request: Request| {
        assert_ne!(request.uri().path(), "/panic");
        http::Response::new(body::empty())
    });
    let request = format!("GET /panic HTTP/1.1\r\n{CLOSE}\r\n");
    assert_eq!(raw(server.port(), request.as_bytes()).await, "");
    let address = ([127, 0, 0, 1], server.port()).into();
    Probe::plain(address, "/").run(Duration::from_secs(5)).await.expect("still answers");
}

#[tokio::test]
async fn stopping_lets_requests_finish() {
    let server = start(Limits::default(), async |_request: Request| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        text(http::StatusCode::OK, "done")
    });
    let port = server.port();
    let request = format!("GET / HTTP/1.1\r\n{CLOSE}\r\n");
    let answer = tokio::spawn(async move { raw(port, request.as_bytes()).await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    server.stop(Duration::from_secs(5)).await;
    assert!(answer.await.expect("not cancelled").ends_with("done"));
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn stopping_cuts_what_never_ends() {
    let server = start(Limits::default(), async |_request: Request| {
        std::future::pending::<()>().await;
        text(http::StatusCode::OK, "never")
    });
    let port = server.port();
    let request = format!("GET / HTTP/1.1\r\n{CLOSE}\r\n");
    let answer = tokio::spawn(async move { raw(port, request.as_bytes()).await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    server.stop(Duration::from_millis(50)).await;
    assert_eq!(answer.await.expect("not cancelled"), "");
}

#[tokio::test]
async fn tls_answers_its_own_authority_only() {
    let authority = Authority::generate("brume test").expect("made");
    let identity = authority.issue_server(&["localhost", "127.0.0.1", "::1"]).expect("issued");
    let tls = authority.server_config(&identity, true).expect("fits");
    let listeners = Ports::random().bind("test", 0).expect("a free port");
    let config = ServerConfig { tls: Some(tls), ..config(Limits::default()) };
    let server = Server::start(listeners, config, Arc::new(echo)).expect("started");
    let address = ([127, 0, 0, 1], server.port()).into();
    let time_max = Duration::from_secs(5);
    let probe = Probe::tls(address, "/", authority.certificate().clone());
    probe.run(time_max).await.expect("trusted");
    let stranger = Authority::generate("somebody else").expect("made");
    let probe = Probe::tls(address, "/", stranger.certificate().clone());
    assert!(probe.run(time_max).await.is_err());
    server.stop(Duration::from_secs(1)).await;
}
