//! The rules, each with an id that stays.

use super::Severity;

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable id.
    pub id: &'static str,
    /// How bad it usually is.
    pub severity: Severity,
    /// What it demands, in a sentence.
    pub title: &'static str,
    /// Why.
    pub reason: &'static str,
}

const fn rule(
    id: &'static str,
    severity: Severity,
    title: &'static str,
    reason: &'static str,
) -> Rule {
    Rule { id, severity, title, reason }
}

/// `subscription-without-dlq`.
pub static SUBSCRIPTION_WITHOUT_DLQ: Rule = rule(
    "subscription-without-dlq",
    Severity::High,
    "Every subscription has a dead-letter queue",
    "What SNS cannot deliver is dropped when its retries are used up.",
);
/// `dlq-missing`.
pub static DLQ_MISSING: Rule = rule(
    "dlq-missing",
    Severity::Critical,
    "The dead-letter queue exists",
    "A redrive policy that points at nothing drops messages.",
);
/// `dlq-policy`.
pub static DLQ_POLICY: Rule = rule(
    "dlq-policy",
    Severity::Critical,
    "The dead-letter queue lets SNS in, for this topic",
    "SNS writes dead letters as the service sns.amazonaws.com; without a statement for it and the \
     topic's ARN they are dropped.",
);
/// `endpoint-policy`.
pub static ENDPOINT_POLICY: Rule = rule(
    "endpoint-policy",
    Severity::Critical,
    "The subscribed queue or function lets SNS in, for this topic",
    "A refusal is a client-side error: SNS does not retry, the message goes straight to the \
     dead-letter queue or is dropped.",
);
/// `endpoint-missing`.
pub static ENDPOINT_MISSING: Rule = rule(
    "endpoint-missing",
    Severity::Critical,
    "The subscribed queue or function exists",
    "A missing endpoint is a client-side error: SNS does not retry.",
);
/// `dlq-elsewhere`.
pub static DLQ_ELSEWHERE: Rule = rule(
    "dlq-elsewhere",
    Severity::Critical,
    "The dead-letter queue is in the source's account and region",
    "SNS and SQS use no dead-letter queue of another account or region.",
);
/// `fifo-mismatch`.
pub static FIFO_MISMATCH: Rule = rule(
    "fifo-mismatch",
    Severity::Critical,
    "FIFO sources have FIFO dead-letter queues, standard ones standard queues",
    "The other kind is refused when a message has to move.",
);
/// `dlq-key`.
pub static DLQ_KEY: Rule = rule(
    "dlq-key",
    Severity::Critical,
    "SNS can use the key that encrypts the queue",
    "The key alias/aws/sqs cannot be shared with SNS: its key policy cannot be changed.",
);
/// `dlq-retention`.
pub static DLQ_RETENTION: Rule = rule(
    "dlq-retention",
    Severity::High,
    "The dead-letter queue keeps messages longer than its source",
    "A message that moves from a standard queue keeps its first time: it may expire on arrival.",
);
/// `retention-short`.
pub static RETENTION_SHORT: Rule = rule(
    "retention-short",
    Severity::Low,
    "The dead-letter queue keeps messages for 14 days",
    "Two weeks survive a holiday, and cost nothing more.",
);
/// `visibility-short`.
pub static VISIBILITY_SHORT: Rule = rule(
    "visibility-short",
    Severity::Medium,
    "The visibility timeout is six times the function's timeout or more",
    "Below that, messages come back while the function still works on them, and run out of \
     receives.",
);
/// `receives-few`.
pub static RECEIVES_FEW: Rule = rule(
    "receives-few",
    Severity::Medium,
    "A queue that feeds a function allows five receives or more",
    "Throttling of the function counts as a receive, too: good messages become dead letters.",
);
/// `redrive-cycle`.
pub static REDRIVE_CYCLE: Rule = rule(
    "redrive-cycle",
    Severity::High,
    "Redrive policies form no circle",
    "Messages that nobody can consume go round until they expire, and nobody notices.",
);
/// `dlq-chained`.
pub static DLQ_CHAINED: Rule = rule(
    "dlq-chained",
    Severity::Low,
    "A dead-letter queue has no redrive policy of its own",
    "Looking at its messages counts as receiving: they move on.",
);
/// `dlq-subscribed`.
pub static DLQ_SUBSCRIBED: Rule = rule(
    "dlq-subscribed",
    Severity::Medium,
    "A dead-letter queue is subscribed to no topic",
    "Fresh messages among dead letters: a redrive would send them a second time.",
);
/// `dlq-unused`.
pub static DLQ_UNUSED: Rule = rule(
    "dlq-unused",
    Severity::Low,
    "A dead-letter queue is used",
    "A queue with such a name that nothing points at is a forgotten one, or a forgotten redrive \
     policy.",
);
/// `no-alarm`.
pub static NO_ALARM: Rule = rule(
    "no-alarm",
    Severity::Medium,
    "An alarm watches the depth of the dead-letter queue",
    "Dead letters expire unread. NumberOfMessagesSent does not count moves: watch the depth.",
);
/// `subscription-pending`.
pub static SUBSCRIPTION_PENDING: Rule = rule(
    "subscription-pending",
    Severity::Medium,
    "Every subscription is confirmed",
    "Nothing is delivered before, and the token is good for three days.",
);
/// `filter-never-matches`.
pub static FILTER_NEVER_MATCHES: Rule = rule(
    "filter-never-matches",
    Severity::Medium,
    "A filter policy lets something through",
    "A filtered message is not a failed one: no dead letter tells of it.",
);
/// `open-grant`.
pub static OPEN_GRANT: Rule = rule(
    "open-grant",
    Severity::High,
    "Grants to services and strangers name the source",
    "Without aws:SourceArn, aws:SourceAccount or aws:PrincipalOrgID somebody else's topic may \
     write here (the confused deputy).",
);

/// All rules.
#[must_use]
pub fn all() -> [&'static Rule; 20] {
    [
        &SUBSCRIPTION_WITHOUT_DLQ,
        &DLQ_MISSING,
        &DLQ_POLICY,
        &ENDPOINT_POLICY,
        &ENDPOINT_MISSING,
        &DLQ_ELSEWHERE,
        &FIFO_MISMATCH,
        &DLQ_KEY,
        &DLQ_RETENTION,
        &RETENTION_SHORT,
        &VISIBILITY_SHORT,
        &RECEIVES_FEW,
        &REDRIVE_CYCLE,
        &DLQ_CHAINED,
        &DLQ_SUBSCRIBED,
        &DLQ_UNUSED,
        &NO_ALARM,
        &SUBSCRIPTION_PENDING,
        &FILTER_NEVER_MATCHES,
        &OPEN_GRANT,
    ]
}
