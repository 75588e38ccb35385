//! A service with an engine behind it, and callers of both protocols.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brume_edge::{Answer, AwsError, AwsService, Call, Caller, Input, Parameters};
use brume_foundation::clock::{Clock, Moment};
use brume_foundation::faults::Faults;
use brume_foundation::log::Log;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{ServiceContext, Storage};
use brume_queues::{Options, Queues};
use brume_sqs::{PolicyMode, Sqs};
use serde_json::Value;

/// Where queue URLs begin.
pub const BASE: &str = "http://localhost:4566";

/// The account of ordinary callers.
pub const ACCOUNT: &str = "000000000000";

/// SQS in memory.
pub struct Server {
    sqs: Sqs,
    clock: Arc<Clock>,
}

/// Somebody who calls.
pub struct Client<'a> {
    server: &'a Server,
    account: &'static str,
    path: String,
    trace_header: Option<String>,
}

impl Server {
    pub fn new() -> Self {
        Self::with_policy(PolicyMode::Enforce)
    }

    pub fn with_policy(mode: PolicyMode) -> Self {
        let clock = Clock::frozen(Moment::from_unix_millis(1_700_000_000_000));
        let context = ServiceContext {
            instance: "test".to_owned(),
            storage: Storage::Ephemeral(PathBuf::from("/nowhere")),
            repair: false,
            clock: Arc::clone(&clock),
            faults: Arc::new(Faults::new()),
            random: Random::seeded(7),
            ports: Arc::new(Ports::random()),
            log: Log::discard(),
        };
        let queues = Queues::open(&context, Options::default()).unwrap();
        Self { sqs: Sqs::new(queues, mode, Log::discard()), clock }
    }

    pub async fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).await;
    }

    /// A caller of the default account.
    pub fn client(&self) -> Client<'_> {
        self.client_of(ACCOUNT)
    }

    pub fn client_of(&self, account: &'static str) -> Client<'_> {
        Client { server: self, account, path: "/".to_owned(), trace_header: None }
    }
}

impl Client<'_> {
    /// The same caller, calling at the path of a queue.
    pub fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// The same caller, whose requests are traced.
    pub fn traced(mut self, header: &str) -> Self {
        self.trace_header = Some(header.to_owned());
        self
    }

    async fn call(&self, action: &str, input: Input) -> Result<Answer, AwsError> {
        let call = Call {
            action: action.to_owned(),
            input,
            caller: Caller {
                account: self.account.parse().unwrap(),
                region: "us-east-1".parse().unwrap(),
                access_key_id: Some(self.account.to_owned()),
                principal_arn: format!("arn:aws:iam::{}:root", self.account),
                source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
                is_tls: false,
            },
            base_url: BASE.to_owned(),
            path: self.path.clone(),
            request_id: "request".to_owned(),
            trace_header: self.trace_header.clone(),
            now: self.server.clock.now(),
        };
        self.server.sqs.call(call).await
    }

    /// Sends raw bytes as a JSON body.
    pub async fn raw(&self, action: &str, body: &[u8]) -> Result<Answer, AwsError> {
        self.call(action, Input::Json(body.to_vec().into())).await
    }

    /// Calls in JSON; no body counts as null.
    pub async fn json(&self, action: &str, body: Value) -> Result<Value, AwsError> {
        match self.raw(action, body.to_string().as_bytes()).await? {
            Answer::Json(body) if body.is_empty() => Ok(Value::Null),
            Answer::Json(body) => Ok(serde_json::from_slice(&body).unwrap()),
            other => panic!("not JSON: {other:?}"),
        }
    }

    /// Calls in JSON and expects an answer.
    pub async fn ok(&self, action: &str, body: Value) -> Value {
        self.json(action, body).await.unwrap_or_else(|error| panic!("{action}: {error:?}"))
    }

    /// Calls in JSON and expects an error: its older name, a colon, and the message.
    pub async fn err(&self, action: &str, body: Value) -> String {
        shown(&self.json(action, body).await.expect_err(action))
    }

    /// Calls in Query; the inside of the result element, or nothing.
    pub async fn query(&self, action: &str, form: &[(&str, &str)]) -> Result<String, AwsError> {
        let pairs = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let parameters = Parameters::from_pairs(pairs.collect()).unwrap();
        match self.call(action, Input::Query(parameters)).await? {
            Answer::Xml(xml) => Ok(xml.unwrap_or_default()),
            other => panic!("not XML: {other:?}"),
        }
    }

    /// Calls in Query and expects an answer.
    pub async fn xml(&self, action: &str, form: &[(&str, &str)]) -> String {
        self.query(action, form).await.unwrap_or_else(|error| panic!("{action}: {error:?}"))
    }

    /// Makes a queue and returns its URL.
    pub async fn queue(&self, name: &str, attributes: Value) -> String {
        let body = serde_json::json!({"QueueName": name, "Attributes": attributes});
        let url = self.ok("CreateQueue", body).await["QueueUrl"].as_str().unwrap().to_owned();
        assert_eq!(url, format!("{BASE}/{}/{name}", self.account));
        url
    }
}

/// An error as SDKs show it.
pub fn shown(error: &AwsError) -> String {
    format!("{}: {}", error.code_for_query(), error.message)
}

/// The text of the first element of that name.
pub fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name}: {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}
