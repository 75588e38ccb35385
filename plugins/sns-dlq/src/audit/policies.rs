//! Grants that do not say for whom: the confused deputy.

use brume_policy::document::{Document, Effect, Principal, Statement};
use serde_json::{Value, json};

use super::{Facts, Finding, Fix, rules};
use crate::cloud::queues::account_of;

/// Condition keys that tie a grant to somebody.
const BINDING_KEYS: [&str; 9] = [
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
];

pub(super) fn check(facts: &Facts, findings: &mut Vec<Finding>) {
    for queue in &facts.inventory.queues {
        let mend = |policy: &str| facts.place.set_policy_of_queue(queue, policy);
        grants(&queue.arn, queue.policy(), &mend, findings);
    }
    for topic in &facts.inventory.topics {
        let mend = |policy: &str| facts.place.set_policy_of_topic(&topic.arn, policy);
        grants(&topic.arn, topic.policy(), &mend, findings);
    }
}

fn grants(
    arn: &str,
    policy: Option<&str>,
    mend: &dyn Fn(&str) -> Fix,
    findings: &mut Vec<Finding>,
) {
    let Some(text) = policy else { return };
    let Ok(document) = Document::read(text) else { return };
    for (index, statement) in document.statements.iter().enumerate() {
        let Some(who) = stranger(statement, account_of(arn)) else { continue };
        if statement.conditions.iter().any(|condition| is_binding(&condition.key)) {
            continue;
        }
        let label = match &statement.sid {
            Some(sid) => format!("'{sid}'"),
            None => format!("{}", index + 1),
        };
        let text = format!(
            "statement {label} lets {who} in, whatever the source: no aws:SourceArn, \
             aws:SourceAccount or aws:PrincipalOrgID"
        );
        let fix = bound(policy, index, arn).map(|policy| mend(&policy)).unwrap_or_default();
        let advice = "the command ties the statement to this account; better name the source: \
                      aws:SourceArn for a service, aws:PrincipalOrgID for people";
        let fix = Fix { advice: advice.to_owned(), ..fix };
        findings.push(Finding::new(&rules::OPEN_GRANT, arn, text, fix));
    }
}

/// The policy with one statement tied to the account of its resource.
fn bound(policy: Option<&str>, index: usize, arn: &str) -> Option<String> {
    let mut policy: Value = serde_json::from_str(policy?).ok()?;
    let account = account_of(arn)?;
    let statement = match &mut policy["Statement"] {
        Value::Array(statements) => statements.get_mut(index)?,
        only => only,
    };
    let is_service = statement["Principal"].get("Service").is_some();
    let key = if is_service { "aws:SourceAccount" } else { "aws:PrincipalAccount" };
    if statement["Condition"].is_null() {
        statement["Condition"] = json!({});
    }
    let equals = statement["Condition"].as_object_mut()?;
    let equals = equals.entry("StringEquals").or_insert_with(|| json!({}));
    equals.as_object_mut()?.insert(key.to_owned(), json!(account));
    Some(policy.to_string())
}

fn is_binding(key: &str) -> bool {
    BINDING_KEYS.contains(&key.to_lowercase().as_str())
}

/// Who is let in that is not known; `None` when only the own account or named principals are.
fn stranger(statement: &Statement, account: Option<&str>) -> Option<String> {
    if statement.effect != Effect::Allow {
        return None;
    }
    let principals = statement.principals.as_ref()?;
    if principals.negated {
        return Some("everybody but some".to_owned());
    }
    principals.principals.iter().find_map(|principal| match principal {
        Principal::Anyone => Some("everybody".to_owned()),
        Principal::Service(name) => Some(format!("the service {name}")),
        Principal::AccountNumber(number) => {
            let number = number.as_str();
            (Some(number) != account).then(|| format!("account {number}"))
        }
        Principal::Account(arn) => {
            let number = arn.account()?;
            (Some(number.as_str()) != account).then(|| format!("account {}", number.as_str()))
        }
        Principal::Arn(_)
        | Principal::Unique(_)
        | Principal::Federated(_)
        | Principal::Canonical(_) => None,
    })
}
