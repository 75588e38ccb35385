//! What SQS and SNS check before they keep a policy.

use std::fmt;

use super::{Document, DocumentError, Patterns, Principal, Statement};

/// The service that keeps the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// SQS
    Queue,
    /// SNS
    Topic,
}

/// Actions that a queue's policy may name; service authorization reference, "Amazon SQS". The
/// batch names mean nothing of their own, but policies of old have them.
const QUEUE_ACTIONS: [&str; 22] = [
    "AddPermission",
    "CancelMessageMoveTask",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "CreateQueue",
    "DeleteMessage",
    "DeleteMessageBatch",
    "DeleteQueue",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "ListMessageMoveTasks",
    "ListQueueTags",
    "PurgeQueue",
    "ReceiveMessage",
    "RemovePermission",
    "SendMessage",
    "SendMessageBatch",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
];

/// Actions that a topic's policy may name; developer guide of SNS, "API permissions". SNS takes no
/// wildcards here. `Receive` is older than the list and still accepted.
const TOPIC_ACTIONS: [&str; 12] = [
    "AddPermission",
    "DeleteTopic",
    "GetDataProtectionPolicy",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "Publish",
    "PutDataProtectionPolicy",
    "Receive",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
];

/// Limits of SQS; developer guide, "policy quotas".
const QUEUE_BYTES_MAX: usize = 8_192;
const QUEUE_STATEMENTS_MAX: usize = 20;
const QUEUE_PRINCIPALS_MAX: usize = 50;
const QUEUE_CONDITIONS_MAX: usize = 10;
const QUEUE_ACTIONS_MAX: usize = 7;

/// Limits of SNS; developer guide, "API permissions".
const TOPIC_BYTES_MAX: usize = 30_720;
const TOPIC_STATEMENTS_MAX: usize = 100;
const TOPIC_PRINCIPALS_MAX: usize = 200;

impl Service {
    /// Prefix of the actions that the service itself writes: `SQS`.
    #[must_use]
    pub const fn action_prefix(self) -> &'static str {
        match self {
            Self::Queue => "SQS",
            Self::Topic => "SNS",
        }
    }

    const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Queue => &QUEUE_ACTIONS,
            Self::Topic => &TOPIC_ACTIONS,
        }
    }

    /// Whether a policy of this service may name the action: `SendMessage`, any case.
    #[must_use]
    pub fn knows_action(self, action: &str) -> bool {
        self.actions().iter().any(|known| known.eq_ignore_ascii_case(action))
    }
}

/// Why a service does not keep a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The text is no policy at all.
    Document(DocumentError),
    /// A limit of the service.
    TooMany {
        /// `statements`, `actions`, `principals`, `conditions` or `bytes`.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
        /// Where they were counted, as AWS says it.
        place: &'static str,
    },
    /// An action that the service does not have, or does not let a policy give away.
    Action {
        /// From 0.
        statement: usize,
        /// As written.
        action: String,
    },
    /// Something else about a statement.
    Statement {
        /// From 0.
        statement: usize,
        /// One sentence without a full stop.
        what: String,
    },
}

impl Rejection {
    /// Code and message that the service answers.
    #[must_use]
    pub fn wire(&self, service: Service) -> (&'static str, String) {
        match (service, self) {
            (Service::Queue, Self::TooMany { what, found, most, place }) if *what != "bytes" => {
                let message =
                    format!("{found} {what} were found in {place}, max allowed is {most}");
                ("OverLimit", message)
            }
            (Service::Queue, _) => {
                ("InvalidAttributeValue", "Invalid value for the parameter Policy.".to_owned())
            }
            (Service::Topic, Self::Action { .. }) => (
                "InvalidParameter",
                "Invalid parameter: Policy statement action out of service scope!".to_owned(),
            ),
            (Service::Topic, Self::TooMany { what: "bytes", .. }) => {
                ("InvalidParameter", "Invalid parameter: Policy too long".to_owned())
            }
            (Service::Topic, _) => {
                ("InvalidParameter", "Invalid parameter: Policy Error: null".to_owned())
            }
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(error) => error.fmt(formatter),
            Self::TooMany { what, found, most, place } => {
                write!(formatter, "{found} {what} in {place}, {most} are allowed")
            }
            Self::Action { statement, action } => {
                let action = action.escape_debug();
                write!(formatter, "Statement[{statement}]: a policy here cannot name {action}")
            }
            Self::Statement { statement, what } => {
                write!(formatter, "Statement[{statement}]: {what}")
            }
        }
    }
}

