//! A cluster client against a scripted server on a real socket.

#![allow(clippy::unwrap_used)] // helpers of tests, which clippy does not take for tests

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use brume_kubernetes::Cluster;
use brume_plugin::error::ExitCode;
use brume_plugin::invocation::{Invocation, Target};

/// What the server does with one request.
enum Step {
    /// Answers with these bytes behind the status line and a length.
    Answer(&'static str, Vec<u8>),
    /// Closes the connection without a word.
    Close,
    /// Says nothing.
    Silence,
}

/// Requests as they came: the lines of their heads.
type Requests = Arc<Mutex<Vec<Vec<String>>>>;

fn serve(steps: Vec<Step>) -> (u16, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    std::thread::spawn(move || {
        for step in steps {
            let (stream, _) = listener.accept().unwrap();
            seen.lock().unwrap().push(read_head(&stream));
            answer(stream, step);
        }
    });
    (port, requests)
}

fn read_head(stream: &TcpStream) -> Vec<String> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect()
}

fn answer(mut stream: TcpStream, step: Step) {
    match step {
        Step::Answer(head, body) => {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            )
            .unwrap();
            stream.write_all(&body).unwrap();
        }
        Step::Close => {}
        Step::Silence => std::thread::sleep(Duration::from_secs(30)),
    }
}

fn ok(body: &str) -> Step {
    Step::Answer("200 OK\r\ncontent-type: application/json\r\netag: \"abc\"", body.into())
}

fn invocation(folder: &Path, server: &str, user: &str) -> Invocation {
    let path = folder.join("config");
    let text = format!(
        "current-context: one\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: u, user: {user}}}]\n\
         contexts: [{{name: one, context: {{cluster: c, user: u}}}}]\n"
    );
    std::fs::write(&path, text).unwrap();
    let mut target = Target::default();
    target.kubernetes.kubeconfig = vec![path];
    Invocation { target, ..Invocation::default() }
}

fn cluster(folder: &Path, port: u16) -> Cluster {
    let invocation = invocation(folder, &format!("http://127.0.0.1:{port}"), "{token: secret}");
    Cluster::with_cancel(&invocation, None).unwrap()
}

#[test]
fn an_answer_has_its_headers_and_the_request_says_who_asks() {
    let folder = tempfile::tempdir().unwrap();
    let (port, requests) = serve(vec![ok("{}"), Step::Answer("304 Not Modified", Vec::new())]);
    let cluster = cluster(folder.path(), port);
    let response = cluster.get_raw("/openapi/v3?x=y", "application/json").unwrap();
    assert_eq!((response.status, &response.body[..]), (200, &b"{}"[..]));
    assert_eq!(response.content_type, "application/json");
    assert_eq!(response.etag.as_deref(), Some("\"abc\""));
    let again = cluster.get_raw_if_changed("/openapi/v3", "application/json", "\"abc\"").unwrap();
    assert!(again.is_not_modified());
    let requests = requests.lock().unwrap();
    let has = |index: usize, line: &str| requests[index].iter().any(|found| found == line);
    assert!(has(0, "GET /openapi/v3?x=y HTTP/1.1"), "{requests:?}");
    assert!(has(0, "accept: application/json"));
    assert!(has(0, "authorization: Bearer secret"));
    assert!(requests[0].iter().any(|line| line.starts_with("user-agent: brume/")));
    assert!(has(1, "if-none-match: \"abc\""));
}

#[test]
fn a_compressed_answer_is_plain() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&[b'x'; 10_000]).unwrap();
    let body = encoder.finish().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (port, _) = serve(vec![Step::Answer("200 OK\r\ncontent-encoding: gzip", body)]);
    let response = cluster(folder.path(), port).get_raw("/", "*/*").unwrap();
    assert_eq!(response.body.len(), 10_000);
}

