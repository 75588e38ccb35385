//! Messages to their destinations, once: a request is never repeated behind the engine's back.
//!
//! The clients here retry nothing. A request without an answer may have been carried out, and only
//! the engine knows whether a repetition could hurt.

use std::error::Error as StdError;
use std::rc::Rc;

use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use aws_sdk_sqs::config::Region;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::primitives::Blob;
use brume_aws::failure::{innermost, was_refused};
use brume_aws::quick::QuickError;
use brume_plugin::{Error, ExitCode, Result};

use super::engine::{LaneSettings, Outcome};
use super::parcel::{Parcel, Post, Publication};
use super::route::Address;
use crate::cloud::Cloud;
use crate::cloud::queues::{name_of, region_of};
use crate::cloud::quick::{ANSWER_TIMEOUT, EntryResult, QuickFailure, QuickQueue};
use crate::cloud::transfer::{BATCH_BYTES_MAX, BATCH_MAX, Outgoing};
use crate::message::{Attribute, AttributeValue};

/// Bytes of a request to SNS.
const TOPIC_BYTES_MAX: usize = 262_144;

/// A destination that was found.
#[derive(Debug)]
pub enum Door {
    /// A queue.
    Queue {
        /// Where requests go.
        queue: Rc<QuickQueue>,
    },
    /// A topic.
    Topic {
        /// For its region, without retries.
        client: aws_sdk_sns::Client,
        /// Its ARN.
        arn: String,
    },
    /// A function.
    Function {
        /// For its region, without retries.
        client: aws_sdk_lambda::Client,
        /// Its ARN.
        arn: String,
    },
    /// An HTTP endpoint.
    Http {
        /// Its URL.
        url: String,
    },
}

/// Finds a destination.
///
/// # Errors
/// `NotFound`, and what the service says.
pub async fn open(cloud: &Cloud, address: &Address) -> Result<(Door, LaneSettings)> {
    let here = || cloud.region().to_owned();
    match address {
        Address::Queue(queue) => {
            let region = region_of(queue).map_or_else(here, str::to_owned);
            let there = cloud.in_region(&region);
            let found = there.find_queue(queue).await?;
            let is_ordered = found.is_fifo();
            let queue = Rc::new(cloud.quick_queue(&found.url, &region)?);
            let settings =
                LaneSettings { batch_max: BATCH_MAX, bytes_max: BATCH_BYTES_MAX, is_ordered };
            Ok((Door::Queue { queue }, settings))
        }
        Address::Topic(arn) => {
            let region = region_of(arn).map_or_else(here, str::to_owned);
            let topic = cloud.in_region(&region).topic(arn).await?;
            let settings = LaneSettings {
                batch_max: BATCH_MAX,
                bytes_max: TOPIC_BYTES_MAX,
                is_ordered: topic.is_fifo(),
            };
            Ok((Door::Topic { client: sns(cloud, &region), arn: arn.clone() }, settings))
        }
        Address::Function(arn) => {
            let region = region_of(arn).map_or_else(here, str::to_owned);
            let found = cloud.in_region(&region).function(arn).await?;
            if found.is_none() {
                let text = format!("the function '{}' does not exist", name_of(arn));
                return Err(Error::new(ExitCode::NotFound, text));
            }
            Ok((Door::Function { client: lambda(cloud, &region), arn: arn.clone() }, SINGLE))
        }
        Address::Http(url) => Ok((Door::Http { url: url.clone() }, SINGLE)),
    }
}

/// What takes one message at a time, and no order.
const SINGLE: LaneSettings =
    LaneSettings { batch_max: 1, bytes_max: usize::MAX, is_ordered: false };

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_timeout(ANSWER_TIMEOUT).build()
}

fn sns(cloud: &Cloud, region: &str) -> aws_sdk_sns::Client {
    let builder = aws_sdk_sns::config::Builder::from(cloud.aws().config())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .region(Region::new(region.to_owned()));
    let builder = match cloud.endpoint_url("sns") {
        Some(url) => builder.endpoint_url(url),
        None => builder,
    };
    aws_sdk_sns::Client::from_conf(builder.build())
}

fn lambda(cloud: &Cloud, region: &str) -> aws_sdk_lambda::Client {
    let builder = aws_sdk_lambda::config::Builder::from(cloud.aws().config())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .region(Region::new(region.to_owned()));
    let builder = match cloud.endpoint_url("lambda") {
        Some(url) => builder.endpoint_url(url),
        None => builder,
    };
    aws_sdk_lambda::Client::from_conf(builder.build())
}

/// Sends a batch; one outcome for each parcel, in order.
pub async fn deliver(cloud: &Cloud, door: &Door, parcels: &[Parcel]) -> Vec<Outcome> {
    let outcomes = attempt(cloud, door, parcels).await;
    let is_refused_whole =
        parcels.len() > 1 && outcomes.iter().all(|one| matches!(one, Outcome::Refused(_)));
    if !is_refused_whole {
        return outcomes;
    }
    // One message may have spoiled the request for all: nothing was carried out, so each by itself.
    let mut single = Vec::with_capacity(parcels.len());
    for parcel in parcels {
        single.extend(attempt(cloud, door, std::slice::from_ref(parcel)).await);
    }
    single
}

