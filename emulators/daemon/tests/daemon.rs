//! The daemon as a process: start, second start, damage, signals, tear-down.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use brume_instance::client::{REQUEST_TIMEOUT, is_alive};
use brume_instance::protocol::{FaultAction, FaultRule, Reply, Request, Status};
use brume_instance::{Client, Code, EndpointDocument, InstancePaths, read_line, socket};

/// One instance in a folder of its own; ended when dropped.
struct Instance {
    paths: InstancePaths,
    _folder: Option<tempfile::TempDir>,
}

impl Instance {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let name = "test".parse().expect("a valid name");
        let paths =
            InstancePaths::new(&folder.path().join("state"), &folder.path().join("run"), &name);
        Self { paths, _folder: Some(folder) }
    }

    /// Another instance on the same state.
    fn beside(other: &Self) -> Self {
        let mut paths = other.paths.clone();
        paths.name = "beside".parse().expect("a valid name");
        paths.runtime = paths.runtime.with_file_name("beside");
        Self { paths, _folder: None }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brume-emulators"));
        command.args(["--instance", self.paths.name.as_str()]);
        command.arg("--state").arg(&self.paths.state).arg("--runtime").arg(&self.paths.runtime);
        command.env("CI", "true").stdin(Stdio::null()).args(arguments);
        command
    }

    fn start(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("started")
    }

    fn up(&self, arguments: &[&str]) {
        let output = self.start(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn client(&self) -> Client {
        Client::connect(&self.paths).expect("talks").expect("runs")
    }

    fn ask(&self, request: &Request) -> Reply {
        self.client().request(request, REQUEST_TIMEOUT).expect("answered")
    }

    fn refusal(&self, request: &Request) -> brume_instance::Error {
        self.client().request(request, REQUEST_TIMEOUT).expect_err("refused")
    }

    fn status(&self) -> Status {
        match self.ask(&Request::Status) {
            Reply::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    fn stop(&self) {
        let mut client = self.client();
        client.request(&Request::Stop, REQUEST_TIMEOUT).expect("answered");
        client.wait_for_end(REQUEST_TIMEOUT).expect("ends");
        self.wait_until_gone();
    }

    fn wait_until_gone(&self) {
        for _ in 0..2_000 {
            if !is_alive(&self.paths) {
                return;
            }
            sleep(Duration::from_millis(5));
        }
        panic!("the daemon does not end");
    }

    fn kill(&self) {
        let pid = self.client().welcome().pid.to_string();
        let killed = Command::new("kill").args(["-9", &pid]).status().expect("kill runs");
        assert!(killed.success());
        self.wait_until_gone();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Ok(Some(mut client)) = Client::connect(&self.paths) {
            let _ = client.request(&Request::Stop, REQUEST_TIMEOUT);
            let _ = client.wait_for_end(REQUEST_TIMEOUT);
        }
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

#[test]
fn it_starts_answers_and_ends() {
    let instance = Instance::new();
    instance.up(&[]);
    let document = EndpointDocument::read(&instance.paths.endpoint()).expect("read");
    let document = document.expect("written");
    let status = instance.status();
    assert_eq!(status.endpoint, document);
    assert!(status.services.iter().all(|service| service.healthy), "{status:?}");
    for private in [&instance.paths.runtime, &instance.paths.state, &instance.paths.socket()] {
        assert_eq!(mode(private), 0o700, "{}", private.display());
    }
    for private in [instance.paths.endpoint(), instance.paths.lock(), instance.paths.log(false)] {
        assert_eq!(mode(&private), 0o600, "{}", private.display());
    }
    instance.stop();
    assert!(!instance.paths.endpoint().exists());
    assert!(!instance.paths.socket().exists());
    assert!(instance.paths.log(false).exists());
}

#[test]
fn a_second_daemon_is_refused_and_the_first_one_does_not_notice() {
    let instance = Instance::new();
    instance.up(&[]);
    let again = instance.start(&[]);
    assert_eq!(again.status.code(), Some(8));
    assert!(stderr(&again).starts_with("error: instance test is running already\n"));
    let beside = Instance::beside(&instance).start(&[]);
    assert_eq!(beside.status.code(), Some(8));
    assert!(stderr(&beside).contains("another daemon uses the state in"), "{}", stderr(&beside));
    assert!(stderr(&beside).contains("\nhint: "));
    instance.status();
}

#[test]
fn a_port_in_use_is_named_when_it_was_asked_for() {
    let instance = Instance::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port();
    let output = instance.start(&["--port", &format!("kubernetes={port}")]);
    assert_eq!(output.status.code(), Some(8));
    assert!(stderr(&output).contains(&format!("port {port}")), "{}", stderr(&output));
    assert!(!is_alive(&instance.paths));
    // Without a number, the next one does.
    instance.up(&["--port-base", &port.to_string()]);
    assert!(!instance.status().services[0].url.ends_with(&format!(":{port}")));
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_with_a_way_out() {
    let mut instance = Instance::new();
    instance.paths.state = "/proc/brume/state".into();
    let output = instance.start(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("error: cannot make the folder /proc/brume/state"));
    assert!(!is_alive(&instance.paths));
    // Nothing of it is needed without state.
    instance.up(&["--ephemeral"]);
}

#[test]
fn damaged_state_is_told_to_the_user_and_repaired_on_demand() {
    let instance = Instance::new();
    let journal = instance.paths.state.join("kubernetes/journal");
    fs::create_dir_all(&journal).expect("made");
    fs::write(journal.join(format!("checkpoint-{:020}", 3)), "torn").expect("written");
    let output = instance.start(&[]);
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.starts_with("error: kubernetes cannot start: the journal is damaged"), "{told}");
    assert!(told.contains("\nhint: brume up --repair"), "{told}");
    instance.up(&["--repair"]);
}

#[test]
fn a_clock_that_cannot_be_kept_does_not_advance() {
    let instance = Instance::new();
    instance.up(&[]);
    fs::create_dir(instance.paths.state.join("clock.json")).expect("made");
    let error = instance.refusal(&Request::ClockAdvance { milliseconds: 86_400_000 });
    assert!(error.message.contains("clock.json"), "{error}");
    match instance.ask(&Request::ClockShow) {
        Reply::Clock(clock) => assert!(clock.ahead_ms < 1_000, "{clock:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_clock_ends_before_time_itself_does() {
    let instance = Instance::new();
    instance.up(&["--ephemeral"]);
    let century = Request::ClockAdvance { milliseconds: 100 * 365 * 86_400_000 };
    for _ in 0..4 {
        instance.ask(&century);
    }
    assert_eq!(instance.refusal(&century).code, Code::Usage);
}

#[test]
fn an_impossible_clock_is_not_restored() {
    let instance = Instance::new();
    fs::create_dir_all(&instance.paths.state).expect("made");
    let clock = instance.paths.state.join("clock.json");
    fs::write(clock, r#"{"offset_ms": 9223372036854775807}"#).expect("written");
    instance.up(&[]);
    match instance.ask(&Request::ClockShow) {
        Reply::Clock(clock) => assert!(clock.ahead_ms < 1_000, "{clock:?}"),
        other => panic!("{other:?}"),
    }
}

/// Sends one request to the AWS port and gives back the answer as it came.
fn ask_aws(instance: &Instance, line: &str) -> String {
    let url = instance.status().endpoint.service("aws").expect("aws runs").url.clone();
    let address = url.strip_prefix("http://").expect("plain HTTP");
    let mut stream = TcpStream::connect(address).expect("connected");
    let request = format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

const WHO_AM_I: &str = "GET /?Action=GetCallerIdentity&Version=2011-06-15";

#[test]
fn aws_services_answer_for_the_account_that_was_asked_for() {
    let instance = Instance::new();
    instance.up(&["aws", "--account", "123456789012"]);
    let answer = ask_aws(&instance, WHO_AM_I);
    assert!(answer.contains("<Arn>arn:aws:iam::123456789012:root</Arn>"), "{answer}");
    let document = instance.status().endpoint;
    let aws = document.service("aws").expect("aws runs");
    assert_eq!(aws.environment["AWS_ENDPOINT_URL"], aws.url);
    assert_eq!(aws.extra["account"], "123456789012");
    assert!(ask_aws(&instance, "GET /_brume/health").contains("\"status\":\"ok\""));
    assert!(ask_aws(&instance, "POST /_brume/reset").contains("\"reset\":true"));
}

#[test]
fn aws_signatures_are_verified_on_demand() {
    let instance = Instance::new();
    instance.up(&["aws", "--auth", "verify", "--ephemeral"]);
    assert!(instance.status().services.iter().all(|service| service.healthy));
    let answer = ask_aws(&instance, WHO_AM_I);
    assert!(answer.contains("<Code>MissingAuthenticationToken</Code>"), "{answer}");
}

#[test]
fn fault_rules_reach_one_part_of_aws_or_all() {
    let instance = Instance::new();
    instance.up(&["aws", "--ephemeral"]);
    let add = |service: &str, status| {
        let action = FaultAction::Error { status, code: None, message: None };
        instance.ask(&Request::FaultAdd {
            rule: FaultRule {
                service: service.to_owned(),
                operation: "Get*".to_owned(),
                action,
                rate: 1.0,
                after: 0,
                count: Some(1),
                seed: None,
            },
        });
    };
    add("sqs", 500);
    assert!(ask_aws(&instance, WHO_AM_I).starts_with("HTTP/1.1 200"));
    for (service, status) in [("sts", 503), ("aws", 500)] {
        add(service, status);
        let answer = ask_aws(&instance, WHO_AM_I);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!(answer.contains("<Type>Receiver</Type>"), "{answer}");
        assert!(ask_aws(&instance, WHO_AM_I).starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn unknown_and_planned_services_are_usage_errors() {
    let instance = Instance::new();
    for (service, message) in [("lambda", "is not supported yet"), ("nope", "there is no service")]
    {
        let output = instance.start(&[service]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    assert!(!instance.paths.runtime.exists());
}

#[test]
fn after_kill_minus_nine_it_starts_again_over_what_is_left() {
    let instance = Instance::new();
    instance.up(&[]);
    for _ in 0..5 {
        instance.kill();
        assert!(instance.paths.endpoint().exists(), "left behind");
        assert!(Client::connect(&instance.paths).expect("no error").is_none());
        instance.up(&[]);
        instance.status();
    }
}

#[test]
fn signals_end_it_in_order() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        let instance = Instance::new();
        let mut child = foreground(&instance, &[]);
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
        assert!(child.wait().expect("ends").success(), "{signal}");
        assert!(!instance.paths.endpoint().exists());
    }
}

/// Starts in the foreground and waits until it is ready.
fn foreground(instance: &Instance, arguments: &[&str]) -> Child {
    let mut command = instance.command(&["--foreground"]);
    let child = command.args(arguments).stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
    let child = child.expect("started");
    while !matches!(Client::connect(&instance.paths), Ok(Some(_))) {
        sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn a_leashed_daemon_ends_with_whoever_holds_the_leash() {
    let instance = Instance::new();
    let mut child = foreground(&instance, &["--leash", "--ephemeral"]);
    drop(child.stdin.take());
    assert!(child.wait().expect("ends").success());
}

#[test]
fn an_ephemeral_instance_leaves_nothing() {
    let instance = Instance::new();
    instance.up(&["--ephemeral"]);
    instance.status();
    assert!(!instance.paths.state.exists());
    instance.stop();
    assert!(!instance.paths.runtime.exists());
}

#[test]
fn the_clock_goes_on_after_a_restart() {
    let instance = Instance::new();
    instance.up(&[]);
    let day_ms = 86_400_000;
    instance.ask(&Request::ClockAdvance { milliseconds: 14 * day_ms });
    instance.kill();
    instance.up(&[]);
    let clock = instance.status().clock;
    assert!(clock.ahead_ms > 13 * day_ms.cast_signed(), "{clock:?}");
    let mut client = instance.client();
    let too_far = Request::ClockAdvance { milliseconds: u64::MAX };
    let error = client.request(&too_far, REQUEST_TIMEOUT).expect_err("refused");
    assert_eq!(error.code, Code::Usage);
}

#[test]
fn rubbish_on_the_control_socket_is_answered_or_cut() {
    let instance = Instance::new();
    instance.up(&[]);
    let long = vec![b'x'; 3 * 1024 * 1024];
    for rubbish in [&b"\n"[..], b"{}\n", b"\xFF\xFE\n", &long, b"{\"protocol\":1"] {
        let mut stream = socket::connect(&instance.paths.socket()).expect("connects");
        // The daemon may cut while we still write.
        let _ = stream.write_all(rubbish);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = read_line(&mut BufReader::new(stream));
    }
    // Another protocol is greeted, so that `stop` works between versions.
    let mut stream = socket::connect(&instance.paths.socket()).expect("connects");
    stream.write_all(b"{\"protocol\":99,\"version\":\"9\"}\nnonsense\n").expect("sent");
    let mut reader = BufReader::new(stream);
    assert!(read_line(&mut reader).expect("greeted").contains("\"protocol\":1"));
    assert!(read_line(&mut reader).expect("answered").contains("does not understand"));
    instance.status();
}

#[test]
fn a_damaged_clock_is_real_time_with_a_warning() {
    let instance = Instance::new();
    fs::create_dir_all(&instance.paths.state).expect("made");
    fs::write(instance.paths.state.join("clock.json"), "{").expect("written");
    instance.up(&[]);
    let log = fs::read_to_string(instance.paths.log(false)).expect("a log");
    assert!(log.contains("WARN  daemon: clock.json is damaged"), "{log}");
}
