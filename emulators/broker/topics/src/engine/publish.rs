//! Publishing: what a message must look like, and where it goes.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Topics, key_of};
use crate::attributes::topic::MESSAGE_BYTES_DEFAULT;
use crate::deliver::{Shared, Spread, protect};
use crate::directory::Plan;
use crate::error::{Result, TopicError};
use crate::mailbox::Letter;
use crate::message::{Message, StoredAttribute};
use crate::protocol::Protocol;
use crate::record::{Scope, Topic};
use crate::requests::{AttributeValue, Publish, Published, Target};
use crate::signing::SignatureVersion;
use crate::structure::{text_for_platform, texts};

impl Topics {
    /// Accepts a message; what is answered is durable.
    ///
    /// # Errors
    /// `NotFound`, `InvalidParameter`, `EndpointDisabled`; `AuthorizationError` when the data
    /// protection policy refuses it; `InternalError` when a disk does.
    pub async fn publish(&self, message: Publish) -> Result<Published> {
        match message.target.clone() {
            Target::Topic(arn) => {
                let plan = self.plan(&arn)?;
                spread(&self.shared, plan, message).await
            }
            Target::Endpoint(arn) => self.to_endpoint(&arn, &message),
            Target::Phone(number) => self.to_phone(&number, &message),
        }
    }

    /// Accepts up to ten messages; each has a result of its own, in the given order. The outer
    /// error is one of the whole batch.
    ///
    /// # Errors
    /// `NotFound`, `InvalidParameter` for the topic.
    pub async fn publish_batch(
        &self,
        topic_arn: &str,
        messages: Vec<Publish>,
    ) -> Result<Vec<Result<Published>>> {
        let plan = self.plan(topic_arn)?;
        let mut results = Vec::with_capacity(messages.len());
        if plan.topic.is_fifo() {
            for message in messages {
                results.push(spread(&self.shared, Arc::clone(&plan), message).await);
            }
            return Ok(results);
        }
        // Side by side, so that they share what the disk takes long for.
        let tasks = messages
            .into_iter()
            .map(|message| {
                let (shared, plan) = (Arc::clone(&self.shared), Arc::clone(&plan));
                tokio::spawn(async move { spread(&shared, plan, message).await })
            })
            .collect::<Vec<_>>();
        for task in tasks {
            let ended = |_| Err(TopicError::Storage("a task ended early".to_owned()));
            results.push(task.await.unwrap_or_else(ended));
        }
        Ok(results)
    }

    fn plan(&self, topic_arn: &str) -> Result<Arc<Plan>> {
        let key = key_of(topic_arn)?;
        let core = self.shared.core();
        Ok(core.directory.topic(&key).ok_or_else(TopicError::no_topic)?.plan())
    }

    /// A push notification for one device.
    fn to_endpoint(&self, arn: &str, message: &Publish) -> Result<Published> {
        {
            let core = self.shared.core();
            let endpoint = core.directory.endpoint(arn).ok_or_else(|| {
                TopicError::invalid(
                    "TargetArn Reason: No endpoint found for the target arn specified",
                )
            })?;
            if !endpoint.is_enabled() {
                return Err(TopicError::EndpointDisabled("Endpoint is disabled".to_owned()));
            }
        }
        let platform = arn.split('/').nth(1).unwrap_or_default();
        check_size(message, MESSAGE_BYTES_DEFAULT)?;
        let text = text_for_platform(message, platform)?;
        Ok(self.letter(Protocol::Application, arn, message, text))
    }

