//! Who may do what with a topic.
//!
//! A caller of the owner's account may do everything that no statement denies; a caller of another
//! account only what a statement allows. Callers are assumed to be allowed by their own account.

use brume_edge::{AwsError, Caller};
use brume_foundation::log::Log;
use brume_policy::evaluate::{self, Context, ContextValue, Verdict};
use brume_policy::{Policy, evaluate::Caller as Principal};
use brume_topics::PolicyMode;

use crate::arn::Place;
use crate::error::{forbidden, from_engine, internal};
use crate::request::Request;

/// What is done about policies of topics.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    mode: PolicyMode,
    log: Log,
}

impl Access {
    pub(crate) const fn new(mode: PolicyMode, log: Log) -> Self {
        Self { mode, log }
    }

    /// Checks whether the caller may do `action` with a topic, which has to be there.
    pub(crate) fn check(
        &self,
        request: &Request<'_>,
        place: &Place,
        topic_arn: &str,
        action: &str,
    ) -> Result<(), AwsError> {
        let policy = request.topics.topic_policy(topic_arn).map_err(|error| from_engine(&error))?;
        let is_owner = place.account == request.caller.account;
        // Most requests end here: the owner's, of a topic that denies nothing.
        if self.mode == PolicyMode::Off || (is_owner && !policy.contains("Deny")) {
            return Ok(());
        }
        let policy = Policy::read(&policy)
            .map_err(|error| internal(format!("the topic's policy cannot be read: {error}")))?;
        let caller = Principal::from_arn(&request.caller.principal_arn)
            .unwrap_or_else(|_| Principal::root(request.caller.account));
        let address = request.caller.source_ip.to_string();
        let is_tls = if request.caller.is_tls { "true" } else { "false" };
        let now = request.now.to_string();
        let seconds = request.now.unix_seconds().to_string();
        let protocol = request.get("Protocol").unwrap_or_default();
        let endpoint = request.get("Endpoint").unwrap_or_default();
        let entries = [
            ("aws:SourceIp", ContextValue::One(&address)),
            ("aws:SecureTransport", ContextValue::One(is_tls)),
            ("aws:CurrentTime", ContextValue::One(&now)),
            ("aws:EpochTime", ContextValue::One(&seconds)),
            ("sns:Protocol", ContextValue::One(protocol)),
            ("sns:Endpoint", ContextValue::One(endpoint)),
        ];
        // The last two are keys of Subscribe alone.
        let known = if action == "Subscribe" { entries.len() } else { entries.len() - 2 };
        let action_name = format!("SNS:{action}");
        let question = evaluate::Request {
            caller: &caller,
            action: &action_name,
            resource: topic_arn,
            context: Context::new(&entries[..known]),
        };
        let access = evaluate::access(Some(&policy), &question, place.account);
        if access.is_allowed {
            return Ok(());
        }
        if self.mode == PolicyMode::Warn {
            let explanation = policy.explain(&question);
            self.log.warn(format_args!("{action} would be refused: {explanation}"));
            return Ok(());
        }
        let is_explicit = access.decision.verdict == Verdict::ExplicitDeny;
        Err(refusal(request.caller, action, topic_arn, is_explicit))
    }

    /// The refusal of something that no policy can allow: another account's resource.
    pub(crate) fn refusal(&self, caller: &Caller, action: &str, resource_arn: &str) -> AwsError {
        refusal(caller, action, resource_arn, false)
    }
}

fn refusal(caller: &Caller, action: &str, resource_arn: &str, is_explicit: bool) -> AwsError {
    let reason = if is_explicit {
        "with an explicit deny in a resource-based policy".to_owned()
    } else {
        format!("because no resource-based policy allows the SNS:{action} action")
    };
    let user = &caller.principal_arn;
    forbidden(
        "AuthorizationError",
        format!(
            "User: {user} is not authorized to perform: SNS:{action} on resource: {resource_arn} \
             {reason}"
        ),
    )
}
