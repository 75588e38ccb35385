//! Whether SNS may do what a subscription wants of it, by the resource's own policy.

use brume_policy::evaluate::{Caller, Context, ContextValue, Policy, Request, Verdict};

use crate::cloud::queues::account_of;

/// What a policy says of SNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// SNS may.
    pub is_allowed: bool,
    /// Why, in words, one line for each statement that says something.
    pub explanation: Vec<String>,
}

/// Judges whether SNS may send to a queue on behalf of a topic; `None` for `policy` is a queue
/// without one.
#[must_use]
pub fn sns_to_queue(policy: Option<&str>, topic_arn: &str, queue_arn: &str) -> Permission {
    judge(policy, "sqs:SendMessage", topic_arn, queue_arn)
}

/// Judges whether SNS may invoke a function on behalf of a topic.
#[must_use]
pub fn sns_to_function(policy: Option<&str>, topic_arn: &str, function_arn: &str) -> Permission {
    judge(policy, "lambda:InvokeFunction", topic_arn, function_arn)
}

fn judge(policy: Option<&str>, action: &str, topic_arn: &str, resource: &str) -> Permission {
    let denied = |text: String| Permission { is_allowed: false, explanation: vec![text] };
    let Some(text) = policy else {
        return denied("the resource has no policy, so no service may use it".to_owned());
    };
    let policy = match Policy::read(text) {
        Ok(policy) => policy,
        Err(error) => return denied(format!("the policy cannot be read: {error}")),
    };
    let account = account_of(topic_arn).unwrap_or_default();
    let entries = [
        ("aws:SourceArn", ContextValue::One(topic_arn)),
        ("aws:SourceAccount", ContextValue::One(account)),
        ("aws:SourceOwner", ContextValue::One(account)),
        ("aws:SecureTransport", ContextValue::One("true")),
    ];
    let caller = Caller::Service("sns.amazonaws.com");
    let context = Context::new(&entries);
    let explained = policy.explain(&Request { caller: &caller, action, resource, context });
    let is_allowed = explained.decision.verdict == Verdict::Allow;
    let text = explained.to_string();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
    Permission { is_allowed, explanation: lines.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:orders";
    const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:orders-q";

    fn policy(source_arn: &str) -> String {
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "topic",
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": QUEUE,
                "Condition": {"ArnLike": {"aws:SourceArn": source_arn}},
            }],
        })
        .to_string()
    }

    #[test]
    fn the_topic_must_be_meant() {
        for (source_arn, is_allowed) in
            [(TOPIC, true), ("arn:aws:sns:*:*:orders", true), ("arn:aws:sns:*:*:order", false)]
        {
            let found = sns_to_queue(Some(&policy(source_arn)), TOPIC, QUEUE);
            assert_eq!(found.is_allowed, is_allowed, "{source_arn}: {:?}", found.explanation);
            assert!(!found.explanation.is_empty());
        }
    }

    #[test]
    fn no_policy_allows_nothing() {
        assert!(!sns_to_queue(None, TOPIC, QUEUE).is_allowed);
        assert!(!sns_to_queue(Some("oops"), TOPIC, QUEUE).is_allowed);
    }
}
