//! What several tests need.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use brume_edge::{Answer, AwsError, AwsService, Call, Caller, Input, Parameters};
use brume_foundation::BoxFuture;
use brume_foundation::clock::{Clock, Moment};
use brume_foundation::faults::Faults;
use brume_foundation::invoke::NoFunctions;
use brume_foundation::journal::Durability;
use brume_foundation::log::Log;
use brume_foundation::metrics::Metrics;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{ServiceContext, Storage};
use brume_queues::{Content, MessageId, QueueError, QueueKey};
use brume_topics::observer::NoObserver;
use brume_topics::ports::{QueueFacts, QueueTarget, Queueing};
use brume_topics::{Options, PolicyMode, Topics};

use crate::Sns;

/// The account of most tests.
pub(crate) const ACCOUNT: &str = "123456789012";

/// Another account.
pub(crate) const STRANGER: &str = "210987654321";

/// Makes the parameters of a request.
pub(crate) fn form(pairs: &[(&str, &str)]) -> Parameters {
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    Parameters::from_pairs(pairs.iter().map(owned).collect()).unwrap()
}

/// A world without queues.
#[derive(Debug)]
struct NoQueues;

impl Queueing for NoQueues {
    fn find(&self, _queue: &QueueKey) -> Option<QueueFacts> {
        None
    }

    fn deliver(
        &self,
        _content: Arc<Content>,
        targets: Vec<QueueTarget>,
    ) -> BoxFuture<'static, Vec<Result<MessageId, QueueError>>> {
        let answers = targets.iter().map(|_| Err(QueueError::QueueDoesNotExist)).collect();
        Box::pin(async move { answers })
    }
}

/// SNS over an engine of its own, with a clock that stands.
pub(crate) struct World {
    pub(crate) sns: Sns,
    pub(crate) topics: Arc<Topics>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_mode(PolicyMode::Enforce)
    }

    pub(crate) fn with_mode(mode: PolicyMode) -> Self {
        let context = ServiceContext {
            instance: "test".to_owned(),
            storage: Storage::Ephemeral("/nowhere".into()),
            repair: false,
            clock: Clock::frozen(Moment::from_unix_millis(1_700_000_000_000)),
            faults: Arc::new(Faults::new()),
            random: Random::seeded(7),
            ports: Arc::new(Ports::random()),
            log: Log::discard(),
        };
        let options = Options {
            queues: Arc::new(NoQueues),
            invoke: Arc::new(NoFunctions),
            observer: Arc::new(NoObserver),
            metrics: Arc::new(Metrics::new()),
            policy_mode: mode,
            base_url: "http://127.0.0.1:4566".to_owned(),
            durability: Durability::Group,
        };
        let topics = Topics::open(&context, options).unwrap();
        Self { sns: Sns::new(Arc::clone(&topics), mode, Log::discard()), topics }
    }

    /// Calls as somebody of [`ACCOUNT`].
    pub(crate) async fn call(&self, action: &str, pairs: &[(&str, &str)]) -> Outcome {
        self.call_as(ACCOUNT, action, pairs).await
    }

    /// Calls as the root of an account; an empty account does not sign.
    pub(crate) async fn call_as(
        &self,
        account: &str,
        action: &str,
        pairs: &[(&str, &str)],
    ) -> Outcome {
        let call = call(account, action, Input::Query(form(pairs)));
        self.send(call).await
    }

    pub(crate) async fn send(&self, call: Call) -> Outcome {
        match self.sns.call(call).await {
            Ok(Answer::Xml(xml)) => Ok(xml.unwrap_or_default()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        }
    }

    /// Makes a topic and gives its ARN.
    pub(crate) async fn topic(&self, name: &str) -> String {
        let mut pairs = vec![("Name", name)];
        if name.ends_with(".fifo") {
            pairs.push(("Attributes.entry.1.key", "FifoTopic"));
            pairs.push(("Attributes.entry.1.value", "true"));
        }
        let answer = self.call("CreateTopic", &pairs).await.unwrap();
        element(&answer, "TopicArn")
    }
}

/// Names and values of a request.
pub(crate) type Pairs<'a> = &'a [(&'a str, &'a str)];

/// What stands inside the result element, or the error.
pub(crate) type Outcome = Result<String, AwsError>;

/// Makes a call by hand.
pub(crate) fn call(account: &str, action: &str, input: Input) -> Call {
    let is_signed = !account.is_empty();
    let account = account.parse().unwrap_or_default();
    Call {
        action: action.to_owned(),
        input,
        caller: Caller {
            account,
            region: "eu-west-3".parse().unwrap(),
            access_key_id: is_signed.then(|| account.to_string()),
            principal_arn: format!("arn:aws:iam::{account}:root"),
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            is_tls: false,
        },
        base_url: "http://127.0.0.1:4566".to_owned(),
        path: "/".to_owned(),
        request_id: "request".to_owned(),
        now: Moment::from_unix_millis(1_700_000_000_000),
        trace_header: None,
    }
}

/// The text of the first element with a name.
pub(crate) fn element(xml: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (_, rest) = xml.split_once(&open).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once(&close).unwrap().0.to_owned()
}

/// The value of a key in a map, its references undone.
pub(crate) fn entry(xml: &str, key: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<key>{key}</key><value>"))?;
    let value = rest.split_once("</value>")?.0;
    let signs = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    Some(signs.iter().fold(value.to_owned(), |text, (name, sign)| text.replace(name, sign)))
}
