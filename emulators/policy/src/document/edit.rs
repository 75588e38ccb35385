//! AddPermission and RemovePermission, and what a topic is born with.

use std::fmt;

use super::{
    Comparison, Condition, Document, Effect, Operator, Patterns, Principal, Principals, Service,
    Statement, Version,
};
use crate::Arn;

/// Actions of the statement that a new topic has, as AWS writes them.
const TOPIC_OWNER_ACTIONS: [&str; 8] = [
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:RemovePermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
];

/// Why a permission can be neither added nor removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelProblem {
    /// A statement has the label already.
    Exists(String),
    /// No statement has the label.
    Missing(String),
}

impl LabelProblem {
    /// Code and message that the service answers.
    #[must_use]
    pub fn wire(&self, service: Service) -> (&'static str, String) {
        match (service, self) {
            (Service::Queue, Self::Exists(label)) => (
                "InvalidParameterValue",
                format!("Value {label} for parameter Label is invalid. Reason: Already exists."),
            ),
            (Service::Queue, Self::Missing(label)) => (
                "InvalidParameterValue",
                format!(
                    "Value {label} for parameter Label is invalid. Reason: can't find label on \
                     existing policy."
                ),
            ),
            (Service::Topic, Self::Exists(_)) => {
                ("InvalidParameter", "Invalid parameter: Statement already exists".to_owned())
            }
            (Service::Topic, Self::Missing(_)) => {
                ("InvalidParameter", "Invalid parameter: Statement does not exist".to_owned())
            }
        }
    }
}

impl fmt::Display for LabelProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(label) => write!(formatter, "a statement has the label {label} already"),
            Self::Missing(label) => write!(formatter, "no statement has the label {label}"),
        }
    }
}

impl std::error::Error for LabelProblem {}

/// The policy that SNS gives a new topic: the owner's account may do everything.
#[must_use]
pub fn default_topic_policy(topic: &Arn) -> Document {
    Document {
        version: Version::V2008,
        id: Some("__default_policy_ID".to_owned()),
        statements: vec![Statement {
            sid: Some("__default_statement_ID".to_owned()),
            effect: Effect::Allow,
            principals: Some(Principals::of(vec![Principal::Anyone])),
            actions: Patterns {
                negated: false,
                patterns: TOPIC_OWNER_ACTIONS.map(str::to_owned).to_vec(),
            },
            resources: Some(Patterns { negated: false, patterns: vec![topic.to_string()] }),
            conditions: vec![Condition {
                operator: Operator::plain(Comparison::StringEquals),
                key: "AWS:SourceOwner".to_owned(),
                values: vec![topic.account.clone()],
            }],
        }],
    }
}

impl Document {
    /// The policy of a resource that has none yet, without statements.
    #[must_use]
    pub fn empty(service: Service, resource: &Arn) -> Self {
        let (version, id) = match service {
            Service::Queue => (Version::V2012, format!("{resource}/SQSDefaultPolicy")),
            Service::Topic => (Version::V2008, "__default_policy_ID".to_owned()),
        };
        Self { version, id: Some(id), statements: Vec::new() }
    }

    /// Adds what AddPermission says: these principals may do these actions with the resource.
    ///
    /// Accounts become root ARNs and actions get the service's prefix in capitals, as AWS
    /// writes them; `*` as an action becomes `SQS:*`.
    ///
    /// # Errors
    /// A statement has the label already.
    pub fn add_permission(
        &mut self,
        service: Service,
        resource: &Arn,
        label: &str,
        principals: Vec<Principal>,
        actions: &[&str],
    ) -> Result<(), LabelProblem> {
        if self.statement(label).is_some() {
            return Err(LabelProblem::Exists(label.to_owned()));
        }
        let principals = principals.into_iter().map(|one| rooted(one, resource)).collect();
        let prefix = service.action_prefix();
        let actions = actions.iter().map(|action| format!("{prefix}:{action}")).collect();
        self.statements.push(Statement {
            sid: Some(label.to_owned()),
            effect: Effect::Allow,
            principals: Some(Principals::of(principals)),
            actions: Patterns { negated: false, patterns: actions },
            resources: Some(Patterns { negated: false, patterns: vec![resource.to_string()] }),
            conditions: Vec::new(),
        });
        Ok(())
    }

    /// Removes the statement with the label.
    ///
    /// # Errors
    /// No statement has the label.
    pub fn remove_permission(&mut self, label: &str) -> Result<(), LabelProblem> {
        let before = self.statements.len();
        self.statements.retain(|statement| statement.sid.as_deref() != Some(label));
        if self.statements.len() == before {
            return Err(LabelProblem::Missing(label.to_owned()));
        }
        Ok(())
    }
}

/// An account as root ARN of the resource's partition.
fn rooted(principal: Principal, resource: &Arn) -> Principal {
    match principal {
        Principal::AccountNumber(account) => Principal::Account(Arn {
            partition: resource.partition.clone(),
            service: "iam".to_owned(),
            region: String::new(),
            account: account.to_string(),
            resource: "root".to_owned(),
        }),
        other => other,
    }
}
