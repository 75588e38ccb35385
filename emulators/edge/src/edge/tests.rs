//! The edge over real sockets, with a service that tells what it was asked.

use std::time::Duration;

use brume_foundation::faults::{Action, Rule};
use brume_foundation::http::{Server, ServerConfig};
use brume_foundation::ports::Ports;
use brume_foundation::service::Storage;
use brume_policy::Account;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::{Answer, Identity, Xml};

/// Answers every action but `Unknown` and `Broken`; speaks as SQS does.
#[derive(Debug)]
struct Echo;

impl AwsService for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn json_target(&self) -> &'static str {
        "AmazonEcho"
    }

    fn json_namespace(&self) -> &'static str {
        "com.amazonaws.echo"
    }

    fn query_version(&self) -> &'static str {
        "2012-11-05"
    }

    fn xml_namespace(&self) -> &'static str {
        "http://echo.example/doc/"
    }

    fn cbor_name(&self) -> &'static str {
        "EchoService"
    }

    fn claims(&self, action: &str, path: &str) -> bool {
        action == "ConfirmSubscription" || path == "/cert.pem"
    }

    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, AwsError>> {
        Box::pin(async move {
            let seen = format!(
                "{} {} {} {} {} {}",
                call.action,
                call.caller.account,
                call.caller.region,
                call.caller.principal_arn,
                call.base_url,
                call.path
            );
            match (&*call.action, call.input) {
                ("Unknown", _) => Err(AwsError::unknown_action("Unknown")),
                ("Broken", _) => {
                    Err(AwsError::new("QueueGone", "no <queue>\r").query_code("Old.QueueGone"))
                }
                ("", _) => Ok(Answer::Plain { content_type: "text/plain", body: "pem".into() }),
                (_, Input::Json(body)) => {
                    let body = String::from_utf8_lossy(&body).into_owned();
                    let seen = serde_json::json!({ "seen": seen, "body": body });
                    Ok(Answer::Json(seen.to_string().into()))
                }
                (_, Input::Cbor(body)) => Ok(Answer::Cbor(body)),
                (_, Input::Query(parameters)) => {
                    let mut xml = Xml::new();
                    xml.element("Seen", &seen);
                    for (name, value) in parameters.iter().filter(|(name, _)| *name != "Action") {
                        xml.element(name, value);
                    }
                    Ok(Answer::Xml(Some(xml.finish())))
                }
            }
        })
    }
}

struct Running {
    server: Server,
    context: ServiceContext,
    keys: Arc<Keys>,
}

fn context() -> ServiceContext {
    ServiceContext {
        instance: "default".to_owned(),
        storage: Storage::Ephemeral("/nowhere".into()),
        repair: false,
        clock: Clock::real(),
        faults: Arc::new(Faults::new()),
        random: Random::seeded(1),
        ports: Arc::new(Ports::random()),
        log: Log::discard(),
    }
}

fn start_with(auth: Auth, limits: Limits) -> Running {
    let context = context();
    let keys = Arc::new(Keys::new(Account::default()));
    let edge = Edge::new(&context, auth, Arc::clone(&keys)).service(Arc::new(Echo)).routes([
        AdminRoute::new(Method::POST, "/_brume/double", async |call: AdminCall| {
            let number: u32 = call.json()?;
            AdminAnswer::json(&(number * 2))
        }),
    ]);
    let listeners = context.ports.bind("test", 0).expect("a free port");
    let config = ServerConfig { tls: None, limits, hosts: Edge::hosts(), log: Log::discard() };
    let server = Server::start(listeners, config, Arc::new(edge)).expect("started");
    Running { server, context, keys }
}

fn start() -> Running {
    start_with(Auth::Off, Edge::limits())
}

const SCOPE: &str = "Authorization: AWS4-HMAC-SHA256 Credential=222222222222/20260102/eu-west-3\
                     /echo/aws4_request, SignedHeaders=host, Signature=0\r\n";
const JSON: &str = "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonEcho.Say\r\n";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

impl Running {
    /// Sends one request and gives back status line, headers and body as they came.
    async fn ask(&self, line: &str, headers: &str, body: &str) -> String {
        self.ask_as("localhost:4566", line, headers, body).await
    }

