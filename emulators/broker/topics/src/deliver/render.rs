//! What an endpoint gets of a message: its text, or the envelope around it.

use std::sync::Arc;

use bytes::Bytes;

use super::shared::{Shared, blocking};
use super::verdict::Failure;
use crate::envelope::{Confirmation, Kind, Template, function_event};
use crate::message::{Handshake, Message};

impl Shared {
    /// The envelope of a message, signed unless its topic is FIFO. Made once.
    pub(crate) async fn template(
        &self,
        message: &Arc<Message>,
        text: &Arc<str>,
    ) -> Result<Arc<Template>, Failure> {
        if let Some(found) = message.template(text) {
            return Ok(found);
        }
        let base_url = &self.options.base_url;
        if message.sequence.is_some() {
            return message.make_template(text, base_url, None).map_err(|error| unsigned(&error));
        }
        let key = self.key().await.map_err(|error| unsigned(&error))?;
        let (message, text, base_url) = (Arc::clone(message), Arc::clone(text), base_url.clone());
        blocking(move || message.make_template(&text, &base_url, Some(&key)))
            .await
            .map_err(|error| unsigned(&error))
    }

    /// The event for a function.
    pub(crate) async fn function_event(
        &self,
        message: &Arc<Message>,
        text: &Arc<str>,
        subscription: &str,
    ) -> Result<Bytes, Failure> {
        let key = self.key().await.map_err(|error| unsigned(&error))?;
        let signature = match message.signature(text) {
            Some(signature) => signature,
            None => {
                let (message, text, key) =
                    (Arc::clone(message), Arc::clone(text), Arc::clone(&key));
                let signed = blocking(move || message.sign(&key, &text)).await;
                signed.map_err(|error| unsigned(&error))?
            }
        };
        let base_url = &self.options.base_url;
        Ok(function_event(message, text, subscription, base_url, (&signature, key.path())))
    }

    /// The request to confirm as JSON.
    pub(crate) async fn rendered(&self, confirmation: &Confirmation) -> Result<Bytes, Failure> {
        let key = self.key().await.map_err(|error| unsigned(&error))?;
        let (confirmation, base_url) = (confirmation.clone(), self.options.base_url.clone());
        let body = blocking(move || confirmation.render(&key, &base_url)).await;
        body.map_err(|error| unsigned(&error))
    }
}

/// The request to confirm.
pub(crate) fn confirmation(
    message: &Message,
    handshake: &Handshake,
    subscription: &str,
) -> Confirmation {
    Confirmation {
        kind: if handshake.is_beginning { Kind::Subscription } else { Kind::Unsubscribe },
        message_id: message.id.to_string(),
        token: handshake.token.to_string(),
        topic: message.topic.clone(),
        subscription_arn: subscription.to_owned(),
        timestamp: message.timestamp().to_owned(),
        signature_version: message.signature_version,
    }
}

fn unsigned(error: &brume_foundation::Error) -> Failure {
    Failure::server(500, "SigningFailed", error.to_string())
}
