//! Queue attributes: from their texts to settings and back; `SetQueueAttributes` in the API
//! reference.

use std::fmt::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;

use brume_edge::AwsError;
use brume_queues::{DeduplicationScope, Fifo, Queue, RedriveAllow, Settings, ThroughputLimit};

use crate::errors;
use crate::redrive;

/// The attributes that can be read, in the order in which answers list them.
pub const NAMES: [&str; 21] = [
    "Policy",
    "VisibilityTimeout",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
    "ApproximateNumberOfMessagesDelayed",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "FifoQueue",
    "ContentBasedDeduplication",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "DeduplicationScope",
    "FifoThroughputLimit",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
];

/// Attributes of one request; there are not half as many.
const ATTRIBUTES_MAX: usize = 64;

/// Changes `settings` as the attributes say. `is_new` is for `CreateQueue`, where the kind of the
/// queue is chosen.
///
/// # Errors
/// `InvalidAttributeName`, `InvalidAttributeValue`, `InvalidParameterValue`.
pub(crate) fn apply(
    settings: &mut Settings,
    attributes: &[(String, String)],
    is_new: bool,
) -> Result<(), AwsError> {
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(errors::attribute_name("There are too many attributes."));
    }
    let asks = |name: &str, value: &dyn Fn(&str) -> bool| {
        attributes.iter().any(|(other, text)| other == name && value(text))
    };
    let wants_kms = asks("KmsMasterKeyId", &|text| !text.is_empty());
    if wants_kms && asks("SqsManagedSseEnabled", &|text| text.eq_ignore_ascii_case("true")) {
        return Err(errors::attribute_name(
            "You can use one type of server-side encryption (SSE) at one time. You can either \
             enable KMS SSE or SQS SSE.",
        ));
    }
    for (name, value) in attributes {
        set(settings, name, value, is_new)?;
    }
    match settings.fifo {
        Some(Fifo {
            throughput_limit: ThroughputLimit::PerMessageGroupId,
            deduplication_scope: DeduplicationScope::Queue,
            ..
        }) => Err(errors::attribute_value(
            "The perMessageGroupId value for FifoThroughputLimit is allowed only when the value \
             for DeduplicationScope is messageGroup.",
        )),
        _ => Ok(()),
    }
}

fn set(settings: &mut Settings, name: &str, value: &str, is_new: bool) -> Result<(), AwsError> {
    let text = || Some(Arc::<str>::from(value)).filter(|text| !text.is_empty());
    match name {
        "VisibilityTimeout" => {
            settings.visibility_timeout_seconds = number(name, value, 0..=43_200)?;
        }
        "MaximumMessageSize" => {
            settings.maximum_message_bytes = number(name, value, 1_024..=1_048_576)?;
        }
        "MessageRetentionPeriod" => {
            settings.retention_seconds = number(name, value, 60..=1_209_600)?;
        }
        "DelaySeconds" => settings.delay_seconds = number(name, value, 0..=900)?,
        "ReceiveMessageWaitTimeSeconds" => {
            settings.receive_wait_seconds = number(name, value, 0..=20)?;
        }
        "Policy" => {
            if !value.is_empty() {
                crate::permission::validate(value)?;
            }
            settings.policy = text();
        }
        "RedrivePolicy" => settings.redrive = redrive::parse(value)?,
        "RedriveAllowPolicy" => settings.redrive_allow = redrive::parse_allow(value)?,
        "KmsMasterKeyId" => {
            settings.kms_master_key_id = text();
            settings.sqs_managed_sse &= value.is_empty();
        }
        "KmsDataKeyReusePeriodSeconds" => {
            settings.kms_data_key_reuse_seconds = number(name, value, 60..=86_400)?;
        }
        "SqsManagedSseEnabled" => {
            settings.sqs_managed_sse = truth(name, value)?;
            if settings.sqs_managed_sse {
                settings.kms_master_key_id = None;
            }
        }
        _ => return set_fifo(settings, name, value, is_new),
    }
    Ok(())
}

fn set_fifo(
    settings: &mut Settings,
    name: &str,
    value: &str,
    is_new: bool,
) -> Result<(), AwsError> {
    let Some(fifo) = settings.fifo.as_mut() else {
        return Err(match name {
            "DeduplicationScope" | "FifoThroughputLimit" => errors::attribute_name(format!(
                "You can specify the {name} only when FifoQueue is set to true."
            )),
            _ => errors::unknown_attribute(name),
        });
    };
    match (name, value) {
        ("FifoQueue", value) if value.eq_ignore_ascii_case("true") => {}
        ("FifoQueue", _) if is_new => return Err(errors::invalid_attribute(name)),
        ("FifoQueue", _) => {
            return Err(errors::attribute_value(
                "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not \
                 supported.",
            ));
        }
        ("ContentBasedDeduplication", _) => {
            fifo.content_based_deduplication = truth(name, value)?;
        }
        ("DeduplicationScope", "queue") => fifo.deduplication_scope = DeduplicationScope::Queue,
        ("DeduplicationScope", "messageGroup") => {
            fifo.deduplication_scope = DeduplicationScope::MessageGroup;
        }
        ("FifoThroughputLimit", "perQueue") => fifo.throughput_limit = ThroughputLimit::PerQueue,
        ("FifoThroughputLimit", "perMessageGroupId") => {
            fifo.throughput_limit = ThroughputLimit::PerMessageGroupId;
        }
        ("DeduplicationScope" | "FifoThroughputLimit", _) => {
            return Err(errors::invalid_attribute(name));
        }
        _ => return Err(errors::unknown_attribute(name)),
    }
    Ok(())
}

