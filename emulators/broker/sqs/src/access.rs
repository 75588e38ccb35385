//! Who may call what.
//!
//! Callers of the owner's account are let in unless the queue's policy denies it: their own
//! policies are taken to allow everything. Others need the queue's policy.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use brume_edge::{AwsError, Call};
use brume_foundation::log::Log;
use brume_policy::evaluate::{Caller as Identity, Context, ContextValue, Request, Verdict, access};
use brume_policy::{Policy, PolicyMode};
use brume_queues::{Queue, QueueKey};

use crate::errors;

/// Actions that only the owner's account may call, whatever a policy says; developer guide,
/// "Access control" (cross-account permissions do not apply to them).
const OWNERS_ONLY: [&str; 12] = [
    "AddPermission",
    "CancelMessageMoveTask",
    "CreateQueue",
    "DeleteQueue",
    "ListMessageMoveTasks",
    "ListQueueTags",
    "ListQueues",
    "RemovePermission",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
];

/// Policies that are kept compiled.
const COMPILED_MAX: usize = 4_096;

/// The text of a policy, and the policy ready to judge.
type Compiled = (Arc<str>, Arc<Policy>);

/// Decides about calls.
#[derive(Debug)]
pub(crate) struct Guard {
    mode: PolicyMode,
    log: Log,
    compiled: RwLock<HashMap<QueueKey, Compiled>>,
}

impl Guard {
    pub(crate) fn new(mode: PolicyMode, log: Log) -> Self {
        Self { mode, log, compiled: RwLock::default() }
    }

    /// Lets a call to a queue through, or not.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn check(&self, call: &Call, queue: &Queue) -> Result<(), AwsError> {
        let caller = &call.caller;
        let key = queue.key();
        let is_owner = caller.account == key.account;
        if self.mode == PolicyMode::Off {
            return Ok(());
        }
        let action = permission(&call.action);
        if !is_owner && OWNERS_ONLY.contains(&action) {
            return self.refuse(call, &key.arn().to_string(), action, "no resource-based policy");
        }
        let settings = queue.settings();
        let policy = settings.policy.as_ref().and_then(|text| self.compile(key, text));
        if is_owner && policy.is_none() {
            return Ok(());
        }
        let identity = Identity::from_arn(&caller.principal_arn);
        let identity = identity.unwrap_or_else(|_| Identity::root(caller.account));
        let (arn, ip) = (key.arn().to_string(), caller.source_ip.to_string());
        let now = call.now.to_string();
        let entries = [
            ("aws:SourceIp", ContextValue::One(&ip)),
            (
                "aws:SecureTransport",
                ContextValue::One(if caller.is_tls { "true" } else { "false" }),
            ),
            ("aws:CurrentTime", ContextValue::One(&now)),
            ("aws:RequestedRegion", ContextValue::One(caller.region.as_str())),
        ];
        let full_action = format!("sqs:{action}");
        let request = Request {
            caller: &identity,
            action: &full_action,
            resource: &arn,
            context: Context::new(&entries),
        };
        let answer = access(policy.as_deref(), &request, key.account);
        match (answer.is_allowed, answer.decision.verdict) {
            (true, _) => Ok(()),
            (false, Verdict::ExplicitDeny) => self.refuse(call, &arn, action, "explicit"),
            (false, _) => self.refuse(call, &arn, action, "no resource-based policy"),
        }
    }

    fn refuse(&self, call: &Call, arn: &str, action: &str, cause: &str) -> Result<(), AwsError> {
        // AWS writes actions in lower case here.
        let action = format!("sqs:{}", action.to_ascii_lowercase());
        let reason = match cause {
            "explicit" => "with an explicit deny in a resource-based policy".to_owned(),
            _ => format!("because {cause} allows the {action} action"),
        };
        let message = format!(
            "User: {} is not authorized to perform: {action} on resource: {arn} {reason}",
            call.caller.principal_arn
        );
        if self.mode == PolicyMode::Warn {
            self.log.warn(&message);
            return Ok(());
        }
        Err(errors::access_denied(message))
    }

    /// The policy ready to judge. One that cannot be read was never accepted.
    fn compile(&self, key: &QueueKey, text: &Arc<str>) -> Option<Arc<Policy>> {
        let kept = self.compiled.read().unwrap_or_else(PoisonError::into_inner);
        // The same allocation holds the same text, as long as we hold it.
        if let Some((_, policy)) = kept.get(key).filter(|(known, _)| Arc::ptr_eq(known, text)) {
            return Some(Arc::clone(policy));
        }
        drop(kept);
        let policy = Arc::new(Policy::read(text).ok()?);
        let mut kept = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= COMPILED_MAX {
            kept.clear();
        }
        kept.insert(key.clone(), (Arc::clone(text), Arc::clone(&policy)));
        Some(policy)
    }
}

/// The action that a policy names: batches have none of their own.
fn permission(action: &str) -> &str {
    match action {
        "SendMessageBatch" => "SendMessage",
        "DeleteMessageBatch" => "DeleteMessage",
        "ChangeMessageVisibilityBatch" => "ChangeMessageVisibility",
        action => action,
    }
}