    async fn ask_as(&self, host: &str, line: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\
             {headers}\r\n{body}"
        );
        self.raw(request.as_bytes()).await
    }

    async fn raw(&self, bytes: &[u8]) -> String {
        let address = ("127.0.0.1", self.server.port());
        let mut stream = TcpStream::connect(address).await.expect("connected");
        // The server may have answered and closed before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn body_of(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[track_caller]
fn assert_has(answer: &str, parts: &[&str]) {
    for part in parts {
        assert!(answer.contains(part), "{part} is not in:\n{answer}");
    }
}

#[tokio::test]
async fn json_goes_through() {
    let edge = start();
    let answer = edge.ask("POST /", &format!("{SCOPE}{JSON}"), "{\"a\":1}").await;
    assert_has(&answer, &["200 OK", "content-type: application/x-amz-json-1.0"]);
    assert_has(&answer, &["x-amzn-requestid: "]);
    let body: serde_json::Value = serde_json::from_str(body_of(&answer)).expect("JSON");
    let seen = "Say 222222222222 eu-west-3 arn:aws:iam::222222222222:root http://localhost:4566 /";
    assert_eq!(body, serde_json::json!({ "seen": seen, "body": "{\"a\":1}" }));
}

#[tokio::test]
async fn query_goes_through_by_post_and_get_and_at_a_queue() {
    let edge = start();
    for (line, headers, body) in [
        ("POST /000000000000/q", format!("{SCOPE}{FORM}"), "Action=Say&Name=%3Cx%3E"),
        ("GET /?Action=Say&Name=%3Cx%3E", SCOPE.to_owned(), ""),
        ("POST /?Name=%3Cx%3E", SCOPE.to_owned(), "Action=Say"),
        ("POST /", String::new(), "Action=Say&Version=2012-11-05&Name=%3Cx%3E"),
    ] {
        let answer = edge.ask(line, &headers, body).await;
        let parts = [
            "200 OK",
            "content-type: text/xml",
            "<SayResponse xmlns=\"http://echo.example/doc/\"><SayResult><Seen>Say ",
            "<Name>&lt;x&gt;</Name>",
            "</SayResult><ResponseMetadata><RequestId>",
            "</RequestId></ResponseMetadata></SayResponse>",
        ];
        assert_has(&answer, &parts);
    }
}

#[tokio::test]
async fn errors_speak_the_protocol() {
    let edge = start();
    let json = |action: &str| format!("{SCOPE}X-Amz-Target: AmazonEcho.{action}\r\n");
    let answer = edge.ask("POST /", &json("Broken"), "{}").await;
    assert_has(&answer, &["400 Bad Request", "x-amzn-query-error: Old.QueueGone;Sender"]);
    let body = "{\"__type\":\"com.amazonaws.echo#QueueGone\",\"message\":\"no <queue>\\r\"}";
    assert_eq!(body_of(&answer), body);
    let answer = edge.ask("POST /", &format!("{SCOPE}{FORM}"), "Action=Broken").await;
    let parts = [
        "400 Bad Request",
        "<ErrorResponse xmlns=\"http://echo.example/doc/\"><Error><Type>Sender</Type>",
        "<Code>Old.QueueGone</Code><Message>no &lt;queue&gt;&#xD;</Message></Error><RequestId>",
    ];
    assert_has(&answer, &parts);
    let answer = edge.ask("POST /", &json("Unknown"), "{}").await;
    assert_has(&answer, &["\"com.amazon.coral.service#UnknownOperationException\""]);
    let answer = edge.ask("POST /", &format!("{SCOPE}X-Amz-Target: Other.Say\r\n"), "{}").await;
    assert_has(&answer, &["400", "UnknownOperationException"]);
    let answer = edge.ask("GET /?Action=Unknown", SCOPE, "").await;
    assert_has(&answer, &["<Code>InvalidAction</Code>"]);
    let answer = edge.ask("GET /", SCOPE, "").await;
    assert_has(&answer, &["<Code>MissingAction</Code>"]);
    let answer = edge.ask("GET /?Action=Say&A=%zz", SCOPE, "").await;
    assert_has(&answer, &["404", "<Code>MalformedQueryString</Code>"]);
}

#[tokio::test]
async fn services_that_are_not_there_say_so() {
    let edge = start();
    let other = SCOPE.replace("/echo/", "/s3/");
    let answer = edge.ask("GET /bucket", &other, "").await;
    assert_has(&answer, &["501", "<Code>NotImplemented</Code>", "does not emulate"]);
    let answer = edge.ask("POST /", "X-Amz-Target: DynamoDB_20120810.GetItem\r\n", "{}").await;
    assert_has(&answer, &["400", "UnknownOperationException"]);
    let answer = edge.ask("GET /?Action=Nobody", "", "").await;
    assert_has(&answer, &["400", "<Code>InvalidAction</Code>"]);
}

#[tokio::test]
async fn cbor_goes_through() {
    let edge = start();
    let path = "POST /service/EchoService/operation/Say";
    let answer = edge.ask(path, "Smithy-Protocol: rpc-v2-cbor\r\n", "\u{1}").await;
    assert_has(&answer, &["200 OK", "smithy-protocol: rpc-v2-cbor", "application/cbor"]);
    assert_eq!(body_of(&answer), "\u{1}");
    let answer = edge.ask("POST /service/EchoService/operation/Broken", "", "").await;
    assert_has(&answer, &["400", "x-amzn-query-error: Old.QueueGone;Sender", "echo#QueueGone"]);
}

#[tokio::test]
async fn unsigned_links_are_claimed() {
    let edge = start_with(Auth::Verify, Edge::limits());
    assert_has(&edge.ask("GET /cert.pem", "", "").await, &["200 OK", "pem"]);
    let answer = edge.ask("GET /?Action=ConfirmSubscription", "", "").await;
    assert_has(&answer, &["<ConfirmSubscriptionResponse"]);
    // What is no link needs a signature.
    let answer = edge.ask("GET /?Action=Say&Version=2012-11-05", "", "").await;
    assert_has(&answer, &["403", "<Code>MissingAuthenticationToken</Code>"]);
    let answer = edge.ask("POST /", &format!("{SCOPE}{JSON}"), "{}").await;
    assert_has(&answer, &["403", "x-amzn-query-error: IncompleteSignature;Sender"]);
}

#[tokio::test]
async fn faults_speak_the_protocol() {
    let edge = start();
    let rule = |operation: &str, action| Rule {
        service: "echo".to_owned(),
        operation: operation.to_owned(),
        action,
        rate: 1.0,
        after: 0,
        count: None,
        seed: Some(1),
    };
    let error = |status, code: Option<&str>| Action::Error {
        status,
        code: code.map(str::to_owned),
        message: Some("on demand".to_owned()),
    };
    let faults = &edge.context.faults;
    for rule in [
        rule("Fail", error(503, None)),
        rule("Named", error(403, Some("AccessDenied"))),
        rule("Vanish", Action::Drop),
        rule("Often", Action::Throttle { per_second: 0.001, burst: 1 }),
    ] {
        faults.add(rule).expect("a valid rule");
    }
    let target = |action: &str| format!("X-Amz-Target: AmazonEcho.{action}\r\n");
    let answer = edge.ask("POST /", &target("Fail"), "{}").await;
    assert_has(&answer, &["503", "echo#ServiceUnavailable", "ServiceUnavailable;Receiver"]);
    let answer = edge.ask("GET /?Action=Named&Version=2012-11-05", "", "").await;
    assert_has(&answer, &["403", "<Code>AccessDenied</Code><Message>on demand</Message>"]);
    assert_eq!(edge.ask("POST /", &target("Vanish"), "{}").await, "");
    assert_has(&edge.ask("POST /", &target("Often"), "{}").await, &["200 OK"]);
    assert_has(&edge.ask("POST /", &target("Often"), "{}").await, &["400", "ThrottlingException"]);
    assert_has(&edge.ask("POST /", &target("Say"), "{}").await, &["200 OK"]);
}

#[tokio::test]
async fn the_admin_interface_is_apart() {
    let edge = start();
    let answer = edge.ask("GET /_brume/health", "", "").await;
    assert_has(&answer, &["200 OK", "application/json", "\"status\":\"ok\""]);
    assert!(!answer.contains("x-amzn"), "{answer}");
    assert_has(&edge.ask("POST /_brume/double", "", "21").await, &["200 OK", "42"]);
    let answer = edge.ask("POST /_brume/double", "", "x").await;
    assert_has(&answer, &["400", "{\"error\":\"the body cannot be read"]);
    assert_has(&edge.ask("GET /_brume/double", "", "").await, &["405", "POST"]);
    assert_has(&edge.ask("GET /_brume/nothing", SCOPE, "").await, &["404", "\"error\""]);
}

#[tokio::test]
async fn web_pages_and_foreign_names_are_refused() {
    let edge = start();
    for header in ["Origin: https://evil.example\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        let answer = edge.ask("POST /_brume/double", header, "1").await;
        assert_has(&answer, &["403"]);
        let answer = edge.ask("GET /?Action=Say&Version=2012-11-05", header, "").await;
        assert_has(&answer, &["403"]);
        assert!(!answer.to_lowercase().contains("access-control"), "{answer}");
    }
    for (host, status) in [
        ("sqs.us-east-1.amazonaws.com", "200"),
        ("host.docker.internal:4566", "200"),
        ("queue.localhost:4566", "200"),
        ("evil.example", "421"),
        ("amazonaws.com.evil.example", "421"),
    ] {
        let answer = edge.ask_as(host, "GET /_brume/health", "", "").await;
        assert_has(&answer, &[status]);
    }
}

#[tokio::test]
async fn large_bodies_are_refused_in_the_protocol() {
    let limits = Limits { body_bytes_max: 100, ..Edge::limits() };
    let edge = start_with(Auth::Off, limits);
    let long = "x".repeat(101);
    let answer = edge.ask("POST /", &format!("{SCOPE}{JSON}"), &long).await;
    assert_has(&answer, &["413", "RequestEntityTooLarge;Sender", "echo#RequestEntityTooLarge"]);
    let answer = edge.ask("POST /", &format!("{SCOPE}{FORM}"), &long).await;
    assert_has(&answer, &["413", "<Code>RequestEntityTooLarge</Code>"]);
}

#[tokio::test]
async fn hostile_requests_get_an_answer_or_nothing() {
    let edge = start();
    let many = (0..10_000).map(|n| format!("P{n}=1&")).collect::<String>();
    let answer = edge.ask("POST /", &format!("{SCOPE}{FORM}"), &many).await;
    assert_has(&answer, &["400", "<Code>MalformedInput</Code>"]);
    let long = format!("{SCOPE}X-Amz-Target: AmazonEcho.{}\r\n", "A".repeat(1_000));
    assert_has(&edge.ask("POST /", &long, "{}").await, &["UnknownOperationException"]);
    let huge = format!("X-Huge: {}\r\n", "h".repeat(200_000));
    let answer = edge.ask("GET /_brume/health", &huge, "").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let odd = "Authorization: AWS4-HMAC-SHA256 Credential=\u{e9}/////aws4_request\r\n\
               X-Amz-Target: \u{e9}\r\nContent-Type: \u{e9}\r\n";
    assert_has(&edge.ask("POST /%ff?%", odd, "").await, &["HTTP/1.1 4"]);
    for bytes in [&b"\0\0\0\0"[..], b"GET", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Le"] {
        let mut stream =
            TcpStream::connect(("127.0.0.1", edge.server.port())).await.expect("connected");
        stream.write_all(bytes).await.expect("sent");
        stream.shutdown().await.expect("half closed");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
    }
    assert_has(&edge.ask("GET /_brume/health", "", "").await, &["200 OK"]);
}

#[tokio::test]
async fn a_slow_body_holds_up_nobody_else() {
    let limits = Limits { body_timeout: Duration::from_millis(50), ..Edge::limits() };
    let edge = start_with(Auth::Off, limits);
    let begun = format!("POST / HTTP/1.1\r\nHost: localhost\r\n{JSON}Content-Length: 9\r\n\r\n{{");
    let mut slow = TcpStream::connect(("127.0.0.1", edge.server.port())).await.expect("connected");
    slow.write_all(begun.as_bytes()).await.expect("sent");
    assert_has(&edge.ask("GET /_brume/health", "", "").await, &["200 OK"]);
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.expect("answered");
    assert_has(&answer, &["408", "RequestTimeout"]);
}

#[tokio::test]
async fn temporary_keys_carry_their_account() {
    let edge = start();
    let identity = Identity {
        account: "333333333333".parse().expect("an account"),
        arn: "arn:aws:sts::333333333333:assumed-role/r/s".to_owned(),
        user_id: "AROA:s".to_owned(),
    };
    let end = edge.context.clock.now().after(Duration::from_secs(60));
    let key = edge.keys.issue(identity, end).expect("issued");
    let scope = SCOPE.replace("222222222222", &key.access_key_id);
    let answer = edge.ask("POST /", &format!("{scope}{JSON}"), "{}").await;
    let seen = "Say 333333333333 eu-west-3 arn:aws:sts::333333333333:assumed-role/r/s";
    assert_has(&answer, &[seen]);
}
