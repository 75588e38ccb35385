//! Redrive policies and redrive-allow policies, JSON inside an attribute.

use brume_edge::AwsError;
use brume_policy::Arn;
use brume_queues::{QueueKey, Queues, Redrive, RedriveAllow};
use serde_json::{Map, Value};

use crate::{address, errors};

/// Most receives before a message is moved.
const RECEIVES_MAX: u64 = 1_000;
/// Source queues of a redrive-allow policy.
const SOURCES_MAX: usize = 10;
/// Bytes of either policy: ten ARNs and some more.
const POLICY_BYTES_MAX: usize = 32 * 1024;

fn wrong(parameter: &str, text: &str, reason: &str) -> AwsError {
    errors::invalid_value(text, parameter, reason)
}

fn object(parameter: &str, text: &str) -> Result<Map<String, Value>, AwsError> {
    let object = Some(text).filter(|text| text.len() <= POLICY_BYTES_MAX);
    match object.and_then(|text| serde_json::from_str(text).ok()) {
        Some(Value::Object(object)) => Ok(object),
        _ => Err(wrong(parameter, text, "Redrive policy is not a valid JSON map.")),
    }
}

/// Whether it is the ARN of something that can be a queue.
fn is_queue(arn: &Arn) -> bool {
    let is_fifo = arn.resource.ends_with(address::FIFO_SUFFIX);
    QueueKey::of(arn).is_some() && address::is_name(&arn.resource, is_fifo)
}

/// Reads a `RedrivePolicy`; an empty text takes it away.
///
/// # Errors
/// `InvalidParameterValue`.
pub(crate) fn parse(text: &str) -> Result<Option<Redrive>, AwsError> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |reason: &str| wrong("RedrivePolicy", text, reason);
    let policy = object("RedrivePolicy", text)?;
    if policy.keys().any(|key| key != "deadLetterTargetArn" && key != "maxReceiveCount") {
        return Err(wrong(
            "Only following attributes are allowed: [deadLetterTargetArn, maxReceiveCount].",
        ));
    }
    let missing = |name: &str| {
        wrong(&format!("Redrive policy does not contain mandatory attribute: {name}."))
    };
    let target = policy.get("deadLetterTargetArn").ok_or_else(|| missing("deadLetterTargetArn"))?;
    let count = policy.get("maxReceiveCount").ok_or_else(|| missing("maxReceiveCount"))?;
    let target = target.as_str().and_then(|text| text.parse::<Arn>().ok());
    let target = target.filter(is_queue);
    let target = target.ok_or_else(|| wrong("Invalid value for deadLetterTargetArn."))?;
    // Terraform and the console write it as a number, CloudFormation as a text.
    let number = count.as_u64().or_else(|| count.as_str().and_then(|text| text.parse().ok()));
    let number = number.filter(|number| (1..=RECEIVES_MAX).contains(number));
    let Some(max_receive_count) = number.and_then(|number| u32::try_from(number).ok()) else {
        let shown = count.as_str().map_or_else(|| count.to_string(), str::to_owned);
        return Err(wrong(&format!(
            "Invalid value for maxReceiveCount: {shown}, valid values are from 1 to 1000 both \
             inclusive."
        )));
    };
    Ok(Some(Redrive { target, max_receive_count }))
}

/// The text of a redrive policy.
#[must_use]
pub(crate) fn text(redrive: &Redrive) -> String {
    let Redrive { target, max_receive_count } = redrive;
    format!("{{\"deadLetterTargetArn\":\"{target}\",\"maxReceiveCount\":{max_receive_count}}}")
}

/// Checks that the target of a redrive policy is there and may be used by this queue.
///
/// # Errors
/// `InvalidParameterValue`.
pub(crate) fn check_target(
    queues: &Queues,
    source: &QueueKey,
    redrive: &Redrive,
) -> Result<(), AwsError> {
    let wrong = |reason: &str| Err(wrong("RedrivePolicy", &text(redrive), reason));
    let Some(target) = QueueKey::of(&redrive.target) else {
        return wrong("Invalid value for deadLetterTargetArn.");
    };
    if target.region != source.region {
        return wrong("Dead-letter queue must be in the same region as the source.");
    }
    if target.account != source.account {
        return wrong("Dead-letter queue must be owned by the same account as the source.");
    }
    if target.is_fifo() != source.is_fifo() {
        return wrong("Dead-letter queue must be same type of queue as the source.");
    }
    let Some(found) = queues.get(&target) else {
        return wrong("Dead letter target does not exist.");
    };
    match &found.settings().redrive_allow {
        Some(allow) if !allow.allows(&source.arn()) => {
            wrong("The dead-letter queue's RedriveAllowPolicy does not allow this source queue.")
        }
        _ => Ok(()),
    }
}

/// Reads a `RedriveAllowPolicy`; an empty text takes it away.
///
/// # Errors
/// `InvalidParameterValue`.
pub(crate) fn parse_allow(text: &str) -> Result<Option<RedriveAllow>, AwsError> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |reason: &str| wrong("RedriveAllowPolicy", text, reason);
    let policy = object("RedriveAllowPolicy", text)?;
    let sources = policy.get("sourceQueueArns");
    let allow = match policy.get("redrivePermission").and_then(Value::as_str) {
        Some("allowAll") => RedriveAllow::All,
        Some("denyAll") => RedriveAllow::None,
        Some("byQueue") => {
            let sources = sources.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            if sources.is_empty() || sources.len() > SOURCES_MAX {
                return Err(wrong("sourceQueueArns must have between 1 and 10 queue ARNs."));
            }
            let arn = |value: &Value| {
                let arn = value.as_str().and_then(|text| text.parse::<Arn>().ok());
                arn.filter(is_queue)
            };
            let arns = sources.iter().map(arn).collect::<Option<Vec<_>>>();
            let arns = arns.ok_or_else(|| wrong("Invalid value for sourceQueueArns."))?;
            return Ok(Some(RedriveAllow::Queues(arns)));
        }
        Some(_) => {
            let reason = "redrivePermission must be one of allowAll, denyAll and byQueue.";
            return Err(wrong(reason));
        }
        None => {
            let reason = "Redrive allow policy does not contain mandatory attribute: \
                          redrivePermission.";
            return Err(wrong(reason));
        }
    };
    if sources.is_some() {
        return Err(wrong("sourceQueueArns is allowed only with redrivePermission byQueue."));
    }
    Ok(Some(allow))
}

#[cfg(test)]
mod tests;
