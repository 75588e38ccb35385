//! Says in words why a policy decided as it did.

use std::fmt;

use super::request::ContextValue;
use super::{Decision, Policy, Request, Verdict};
use crate::document::{Comparison, Condition, Effect, Patterns, Principals, Statement};

/// Characters of a value that an explanation quotes.
const QUOTED_MAX: usize = 200;

/// A decision with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// `Sid` of the statement that decided.
    pub sid: Option<String>,
    /// One entry for each statement, in their order.
    pub steps: Vec<Step>,
    /// Who asked.
    pub caller: String,
    /// What for.
    pub action: String,
    /// Of which resource.
    pub resource: String,
}

/// How one statement stands to the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// From 0.
    pub statement: usize,
    /// `Sid`.
    pub sid: Option<String>,
    /// Whether it would allow or deny.
    pub effect: Effect,
    /// What does not fit; empty when the statement applies.
    pub mismatches: Vec<Mismatch>,
}

/// One element that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Which.
    pub element: Element,
    /// What the policy wants, in words: `arn:aws:sns:…:order`.
    pub wanted: String,
    /// What the request has; absent when it lacks the condition key.
    pub found: Option<String>,
}

/// An element of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Action` or `NotAction`.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
    /// One key of `Condition`.
    Condition {
        /// `ArnEquals`
        operator: String,
        /// `aws:SourceArn`
        key: String,
    },
}

/// Explains a decision.
pub(super) fn explain(policy: &Policy, request: &Request<'_>) -> Explanation {
    let decision = policy.evaluate(request);
    let statements = policy.document.statements.iter().enumerate();
    let steps = statements.map(|(index, statement)| step(policy, index, statement, request));
    Explanation {
        decision,
        sid: decision.statement.and_then(|index| policy.sid(index)).map(str::to_owned),
        steps: steps.collect(),
        caller: request.caller.to_string(),
        action: request.action.to_owned(),
        resource: request.resource.to_owned(),
    }
}

fn step(policy: &Policy, index: usize, statement: &Statement, request: &Request<'_>) -> Step {
    let compiled = &policy.statements[index];
    let mut mismatches = Vec::new();
    if !compiled.fits_principal(request.caller) {
        mismatches.push(Mismatch {
            element: Element::Principal,
            wanted: statement.principals.as_ref().map(principals).unwrap_or_default(),
            found: Some(request.caller.to_string()),
        });
    }
    if !compiled.fits_action(request.action) {
        mismatches.push(Mismatch {
            element: Element::Action,
            wanted: patterns(&statement.actions),
            found: Some(request.action.to_owned()),
        });
    }
    if !compiled.fits_resource(request) {
        mismatches.push(Mismatch {
            element: Element::Resource,
            wanted: statement.resources.as_ref().map(patterns).unwrap_or_default(),
            found: Some(request.resource.to_owned()),
        });
    }
    let conditions = statement.conditions.iter().zip(compiled.conditions(request));
    for (condition, holds) in conditions {
        if !holds {
            mismatches.push(unfulfilled(condition, request));
        }
    }
    Step { statement: index, sid: statement.sid.clone(), effect: statement.effect, mismatches }
}

fn unfulfilled(condition: &Condition, request: &Request<'_>) -> Mismatch {
    let found = request.key(&condition.key).map(|value| match value {
        ContextValue::One(value) => value.to_owned(),
        ContextValue::Many(values) => values.join(", "),
    });
    Mismatch {
        element: Element::Condition {
            operator: condition.operator.to_string(),
            key: condition.key.clone(),
        },
        wanted: wanted(condition),
        found,
    }
}

/// What a condition wants, in words that fit after "the policy wants".
fn wanted(condition: &Condition) -> String {
    let comparison = condition.operator.comparison;
    let values = list(condition.values.iter().map(String::as_str), "or");
    let relation = match comparison {
        Comparison::Null if condition.values.iter().any(|value| value == "true") => {
            return "it to be absent".to_owned();
        }
        Comparison::Null => return "it to be there".to_owned(),
        Comparison::StringEqualsIgnoreCase => "(in any case) ",
        Comparison::NumericLessThan => "less than ",
        Comparison::NumericLessThanEquals => "at most ",
        Comparison::NumericGreaterThan => "more than ",
        Comparison::NumericGreaterThanEquals => "at least ",
        Comparison::DateLessThan => "a time before ",
        Comparison::DateLessThanEquals => "a time not after ",
        Comparison::DateGreaterThan => "a time after ",
        Comparison::DateGreaterThanEquals => "a time not before ",
        Comparison::IpAddress => "an address in ",
        Comparison::NotIpAddress => "an address not in ",
        negated if negated.is_negated() => "anything but ",
        _ => "",
    };
    format!("{relation}{values}")
}

