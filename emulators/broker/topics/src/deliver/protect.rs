//! Data protection on the way in: messages are refused, changed or audited.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use brume_policy::Account;
use brume_policy::evaluate::Caller;
use brume_policy::protection::AuditReport;
use serde_json::{Value, json};

use super::Shared;
use crate::directory::Plan;
use crate::error::{Result, TopicError};
use crate::message::Message;
use crate::observer::LogEntry;

/// Does to every text of a message what the topic's data protection policy says.
///
/// # Errors
/// `AuthorizationError` when the policy denies it.
pub(crate) fn protect(
    shared: &Shared,
    plan: &Plan,
    publisher: Account,
    message: &mut Message,
) -> Result<()> {
    let Some(policy) = &plan.protection else { return Ok(()) };
    let caller = Caller::root(publisher);
    let rate = policy.audit().map_or(0, |audit| u64::from(audit.sample_rate));
    let is_sampled = shared.random.below(100) < rate;
    let clean = |text: &Arc<str>, is_sampled: bool| -> Result<Arc<str>> {
        let inbound = policy.inbound(&caller, text, is_sampled);
        if let Some(report) = inbound.audit {
            audit(shared, message, publisher, &report, text);
        }
        match inbound.body {
            Ok(Cow::Borrowed(_)) => Ok(Arc::clone(text)),
            Ok(Cow::Owned(changed)) => Ok(Arc::from(changed)),
            Err(_) => Err(TopicError::AuthorizationError(format!(
                "The topic's data protection policy prohibits publishing messages to {}",
                message.topic
            ))),
        }
    };
    let text = clean(&message.text, is_sampled)?;
    let texts = message.texts.iter().map(|(&to, text)| Ok((to, clean(text, false)?)));
    let texts = texts.collect::<Result<BTreeMap<_, _>>>()?;
    (message.text, message.texts) = (text, texts);
    Ok(())
}

/// Writes what an audit found to the log group that the policy names.
fn audit(shared: &Shared, message: &Message, publisher: Account, report: &AuditReport, text: &str) {
    let has_findings = !report.findings.is_empty();
    let to = if has_findings { &report.audit.findings } else { &report.audit.no_findings };
    let Some(group) = to.as_ref().and_then(|to| to.log_group.clone()) else { return };
    let characters = |end: usize| text.get(..end).map_or(0, |before| before.chars().count());
    let mut by_kind: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for finding in &report.findings {
        let place = json!({ "start": characters(finding.start), "end": characters(finding.end) });
        by_kind.entry(&finding.identifier).or_default().push(place);
    }
    let identifiers = by_kind
        .into_iter()
        .map(|(name, places)| json!({ "name": name, "count": places.len(), "detections": places }))
        .collect::<Vec<_>>();
    let at = shared.now();
    let entry = json!({
        "messageId": message.id,
        "auditTimestamp": at.to_string(),
        "callerPrincipal": format!("arn:aws:iam::{publisher}:root"),
        "resourceArn": message.topic,
        "dataIdentifiers": identifiers,
    });
    let (account, region) = (message.topic.account, message.topic.region);
    let message = entry.to_string();
    shared.options.observer.log(LogEntry { account, region, group, message, at });
}
