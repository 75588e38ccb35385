//! Subscriptions after they were made: confirming, ending, showing, changing.

use std::sync::Arc;

use brume_policy::{Account, Region};

use super::subscribe::{check_filter_count, secret};
use super::{Topics, key_of, pairs};
use crate::attributes::replay::Replay;
use crate::attributes::{Place, subscription};
use crate::core::Core;
use crate::directory::{PAGE, SubscriptionEntry, Token, page};
use crate::error::{Result, TopicError};
use crate::filter::{Outcome, judged};
use crate::key::TopicKey;
use crate::message::{Handshake, Message};
use crate::record::{Change, Subscription};
use crate::requests::{Page, Pairs, SubscriptionSummary};
use crate::store::Entry;

impl Topics {
    /// Confirms; `caller` is absent for an unsigned request. Returns the subscription's ARN.
    ///
    /// # Errors
    /// `NotFound` and `InvalidParameter` for a topic, `InvalidParameter` for a token that is
    /// unknown or too old.
    pub async fn confirm_subscription(
        &self,
        topic_arn: &str,
        token: &str,
        authenticates_unsubscribe: bool,
        caller: Option<Account>,
    ) -> Result<String> {
        let key: TopicKey = topic_arn.parse().map_err(|_| TopicError::invalid("Topic"))?;
        let now = self.shared.now();
        self.change(|core| {
            if core.directory.topic(&key).is_none() {
                return Err(TopicError::no_topic());
            }
            let wrong = || TopicError::invalid("Token");
            let found = core.directory.subscription_of_token(token).ok_or_else(wrong)?;
            let record = &found.record;
            if record.topic != key {
                return Err(wrong());
            }
            let arn = record.arn.to_string();
            let Some(pending) = &record.pending else { return Ok((Vec::new(), arn)) };
            if pending.expires_at <= now {
                return Err(wrong());
            }
            let mut confirmed = record.clone();
            confirmed.confirmed_by = Some(Arc::clone(&pending.value));
            confirmed.pending = None;
            confirmed.authenticates_unsubscribe = authenticates_unsubscribe;
            confirmed.was_authenticated = caller.is_some() && authenticates_unsubscribe;
            Ok((vec![Change::PutSubscription(confirmed)], arn))
        })
        .await
    }

    /// Unsubscribes; `caller` is absent for an unsigned request. One that is not there is no
    /// error.
    ///
    /// # Errors
    /// `InvalidParameter` for what is no ARN and for a subscription that is pending;
    /// `AuthorizationError` when only the owner may do it.
    pub async fn unsubscribe(&self, subscription_arn: &str, caller: Option<Account>) -> Result<()> {
        check_arn(subscription_arn)?;
        let gone = self
            .change(|core| {
                let Some(entry) = core.directory.subscription(subscription_arn) else {
                    return Ok((Vec::new(), None));
                };
                let record = entry.record.clone();
                let is_owner =
                    caller.is_some_and(|it| it == record.owner || it == record.topic.account);
                if caller.map_or(record.authenticates_unsubscribe, |_| !is_owner) {
                    let message = "User is not authorized to perform: SNS:Unsubscribe";
                    return Err(TopicError::AuthorizationError(message.to_owned()));
                }
                if record.pending.is_some() {
                    return Err(TopicError::invalid(
                        "This operation can only be performed on confirmed subscriptions",
                    ));
                }
                let arn = Arc::clone(&record.arn);
                Ok((vec![Change::DeleteSubscription(arn)], Some(record)))
            })
            .await?;
        match gone {
            Some(record) if record.protocol.needs_handshake() => self.say_goodbye(&record).await,
            _ => Ok(()),
        }
    }

    /// Tells an endpoint that its subscription has ended.
    async fn say_goodbye(&self, record: &Subscription) -> Result<()> {
        let handshake = Handshake {
            is_beginning: false,
            token: Arc::from(secret()?),
            protocol: record.protocol,
            endpoint: Arc::clone(&record.endpoint),
        };
        self.shake(&record.arn, handshake, &self.shared.uuid()).await
    }

    /// All attributes as GetSubscriptionAttributes shows them.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` for what is no ARN.
    pub fn subscription_attributes(&self, subscription_arn: &str) -> Result<Pairs> {
        check_arn(subscription_arn)?;
        let core = self.shared.core();
        let entry = find(&core, subscription_arn)?;
        let topic = core.directory.topic(&entry.record.topic).ok_or_else(TopicError::no_topic)?;
        let replay = entry.record.attributes.contains_key("ReplayPolicy").then(|| {
            let mut waiting = core.schedule.of_subscription(subscription_arn);
            if waiting.any(|delivery| delivery.is_replay) { "In progress" } else { "Completed" }
        });
        Ok(pairs(subscription::show(&entry.record, &topic.record, replay)))
    }

