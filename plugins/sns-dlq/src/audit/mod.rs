//! What is wrong with the wiring, before a message is lost by it.
//!
//! In: [`Facts`], read once. Out: findings, each with a rule, a severity, and the commands that
//! mend it. Pure: the same facts give the same findings.

pub mod fix;
mod functions;
pub mod gather;
pub mod junit;
mod policies;
mod queues;
pub mod rules;
pub mod sarif;
mod subscriptions;
#[cfg(test)]
mod tests;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub use fix::{Fix, Place};
pub use rules::Rule;

use crate::cloud::queues::name_of;
use crate::inventory::Inventory;
use crate::message::DeadLetter;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Will cost messages or time some day.
    Medium,
    /// Loses messages when something fails.
    High,
    /// Loses messages, or is open to others, now.
    Critical,
}

impl Severity {
    /// From worst to mildest.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The word in tables, documents and `--fail-on`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule says so.
    pub rule: &'static Rule,
    /// How bad it is here; often the rule's own severity.
    pub severity: Severity,
    /// ARN of what is at fault.
    pub resource: String,
    /// Its name, for people.
    pub name: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What mends it.
    pub fix: Fix,
}

impl Finding {
    /// Makes a finding with the rule's own severity.
    #[must_use]
    pub fn new(rule: &'static Rule, resource: &str, message: impl Into<String>, fix: Fix) -> Self {
        Self {
            rule,
            severity: rule.severity,
            resource: resource.to_owned(),
            name: name_of(resource).to_owned(),
            message: message.into(),
            fix,
        }
    }

    /// The same under a name that says more than the end of the ARN.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The finding as a document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "rule": self.rule.id,
            "severity": self.severity.name(),
            "resource": self.resource,
            "name": self.name,
            "message": self.message,
            "fix": {
                "cli": self.fix.cli,
                "terraform": self.fix.terraform,
                "advice": self.fix.advice,
            },
        })
    }
}

/// What a topic did lately.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TopicUse {
    /// Messages published.
    pub published: f64,
    /// Notifications that a filter policy held back.
    pub filtered_out: f64,
    /// Days that this covers.
    pub days: u32,
}

/// Everything that the rules look at.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The wiring.
    pub inventory: Inventory,
    /// Names of the queues whose depth an alarm watches; `None` when alarms could not be read.
    pub alarmed_queues: Option<BTreeSet<String>>,
    /// What topics did lately, by ARN; empty when metrics could not be read.
    pub uses: BTreeMap<String, TopicUse>,
    /// Messages of topics, by the topic's ARN, to judge filter policies by.
    pub samples: BTreeMap<String, Vec<DeadLetter>>,
    /// Resource policies of functions, by ARN; an absent one was not read.
    pub function_policies: BTreeMap<String, Option<String>>,
    /// Where commands that mend something go.
    pub place: Place,
}

/// Applies every rule; the worst first, then by name.
#[must_use]
pub fn audit(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    subscriptions::check(facts, &mut findings);
    queues::check(facts, &mut findings);
    functions::check(facts, &mut findings);
    policies::check(facts, &mut findings);
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.rule.id);
        key(a).cmp(&key(b)).then_with(|| (&a.name, &a.message).cmp(&(&b.name, &b.message)))
    });
    findings.dedup();
    findings
}
