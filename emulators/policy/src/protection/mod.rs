//! Data protection policies of SNS topics.
//!
//! Comes in: the text of a `DataProtectionPolicy`, and messages with whoever sends or receives
//! them. Goes out: whether a message is refused, what is left of it when sensitive data is masked
//! or removed, and what an audit finds.
//!
//! AWS detects with pattern matching and machine learning; here are patterns, checksums and
//! keywords only, in time linear to the message. [`MANAGED`] lists what is detected. `Name` and
//! `Address` need more than that and are refused as not supported.
//!
//! Never inside: sending of findings anywhere, a draw whether a message is audited.

mod checks;
mod detect;
mod finance;
mod licences;
mod managed;
mod people;
mod read;

pub use detect::Finding;
pub use managed::{MANAGED, UNSUPPORTED};
pub use read::ProtectionError;

use std::borrow::Cow;
use std::sync::Arc;

use crate::document::Principal;
use crate::evaluate::{Caller, is_meant};
use detect::Detector;

/// Bytes of the largest policy; API reference of PutDataProtectionPolicy.
pub const PROTECTION_BYTES_MAX: usize = 30_720;

/// Identifiers that one policy may define; developer guide, "custom data identifiers".
pub const CUSTOM_IDENTIFIERS_MAX: usize = 10;

/// A policy, ready to look at messages; never changes.
#[derive(Clone, Debug)]
pub struct ProtectionPolicy {
    /// `Name`.
    pub name: String,
    /// `Description`.
    pub description: Option<String>,
    statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug)]
struct Statement {
    sid: Option<String>,
    direction: Direction,
    principals: Vec<Principal>,
    /// Whether the principals are those that it is not about.
    is_except: bool,
    detectors: Vec<Arc<Detector>>,
    operation: Operation,
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the topic.
    Inbound,
    /// To a subscriber.
    Outbound,
}

/// What is done when something is found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Operation {
    Deny,
    Mask(char),
    Redact,
    Audit(Audit),
}

/// How an audit is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Of 100 messages so many are audited; 0 to 99.
    pub sample_rate: u8,
    /// Where to write what was found.
    pub findings: Option<Destinations>,
    /// Where to write that nothing was found.
    pub no_findings: Option<Destinations>,
}

/// Where findings go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    /// A log group of CloudWatch.
    pub log_group: Option<String>,
    /// A Firehose stream.
    pub delivery_stream: Option<String>,
    /// A bucket of S3.
    pub bucket: Option<String>,
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// How it was to be done.
    pub audit: Audit,
    /// In the order of the text; empty when nothing was found.
    pub findings: Vec<Finding>,
}

/// What becomes of a message on its way to the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound<'a> {
    /// The audit, if this message was one of the sample.
    pub audit: Option<AuditReport>,
    /// What is left of the body, or why there is nothing.
    pub body: Result<Cow<'a, str>, Denied>,
}

/// A message that may not go on. SNS answers a publisher `AuthorizationError` (403).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The statement, from 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Names of what was found: `CreditCardNumber`.
    pub identifiers: Vec<String>,
    /// Whether it was to be masked or removed and nothing else would be left.
    pub is_all_sensitive: bool,
}

