//! The API while the engine is being filled in.

use std::path::Path;
use std::sync::Arc;

use brume_foundation::service::ServiceContext;
use brume_policy::{Account, Region};

use crate::cause::{Cause, CauseQuery};
use crate::error::{Result, TopicError};
use crate::mailbox::Mailbox;
use crate::options::Options;
use crate::requests::{
    CreateTopic, Described, OriginationNumber, Page, Pairs, Publish, Published, SandboxNumber,
    Subscribe, SubscriptionSummary,
};

/// The topic engine.
#[derive(Debug)]
pub struct Topics {
    mailbox: Mailbox,
}

fn unfinished<T>() -> Result<T> {
    Err(TopicError::InvalidParameter("not supported yet".to_owned()))
}

#[allow(clippy::unused_async, unused_variables, missing_docs, reason = "being filled in")]
#[allow(clippy::missing_errors_doc, reason = "being filled in")]
impl Topics {
    /// Opens the engine; must be called inside a tokio runtime.
    pub fn open(context: &ServiceContext, options: Options) -> brume_foundation::Result<Arc<Self>> {
        Ok(Arc::new(Self { mailbox: Mailbox::default() }))
    }

    // Topics.

    /// Makes a topic, or finds it with equal attributes; returns its ARN.
    pub async fn create_topic(&self, request: CreateTopic) -> Result<String> {
        unfinished()
    }

    /// Deletes a topic and its subscriptions; one that is not there is no error.
    pub async fn delete_topic(&self, topic_arn: &str) -> Result<()> {
        unfinished()
    }

    /// ARNs of the topics of an account, 100 a page. `after` is a token of an earlier page.
    pub fn list_topics(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
    ) -> Result<Page<String>> {
        unfinished()
    }

    /// All attributes as GetTopicAttributes shows them.
    pub fn topic_attributes(&self, topic_arn: &str) -> Result<Pairs> {
        unfinished()
    }

    /// Sets one attribute.
    pub async fn set_topic_attribute(
        &self,
        topic_arn: &str,
        name: &str,
        value: &str,
    ) -> Result<()> {
        unfinished()
    }

    /// The access policy in force, JSON: the one that was set or the default one.
    pub fn topic_policy(&self, topic_arn: &str) -> Result<Arc<str>> {
        unfinished()
    }

    /// Adds a statement to the policy.
    pub async fn add_permission(
        &self,
        topic_arn: &str,
        label: &str,
        accounts: &[String],
        actions: &[String],
    ) -> Result<()> {
        unfinished()
    }

    /// Removes a statement from the policy.
    pub async fn remove_permission(&self, topic_arn: &str, label: &str) -> Result<()> {
        unfinished()
    }

    /// Tags of a topic.
    pub fn tags(&self, topic_arn: &str) -> Result<Pairs> {
        unfinished()
    }

    /// Sets tags.
    pub async fn tag(&self, topic_arn: &str, tags: Pairs) -> Result<()> {
        unfinished()
    }

    /// Removes tags.
    pub async fn untag(&self, topic_arn: &str, keys: &[String]) -> Result<()> {
        unfinished()
    }

    /// The data protection policy as it was put; empty when there is none.
    pub fn data_protection_policy(&self, topic_arn: &str) -> Result<String> {
        unfinished()
    }

    /// Puts the data protection policy; empty text removes it.
    pub async fn put_data_protection_policy(&self, topic_arn: &str, policy: &str) -> Result<()> {
        unfinished()
    }

    // Subscriptions.

    /// Subscribes; returns the ARN, or `pending confirmation`.
    pub async fn subscribe(&self, request: Subscribe) -> Result<String> {
        unfinished()
    }

    /// Confirms; `caller` is absent for an unsigned request. Returns the subscription's ARN.
    pub async fn confirm_subscription(
        &self,
        topic_arn: &str,
        token: &str,
        authenticates_unsubscribe: bool,
        caller: Option<Account>,
    ) -> Result<String> {
        unfinished()
    }

    /// Unsubscribes; `caller` is absent for an unsigned request.
    pub async fn unsubscribe(&self, subscription_arn: &str, caller: Option<Account>) -> Result<()> {
        unfinished()
    }

    /// All attributes as GetSubscriptionAttributes shows them.
    pub fn subscription_attributes(&self, subscription_arn: &str) -> Result<Pairs> {
        unfinished()
    }

    /// Sets one attribute.
    pub async fn set_subscription_attribute(
        &self,
        subscription_arn: &str,
        name: &str,
        value: &str,
    ) -> Result<()> {
        unfinished()
    }

    /// The subscriptions that an account owns, 100 a page.
    pub fn list_subscriptions(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
    ) -> Result<Page<SubscriptionSummary>> {
        unfinished()
    }

    /// The subscriptions of a topic, 100 a page.
    pub fn list_subscriptions_by_topic(
        &self,
        topic_arn: &str,
        after: Option<&str>,
    ) -> Result<Page<SubscriptionSummary>> {
        unfinished()
    }

    // Publishing.

    /// Accepts a message; what is answered is durable.
    pub async fn publish(&self, message: Publish) -> Result<Published> {
        unfinished()
    }

    /// Accepts up to ten messages; each has a result of its own, in the given order. The outer
    /// error is one of the whole batch.
    pub async fn publish_batch(
        &self,
        topic_arn: &str,
        messages: Vec<Publish>,
    ) -> Result<Vec<Result<Published>>> {
        unfinished()
    }

