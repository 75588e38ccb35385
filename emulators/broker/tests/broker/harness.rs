//! A server with a broker in it, and a client of few words.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brume_broker::{Broker, BrokerOptions};
use brume_edge::{Auth, Edge, Keys};
use brume_foundation::clock::{Clock, Moment};
use brume_foundation::faults::Faults;
use brume_foundation::http::{Server, ServerConfig};
use brume_foundation::log::Log;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{ServiceContext, Storage};
use brume_policy::Account;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long requests in flight may take when a server stops.
const GRACE: Duration = Duration::from_millis(100);

pub struct Running {
    pub broker: Broker,
    pub clock: Arc<Clock>,
    server: Server,
}

impl Running {
    pub async fn in_memory() -> Self {
        Self::start(Storage::Ephemeral(PathBuf::from("/nowhere"))).await
    }

    pub async fn in_folder(folder: &Path) -> Self {
        Self::start(Storage::Durable(folder.to_owned())).await
    }

    async fn start(storage: Storage) -> Self {
        let clock = Clock::frozen(Moment::from_unix_millis(1_700_000_000_000));
        let context = ServiceContext {
            instance: "test".to_owned(),
            storage,
            repair: false,
            clock: Arc::clone(&clock),
            faults: Arc::new(Faults::new()),
            random: Random::seeded(3),
            ports: Arc::new(Ports::random()),
            log: Log::discard(),
        };
        let broker = Broker::open(&context, BrokerOptions::default()).await.unwrap();
        let keys = Arc::new(Keys::new(Account::default()));
        let mut edge = Edge::new(&context, Auth::Off, keys).routes(broker.admin_routes());
        for service in broker.services() {
            edge = edge.service(service);
        }
        let listeners = context.ports.bind("aws", 0).unwrap();
        let config = ServerConfig {
            tls: None,
            limits: Edge::limits(),
            hosts: Edge::hosts(),
            log: Log::discard(),
        };
        let server = Server::start(listeners, config, Arc::new(edge)).unwrap();
        Self { broker, clock, server }
    }

    pub async fn stop(self) {
        self.server.stop(GRACE).await;
        self.broker.stop().await.unwrap();
    }

    /// Sends one request; gives back the status and the body.
    pub async fn ask(&self, line: &str, headers: &str, body: &str) -> (u16, String) {
        let request = format!(
            "{line} HTTP/1.1\r\nHost: localhost:4566\r\nConnection: close\r\n\
             Content-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.server.port())).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        (status, body)
    }

    /// Calls SQS in JSON and expects an answer.
    pub async fn sqs(&self, action: &str, body: Value) -> Value {
        let headers = format!(
            "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.{action}\r\n"
        );
        let (status, answer) = self.ask("POST /", &headers, &body.to_string()).await;
        assert_eq!(status, 200, "{action}: {answer}");
        if answer.is_empty() { Value::Null } else { serde_json::from_str(&answer).unwrap() }
    }

    /// Makes a queue with messages; returns its URL.
    pub async fn queue(&self, name: &str, bodies: &[&str]) -> String {
        let made = self.sqs("CreateQueue", serde_json::json!({"QueueName": name})).await;
        let url = made["QueueUrl"].as_str().unwrap().to_owned();
        for body in bodies {
            let message = serde_json::json!({"QueueUrl": url, "MessageBody": body});
            self.sqs("SendMessage", message).await;
        }
        url
    }

    /// Asks the admin API and expects an answer.
    pub async fn admin(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.ask(&format!("{method} /_brume/{path}"), "", body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// Asks the admin API and expects an error.
    pub async fn admin_error(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let (status, answer) = self.ask(&format!("{method} /_brume/{path}"), "", body).await;
        assert!(status >= 400, "{path}: {answer}");
        let answer = serde_json::from_str::<Value>(&answer).unwrap();
        (status, answer["error"].to_string())
    }
}