impl std::error::Error for Rejection {}

/// Reads a policy as the service does when it is set as an attribute.
///
/// Whether principals exist is not checked: there are no identities to look up.
///
/// # Errors
/// What the service would refuse, with the reason that AWS keeps to itself.
pub fn validate(service: Service, text: &str) -> Result<Document, Rejection> {
    let submitted = "the submitted policy";
    let bytes_max = match service {
        Service::Queue => QUEUE_BYTES_MAX,
        Service::Topic => TOPIC_BYTES_MAX,
    };
    limit("bytes", text.len(), bytes_max, submitted)?;
    let document = Document::read(text).map_err(Rejection::Document)?;
    let statements_max = match service {
        Service::Queue => QUEUE_STATEMENTS_MAX,
        Service::Topic => TOPIC_STATEMENTS_MAX,
    };
    limit("statements", document.statements.len(), statements_max, submitted)?;
    if document.statements.is_empty() {
        return Err(Rejection::Statement { statement: 0, what: "there is none".to_owned() });
    }
    let (mut principals, mut conditions) = (0, 0);
    for (index, statement) in document.statements.iter().enumerate() {
        check_statement(service, index, statement)?;
        principals += statement.principals.as_ref().map_or(0, |found| found.principals.len());
        conditions += statement.conditions.len();
    }
    match service {
        Service::Queue => {
            limit("principals", principals, QUEUE_PRINCIPALS_MAX, submitted)?;
            limit("conditions", conditions, QUEUE_CONDITIONS_MAX, submitted)?;
        }
        Service::Topic => limit("principals", principals, TOPIC_PRINCIPALS_MAX, submitted)?,
    }
    Ok(document)
}

const fn limit(
    what: &'static str,
    found: usize,
    most: usize,
    place: &'static str,
) -> Result<(), Rejection> {
    if found > most { Err(Rejection::TooMany { what, found, most, place }) } else { Ok(()) }
}

fn check_statement(service: Service, index: usize, statement: &Statement) -> Result<(), Rejection> {
    let wrong = |what: &str| Rejection::Statement { statement: index, what: what.to_owned() };
    let Some(principals) = &statement.principals else {
        return Err(wrong("the policy of a queue or topic names a Principal"));
    };
    if principals.principals.iter().any(|one| matches!(one, Principal::Canonical(_))) {
        return Err(wrong("canonical users exist in S3 only"));
    }
    if statement.resources.is_none() {
        return Err(wrong("the policy of a queue or topic names a Resource"));
    }
    check_actions(service, index, &statement.actions)?;
    if service == Service::Queue {
        let place = "a statement from the submitted policy";
        limit("actions", statement.actions.patterns.len(), QUEUE_ACTIONS_MAX, place)?;
    }
    Ok(())
}

fn check_actions(service: Service, index: usize, actions: &Patterns) -> Result<(), Rejection> {
    for action in &actions.patterns {
        let known = match (service, action.split_once(':')) {
            (Service::Queue, None) => action == "*",
            (_, Some((prefix, name))) if prefix.eq_ignore_ascii_case(service.action_prefix()) => {
                service.knows_action(name)
                    || (service == Service::Queue && fits_an_action(service, name))
            }
            _ => false,
        };
        if !known {
            return Err(Rejection::Action { statement: index, action: action.clone() });
        }
    }
    Ok(())
}

fn fits_an_action(service: Service, pattern: &str) -> bool {
    let mut actions = service.actions().iter();
    actions.any(|known| crate::glob::matches_ignoring_case(pattern, known))
}
