//! One attempt to deliver one message to one endpoint.

use std::sync::Arc;

use brume_foundation::invoke::Event;

use super::http::Post;
use super::render::confirmation;
use super::shared::Shared;
use super::verdict::{Delivered, Failure, Verdict};
use crate::access::PRINCIPAL;
use crate::directory::SubscriptionEntry;
use crate::message::{Handshake, Message};
use crate::protocol::Protocol;
use crate::retry::DeliveryPolicy;
use crate::schedule::Delivery;

impl Shared {
    /// Tries a delivery and does what follows from the result.
    pub(crate) async fn attempt(self: Arc<Self>, delivery: Delivery) {
        let entry = self.core().directory.subscription(&delivery.subscription).cloned();
        if let Some(handshake) = delivery.message.handshake.clone() {
            let verdict = self.ask(&delivery.message, &handshake, &delivery.subscription).await;
            self.settle_handshake(&delivery, &handshake, verdict);
            return;
        }
        let Some(entry) = entry else {
            self.end(&delivery, None);
            return;
        };
        let verdict = self.try_once(&entry, &delivery.message).await;
        self.settle(delivery, &entry, verdict).await;
    }

    async fn try_once(
        self: &Arc<Self>,
        entry: &SubscriptionEntry,
        message: &Arc<Message>,
    ) -> Verdict {
        let (protocol, now) = (entry.record.protocol, self.now());
        if protocol != Protocol::Sqs
            && let Some(failure) = self.fault(protocol, &entry.record.endpoint, now)
        {
            return Err(failure);
        }
        match protocol {
            Protocol::Sqs => {
                let target = self.endpoint_queue(entry, message, now)?;
                self.put(entry, message, target).await
            }
            Protocol::Lambda => self.invoke(entry, message).await,
            Protocol::Http | Protocol::Https => self.post(entry, message).await,
            _ => self.post_letter(entry, message).await,
        }
    }

    async fn invoke(&self, entry: &SubscriptionEntry, message: &Arc<Message>) -> Verdict {
        let text = message.text_for(Protocol::Lambda);
        let payload = self.function_event(message, text, &entry.record.arn).await?;
        let event = Event {
            function_arn: entry.record.endpoint.to_string(),
            principal: PRINCIPAL.to_owned(),
            source_arn: message.topic.to_string(),
            payload,
        };
        let accepted = self.options.invoke.invoke(event).await.map_err(Failure::from)?;
        let response = format!("{{\"lambdaRequestId\":\"{}\"}}", accepted.request_id);
        Ok(Delivered { status: 202, response })
    }

    async fn post(&self, entry: &SubscriptionEntry, message: &Arc<Message>) -> Verdict {
        let text = message.text_for(entry.record.protocol);
        let mut headers = vec![
            ("x-amz-sns-message-type", "Notification".to_owned()),
            ("x-amz-sns-message-id", message.id.to_string()),
            ("x-amz-sns-topic-arn", message.topic.to_string()),
            ("x-amz-sns-subscription-arn", entry.record.arn.to_string()),
        ];
        let body = if entry.is_raw {
            headers.push(("x-amz-sns-rawdelivery", "true".to_owned()));
            bytes::Bytes::copy_from_slice(text.as_bytes())
        } else {
            self.template(message, text).await?.render(&entry.record.arn)
        };
        let content_type = self.delivery_policy(entry).content_type;
        let url = &entry.record.endpoint;
        self.http.post(Post { url, content_type: &content_type, headers, body }).await
    }

    /// The delivery policy in force for a subscription.
    pub(crate) fn delivery_policy(&self, entry: &SubscriptionEntry) -> DeliveryPolicy {
        let own = entry.record.attributes.get("DeliveryPolicy").map(String::as_str);
        let topic = self.core().directory.topic(&entry.record.topic).map(|it| it.record.clone());
        let inherited = topic.as_ref().and_then(|topic| topic.attributes.get("DeliveryPolicy"));
        DeliveryPolicy::in_force(inherited.map(String::as_str), own)
    }

    /// Asks an endpoint to confirm.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        message: &Message,
        handshake: &Handshake,
        subscription: &str,
    ) -> Verdict {
        let protocol = handshake.protocol;
        if let Some(failure) = self.fault(protocol, &handshake.endpoint, self.now()) {
            return Err(failure);
        }
        let confirmation = confirmation(message, handshake, subscription);
        let body = match protocol {
            Protocol::Http | Protocol::Https => {
                let body = self.rendered(&confirmation).await?;
                let headers = vec![
                    ("x-amz-sns-message-type", confirmation.kind.as_str().to_owned()),
                    ("x-amz-sns-message-id", message.id.to_string()),
                    ("x-amz-sns-topic-arn", message.topic.to_string()),
                ];
                let content_type = &DeliveryPolicy::default().content_type;
                let url = &handshake.endpoint;
                return self.http.post(Post { url, content_type, headers, body }).await;
            }
            Protocol::EmailJson => {
                let body = self.rendered(&confirmation).await?;
                String::from_utf8_lossy(&body).into_owned()
            }
            _ => {
                let link = confirmation.subscribe_url(&self.options.base_url);
                format!("{}\n\n{link}\n", confirmation.text())
            }
        };
        let subject = if handshake.is_beginning {
            "AWS Notification - Subscription Confirmation"
        } else {
            "AWS Notification - Unsubscribe Confirmation"
        };
        let subject = Some(subject.to_owned());
        self.letter(protocol, &handshake.endpoint, message, subject, body);
        Ok(Delivered { status: 200, response: String::new() })
    }
}
