//! The engine as its users see it.

mod admin;
mod open;
mod platform;
mod publish;
mod sms;
mod subscribe;
mod subscriptions;
mod tags;
mod topics;

use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use crate::core::Core;
use crate::deliver::Shared;
use crate::error::{Result, TopicError};
use crate::key::TopicKey;
use crate::record::{Change, Topic};
use crate::requests::Pairs;
use crate::store::Entry;

/// The topic engine.
#[derive(Debug)]
pub struct Topics {
    shared: Arc<Shared>,
    courier: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Topics {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Topics {
    /// Changes the configuration: what `plan` answers is applied and made durable.
    async fn change<T>(
        &self,
        plan: impl FnOnce(&mut Core) -> Result<(Vec<Change>, T)>,
    ) -> Result<T> {
        self.shared.make_good().await?;
        let (written, answer) = {
            let mut core = self.shared.core();
            let (changes, answer) = plan(&mut core)?;
            if changes.is_empty() {
                return Ok(answer);
            }
            core.change(&changes);
            (self.shared.store.append(&Entry::Changed(changes)), answer)
        };
        self.shared.store.wait(written).await?;
        self.shared.checkpoint_if_grown().await;
        Ok(answer)
    }

    /// Changes one topic.
    async fn change_topic(
        &self,
        topic_arn: &str,
        edit: impl FnOnce(&mut Topic) -> Result<()>,
    ) -> Result<()> {
        let key = key_of(topic_arn)?;
        self.change(|core| {
            let entry = core.directory.topic(&key).ok_or_else(TopicError::no_topic)?;
            let mut topic = Topic::clone(&entry.record);
            edit(&mut topic)?;
            Ok((vec![Change::PutTopic(topic)], ()))
        })
        .await
    }

    /// Looks at one topic.
    fn with_topic<T>(
        &self,
        topic_arn: &str,
        look: impl FnOnce(&crate::directory::TopicEntry) -> T,
    ) -> Result<T> {
        let key = key_of(topic_arn)?;
        let core = self.shared.core();
        core.directory.topic(&key).map(look).ok_or_else(TopicError::no_topic)
    }
}

/// Reads the ARN of a topic.
fn key_of(topic_arn: &str) -> Result<TopicKey> {
    topic_arn.parse().map_err(|_| TopicError::invalid("TopicArn"))
}

/// Attributes as pairs.
fn pairs(attributes: impl IntoIterator<Item = (String, String)>) -> Pairs {
    attributes.into_iter().collect()
}