    /// A text message for one telephone.
    fn to_phone(&self, number: &str, message: &Publish) -> Result<Published> {
        if !super::subscribe::is_number(number) || !number.starts_with('+') {
            return Err(TopicError::invalid(format_args!(
                "PhoneNumber Reason: {number} is not valid to publish to"
            )));
        }
        check_size(message, MESSAGE_BYTES_DEFAULT)?;
        let text = text_for_platform(message, "sms")?;
        let scope = Scope { account: message.caller, region: message.region };
        let is_opted_out = {
            let core = self.shared.core();
            core.directory.sms(scope).is_some_and(|sms| sms.opted_out.contains_key(number))
        };
        if is_opted_out {
            // AWS accepts it and does not send it.
            let message_id = self.shared.uuid();
            return Ok(Published { message_id, sequence_number: None });
        }
        Ok(self.letter(Protocol::Sms, number, message, text))
    }

    fn letter(
        &self,
        protocol: Protocol,
        endpoint: &str,
        message: &Publish,
        body: String,
    ) -> Published {
        let message_id = self.shared.uuid();
        self.shared.keep(Letter {
            serial: 0,
            at: self.shared.now(),
            protocol: protocol.to_string(),
            endpoint: endpoint.to_owned(),
            topic_arn: None,
            message_id: message_id.clone(),
            subject: message.subject.clone(),
            body,
        });
        Published { message_id, sequence_number: None }
    }
}

/// Accepts one message of a topic.
async fn spread(shared: &Arc<Shared>, plan: Arc<Plan>, request: Publish) -> Result<Published> {
    let now = shared.now();
    let topic = Arc::clone(&plan.topic);
    let limit = topic.attributes.get("MaximumMessageSize").and_then(|size| size.parse().ok());
    check_size(&request, limit.unwrap_or(MESSAGE_BYTES_DEFAULT))?;
    let mut message = Message::new(Arc::from(shared.uuid()), topic.key.clone(), now, Arc::from(""));
    if request.is_structured {
        (message.text, message.texts) = texts(&request.message)?;
    } else {
        message.text = Arc::from(&*request.message);
    }
    message.subject = request.subject.as_deref().map(Arc::from);
    message.attributes = request.attributes.iter().map(StoredAttribute::from).collect();
    message.trace_header = request.trace_header.as_deref().map(Arc::from);
    message.group = request.group.as_deref().map(Arc::from);
    message.deduplication = deduplication(&topic, &request)?;
    if topic.attributes.get("SignatureVersion").is_some_and(|version| version == "2") {
        message.signature_version = SignatureVersion::V2;
    }
    protect(shared, &plan, request.caller, &mut message)?;
    let spread = Spread::new(shared, plan, now);
    if topic.is_fifo() { spread.fifo(message).await } else { spread.standard(message).await }
}

/// By which id a message is known again: the given one, or the hash of its text.
fn deduplication(topic: &Topic, request: &Publish) -> Result<Option<Arc<str>>> {
    if !topic.is_fifo() {
        return match request.deduplication {
            None => Ok(None),
            Some(_) => Err(TopicError::invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId \
                 parameter that is not valid for this topic type",
            )),
        };
    }
    if request.group.is_none() {
        let message = "The MessageGroupId parameter is required for FIFO topics";
        return Err(TopicError::invalid(message));
    }
    if let Some(id) = &request.deduplication {
        return Ok(Some(Arc::from(&**id)));
    }
    if topic.is_true("ContentBasedDeduplication") {
        let hash = Sha256::digest(request.message.as_bytes());
        let hex = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        return Ok(Some(Arc::from(hex)));
    }
    Err(TopicError::invalid(
        "The topic should either have ContentBasedDeduplication enabled or \
         MessageDeduplicationId provided explicitly",
    ))
}

fn check_size(request: &Publish, bytes_max: usize) -> Result<()> {
    if request.message.is_empty() {
        return Err(TopicError::invalid("Empty message"));
    }
    let attributes = request.attributes.iter().map(|attribute| {
        let value = match &attribute.value {
            AttributeValue::Text(text) => text.len(),
            AttributeValue::Binary(bytes) => bytes.len(),
        };
        attribute.name.len() + attribute.data_type.len() + value
    });
    if request.message.len() + attributes.sum::<usize>() > bytes_max {
        return Err(TopicError::invalid("Message too long"));
    }
    Ok(())
}
