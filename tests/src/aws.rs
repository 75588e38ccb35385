//! The emulated AWS of a sandbox, and AWS's own clients against it.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::{Call, Sandbox, repository, tools};

/// How long an answer may take: a debug build on a busy machine.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// A running emulator; the sandbox ends it.
#[derive(Debug)]
pub struct Aws<'a> {
    sandbox: &'a Sandbox,
    /// What the daemon wrote of itself.
    pub endpoint: Value,
}

impl<'a> Aws<'a> {
    /// Starts the AWS emulators of the default instance with further words of `brume up`.
    ///
    /// # Panics
    /// When they do not come up.
    #[must_use]
    pub fn start(sandbox: &'a Sandbox, words: &str) -> Self {
        let _ = sandbox.brume(&format!("up aws --port aws=0 {words}")).run().success();
        Self::running(sandbox, "default")
    }

    /// Reads what a running instance says of itself.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn running(sandbox: &'a Sandbox, instance: &str) -> Self {
        Self { sandbox, endpoint: sandbox.endpoint(instance) }
    }

    fn service(&self) -> &Value {
        let services = self.endpoint["services"].as_array().expect("`services` is a list");
        services.iter().find(|service| service["name"] == "aws").expect("aws runs")
    }

    /// Base URL of all services.
    ///
    /// # Panics
    /// When the daemon did not say.
    #[must_use]
    pub fn url(&self) -> String {
        self.service()["url"].as_str().expect("a service has a URL").to_owned()
    }

    /// Where it listens.
    ///
    /// # Panics
    /// When its URL is not an address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.url().trim_start_matches("http://").parse().expect("the URL is an address")
    }

    /// Id of the daemon's process.
    ///
    /// # Panics
    /// When the daemon did not say.
    #[must_use]
    pub fn daemon(&self) -> i32 {
        let id = self.endpoint["pid"].as_i64().expect("`pid` is a number");
        i32::try_from(id).expect("a process id fits")
    }

    /// What `brume env` would set.
    ///
    /// # Panics
    /// When the daemon did not say.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        serde_json::from_value(self.service()["environment"].clone()).expect("a map of strings")
    }

    /// A call in the environment that `brume env` sets.
    pub fn call(&self, program: &str) -> Call {
        let call = self.sandbox.call(program);
        self.environment().into_iter().fold(call, |call, (name, value)| call.env(&name, value))
    }

    /// A call of Python with the clients of `tests/set-up/clients.txt`.
    pub fn python(&self, script: &str) -> Call {
        let call = self.call("python3").env("PYTHONPATH", tools::folder().join("clients"));
        // Nobody should write into the folder of the tools.
        call.env("PYTHONDONTWRITEBYTECODE", "1").arg(client(script))
    }

    /// A call of the AWS CLI with the words of `line`.
    pub fn cli(&self, line: &str) -> Call {
        let call = self.call("python3").env("PYTHONPATH", tools::folder().join("clients"));
        call.env("PYTHONDONTWRITEBYTECODE", "1").words("-m awscli --output json").words(line)
    }

    /// A call of node with the packages of `tests/set-up/javascript`.
    pub fn node(&self, script: &str) -> Call {
        let modules = tools::folder().join("javascript/node_modules");
        self.call("node").env("BRUME_NODE_MODULES", modules).arg(client(script))
    }

    /// Sends one request in the JSON form of SQS and returns status and answer.
    ///
    /// # Errors
    /// The server went away.
    ///
    /// # Panics
    /// When the answer is no JSON.
    pub fn sqs(&self, operation: &str, body: &Value) -> io::Result<(u16, Value)> {
        let head = format!(
            "x-amz-target: AmazonSQS.{operation}\r\ncontent-type: application/x-amz-json-1.0\r\n"
        );
        let (status, answer) = post(self.address(), "/", &head, &body.to_string())?;
        let answer = if answer.is_empty() { Value::Null } else { json(&answer) };
        Ok((status, answer))
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in: {text}"))
}

/// The path of a script in `tests/clients`.
#[must_use]
pub fn client(name: &str) -> PathBuf {
    repository::root().join("tests/clients").join(name)
}

/// Posts `body` on a connection of its own; `head` are further header lines.
///
/// # Errors
/// The server went away, or cut the answer off.
pub fn post(address: SocketAddr, path: &str, head: &str, body: &str) -> io::Result<(u16, String)> {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{head}\
         content-length: {length}\r\n\r\n{body}"
    );
    exchange(address, request.as_bytes())
}

/// Sends bytes, whatever they are, and reads the answer to its end.
///
/// # Errors
/// The server went away, or cut the answer off.
pub fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    if length.is_some_and(|length| length != body.len()) {
        return Err(cut());
    }
    Ok((status, body.to_owned()))
}
