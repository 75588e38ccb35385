//! Access policies: who may do what with a topic, and whether a queue lets a topic in.

use std::sync::{Arc, Mutex, PoisonError};

use brume_foundation::clock::Moment;
use brume_policy::document::{Document, Principal, Service, validate};
use brume_policy::evaluate::{Caller, Context, ContextValue, Policy, Request, Verdict};
use brume_queues::QueueKey;

use crate::attributes::Place;
use crate::error::{Result, TopicError};
use crate::key::TopicKey;

/// The service that delivers.
pub const PRINCIPAL: &str = "sns.amazonaws.com";

/// Checks the policy of a topic.
///
/// # Errors
/// What is wrong with it.
pub fn check_topic_policy(text: &str, _topic: &TopicKey, _place: Place) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    match validate(Service::Topic, text) {
        Ok(_) => Ok(()),
        Err(rejection) => Err(TopicError::InvalidParameter(rejection.wire(Service::Topic).1)),
    }
}

/// The policy of a topic that has none of its own.
#[must_use]
pub fn default_topic_policy(key: &TopicKey) -> String {
    brume_policy::document::default_topic_policy(&key.arn()).to_json()
}

/// A policy with one more statement: these accounts may do these actions.
///
/// # Errors
/// The label is taken, or an account is none.
pub fn add_permission(
    policy: &str,
    topic: &TopicKey,
    label: &str,
    accounts: &[String],
    actions: &[String],
) -> Result<String> {
    let mut document = read(policy)?;
    let principals = accounts
        .iter()
        .map(|account| Principal::aws(account).map_err(|_| TopicError::invalid("AWSAccountId")))
        .collect::<Result<Vec<_>>>()?;
    let actions = actions.iter().map(String::as_str).collect::<Vec<_>>();
    document
        .add_permission(Service::Topic, &topic.arn(), label, principals, &actions)
        .map_err(|problem| TopicError::InvalidParameter(problem.wire(Service::Topic).1))?;
    Ok(document.to_json())
}

/// A policy without the statement of that label.
///
/// # Errors
/// There is no such statement.
pub fn remove_permission(policy: &str, label: &str) -> Result<String> {
    let mut document = read(policy)?;
    document
        .remove_permission(label)
        .map_err(|problem| TopicError::InvalidParameter(problem.wire(Service::Topic).1))?;
    Ok(document.to_json())
}

fn read(policy: &str) -> Result<Document> {
    Document::read(policy).map_err(|_| TopicError::invalid("Policy Error: null"))
}

/// What a queue's policy last said about a topic; asked again when the policy changes.
#[derive(Debug, Default)]
pub struct Admission {
    last: Mutex<Option<Last>>,
}

#[derive(Clone, Debug)]
struct Last {
    policy: Option<Arc<str>>,
    /// Why not, if it does not.
    refusal: Option<Arc<str>>,
}

impl Admission {
    /// Why a queue with this policy does not take what the topic sends; `None` when it does.
    #[must_use]
    pub fn refusal(
        &self,
        policy: Option<&Arc<str>>,
        queue: &QueueKey,
        topic: &TopicKey,
        now: Moment,
    ) -> Option<Arc<str>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = &*last {
            let is_same = match (&last.policy, policy) {
                (None, None) => true,
                (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                _ => false,
            };
            if is_same {
                return last.refusal.clone();
            }
        }
        let refusal = judge(policy.map(|text| &**text), queue, topic, now);
        // What depends on the time is not kept.
        let is_steady = policy.is_none_or(|text| !mentions_time(text));
        *last = is_steady.then(|| Last { policy: policy.cloned(), refusal: refusal.clone() });
        refusal
    }
}

fn mentions_time(policy: &str) -> bool {
    let lower = policy.to_ascii_lowercase();
    lower.contains("aws:currenttime") || lower.contains("aws:epochtime")
}