fn principals(principals: &Principals) -> String {
    let names: Vec<String> = principals.principals.iter().map(ToString::to_string).collect();
    let names = list(names.iter().map(String::as_str), "or");
    if principals.negated { format!("anyone but {names}") } else { names }
}

fn patterns(patterns: &Patterns) -> String {
    let texts = list(patterns.patterns.iter().map(String::as_str), "or");
    if patterns.negated { format!("anything but {texts}") } else { texts }
}

/// `a, b or c`, cut where it gets long.
fn list<'a>(texts: impl ExactSizeIterator<Item = &'a str>, last: &str) -> String {
    let count = texts.len();
    let mut line = String::new();
    for (index, text) in texts.enumerate() {
        if line.chars().count() + text.len() > QUOTED_MAX && index > 0 {
            line.push_str(&format!(" or {} more", count - index));
            break;
        }
        if index > 0 {
            line.push_str(&if index + 1 == count { format!(" {last} ") } else { ", ".to_owned() });
        }
        line.push_str(&cut(text));
    }
    line
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(QUOTED_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl Mismatch {
    /// How much has to be wrong besides this: the smaller, the nearer the statement is.
    const fn distance(&self) -> usize {
        match self.element {
            Element::Condition { .. } => 1,
            Element::Resource => 2,
            Element::Principal => 3,
            Element::Action => 6,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { element, wanted, found } = self;
        match (element, found) {
            (Element::Principal, _) => write!(formatter, "it is for {wanted}"),
            (Element::Action, Some(found)) => {
                write!(formatter, "it is about {wanted}, not {}", cut(found))
            }
            (Element::Resource, Some(found)) => {
                write!(formatter, "it is about {wanted}, not {}", cut(found))
            }
            (Element::Condition { key, .. }, Some(found)) => {
                write!(formatter, "{key} is {} and the policy wants {wanted}", cut(found))
            }
            (Element::Condition { key, .. }, None) => {
                write!(formatter, "{key} is absent and the policy wants {wanted}")
            }
            (_, None) => write!(formatter, "the policy wants {wanted}"),
        }
    }
}

impl Step {
    /// `statement 2 ("label")`, counted from 1 as people do.
    fn name(&self) -> String {
        match self.sid.as_deref() {
            Some(sid) if !sid.is_empty() => format!("statement {} ({sid:?})", self.statement + 1),
            _ => format!("statement {}", self.statement + 1),
        }
    }

    fn distance(&self) -> usize {
        self.mismatches.iter().map(Mismatch::distance).sum()
    }
}

impl Explanation {
    /// The allowing statement that comes nearest to the request.
    #[must_use]
    pub fn nearest(&self) -> Option<&Step> {
        let allowing = self.steps.iter().filter(|step| step.effect == Effect::Allow);
        allowing.min_by_key(|step| step.distance())
    }

    /// One line for each statement: what it does, or why not.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let each = self.steps.iter().map(|step| {
            let effect = match step.effect {
                Effect::Allow => "allows",
                Effect::Deny => "denies",
            };
            if step.mismatches.is_empty() {
                return format!("{} {effect} it", step.name());
            }
            let reasons: Vec<String> = step.mismatches.iter().map(ToString::to_string).collect();
            format!("{} does not apply: {}", step.name(), reasons.join("; "))
        });
        each.collect()
    }

    /// What the caller wanted: `send here`.
    fn deed(&self) -> String {
        let name = self.action.split_once(':').map_or(self.action.as_str(), |(_, name)| name);
        let verb = match name.to_ascii_lowercase().as_str() {
            "sendmessage" => "send",
            "publish" => "publish",
            "receivemessage" => "receive",
            "subscribe" => "subscribe",
            "deletemessage" => "delete",
            _ => return format!("do {} here", self.action),
        };
        format!("{verb} here")
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deed = self.deed();
        let decided = self.decision.statement.and_then(|index| self.steps.get(index));
        match (self.decision.verdict, decided) {
            (Verdict::Allow, Some(step)) => {
                write!(formatter, "{} lets {} {deed}", step.name(), self.caller)
            }
            (Verdict::ExplicitDeny, Some(step)) => {
                write!(formatter, "{} forbids {} to {deed}", step.name(), self.caller)
            }
            _ => {
                write!(formatter, "no statement lets {} {deed}", self.caller)?;
                let Some(step) = self.nearest() else { return Ok(()) };
                // A statement about other actions or other people is no help.
                if step.mismatches.iter().any(|one| one.element == Element::Action) {
                    return Ok(());
                }
                write!(formatter, ": {} would, but ", step.name())?;
                for (index, mismatch) in step.mismatches.iter().enumerate() {
                    write!(formatter, "{}{mismatch}", if index == 0 { "" } else { ", and " })?;
                }
                Ok(())
            }
        }
    }
}