    /// Sets one attribute. A replay policy begins to replay at once.
    ///
    /// # Errors
    /// `NotFound`, `InvalidParameter`, `FilterPolicyLimitExceeded`.
    pub async fn set_subscription_attribute(
        &self,
        subscription_arn: &str,
        name: &str,
        value: &str,
    ) -> Result<()> {
        check_arn(subscription_arn)?;
        let record = self
            .change(|core| {
                let entry = find(core, subscription_arn)?;
                let topic = core.directory.topic(&entry.record.topic);
                let topic = topic.ok_or_else(TopicError::no_topic)?;
                let mut record = entry.record.clone();
                subscription::set(&mut record, &topic.record, name, value, Place::Change)?;
                let filter = subscription::check_filter(&record.attributes, Place::Change)?;
                if filter.is_some() && entry.filter.is_none() {
                    check_filter_count(topic)?;
                }
                Ok((vec![Change::PutSubscription(record.clone())], record))
            })
            .await?;
        if name == "ReplayPolicy" && record.attributes.contains_key("ReplayPolicy") {
            self.replay(&record).await?;
        }
        Ok(())
    }

    /// Sends archived messages again.
    pub(super) async fn replay(&self, record: &Subscription) -> Result<()> {
        let Some(text) = record.attributes.get("ReplayPolicy") else { return Ok(()) };
        let replay = Replay::read(text).map_err(TopicError::invalid)?;
        let now = self.shared.now();
        let written = {
            let mut core = self.shared.core();
            let entry = find(&core, &record.arn)?;
            let topic = core.directory.topic(&record.topic).map(|it| Arc::clone(&it.record));
            let topic = topic.ok_or_else(TopicError::no_topic)?;
            let mut messages = core.archived(&topic, replay, now);
            messages.retain(|message| is_wanted(&entry, message));
            let targets = [Arc::clone(&record.arn)];
            for message in &messages {
                core.enqueue(message, &targets, now, true);
            }
            let sequences = messages.iter().filter_map(|message| message.sequence).collect();
            let subscription = Arc::clone(&record.arn);
            self.shared.store.append(&Entry::Replayed { subscription, sequences })
        };
        self.shared.wake.notify_one();
        self.shared.store.wait(written).await?;
        Ok(())
    }

    /// The subscriptions that an account owns, 100 a page.
    ///
    /// # Errors
    /// `InvalidParameter` for a token that is not ours.
    pub fn list_subscriptions(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
    ) -> Result<Page<SubscriptionSummary>> {
        let after = Token::read_number(after)?;
        let core = self.shared.core();
        let found = core.directory.subscriptions(account, region, after);
        Ok(page(found, PAGE, |entry| entry.record.serial.to_string()).map(summary))
    }

    /// The subscriptions of a topic, 100 a page.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` for a token that is not ours.
    pub fn list_subscriptions_by_topic(
        &self,
        topic_arn: &str,
        after: Option<&str>,
    ) -> Result<Page<SubscriptionSummary>> {
        let key = key_of(topic_arn)?;
        let after = Token::read_number(after)?;
        let core = self.shared.core();
        let topic = core.directory.topic(&key).ok_or_else(TopicError::no_topic)?;
        let found = topic.subscriptions(after);
        Ok(page(found, PAGE, |entry| entry.record.serial.to_string()).map(summary))
    }
}

fn find(core: &Core, arn: &str) -> Result<Arc<SubscriptionEntry>> {
    core.directory.subscription(arn).cloned().ok_or_else(TopicError::no_subscription)
}

/// Whether a text may be the ARN of a subscription.
fn check_arn(arn: &str) -> Result<()> {
    if arn.split(':').count() >= 6 {
        return Ok(());
    }
    Err(TopicError::invalid("SubscriptionArn Reason: An ARN must have at least 6 elements"))
}

fn is_wanted(entry: &SubscriptionEntry, message: &Message) -> bool {
    let judged = judged(&message.attributes, &message.text);
    entry.filter.as_ref().is_none_or(|filter| filter.judge(&judged) == Outcome::Matched)
}

fn summary(entry: &Arc<SubscriptionEntry>) -> SubscriptionSummary {
    let record = &entry.record;
    let arn = match record.pending {
        Some(_) => Arc::from("PendingConfirmation"),
        None => Arc::clone(&record.arn),
    };
    SubscriptionSummary {
        arn,
        owner: record.owner,
        protocol: record.protocol.as_str(),
        endpoint: Arc::clone(&record.endpoint),
        topic_arn: record.topic.to_string(),
    }
}