fn judge(
    policy: Option<&str>,
    queue: &QueueKey,
    topic: &TopicKey,
    now: Moment,
) -> Option<Arc<str>> {
    let queue_arn = queue.arn().to_string();
    let Some(policy) = policy.filter(|text| !text.is_empty()) else {
        let text = format!("{queue_arn} has no policy that lets {PRINCIPAL} send to it");
        return Some(Arc::from(text));
    };
    let policy = match Policy::read(policy) {
        Ok(policy) => policy,
        Err(error) => {
            return Some(Arc::from(format!("the policy of {queue_arn} cannot be read: {error}")));
        }
    };
    let (topic_arn, now_text) = (topic.arn().to_string(), now.to_string());
    let seconds = now.unix_seconds().to_string();
    let entries = [
        ("aws:SourceArn", ContextValue::One(&topic_arn)),
        ("aws:SourceAccount", ContextValue::One(topic.account.as_str())),
        ("aws:SourceOwner", ContextValue::One(topic.account.as_str())),
        ("aws:SecureTransport", ContextValue::One("true")),
        ("aws:CurrentTime", ContextValue::One(&now_text)),
        ("aws:EpochTime", ContextValue::One(&seconds)),
    ];
    let request = Request {
        caller: &Caller::Service(PRINCIPAL),
        action: "sqs:SendMessage",
        resource: &queue_arn,
        context: Context::new(&entries),
    };
    if policy.evaluate(&request).verdict == Verdict::Allow {
        return None;
    }
    Some(Arc::from(format!("policy of {queue_arn}: {}", policy.explain(&request))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(policy: Option<&str>) -> Option<Arc<str>> {
        let queue: QueueKey =
            QueueKey::of(&"arn:aws:sqs:us-east-1:000000000000:q".parse().unwrap()).unwrap();
        let topic = "arn:aws:sns:us-east-1:000000000000:orders".parse().unwrap();
        let now = Moment::from_unix_millis(1_700_000_000_000);
        Admission::default().refusal(policy.map(Arc::from).as_ref(), &queue, &topic, now)
    }

    fn policy(source: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"topics","Effect":"Allow",
            "Principal":{{"Service":"sns.amazonaws.com"}},"Action":"sqs:SendMessage",
            "Resource":"arn:aws:sqs:us-east-1:000000000000:q",
            "Condition":{{"ArnEquals":{{"aws:SourceArn":"{source}"}}}}}}]}}"#
        )
    }

    #[test]
    fn a_queue_takes_only_the_topic_that_its_policy_names() {
        assert_eq!(refusal(Some(&policy("arn:aws:sns:us-east-1:000000000000:orders"))), None);
        let other = policy("arn:aws:sns:us-east-1:000000000000:other");
        let reason = refusal(Some(&other)).unwrap();
        assert!(reason.contains("topics"), "{reason}");
        assert!(reason.contains("aws:SourceArn"), "{reason}");
        let reason = refusal(None).unwrap();
        assert!(reason.contains("has no policy"), "{reason}");
    }

    #[test]
    fn a_date_in_a_policy_is_asked_every_time() {
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",
            "Action":"sqs:*","Resource":"*",
            "Condition":{"DateLessThan":{"aws:CurrentTime":"2023-11-14T22:13:21Z"}}}]}"#;
        let queue: QueueKey =
            QueueKey::of(&"arn:aws:sqs:us-east-1:000000000000:q".parse().unwrap()).unwrap();
        let topic: TopicKey = "arn:aws:sns:us-east-1:000000000000:orders".parse().unwrap();
        let (admission, text) = (Admission::default(), Arc::from(text));
        let at = |seconds: u64| {
            let now = Moment::from_unix_millis(1_700_000_000_000 + seconds * 1_000);
            admission.refusal(Some(&text), &queue, &topic, now)
        };
        assert_eq!(at(0), None);
        assert!(at(5).is_some());
    }

    #[test]
    fn permissions_come_and_go_by_label() {
        let key = "arn:aws:sns:us-east-1:000000000000:orders".parse().unwrap();
        let policy = default_topic_policy(&key);
        let accounts = ["111111111111".to_owned()];
        let more = add_permission(&policy, &key, "l", &accounts, &["Publish".to_owned()]).unwrap();
        assert!(more.contains("SNS:Publish"), "{more}");
        assert!(add_permission(&more, &key, "l", &accounts, &["Publish".to_owned()]).is_err());
        assert_eq!(remove_permission(&more, "l").unwrap(), policy);
        assert!(remove_permission(&policy, "l").is_err());
    }
}