#[test]
fn a_read_survives_an_overloaded_server_and_a_broken_connection() {
    let folder = tempfile::tempdir().unwrap();
    let busy = Step::Answer("503 Service Unavailable", Vec::new());
    let (port, requests) = serve(vec![busy, Step::Close, ok("fine")]);
    let response = cluster(folder.path(), port).get_raw("/version", "*/*").unwrap();
    assert_eq!(&response.body[..], b"fine");
    assert_eq!(requests.lock().unwrap().len(), 3);
}

#[test]
fn a_refusal_is_told_in_the_servers_words() {
    let folder = tempfile::tempdir().unwrap();
    let body = br#"{"kind":"Status","status":"Failure","code":403,"message":"pods is forbidden"}"#;
    let (port, _) = serve(vec![Step::Answer("403 Forbidden", body.to_vec())]);
    let response = cluster(folder.path(), port).get_raw("/", "*/*").unwrap();
    let error = response.into_success().unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (ExitCode::Auth, "pods is forbidden"));
}

#[test]
fn nobody_there_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let started = Instant::now();
    let error = cluster(folder.path(), port).get_raw("/", "*/*").unwrap_err();
    assert_eq!(error.code, ExitCode::Unreachable);
    assert_eq!(error.message, format!("nothing answers at http://127.0.0.1:{port}"));
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_silent_server_meets_the_request_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let (port, _) = serve(vec![Step::Silence]);
    let mut invocation = invocation(folder.path(), &format!("http://127.0.0.1:{port}"), "{}");
    invocation.request_timeout_ms = Some(100);
    let cluster = Cluster::with_cancel(&invocation, None).unwrap();
    assert_eq!(cluster.get_raw("/", "*/*").unwrap_err().code, ExitCode::Timeout);
}

#[test]
fn the_user_ends_a_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (port, _) = serve(vec![Step::Silence]);
    let (reader, mut writer) = std::io::pipe().unwrap();
    let invocation = invocation(folder.path(), &format!("http://127.0.0.1:{port}"), "{}");
    let cluster = Cluster::with_cancel(&invocation, Some(reader.as_fd())).unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        writer.write_all(b"x").unwrap();
        std::thread::sleep(Duration::from_secs(5));
    });
    let error = cluster.get_raw("/", "*/*").unwrap_err();
    assert_eq!((error.code, error.is_silent()), (ExitCode::Interrupted, true));
}

#[test]
fn a_credential_program_runs_once_and_its_token_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let version = "client.authentication.k8s.io/v1";
    let program = folder.path().join("program");
    let script = format!(
        "echo run >> {}\n\
         echo '{{\"apiVersion\":\"{version}\",\"status\":{{\"token\":\"fresh\"}}}}'\n",
        log.display()
    );
    std::fs::write(&program, script).unwrap();
    let user = format!(
        "{{exec: {{apiVersion: {version}, command: sh, args: ['{}'], interactiveMode: Never}}}}",
        program.display()
    );
    let (port, requests) = serve(vec![ok("1"), ok("2")]);
    let invocation = invocation(folder.path(), &format!("http://127.0.0.1:{port}"), &user);
    let cluster = Cluster::with_cancel(&invocation, None).unwrap();
    cluster.get_raw("/1", "*/*").unwrap();
    cluster.get_raw("/2", "*/*").unwrap();
    assert_eq!(std::fs::read_to_string(log).unwrap(), "run\n");
    for request in requests.lock().unwrap().iter() {
        assert!(request.contains(&"authorization: Bearer fresh".to_owned()), "{request:?}");
    }
}

#[test]
fn a_broken_credential_program_is_about_authentication() {
    let folder = tempfile::tempdir().unwrap();
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /nowhere/aws}}";
    let invocation = invocation(folder.path(), "http://127.0.0.1:1", user);
    let error = Cluster::with_cancel(&invocation, None).unwrap().get_raw("/", "*/*").unwrap_err();
    assert_eq!(error.code, ExitCode::Auth);
    assert_eq!(error.message, "cannot run the credential program /nowhere/aws");
}
