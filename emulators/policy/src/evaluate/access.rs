//! From a verdict to an answer: who needs what besides the policy of the resource.

use super::{Caller, Decision, Policy, Request, Verdict};
use crate::Account;

/// How the caller stands to the owner of the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Somebody in the owner's account.
    SameAccount,
    /// Somebody in another account.
    CrossAccount,
    /// An AWS service.
    Service,
    /// Nobody in particular.
    Anonymous,
}

/// How the caller stands to the owner.
#[must_use]
pub fn relation(caller: &Caller<'_>, owner: Account) -> Relation {
    match caller {
        Caller::Anonymous => Relation::Anonymous,
        Caller::Service(_) => Relation::Service,
        Caller::Identity { account, .. } if *account == owner => Relation::SameAccount,
        Caller::Identity { .. } => Relation::CrossAccount,
    }
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether the request may go on.
    pub is_allowed: bool,
    /// Whether a policy of the caller's identity has to allow it too; assumed to do so here.
    pub needs_identity: bool,
    /// How the caller stands to the owner.
    pub relation: Relation,
    /// What the policy of the resource says; an implicit deny when there is none.
    pub decision: Decision,
}

/// Decides about a request by the policy of a resource of `owner`, if it has one.
///
/// Inside an account either policy is enough, so only an explicit deny stops a caller whose own
/// policies are assumed to allow. Across accounts both must allow. A service and an unsigned
/// request have no policy of their own: the resource must allow. User guide of IAM, "policy
/// evaluation logic" and "cross-account policy evaluation".
#[must_use]
pub fn access(policy: Option<&Policy>, request: &Request<'_>, owner: Account) -> Access {
    let nothing = Decision { verdict: Verdict::ImplicitDeny, statement: None };
    let decision = policy.map_or(nothing, |policy| policy.evaluate(request));
    let relation = relation(request.caller, owner);
    let (is_allowed, needs_identity) = match (decision.verdict, relation) {
        (Verdict::ExplicitDeny, _) => (false, false),
        (Verdict::Allow, Relation::CrossAccount) => (true, true),
        (Verdict::Allow, _) => (true, false),
        (Verdict::ImplicitDeny, Relation::SameAccount) => (true, true),
        (Verdict::ImplicitDeny, _) => (false, false),
    };
    Access { is_allowed, needs_identity, relation, decision }
}
