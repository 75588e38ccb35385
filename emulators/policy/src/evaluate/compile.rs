//! Statements made ready, and whether they apply.

use std::borrow::Cow;

use super::Request;
use super::condition::Test;
use super::request::Caller;
use super::text::Pattern;
use crate::document::{Document, Effect, Patterns, Principal, Principals, Statement, Version};
use crate::glob;

/// A statement, ready to be tested. Each part is tested alone too, for explanations.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) effect: Effect,
    principals: Option<Principals>,
    actions: Patterns,
    resources: Option<Resources>,
    tests: Box<[Test]>,
}

#[derive(Clone, Debug)]
struct Resources {
    negated: bool,
    patterns: Box<[Pattern]>,
}

/// Makes all statements of a document ready.
pub(super) fn statements(document: &Document) -> Box<[Compiled]> {
    let has_variables = document.version == Version::V2012;
    document.statements.iter().map(|statement| Compiled::new(statement, has_variables)).collect()
}

impl Compiled {
    fn new(statement: &Statement, has_variables: bool) -> Self {
        let resources = statement.resources.as_ref().map(|resources| Resources {
            negated: resources.negated,
            patterns: resources
                .patterns
                .iter()
                .map(|pattern| Pattern::new(&completed(pattern), has_variables))
                .collect(),
        });
        let conditions = statement.conditions.iter();
        Self {
            effect: statement.effect,
            principals: statement.principals.clone(),
            actions: statement.actions.clone(),
            resources,
            tests: conditions.map(|condition| Test::new(condition, has_variables)).collect(),
        }
    }

    /// Whether the statement is about the request; what is cheap and rarely fits is asked first.
    pub(super) fn applies(&self, request: &Request<'_>) -> bool {
        self.fits_action(request.action)
            && self.fits_principal(request.caller)
            && self.fits_resource(request)
            && self.tests.iter().all(|test| test.holds(request))
    }

    pub(super) fn fits_action(&self, action: &str) -> bool {
        let mut patterns = self.actions.patterns.iter();
        let found = patterns.any(|pattern| glob::matches_ignoring_case(pattern, action));
        found != self.actions.negated
    }

    pub(super) fn fits_resource(&self, request: &Request<'_>) -> bool {
        let Some(resources) = &self.resources else { return true };
        let mut patterns = resources.patterns.iter();
        // Like the conditions of ARNs: a wildcard stays inside its part.
        patterns.any(|pattern| pattern.fits_arn(request.resource, request)) != resources.negated
    }

    pub(super) fn fits_principal(&self, caller: &Caller<'_>) -> bool {
        let Some(principals) = &self.principals else { return true };
        let mut each = principals.principals.iter();
        each.any(|principal| is_meant(principal, caller)) != principals.negated
    }

    /// Whether each condition holds, in the order of the document.
    pub(super) fn conditions(&self, request: &Request<'_>) -> impl Iterator<Item = bool> {
        self.tests.iter().map(|test| test.holds(request))
    }
}

/// An ARN that stops early means everything below: `arn:aws:sqs` is `arn:aws:sqs:*:*:*`; user
/// guide of IAM, "Resource".
fn completed(pattern: &str) -> Cow<'_, str> {
    let missing = 5_usize.saturating_sub(pattern.matches(':').count());
    if missing == 0 || !pattern.starts_with("arn:") {
        return Cow::Borrowed(pattern);
    }
    Cow::Owned(format!("{pattern}{}", ":*".repeat(missing)))
}

/// Whether a principal of a statement means the caller.
pub(crate) fn is_meant(principal: &Principal, caller: &Caller<'_>) -> bool {
    match (principal, caller) {
        (Principal::Anyone, _) => true,
        (Principal::Account(arn), Caller::Identity { account, .. }) => {
            arn.account == account.as_str()
        }
        (Principal::AccountNumber(wanted), Caller::Identity { account, .. }) => wanted == account,
        (Principal::Arn(wanted), Caller::Identity { arn, principal_arn, .. }) => {
            let is = |text: &str| same_arn(wanted, text);
            is(arn) || is(principal_arn) || is_role_without_path(wanted, principal_arn)
        }
        (Principal::Service(wanted), Caller::Service(name)) => same_service(wanted, name),
        _ => false,
    }
}

/// Compares without writing the ARN into a new text.
fn same_arn(wanted: &crate::Arn, text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let mut is = |part: &str| parts.next() == Some(part);
    is("arn")
        && is(&wanted.partition)
        && is(&wanted.service)
        && is(&wanted.region)
        && is(&wanted.account)
        && is(&wanted.resource)
}

/// The ARN of a session has no path, that of its role may have one.
fn is_role_without_path(wanted: &crate::Arn, found: &str) -> bool {
    let Some(path_and_name) = wanted.resource.strip_prefix("role/") else { return false };
    let name = path_and_name.rsplit('/').next().unwrap_or_default();
    let mut parts = found.splitn(6, ':').skip(4);
    parts.next() == Some(&wanted.account)
        && parts.next().and_then(|resource| resource.strip_prefix("role/")) == Some(name)
}

/// Names of services may carry a region: `sns.us-east-1.amazonaws.com`.
fn same_service(wanted: &str, found: &str) -> bool {
    if wanted.eq_ignore_ascii_case(found) {
        return true;
    }
    let stem = |name: &str| name.split('.').next().map(str::len);
    let suffix = ".amazonaws.com";
    let (Some(length), Some(other)) = (stem(wanted), stem(found)) else { return false };
    let same_stem = wanted[..length].eq_ignore_ascii_case(&found[..other]);
    let region = wanted[length..].strip_suffix(suffix).and_then(|rest| rest.strip_prefix('.'));
    same_stem
        && found[other..].eq_ignore_ascii_case(suffix)
        && region.is_some_and(|region| region.parse::<crate::Region>().is_ok())
}