async fn attempt(cloud: &Cloud, door: &Door, parcels: &[Parcel]) -> Vec<Outcome> {
    match door {
        Door::Queue { queue } => {
            let messages = parcels.iter().map(|parcel| match parcel {
                Parcel::Message(message) => Some(&**message),
                _ => None,
            });
            match messages.collect::<Option<Vec<&Outgoing>>>() {
                Some(messages) => to_queue(queue, &messages).await,
                None => misfit(parcels),
            }
        }
        Door::Topic { client, arn } => {
            let messages = parcels.iter().map(|parcel| match parcel {
                Parcel::Publication(publication) => Some(&**publication),
                _ => None,
            });
            match messages.collect::<Option<Vec<&Publication>>>() {
                Some(messages) => to_topic(client, arn, &messages).await,
                None => misfit(parcels),
            }
        }
        Door::Function { client, arn } => match parcels {
            [Parcel::Event(event)] => vec![to_function(client, arn, event).await],
            _ => misfit(parcels),
        },
        Door::Http { url } => match parcels {
            [Parcel::Post(post)] => vec![to_http(cloud, url, post).await],
            _ => misfit(parcels),
        },
    }
}

fn misfit(parcels: &[Parcel]) -> Vec<Outcome> {
    let refused = Outcome::Refused("the message has not the form of the destination".to_owned());
    vec![refused; parcels.len()]
}

async fn to_queue(queue: &QuickQueue, messages: &[&Outgoing]) -> Vec<Outcome> {
    match queue.send(messages).await {
        Err(failure) => vec![outcome_of_failure(&failure); messages.len()],
        Ok(results) => {
            let outcome = |result| match result {
                EntryResult::Done(id) => Outcome::Accepted(id),
                EntryResult::Unknown(why) => Outcome::Unknown(why),
                EntryResult::Failed { code, text, is_senders_fault } => {
                    of_entry(&code, is_senders_fault, text_of(&code, Some(&text)))
                }
            };
            results.into_iter().map(outcome).collect()
        }
    }
}

async fn to_topic(
    client: &aws_sdk_sns::Client,
    arn: &str,
    messages: &[&Publication],
) -> Vec<Outcome> {
    let entries = messages.iter().enumerate().map(|(index, message)| {
        let mut builder = PublishBatchRequestEntry::builder()
            .id(index.to_string())
            .message(&message.message)
            .set_subject(message.subject.clone())
            .set_message_group_id(message.group.clone())
            .set_message_deduplication_id(message.deduplication.clone());
        for (name, attribute) in &message.attributes {
            builder = builder.message_attributes(name, to_sns(attribute)?);
        }
        builder.build()
    });
    let entries = match entries.collect::<std::result::Result<Vec<_>, _>>() {
        Ok(entries) => entries,
        Err(error) => return vec![Outcome::Refused(error.to_string()); messages.len()],
    };
    let request = client.publish_batch().topic_arn(arn);
    match request.set_publish_batch_request_entries(Some(entries)).send().await {
        Err(error) => vec![outcome_of(&error); messages.len()],
        Ok(answer) => {
            let mut outcomes = unmentioned(messages.len());
            for sent in answer.successful.unwrap_or_default() {
                let id = sent.message_id.unwrap_or_default();
                put(&mut outcomes, &sent.id.unwrap_or_default(), Outcome::Accepted(id));
            }
            for failed in answer.failed.unwrap_or_default() {
                let text = text_of(&failed.code, failed.message.as_deref());
                let outcome = of_entry(&failed.code, failed.sender_fault, text);
                put(&mut outcomes, &failed.id, outcome);
            }
            outcomes
        }
    }
}

fn to_sns(
    attribute: &Attribute,
) -> std::result::Result<MessageAttributeValue, aws_sdk_sns::error::BuildError> {
    let builder = MessageAttributeValue::builder().data_type(&attribute.data_type);
    match &attribute.value {
        AttributeValue::Text(text) => builder.string_value(text),
        AttributeValue::Binary(bytes) => builder.binary_value(Blob::new(bytes.clone())),
    }
    .build()
}

/// Asynchronously, as SNS does: accepted means that Lambda keeps and retries it.
async fn to_function(client: &aws_sdk_lambda::Client, arn: &str, event: &str) -> Outcome {
    let request = client
        .invoke()
        .function_name(arn)
        .invocation_type(InvocationType::Event)
        .payload(Blob::new(event.as_bytes()));
    match request.send().await {
        Err(error) => outcome_of(&error),
        Ok(answer) => {
            use aws_sdk_lambda::operation::RequestId as _;
            Outcome::Accepted(answer.request_id().unwrap_or_default().to_owned())
        }
    }
}

