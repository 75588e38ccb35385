//! Who asks, for what, and under which circumstances.

use std::borrow::Cow;
use std::fmt;

use crate::{Account, Arn};

/// A request to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: &'a Caller<'a>,
    /// `sqs:SendMessage`, any case.
    pub action: &'a str,
    /// ARN of the queue or topic.
    pub resource: &'a str,
    /// Values of condition keys.
    pub context: Context<'a>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller<'a> {
    /// An unsigned request.
    Anonymous,
    /// An AWS service on its own account: `sns.amazonaws.com`.
    Service(&'a str),
    /// Somebody in an account.
    Identity {
        /// The account.
        account: Account,
        /// What it is.
        kind: Kind,
        /// The ARN that calls: of a user, of the root, or of the session of a role.
        arn: Cow<'a, str>,
        /// The ARN that policies are about: for a session that of its role, else the same.
        principal_arn: Cow<'a, str>,
    },
}

/// What an identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The account itself.
    Root,
    /// An IAM user.
    User,
    /// A role, or a session of one.
    Role,
    /// A federated user.
    Federated,
}

impl<'a> Caller<'a> {
    /// The root of an account.
    #[must_use]
    pub fn root(account: Account) -> Self {
        let arn: Cow<'_, str> = format!("arn:aws:iam::{account}:root").into();
        Self::Identity { account, kind: Kind::Root, principal_arn: arn.clone(), arn }
    }

    /// Makes out the caller that an ARN of IAM or STS names.
    ///
    /// # Errors
    /// The ARN is of something that makes no requests.
    pub fn from_arn(text: &'a str) -> Result<Self, NotACaller> {
        let arn: Arn = text.parse().map_err(|_| NotACaller)?;
        let account = arn.account().ok_or(NotACaller)?;
        let (what, name) = arn.resource.split_once('/').unwrap_or((&arn.resource, ""));
        let kind = match (arn.service.as_str(), what) {
            ("iam", "root") => Kind::Root,
            ("iam", "user") => Kind::User,
            ("iam", "role") | ("sts", "assumed-role") => Kind::Role,
            ("sts", "federated-user") => Kind::Federated,
            _ => return Err(NotACaller),
        };
        if name.is_empty() != (kind == Kind::Root) {
            return Err(NotACaller);
        }
        let principal_arn = if what == "assumed-role" {
            let role = name.split('/').next().unwrap_or_default();
            format!("arn:{}:iam::{account}:role/{role}", arn.partition).into()
        } else {
            Cow::Borrowed(text)
        };
        Ok(Self::Identity { account, kind, arn: Cow::Borrowed(text), principal_arn })
    }

    /// The account of an identity.
    #[must_use]
    pub const fn account(&self) -> Option<Account> {
        match self {
            Self::Identity { account, .. } => Some(*account),
            Self::Anonymous | Self::Service(_) => None,
        }
    }

    /// Condition keys that follow from who asks; user guide of IAM, "global condition keys".
    fn key(&'a self, key: &str) -> Option<&'a str> {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        match self {
            Self::Anonymous => is("aws:PrincipalType").then_some("Anonymous"),
            Self::Service(name) => {
                if is("aws:PrincipalServiceName") {
                    Some(name)
                } else {
                    is("aws:PrincipalIsAWSService").then_some("true")
                }
            }
            Self::Identity { account, kind, arn, principal_arn } => {
                if is("aws:PrincipalArn") {
                    Some(principal_arn)
                } else if is("aws:PrincipalAccount") || is("aws:SourceOwner") {
                    // The latter is what SNS writes into the policies of new topics.
                    Some(account.as_str())
                } else if is("aws:PrincipalType") {
                    Some(kind.name())
                } else if is("aws:PrincipalIsAWSService") {
                    Some("false")
                } else if is("aws:username") && *kind == Kind::User {
                    arn.rsplit('/').next()
                } else {
                    None
                }
            }
        }
    }
}

impl Kind {
    /// As `aws:PrincipalType` has it.
    const fn name(self) -> &'static str {
        match self {
            Self::Root => "Account",
            Self::User => "User",
            Self::Role => "AssumedRole",
            Self::Federated => "FederatedUser",
        }
    }
}

impl fmt::Display for Caller<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => formatter.write_str("an unsigned request"),
            Self::Service(name) => formatter.write_str(name),
            Self::Identity { arn, .. } => formatter.write_str(arn),
        }
    }
}

/// The ARN is not that of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACaller;

impl fmt::Display for NotACaller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a caller is an account's root, a user, a role, or a role's session")
    }
}

impl std::error::Error for NotACaller {}

/// Value of a condition key in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextValue<'a> {
    /// A key with one value; all but a few are.
    One(&'a str),
    /// A key with any number of values: `aws:TagKeys`.
    Many(&'a [&'a str]),
}

impl<'a> ContextValue<'a> {
    /// The values in a row.
    pub(crate) fn values(self) -> impl Iterator<Item = &'a str> {
        let (one, many) = match self {
            Self::One(value) => (Some(value), [].as_slice()),
            Self::Many(values) => (None, values),
        };
        one.into_iter().chain(many.iter().copied())
    }
}

/// Values of condition keys. Names are compared without regard to case.
///
/// Keys that follow from the caller need not be given: `aws:PrincipalArn`,
/// `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:PrincipalIsAWSService`,
/// `aws:PrincipalServiceName`, `aws:username`, and `aws:SourceOwner` for identities. A service
/// that sends for a topic gives `aws:SourceArn`, `aws:SourceAccount` and `aws:SourceOwner`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    entries: &'a [(&'a str, ContextValue<'a>)],
}

impl<'a> Context<'a> {
    /// Makes a context of a few entries; it is searched from front to back.
    #[must_use]
    pub const fn new(entries: &'a [(&'a str, ContextValue<'a>)]) -> Self {
        Self { entries }
    }
}

impl<'a> Request<'a> {
    /// The value of a condition key.
    #[must_use]
    pub fn key(&self, key: &str) -> Option<ContextValue<'a>> {
        let given = self.context.entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        match given {
            Some((_, value)) => Some(*value),
            None => self.caller.key(key).map(ContextValue::One),
        }
    }
}
