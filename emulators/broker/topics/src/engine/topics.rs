//! Topics: making, showing, changing and deleting them.

use std::sync::Arc;

use brume_policy::protection::ProtectionPolicy;
use brume_policy::{Account, Region};

use super::{Topics, key_of, pairs};
use crate::access;
use crate::attributes::{Place, topic};
use crate::directory::{PAGE, Token, page};
use crate::error::{Result, TopicError};
use crate::key::TopicKey;
use crate::record::{Attributes, Change, Topic};
use crate::requests::{CreateTopic, Page, Pairs};

/// Topics of one account in one region; quotas page of SNS.
const TOPICS_MAX: usize = 100_000;

impl Topics {
    /// Makes a topic, or finds it with equal attributes; returns its ARN.
    ///
    /// # Errors
    /// `InvalidParameter` for wrong or differing attributes and tags, `TopicLimitExceeded`.
    pub async fn create_topic(&self, request: CreateTopic) -> Result<String> {
        let now = self.shared.now();
        let wants_fifo = request
            .attributes
            .iter()
            .any(|(name, value)| name == "FifoTopic" && value.eq_ignore_ascii_case("true"));
        topic::check_name(&request.name, wants_fifo)?;
        let key = TopicKey::new(request.account, request.region, &request.name);
        let mut made = Topic {
            key: key.clone(),
            created_at: now,
            attributes: Attributes::new(),
            tags: request.tags.into_iter().collect(),
            data_protection: None,
            subscriptions_deleted: 0,
        };
        for (name, value) in &request.attributes {
            topic::set(&mut made, name, value, Place::Creation)?;
        }
        if let Some(policy) = request.data_protection_policy.filter(|text| !text.is_empty()) {
            check_protection(&policy)?;
            made.data_protection = Some(policy);
        }
        let asked = request.attributes;
        self.change(|core| {
            if let Some(entry) = core.directory.topic(&key) {
                same(&entry.record, &made, &asked)?;
                return Ok((Vec::new(), key.to_string()));
            }
            if core.directory.topic_count(key.account, key.region) >= TOPICS_MAX {
                let message = "Topic limit exceeded".to_owned();
                return Err(TopicError::TopicLimitExceeded(message));
            }
            Ok((vec![Change::PutTopic(made)], key.to_string()))
        })
        .await
    }

    /// Deletes a topic and its subscriptions; one that is not there is no error.
    ///
    /// # Errors
    /// `InvalidParameter` for what is no ARN of a topic; `InvalidState` for a topic with an
    /// archive, which has to be ended first.
    pub async fn delete_topic(&self, topic_arn: &str) -> Result<()> {
        let key = key_of(topic_arn)?;
        self.change(|core| {
            let Some(entry) = core.directory.topic(&key) else { return Ok((Vec::new(), ())) };
            if crate::core::archive_of(&entry.record).is_some() {
                let message = "Invalid state: Cannot delete a topic with an ArchivePolicy";
                return Err(TopicError::InvalidState(message.to_owned()));
            }
            Ok((vec![Change::DeleteTopic(key.clone())], ()))
        })
        .await?;
        self.shared.meters.forget(&key);
        Ok(())
    }

    /// ARNs of the topics of an account, 100 a page. `after` is a token of an earlier page.
    ///
    /// # Errors
    /// `InvalidParameter` for a token that is not ours.
    pub fn list_topics(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
    ) -> Result<Page<String>> {
        let after = after.map(Token::read).transpose()?;
        let core = self.shared.core();
        let after = after.as_ref().map(|token| &*token.0);
        let topics = core.directory.topics(account, region, after);
        let page = page(topics, PAGE, |entry| entry.record.key.name.to_string());
        Ok(page.map(|entry| entry.record.key.to_string()))
    }