    // Platform applications.

    /// Makes an application; returns its ARN.
    pub async fn create_platform_application(
        &self,
        account: Account,
        region: Region,
        name: &str,
        platform: &str,
        attributes: Pairs,
    ) -> Result<String> {
        unfinished()
    }

    /// Deletes an application with its endpoints; one that is not there is no error.
    pub async fn delete_platform_application(&self, arn: &str) -> Result<()> {
        unfinished()
    }

    /// An application's attributes.
    pub fn platform_application_attributes(&self, arn: &str) -> Result<Pairs> {
        unfinished()
    }

    /// Sets attributes of an application.
    pub async fn set_platform_application_attributes(
        &self,
        arn: &str,
        attributes: Pairs,
    ) -> Result<()> {
        unfinished()
    }

    /// The applications of an account, 100 a page.
    pub fn list_platform_applications(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
    ) -> Result<Page<Described>> {
        unfinished()
    }

    /// Makes an endpoint, or finds it with equal attributes; returns its ARN.
    pub async fn create_platform_endpoint(
        &self,
        application_arn: &str,
        token: &str,
        custom_user_data: Option<&str>,
        attributes: Pairs,
    ) -> Result<String> {
        unfinished()
    }

    /// Deletes an endpoint; one that is not there is no error.
    pub async fn delete_endpoint(&self, arn: &str) -> Result<()> {
        unfinished()
    }

    /// An endpoint's attributes.
    pub fn endpoint_attributes(&self, arn: &str) -> Result<Pairs> {
        unfinished()
    }

    /// Sets attributes of an endpoint.
    pub async fn set_endpoint_attributes(&self, arn: &str, attributes: Pairs) -> Result<()> {
        unfinished()
    }

    /// The endpoints of an application, 100 a page.
    pub fn list_endpoints(
        &self,
        application_arn: &str,
        after: Option<&str>,
    ) -> Result<Page<Described>> {
        unfinished()
    }

    // Text messages. All belong to an account and a region.

    /// Attributes for text messages: those named, or all that are set.
    pub fn sms_attributes(&self, account: Account, region: Region, names: &[String]) -> Pairs {
        Vec::new()
    }

    /// Sets attributes for text messages.
    pub async fn set_sms_attributes(
        &self,
        account: Account,
        region: Region,
        attributes: Pairs,
    ) -> Result<()> {
        unfinished()
    }

    /// Whether a number wants nothing.
    pub fn is_opted_out(&self, account: Account, region: Region, number: &str) -> Result<bool> {
        unfinished()
    }

    /// Numbers that want nothing, 100 a page.
    pub fn list_opted_out(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
    ) -> Result<Page<String>> {
        unfinished()
    }

    /// A number wants messages again.
    pub async fn opt_in(&self, account: Account, region: Region, number: &str) -> Result<()> {
        unfinished()
    }

    /// A number wants nothing more: what a reply of STOP does. Not an AWS action.
    pub async fn opt_out(&self, account: Account, region: Region, number: &str) -> Result<()> {
        unfinished()
    }

    /// Whether the account is in the sandbox.
    pub fn is_in_sms_sandbox(&self, account: Account, region: Region) -> bool {
        true
    }

    /// Adds a number to the sandbox; its one-time password goes to the mailbox.
    pub async fn create_sandbox_number(
        &self,
        account: Account,
        region: Region,
        number: &str,
    ) -> Result<()> {
        unfinished()
    }

    /// Verifies a number of the sandbox.
    pub async fn verify_sandbox_number(
        &self,
        account: Account,
        region: Region,
        number: &str,
        password: &str,
    ) -> Result<()> {
        unfinished()
    }

    /// Removes a number from the sandbox.
    pub async fn delete_sandbox_number(
        &self,
        account: Account,
        region: Region,
        number: &str,
    ) -> Result<()> {
        unfinished()
    }

    /// Numbers of the sandbox, at most `limit` (100) a page.
    pub fn list_sandbox_numbers(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<SandboxNumber>> {
        unfinished()
    }

    /// Numbers that messages come from, at most `limit` (30) a page.
    pub fn list_origination_numbers(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<OriginationNumber>> {
        unfinished()
    }

    // What no AWS action shows.

    /// Mail, text messages, push notifications and stream records.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Exact causes of failed deliveries, newest first.
    pub fn causes(&self, query: &CauseQuery) -> Page<Cause> {
        Page { items: Vec::new(), next: None }
    }

    /// Path of the signing certificate on the edge: `/SimpleNotificationService-….pem`.
    pub fn certificate_path(&self) -> Result<String> {
        unfinished()
    }

    /// The signing certificate, PEM. Made at the first call, which takes a moment.
    pub async fn certificate_pem(&self) -> Result<String> {
        unfinished()
    }

    // What the daemon asks.

    /// Forgets everything.
    pub async fn reset(&self) -> brume_foundation::Result<()> {
        Ok(())
    }

    /// Writes the present state into an empty folder.
    pub async fn save(&self, folder: &Path) -> brume_foundation::Result<()> {
        Ok(())
    }

    /// Replaces the state by what [`Topics::save`] wrote.
    pub async fn load(&self, folder: &Path) -> brume_foundation::Result<()> {
        Ok(())
    }

    /// Stops delivering and makes everything durable.
    pub async fn close(&self) -> brume_foundation::Result<()> {
        Ok(())
    }
}