async fn to_http(cloud: &Cloud, url: &str, post: &Post) -> Outcome {
    let headers: Vec<(&str, &str)> =
        post.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let body = post.body.clone().into_bytes();
    match cloud.aws().fetch("POST", url, &headers, body, ANSWER_TIMEOUT).await {
        Err(why) if why.to_lowercase().contains("connection refused") => Outcome::Busy(why),
        Err(why) => Outcome::Unknown(why),
        Ok(answer) => match answer.status {
            200..=299 => Outcome::Accepted(String::new()),
            // SNS, too, takes these for a delivery that did not happen.
            429 | 500..=599 => Outcome::Busy(format!("HTTP status {}", answer.status)),
            status => Outcome::Refused(format!("HTTP status {status}")),
        },
    }
}

fn unmentioned(count: usize) -> Vec<Outcome> {
    vec![Outcome::Unknown("the answer does not mention it".to_owned()); count]
}

fn put(outcomes: &mut [Outcome], id: &str, outcome: Outcome) {
    let place = id.parse::<usize>().ok();
    if let Some(slot) = place.and_then(|place| outcomes.get_mut(place)) {
        *slot = outcome;
    }
}

fn text_of(code: &str, text: Option<&str>) -> String {
    match text {
        Some(text) if !text.is_empty() => format!("{code}: {text}"),
        _ => code.to_owned(),
    }
}

/// One entry that failed while others did not.
fn of_entry(code: &str, is_senders_fault: bool, text: String) -> Outcome {
    if is_busy(code) {
        Outcome::Busy(text)
    } else if is_senders_fault {
        Outcome::Refused(text)
    } else {
        Outcome::Unknown(text)
    }
}

fn is_busy(code: &str) -> bool {
    ["Throttl", "TooManyRequests", "OverLimit", "ServiceUnavailable", "SlowDown"]
        .iter()
        .any(|part| code.contains(part))
}

/// Codes that any further message would get as well.
fn is_final(code: &str) -> bool {
    let parts = ["NonExistentQueue", "QueueDoesNotExist", "NotFound", "AccessDenied", "Kms", "KMS"];
    let parts = parts.iter().chain(&["AuthorizationError", "InvalidClientTokenId", "ExpiredToken"]);
    parts.into_iter().any(|part| code.contains(part)) && !code.contains("Throttl")
}

/// What a failed request means for its messages.
fn outcome_of_failure(failure: &QuickFailure) -> Outcome {
    let text = failure.to_string();
    match failure {
        // Where no connection was made, nothing was sent.
        QuickFailure::Silence(QuickError::NotSent(_)) => Outcome::Busy(text),
        QuickFailure::Silence(QuickError::Unknown(_)) => Outcome::Unknown(text),
        QuickFailure::Answer { status, code, .. } => of_answer(*status, code, text),
    }
}

/// What an answer that is an error means for the messages of its request.
fn of_answer(status: u16, code: &str, text: String) -> Outcome {
    match status {
        _ if is_busy(code) => Outcome::Busy(text),
        429 | 503 => Outcome::Busy(text),
        500.. => Outcome::Unknown(text),
        _ if is_final(code) => Outcome::Closed(text),
        _ => Outcome::Refused(text),
    }
}

/// The same for a client of the SDK.
fn outcome_of<E>(error: &SdkError<E>) -> Outcome
where
    E: StdError + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => Outcome::Refused(innermost(error)),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            let status = service.raw().status().as_u16();
            let text = text_of(code, service.err().message());
            of_answer(status, code, text)
        }
        // Where no connection was made, nothing was sent.
        SdkError::DispatchFailure(_) if was_refused(error) => Outcome::Busy(innermost(error)),
        _ => Outcome::Unknown(innermost(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_they_mean() {
        assert!(matches!(of_entry("InternalError", false, String::new()), Outcome::Unknown(_)));
        assert!(matches!(of_entry("RequestThrottled", false, String::new()), Outcome::Busy(_)));
        let refused = of_entry("InvalidMessageContents", true, String::new());
        assert!(matches!(refused, Outcome::Refused(_)));
        assert!(is_final("AWS.SimpleQueueService.NonExistentQueue"));
        assert!(!is_final("KMSThrottlingException"));
        assert!(!is_final("InvalidParameterValue"));
    }

    #[test]
    fn answers_are_put_to_their_places() {
        let mut outcomes = unmentioned(2);
        put(&mut outcomes, "1", Outcome::Accepted("n".into()));
        put(&mut outcomes, "7", Outcome::Accepted("n".into()));
        put(&mut outcomes, "x", Outcome::Accepted("n".into()));
        assert!(matches!(outcomes[0], Outcome::Unknown(_)));
        assert_eq!(outcomes[1], Outcome::Accepted("n".into()));
    }
}
