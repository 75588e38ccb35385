//! Whom a statement is about.

use std::fmt;
use std::str::FromStr;

use crate::{Account, Arn};

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principals {
    /// Whether it is the `Not…` form.
    pub negated: bool,
    /// In their order.
    pub principals: Vec<Principal>,
    /// Whether everybody was written as `"*"` rather than `{"AWS": "*"}`.
    pub is_bare: bool,
}

impl Principals {
    /// `Principal` with these.
    #[must_use]
    pub const fn of(principals: Vec<Principal>) -> Self {
        Self { negated: false, principals, is_bare: false }
    }
}

/// One principal of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// `*`
    Anyone,
    /// An account as its root ARN: everybody in it.
    Account(Arn),
    /// An account as twelve digits: the same.
    AccountNumber(Account),
    /// A user, a role, or the session of a role.
    Arn(Arn),
    /// The unique id that AWS writes in place of an ARN whose owner is gone: `AIDA…`.
    Unique(String),
    /// `sns.amazonaws.com`
    Service(String),
    /// An identity provider.
    Federated(String),
    /// A canonical user of S3.
    Canonical(String),
}

impl Principal {
    /// Reads what stands below `AWS`.
    ///
    /// # Errors
    /// It is neither `*`, an account, an ARN of IAM or STS, nor a unique id.
    pub fn aws(text: &str) -> Result<Self, NotAPrincipal> {
        if text == "*" {
            return Ok(Self::Anyone);
        }
        if let Ok(account) = text.parse() {
            return Ok(Self::AccountNumber(account));
        }
        if is_unique_id(text) {
            return Ok(Self::Unique(text.to_owned()));
        }
        let arn = Arn::from_str(text).map_err(|_| NotAPrincipal::Form)?;
        if arn.account().is_none() || !arn.region.is_empty() {
            return Err(NotAPrincipal::Account);
        }
        if text.contains(['*', '?']) {
            return Err(NotAPrincipal::Wildcard);
        }
        let kind = arn.resource.split('/').next().unwrap_or_default();
        match (arn.service.as_str(), kind) {
            ("iam", "root") if arn.resource == "root" => Ok(Self::Account(arn)),
            ("iam", "user" | "role") | ("sts", "assumed-role" | "federated-user")
                if arn.resource.len() > kind.len() + 1 =>
            {
                Ok(Self::Arn(arn))
            }
            _ => Err(NotAPrincipal::Kind),
        }
    }

    /// Name of the member it stands below, and its text.
    pub(crate) fn written(&self) -> (&'static str, String) {
        match self {
            Self::Anyone => ("AWS", "*".to_owned()),
            Self::Account(arn) | Self::Arn(arn) => ("AWS", arn.to_string()),
            Self::AccountNumber(account) => ("AWS", account.to_string()),
            Self::Unique(id) => ("AWS", id.clone()),
            Self::Service(name) => ("Service", name.clone()),
            Self::Federated(name) => ("Federated", name.clone()),
            Self::Canonical(name) => ("CanonicalUser", name.clone()),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => formatter.write_str("anyone"),
            other => formatter.write_str(&other.written().1),
        }
    }
}

/// `AIDA` and `AROA` with 16 or more letters and digits; IAM guide, "unique identifiers".
fn is_unique_id(text: &str) -> bool {
    let known = ["AIDA", "AROA", "AGPA", "ANPA"].iter().any(|prefix| text.starts_with(prefix));
    let plain = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    known && plain && (16..=128).contains(&text.len())
}

/// Why a text is no principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAPrincipal {
    /// Neither `*`, twelve digits nor an ARN.
    Form,
    /// The ARN has no account, or a region.
    Account,
    /// The ARN has a wildcard.
    Wildcard,
    /// The ARN is of something that makes no requests.
    Kind,
}

impl fmt::Display for NotAPrincipal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Form => "a principal is *, a 12-digit account, or the ARN of a user or role",
            Self::Account => "the ARN of a principal has an account and no region",
            Self::Wildcard => "the ARN of a principal has no wildcards; only * alone is allowed",
            Self::Kind => "a principal is an account's root, a user, a role, or a role's session",
        })
    }
}

impl std::error::Error for NotAPrincipal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_have_few_forms() {
        for (text, wanted) in [
            ("*", "anyone"),
            ("123456789012", "123456789012"),
            ("arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root"),
            ("arn:aws:iam::123456789012:user/a/b", "arn:aws:iam::123456789012:user/a/b"),
            (
                "arn:aws:sts::123456789012:assumed-role/r/s",
                "arn:aws:sts::123456789012:assumed-role/r/s",
            ),
            ("AIDACKCEVSQ6C2EXAMPLE", "AIDACKCEVSQ6C2EXAMPLE"),
        ] {
            assert_eq!(Principal::aws(text).unwrap().to_string(), wanted);
        }
        for (text, wanted) in [
            ("", NotAPrincipal::Form),
            ("12345", NotAPrincipal::Form),
            ("arn:aws:iam::123456789012:user/*", NotAPrincipal::Wildcard),
            ("arn:aws:iam:::root", NotAPrincipal::Account),
            ("arn:aws:iam::123456789012:user/", NotAPrincipal::Kind),
            ("arn:aws:iam::123456789012:group/g", NotAPrincipal::Kind),
            ("arn:aws:sqs::123456789012:q", NotAPrincipal::Kind),
            ("arn:aws:sqs:eu-west-3:123456789012:q", NotAPrincipal::Account),
        ] {
            assert_eq!(Principal::aws(text), Err(wanted), "{text}");
        }
    }
}