impl ProtectionPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// It is no data protection policy, breaks a limit, or names what is not detected here.
    pub fn read(text: &str) -> Result<Self, ProtectionError> {
        read::policy(text)
    }

    /// The audit of the policy, if it has one. Of 100 messages it wants
    /// [`Audit::sample_rate`] to be looked at.
    #[must_use]
    pub fn audit(&self) -> Option<&Audit> {
        self.statements.iter().find_map(|statement| match &statement.operation {
            Operation::Audit(audit) => Some(audit),
            _ => None,
        })
    }

    /// Looks at a message that `caller` publishes. The audit comes first and sees the message as
    /// it was; `is_sampled` says whether it is this message's turn.
    #[must_use]
    pub fn inbound<'a>(&self, caller: &Caller<'_>, body: &'a str, is_sampled: bool) -> Inbound<'a> {
        let mut audit = None;
        let mut changes: Vec<(Finding, Option<char>)> = Vec::new();
        let mut denied = None;
        let mut changing = None;
        for (index, statement) in self.about(Direction::Inbound, caller) {
            let is_audit = matches!(statement.operation, Operation::Audit(_));
            if (is_audit && !is_sampled) || (!is_audit && denied.is_some()) {
                continue;
            }
            let findings = statement.find(body);
            match &statement.operation {
                Operation::Audit(wanted) => {
                    audit = Some(AuditReport { audit: wanted.clone(), findings });
                }
                _ if findings.is_empty() => {}
                Operation::Deny => denied = Some(statement.denied(index, &findings, false)),
                Operation::Mask(_) | Operation::Redact => {
                    let mask = match statement.operation {
                        Operation::Mask(mask) => Some(mask),
                        _ => None,
                    };
                    changing = changing.or(Some((index, statement)));
                    changes.extend(findings.into_iter().map(|finding| (finding, mask)));
                }
            }
        }
        let body = match (denied, changing) {
            (Some(denied), _) => Err(denied),
            (None, None) => Ok(Cow::Borrowed(body)),
            (None, Some((index, statement))) => {
                let all: Vec<Finding> =
                    changes.iter().map(|(finding, _)| finding.clone()).collect();
                match changed(body, changes) {
                    Some(left) => Ok(Cow::Owned(left)),
                    None => Err(statement.denied(index, &all, true)),
                }
            }
        };
        Inbound { audit, body }
    }

    /// Looks at a message on its way to a subscription that `subscriber` made.
    ///
    /// # Errors
    /// A statement denies it. SNS logs "The topic's data protection policy prohibits this message
    /// from being delivered to" the subscription's ARN, with status 403.
    pub fn outbound(&self, subscriber: &Caller<'_>, body: &str) -> Result<(), Denied> {
        for (index, statement) in self.about(Direction::Outbound, subscriber) {
            let findings = statement.find(body);
            if !findings.is_empty() {
                return Err(statement.denied(index, &findings, false));
            }
        }
        Ok(())
    }

    /// Whether anything is done with messages on their way to subscribers.
    #[must_use]
    pub fn has_outbound(&self) -> bool {
        self.statements.iter().any(|statement| statement.direction == Direction::Outbound)
    }

    fn about<'s>(
        &'s self,
        direction: Direction,
        caller: &Caller<'_>,
    ) -> impl Iterator<Item = (usize, &'s Statement)> {
        let meant = move |statement: &Statement| {
            let mut principals = statement.principals.iter();
            principals.any(|principal| is_meant(principal, caller)) != statement.is_except
        };
        let statements = self.statements.iter().enumerate();
        statements
            .filter(move |(_, statement)| statement.direction == direction && meant(statement))
    }
}

impl Statement {
    /// All that its identifiers find, in the order of the text.
    fn find(&self, body: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for detector in &self.detectors {
            detector.find(body, &mut findings);
        }
        findings.sort_by_key(|finding| (finding.start, finding.end));
        findings
    }

    fn denied(&self, index: usize, findings: &[Finding], is_all_sensitive: bool) -> Denied {
        let mut identifiers: Vec<String> = Vec::new();
        for finding in findings {
            if !identifiers.iter().any(|known| *known == *finding.identifier) {
                identifiers.push(finding.identifier.to_string());
            }
        }
        Denied { statement: index, sid: self.sid.clone(), identifiers, is_all_sensitive }
    }
}

/// Masks or removes what was found; nothing if nothing else is left. Where findings overlap,
/// removal wins over a mask and the first mask over later ones.
fn changed(body: &str, mut changes: Vec<(Finding, Option<char>)>) -> Option<String> {
    changes.sort_by_key(|(finding, mask)| (finding.start, mask.is_some(), finding.end));
    let mut left = String::with_capacity(body.len());
    let mut done = 0;
    let mut is_all_sensitive = true;
    for (finding, mask) in changes {
        let between = body.get(done..finding.start).unwrap_or_default();
        is_all_sensitive &= between.trim().is_empty();
        left.push_str(between);
        let start = done.max(finding.start);
        if let Some(mask) = mask {
            let hidden = body.get(start..finding.end).unwrap_or_default();
            left.extend(hidden.chars().map(|_| mask));
        }
        done = done.max(finding.end);
    }
    let rest = body.get(done..).unwrap_or_default();
    is_all_sensitive &= rest.trim().is_empty();
    left.push_str(rest);
    (!is_all_sensitive).then_some(left)
}

/// Reads any bytes as a policy and a message and applies one to the other; for fuzzing.
pub fn exercise(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (policy, body) = text.split_once('\n').unwrap_or((text, text));
    let Ok(policy) = ProtectionPolicy::read(policy) else { return };
    let caller = Caller::root(crate::Account::default());
    let _ = policy.inbound(&caller, body, true);
    let _ = policy.outbound(&caller, body);
}

#[cfg(test)]
mod tests;
