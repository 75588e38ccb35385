//! Publish and PublishBatch.

use brume_edge::{AwsError, Fields, Xml};
use brume_topics::TopicError;
use brume_topics::requests::{Publish, Published, Target};

use super::topics::named;
use crate::arn;
use crate::error::{from_engine, invalid_parameter, invalid_reason, missing, shown};
use crate::request::{Reply, Request, result, write_list};
use crate::validate::{message, message_attributes, names, phone};

/// Messages in one batch.
const BATCH_ENTRIES_MAX: usize = 10;

/// Characters of the longest id in a batch.
const ENTRY_ID_CHARACTERS_MAX: usize = 80;

/// Bytes of the largest message or batch, attributes included, unless `MaximumMessageSize` of the
/// topic says otherwise.
const MESSAGE_BYTES_MAX: usize = 262_144;

pub(super) async fn publish(request: &Request<'_>) -> Reply {
    let target = target(request)?;
    let publish = read(request, &request.form, target, "messageAttributes")?;
    let bytes = message::bytes(&publish.message, &publish.attributes);
    let topic_arn = match &publish.target {
        Target::Topic(topic_arn) => Some(topic_arn.as_str()),
        Target::Endpoint(_) | Target::Phone(_) => None,
    };
    if is_too_long(request, topic_arn, bytes)? {
        return Err(invalid_parameter("Message too long"));
    }
    let published = request.topics.publish(publish).await;
    let published = published.map_err(|error| from_engine(&error))?;
    result(|xml| write_published(xml, &published))
}

/// Makes out where a message goes: exactly one of three parameters says it.
fn target(request: &Request<'_>) -> Result<Target, AwsError> {
    let given = ["TopicArn", "TargetArn", "PhoneNumber"]
        .into_iter()
        .filter_map(|name| request.get(name).map(|value| (name, value)))
        .collect::<Vec<_>>();
    match given.as_slice() {
        [("PhoneNumber", number)] => {
            if phone::is_e164(number) {
                Ok(Target::Phone((*number).to_owned()))
            } else {
                let reason = format!("{} is not valid to publish to", shown(number));
                Err(invalid_reason("PhoneNumber", reason))
            }
        }
        [(name, text)] => {
            let place = arn::in_region(text, name, request.caller)?;
            if *name == "TargetArn" && place.resource.starts_with("endpoint/") {
                if place.account != request.caller.account {
                    return Err(request.access.refusal(request.caller, "Publish", text));
                }
                return Ok(Target::Endpoint((*text).to_owned()));
            }
            if place.resource.contains([':', '/']) {
                return Err(invalid_parameter(name));
            }
            request.access.check(request, &place, text, "Publish")?;
            Ok(Target::Topic((*text).to_owned()))
        }
        [] => {
            let reason = "no value for required parameter";
            Err(invalid_reason("TopicArn or TargetArn", reason))
        }
        _ => Err(invalid_parameter(
            "Only one of TopicArn, TargetArn and PhoneNumber can be specified",
        )),
    }
}

/// Reads one message; `path` is where its attributes stand, for errors.
fn read(
    request: &Request<'_>,
    form: &Fields<'_>,
    target: Target,
    path: &str,
) -> Result<Publish, AwsError> {
    let text = message::text(form)?;
    let subject = message::subject(form)?;
    let is_structured = form.get("MessageStructure") == Some("json");
    if is_structured {
        message::structure(text)?;
    }
    let attributes = message_attributes::read(form, path)?;
    let group = message::fifo_id(form, "MessageGroupId")?;
    let deduplication = message::fifo_id(form, "MessageDeduplicationId")?;
    let is_fifo = matches!(&target, Target::Topic(topic) if topic.ends_with(names::FIFO_SUFFIX));
    message::fifo(is_fifo, group, deduplication)?;
    Ok(Publish {
        caller: request.caller.account,
        region: request.caller.region,
        target,
        message: text.to_owned(),
        subject: subject.map(str::to_owned),
        is_structured,
        attributes,
        group: group.map(str::to_owned),
        deduplication: deduplication.map(str::to_owned),
        trace_header: request.trace_header.map(str::to_owned),
    })
}