fn number(name: &str, value: &str, range: RangeInclusive<u32>) -> Result<u32, AwsError> {
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| errors::invalid_attribute(name))
}

fn truth(name: &str, value: &str) -> Result<bool, AwsError> {
    match value {
        _ if value.eq_ignore_ascii_case("true") => Ok(true),
        _ if value.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(errors::invalid_attribute(name)),
    }
}

/// The text of an attribute that settings decide; `None` where it does not show.
#[must_use]
pub(crate) fn setting(settings: &Settings, name: &str) -> Option<String> {
    let fifo = settings.fifo;
    match name {
        "Policy" => settings.policy.as_deref().map(str::to_owned),
        "VisibilityTimeout" => Some(settings.visibility_timeout_seconds.to_string()),
        "MaximumMessageSize" => Some(settings.maximum_message_bytes.to_string()),
        "MessageRetentionPeriod" => Some(settings.retention_seconds.to_string()),
        "DelaySeconds" => Some(settings.delay_seconds.to_string()),
        "ReceiveMessageWaitTimeSeconds" => Some(settings.receive_wait_seconds.to_string()),
        "RedrivePolicy" => settings.redrive.as_ref().map(redrive::text),
        "RedriveAllowPolicy" => settings.redrive_allow.as_ref().map(allow_text),
        "FifoQueue" => fifo.map(|_| "true".to_owned()),
        "ContentBasedDeduplication" => fifo.map(|it| it.content_based_deduplication.to_string()),
        "DeduplicationScope" => fifo.map(|it| match it.deduplication_scope {
            DeduplicationScope::Queue => "queue".to_owned(),
            DeduplicationScope::MessageGroup => "messageGroup".to_owned(),
        }),
        "FifoThroughputLimit" => fifo.map(|it| match it.throughput_limit {
            ThroughputLimit::PerQueue => "perQueue".to_owned(),
            ThroughputLimit::PerMessageGroupId => "perMessageGroupId".to_owned(),
        }),
        "KmsMasterKeyId" => settings.kms_master_key_id.as_deref().map(str::to_owned),
        // AWS tells it only while a key is set.
        "KmsDataKeyReusePeriodSeconds" => settings
            .kms_master_key_id
            .is_some()
            .then(|| settings.kms_data_key_reuse_seconds.to_string()),
        "SqsManagedSseEnabled" => Some(settings.sqs_managed_sse.to_string()),
        _ => None,
    }
}

fn allow_text(allow: &RedriveAllow) -> String {
    let permission = match allow {
        RedriveAllow::All => "allowAll",
        RedriveAllow::None => "denyAll",
        RedriveAllow::Queues(_) => "byQueue",
    };
    let mut text = format!("{{\"redrivePermission\":\"{permission}\"");
    if let RedriveAllow::Queues(queues) = allow {
        let arns = queues.iter().map(|arn| format!("\"{arn}\"")).collect::<Vec<_>>();
        // Writing to a string does not fail.
        let _ = write!(text, ",\"sourceQueueArns\":[{}]", arns.join(","));
    }
    text.push('}');
    text
}

/// The attributes of a queue that were asked for, by name or all.
///
/// # Errors
/// `InvalidAttributeName`.
pub(crate) fn read(
    queue: &Queue,
    wanted: &[String],
) -> Result<Vec<(&'static str, String)>, AwsError> {
    for name in wanted {
        if name != "All" && !NAMES.contains(&name.as_str()) {
            return Err(errors::unknown_attribute(name));
        }
    }
    let is_all = wanted.iter().any(|name| name == "All");
    Ok(values(queue, |name| is_all || wanted.iter().any(|it| it == name)))
}

/// All attributes of a queue that `GetQueueAttributes` would show.
#[must_use]
pub fn all(queue: &Queue) -> Vec<(&'static str, String)> {
    values(queue, |_| true)
}

fn values(queue: &Queue, is_wanted: impl Fn(&str) -> bool) -> Vec<(&'static str, String)> {
    let settings = queue.settings();
    let counts = queue.counts();
    let names = NAMES.iter().filter(|name| is_wanted(name));
    let values = names.filter_map(|name| {
        let value = match *name {
            "ApproximateNumberOfMessages" => Some(counts.visible.to_string()),
            "ApproximateNumberOfMessagesNotVisible" => Some(counts.in_flight.to_string()),
            "ApproximateNumberOfMessagesDelayed" => Some(counts.delayed.to_string()),
            "CreatedTimestamp" => Some(queue.created_at().to_string()),
            "LastModifiedTimestamp" => Some(queue.modified_at().to_string()),
            "QueueArn" => Some(queue.arn().to_string()),
            name => setting(&settings, name),
        };
        value.map(|value| (*name, value))
    });
    values.collect()
}

/// The first of these attributes that would change `settings`.
///
/// # Errors
/// As [`apply`].
pub(crate) fn first_difference(
    settings: &Settings,
    attributes: &[(String, String)],
) -> Result<Option<String>, AwsError> {
    let mut changed = settings.clone();
    apply(&mut changed, attributes, true)?;
    let differs = |name: &str| setting(settings, name) != setting(&changed, name);
    Ok(attributes.iter().find(|(name, _)| differs(name)).map(|(name, _)| name.clone()))
}

#[cfg(test)]
mod tests;
