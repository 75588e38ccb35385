//! Mail, text messages, push notifications and streams: all of them end in the local mailbox.

use std::sync::Arc;

use super::shared::Shared;
use super::verdict::{Delivered, Failure, Verdict};
use crate::directory::SubscriptionEntry;
use crate::mailbox::Letter;
use crate::message::Message;
use crate::protocol::Protocol;
use crate::record::Scope;
use crate::store::Entry;

impl Shared {
    /// Puts a message for a subscription into the mailbox.
    pub(crate) async fn post_letter(
        self: &Arc<Self>,
        entry: &SubscriptionEntry,
        message: &Arc<Message>,
    ) -> Verdict {
        let protocol = entry.record.protocol;
        let text = message.text_for(protocol);
        let body = match protocol {
            Protocol::Email => self.mail(entry, text),
            Protocol::Firehose if entry.is_raw => text.to_string(),
            Protocol::EmailJson | Protocol::Firehose => {
                let template = self.template(message, text).await?;
                String::from_utf8_lossy(&template.render(&entry.record.arn)).into_owned()
            }
            _ => text.to_string(),
        };
        match protocol {
            Protocol::Application => self.check_device(&entry.record.endpoint)?,
            Protocol::Sms => self.check_number(entry)?,
            _ => {}
        }
        let subject = message.subject.as_deref().map(str::to_owned);
        self.letter(protocol, &entry.record.endpoint, message, subject, body);
        Ok(Delivered { status: 200, response: "kept in the local mailbox".to_owned() })
    }

    /// Puts a letter into the mailbox and notes it.
    pub(crate) fn letter(
        self: &Arc<Self>,
        protocol: Protocol,
        endpoint: &str,
        message: &Message,
        subject: Option<String>,
        body: String,
    ) {
        let letter = Letter {
            serial: 0,
            at: self.now(),
            protocol: protocol.to_string(),
            endpoint: endpoint.to_owned(),
            topic_arn: Some(message.topic.to_string()),
            message_id: message.id.to_string(),
            subject,
            body,
        };
        self.keep(letter);
    }

    /// Keeps a letter; returns it with its number.
    pub(crate) fn keep(self: &Arc<Self>, mut letter: Letter) {
        let core = self.core();
        letter.serial = self.mailbox.put(letter.clone());
        self.note(&Entry::Letter(letter));
        drop(core);
    }

    /// A mail with the line that lets people unsubscribe.
    fn mail(&self, entry: &SubscriptionEntry, text: &str) -> String {
        let link = crate::envelope::unsubscribe_url(&self.options.base_url, &entry.record.arn);
        format!("{text}\n\n--\nTo stop receiving these notifications, visit:\n{link}\n")
    }

    fn check_device(&self, endpoint_arn: &str) -> Result<(), Failure> {
        let core = self.core();
        match core.directory.endpoint(endpoint_arn) {
            None => {
                let detail = format!("the endpoint {endpoint_arn} does not exist");
                Err(Failure::client(404, "EndpointNotFound", detail))
            }
            Some(endpoint) if !endpoint.is_enabled() => {
                let detail = format!("the endpoint {endpoint_arn} is disabled");
                Err(Failure::client(400, "EndpointDisabled", detail))
            }
            Some(_) => Ok(()),
        }
    }

    fn check_number(&self, entry: &SubscriptionEntry) -> Result<(), Failure> {
        let record = &entry.record;
        let scope = Scope { account: record.owner, region: record.topic.region };
        let core = self.core();
        let sms = core.directory.sms(scope);
        if sms.is_some_and(|sms| sms.opted_out.contains_key(&*record.endpoint)) {
            return Err(Failure::client(400, "OptedOut", "Phone number is opted out"));
        }
        Ok(())
    }
}