pub(super) async fn publish_batch(request: &Request<'_>) -> Reply {
    let topic_arn = named(request, "TopicArn", "Publish")?;
    let entries = request.form.members("PublishBatchRequestEntries");
    let ids = ids(&entries)?;
    let mut messages = Vec::with_capacity(entries.len());
    let mut bytes = 0;
    for (index, entry) in entries.iter().enumerate() {
        let path = format!("publishBatchRequestEntries.{}.member.messageAttributes", index + 1);
        let message = read(request, entry, Target::Topic(topic_arn.to_owned()), &path)?;
        bytes += message::bytes(&message.message, &message.attributes);
        messages.push(message);
    }
    if is_too_long(request, Some(topic_arn), bytes)? {
        return Err(AwsError::new(
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        ));
    }
    let done = request.topics.publish_batch(topic_arn, messages).await;
    let done = done.map_err(|error| from_engine(&error))?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, done) in ids.into_iter().zip(done) {
        match done {
            Ok(published) => successful.push((id, published)),
            Err(error) => failed.push((id, error)),
        }
    }
    result(|xml| {
        write_list(xml, "Failed", &failed, |xml, (id, error)| write_failed(xml, id, error));
        write_list(xml, "Successful", &successful, |xml, (id, published)| {
            xml.element("Id", id);
            write_published(xml, published);
        });
    })
}

/// Whether so many bytes are too many. A topic that allows fewer than others is left to the
/// engine: only what is large is worth a look at all attributes of the topic.
fn is_too_long(
    request: &Request<'_>,
    topic_arn: Option<&str>,
    bytes: usize,
) -> Result<bool, AwsError> {
    if bytes <= MESSAGE_BYTES_MAX {
        return Ok(false);
    }
    let Some(topic_arn) = topic_arn else { return Ok(true) };
    let attributes =
        request.topics.topic_attributes(topic_arn).map_err(|error| from_engine(&error))?;
    let limit = attributes.iter().find(|(name, _)| name == "MaximumMessageSize");
    let limit = limit.and_then(|(_, value)| value.parse().ok()).unwrap_or(MESSAGE_BYTES_MAX);
    Ok(bytes > limit)
}

/// Checks how many entries there are and their ids.
fn ids<'a>(entries: &[Fields<'a>]) -> Result<Vec<&'a str>, AwsError> {
    if entries.is_empty() {
        return Err(AwsError::new(
            "EmptyBatchRequest",
            "The batch request doesn't contain any entries.",
        ));
    }
    if entries.len() > BATCH_ENTRIES_MAX {
        return Err(AwsError::new(
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        ));
    }
    let mut ids: Vec<&str> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let path = format!("publishBatchRequestEntries.{}.member.id", index + 1);
        let id = entry.get("Id").ok_or_else(|| missing(&path))?;
        let is_good = (1..=ENTRY_ID_CHARACTERS_MAX).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !is_good {
            return Err(AwsError::new(
                "InvalidBatchEntryId",
                "The Id of a batch entry in a batch request doesn't abide by the specification.",
            ));
        }
        if ids.contains(&id) {
            return Err(AwsError::new(
                "BatchEntryIdsNotDistinct",
                "Two or more batch entries in the request have the same Id.",
            ));
        }
        ids.push(id);
    }
    Ok(ids)
}

fn write_published(xml: &mut Xml, published: &Published) {
    xml.element("MessageId", &published.message_id)
        .optional("SequenceNumber", published.sequence_number.as_deref());
}

fn write_failed(xml: &mut Xml, id: &str, error: &TopicError) {
    let error = from_engine(error);
    xml.element("Id", id)
        .element("Code", error.code)
        .element("Message", &error.message)
        .plain("SenderFault", error.is_sender);
}
