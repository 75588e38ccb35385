//! Why a message is in a dead-letter queue.
//!
//! In: a message and [`Facts`] about where it came from. Out: a [`Diagnosis`] with the evidence and
//! how far it can be trusted. SNS records no reason on the message, so most of this is inference,
//! in a fixed order: the endpoint's own record, the delivery log, the endpoint that is missing, the
//! policy that denies, the function, the key, the probe; what SQS and Lambda write on a message is
//! certain and leaves no room for the others. Pure: [`investigator`] gathers.

pub mod delivery_log;
pub mod facts;
mod infer;
pub mod investigator;

pub use facts::Facts;
pub use infer::infer;
pub use investigator::Investigator;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The queue or the subscription is not there any more.
    EndpointMissing,
    /// The endpoint's policy does not let SNS in.
    Policy,
    /// The function is not there any more.
    FunctionMissing,
    /// The function has no concurrency left for the call.
    FunctionThrottled,
    /// The function cannot run.
    FunctionDisabled,
    /// SNS may not use the endpoint's key.
    Key,
    /// The endpoint said no: an HTTP status of 400 to 499.
    EndpointRefuses,
    /// The endpoint failed or did not answer.
    EndpointFails,
    /// Delivered, and then no consumer dealt with it.
    Consumer,
    /// The function was invoked asynchronously and failed every time.
    AsyncInvoke,
    /// Nothing tells.
    Unknown,
}

impl Reason {
    /// The word in tables, documents and `--where`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::EndpointMissing => "endpoint-missing",
            Self::Policy => "policy",
            Self::FunctionMissing => "function-missing",
            Self::FunctionThrottled => "function-throttled",
            Self::FunctionDisabled => "function-disabled",
            Self::Key => "kms",
            Self::EndpointRefuses => "endpoint-refuses",
            Self::EndpointFails => "endpoint-fails",
            Self::Consumer => "consumer",
            Self::AsyncInvoke => "async-invoke",
            Self::Unknown => "unknown",
        }
    }

    /// The same as a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::EndpointMissing => "the endpoint does not exist",
            Self::Policy => "the endpoint's policy does not let SNS in",
            Self::FunctionMissing => "the function does not exist",
            Self::FunctionThrottled => "the function is throttled",
            Self::FunctionDisabled => "the function cannot run",
            Self::Key => "SNS cannot use the key that encrypts the endpoint",
            Self::EndpointRefuses => "the endpoint refuses the message",
            Self::EndpointFails => "the endpoint fails or does not answer",
            Self::Consumer => "it was delivered, and no consumer could deal with it",
            Self::AsyncInvoke => "the function failed on every attempt",
            Self::Unknown => "nothing tells why",
        }
    }
}

impl Diagnosis {
    /// What to type next; `queue` is the dead-letter queue, `topic` the name of the topic.
    #[must_use]
    pub fn next_steps(&self, queue: &str, topic: Option<&str>) -> Vec<String> {
        let audit = match topic {
            Some(topic) => format!("brume sns-dlq audit {topic}"),
            None => "brume sns-dlq audit".to_owned(),
        };
        let redrive = format!("brume sns-dlq redrive {queue}");
        match self.reason {
            Reason::Policy | Reason::EndpointMissing | Reason::FunctionMissing | Reason::Key => {
                vec![audit, redrive]
            }
            Reason::FunctionThrottled
            | Reason::FunctionDisabled
            | Reason::EndpointRefuses
            | Reason::EndpointFails
            | Reason::Consumer
            | Reason::AsyncInvoke => {
                vec![format!("brume sns-dlq group {queue}"), redrive]
            }
            Reason::Unknown => vec![audit],
        }
    }
}

/// How far a diagnosis can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Nothing to go by.
    None,
    /// It fits, and so might other things.
    Low,
    /// It is so now; it may have been otherwise then.
    Medium,
    /// It is so now, and would lead to exactly this.
    High,
    /// It was recorded.
    Certain,
}

impl Confidence {
    /// The word in tables and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Certain => "certain",
        }
    }

    /// One step less.
    #[must_use]
    pub const fn lower(self) -> Self {
        match self {
            Self::Certain => Self::High,
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
            Self::None => Self::None,
        }
    }
}

/// One thing that speaks for or against something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it was found: `endpoint`, `delivery log`, `configuration`, `policy`, `message`,
    /// `probe`.
    pub source: &'static str,
    /// What was found.
    pub text: String,
}

/// Why, and how one knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What went wrong.
    pub reason: Reason,
    /// How far it can be trusted.
    pub confidence: Confidence,
    /// What it rests on, strongest first.
    pub evidence: Vec<Evidence>,
}