    /// All attributes as GetTopicAttributes shows them.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn topic_attributes(&self, topic_arn: &str) -> Result<Pairs> {
        let key = key_of(topic_arn)?;
        let now = self.shared.now();
        let mut core = self.shared.core();
        let entry = core.directory.topic(&key).ok_or_else(TopicError::no_topic)?;
        let (record, confirmed, pending) =
            (Arc::clone(&entry.record), entry.confirmed(), entry.pending());
        let archive_begins = crate::core::archive_of(&record).map(|kept| {
            let fifo = core.fifo(&key);
            fifo.expire(kept, now);
            fifo.archived().next().map_or(now, |oldest| oldest.published_at)
        });
        let counts = topic::Counts { confirmed, pending, archive_begins };
        Ok(pairs(topic::show(&record, counts)))
    }

    /// Sets one attribute.
    ///
    /// # Errors
    /// `NotFound`, `InvalidParameter`.
    pub async fn set_topic_attribute(
        &self,
        topic_arn: &str,
        name: &str,
        value: &str,
    ) -> Result<()> {
        self.change_topic(topic_arn, |topic| topic::set(topic, name, value, Place::Change)).await
    }

    /// The access policy in force, JSON: the one that was set or the default one.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn topic_policy(&self, topic_arn: &str) -> Result<Arc<str>> {
        self.with_topic(topic_arn, |entry| Arc::from(policy_of(&entry.record)))
    }

    /// Adds a statement to the policy.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` when the label is taken.
    pub async fn add_permission(
        &self,
        topic_arn: &str,
        label: &str,
        accounts: &[String],
        actions: &[String],
    ) -> Result<()> {
        self.change_topic(topic_arn, |topic| {
            let policy = policy_of(topic);
            let policy = access::add_permission(&policy, &topic.key, label, accounts, actions)?;
            topic.attributes.insert("Policy".to_owned(), policy);
            Ok(())
        })
        .await
    }

    /// Removes a statement from the policy.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` when there is no such statement.
    pub async fn remove_permission(&self, topic_arn: &str, label: &str) -> Result<()> {
        self.change_topic(topic_arn, |topic| {
            let policy = access::remove_permission(&policy_of(topic), label)?;
            topic.attributes.insert("Policy".to_owned(), policy);
            Ok(())
        })
        .await
    }

    /// The data protection policy as it was put; empty when there is none.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn data_protection_policy(&self, topic_arn: &str) -> Result<String> {
        self.with_topic(topic_arn, |entry| entry.record.data_protection.clone().unwrap_or_default())
    }

    /// Puts the data protection policy; empty text removes it.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` for what is no such policy.
    pub async fn put_data_protection_policy(&self, topic_arn: &str, policy: &str) -> Result<()> {
        if !policy.is_empty() {
            check_protection(policy)?;
        }
        self.change_topic(topic_arn, |topic| {
            topic.data_protection = (!policy.is_empty()).then(|| policy.to_owned());
            Ok(())
        })
        .await
    }
}

/// The policy in force.
fn policy_of(topic: &Topic) -> String {
    let own = topic.attributes.get("Policy").cloned();
    own.unwrap_or_else(|| access::default_topic_policy(&topic.key))
}

/// A topic that exists is found again only with what it has.
fn same(found: &Topic, asked: &Topic, attributes: &Pairs) -> Result<()> {
    let is_same =
        |(name, _): &(String, String)| found.attributes.get(name) == asked.attributes.get(name);
    if !attributes.iter().all(is_same) {
        return Err(TopicError::invalid(
            "Attributes Reason: Topic already exists with different attributes",
        ));
    }
    if !asked.tags.iter().all(|(key, value)| found.tags.get(key) == Some(value)) {
        return Err(TopicError::invalid("Tags Reason: Topic already exists with different tags"));
    }
    Ok(())
}

fn check_protection(text: &str) -> Result<()> {
    ProtectionPolicy::read(text)
        .map(drop)
        .map_err(|error| TopicError::InvalidParameter(error.wire()))
}
