//! Topics and subscriptions.

use std::collections::BTreeMap;

use brume_plugin::render::suggest::did_you_mean;
use brume_plugin::{Error, ExitCode, Result};

use super::queues::{Redrive, name_of, parse_redrive, present};
use super::{Cloud, in_parallel};

/// What stands for the ARN of a subscription that nobody has confirmed.
pub const PENDING: &str = "PendingConfirmation";

/// One topic with everything that GetTopicAttributes tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// Its ARN.
    pub arn: String,
    /// Attributes by AWS's names.
    pub attributes: BTreeMap<String, String>,
}

impl Topic {
    /// The name, `.fifo` included.
    #[must_use]
    pub fn name(&self) -> &str {
        name_of(&self.arn)
    }

    /// Says whether order and deduplication are kept.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        self.name().ends_with(".fifo")
    }

    /// The access policy as JSON text.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.attributes.get("Policy").map(String::as_str).filter(|policy| !policy.is_empty())
    }
}

/// One subscription with everything that GetSubscriptionAttributes tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// Its ARN, or [`PENDING`].
    pub arn: String,
    /// The topic's ARN.
    pub topic_arn: String,
    /// `sqs`, `lambda`, `https`, …
    pub protocol: String,
    /// Queue or function ARN, URL, address.
    pub endpoint: String,
    /// Account that subscribed.
    pub owner: String,
    /// Attributes by AWS's names; empty while it is pending.
    pub attributes: BTreeMap<String, String>,
}

impl Subscription {
    /// Says whether nobody has confirmed it.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.arn == PENDING || self.attribute("PendingConfirmation") == Some("true")
    }

    /// Says whether the message is delivered without an envelope.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.attribute("RawMessageDelivery").is_some_and(|raw| raw.eq_ignore_ascii_case("true"))
    }

    /// Where it sends what could not be delivered.
    #[must_use]
    pub fn redrive(&self) -> Option<Redrive> {
        parse_redrive(self.attribute("RedrivePolicy")?)
    }

    /// One attribute, unless it is empty.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// `topic → protocol:endpoint`, short enough for a line.
    #[must_use]
    pub fn label(&self) -> String {
        let endpoint = match self.protocol.as_str() {
            "sqs" | "lambda" | "application" | "firehose" => name_of(&self.endpoint),
            _ => self.endpoint.as_str(),
        };
        format!("{}→{}:{endpoint}", name_of(&self.topic_arn), self.protocol)
    }
}

impl Cloud {
    /// The ARNs of all topics.
    ///
    /// # Errors
    /// What SNS says.
    pub async fn topic_arns(&self) -> Result<Vec<String>> {
        let mut arns = Vec::new();
        let mut token = None;
        loop {
            let request = self.sns().list_topics().set_next_token(token);
            let page = request
                .send()
                .await
                .map_err(|error| self.aws().failure("list the topics", error))?;
            arns.extend(page.topics().iter().filter_map(|topic| topic.topic_arn.clone()));
            token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                arns.sort();
                return Ok(arns);
            }
        }
    }

    /// All topics with their attributes; those that vanish meanwhile are left out.
    ///
    /// # Errors
    /// What SNS says.
    pub async fn topics(&self) -> Result<Vec<Topic>> {
        let arns = self.topic_arns().await?;
        let found = in_parallel(arns, |arn| async move { present(self.topic(&arn).await) });
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// One topic by its ARN.
    ///
    /// # Errors
    /// `NotFound`, and what SNS says.
    pub async fn topic(&self, arn: &str) -> Result<Topic> {
        let request = self.sns().get_topic_attributes().topic_arn(arn);
        let answer = request.send().await.map_err(|error| {
            self.aws().failure(format_args!("read the topic '{}'", name_of(arn)), error)
        })?;
        let attributes = answer.attributes.unwrap_or_default().into_iter().collect();
        Ok(Topic { arn: arn.to_owned(), attributes })
    }

    /// The ARN of a topic that a user named by name or ARN.
    ///
    /// # Errors
    /// `NotFound` with similar names, and what SNS says.
    pub async fn topic_arn(&self, topic: &str) -> Result<String> {
        if topic.starts_with("arn:") {
            return Ok(topic.to_owned());
        }
        let arns = self.topic_arns().await?;
        if let Some(arn) = arns.iter().find(|arn| name_of(arn) == topic) {
            return Ok(arn.clone());
        }
        let error = Error::new(ExitCode::NotFound, format!("there is no topic '{topic}'"))
            .cause(format!("{} has {} topics", self.region(), arns.len()));
        let similar = did_you_mean(topic, arns.iter().map(|arn| name_of(arn)));
        Err(error.hint(similar.unwrap_or_else(|| "aws sns list-topics".to_owned())))
    }

    /// All subscriptions of the region, with attributes.
    ///
    /// # Errors
    /// What SNS says.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.sns().list_subscriptions().set_next_token(token);
            let page = request
                .send()
                .await
                .map_err(|error| self.aws().failure("list the subscriptions", error))?;
            found.extend(page.subscriptions().iter().map(listed));
            token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                return self.with_attributes(found).await;
            }
        }
    }

    /// One subscription by its ARN; `None` when there is none any more.
    ///
    /// # Errors
    /// What SNS says.
    pub async fn subscription(&self, arn: &str) -> Result<Option<Subscription>> {
        let Some(attributes) = self.subscription_attributes(arn).await? else { return Ok(None) };
        let text = |name: &str| attributes.get(name).cloned().unwrap_or_default();
        Ok(Some(Subscription {
            arn: arn.to_owned(),
            topic_arn: text("TopicArn"),
            protocol: text("Protocol"),
            endpoint: text("Endpoint"),
            owner: text("Owner"),
            attributes,
        }))
    }

    async fn subscription_attributes(&self, arn: &str) -> Result<Option<BTreeMap<String, String>>> {
        let request = self.sns().get_subscription_attributes().subscription_arn(arn);
        let answer = request.send().await.map_err(|error| {
            self.aws().failure(format_args!("read the subscription '{}'", name_of(arn)), error)
        });
        let attributes = present(answer)?.map(|answer| answer.attributes.unwrap_or_default());
        Ok(attributes.map(|attributes| attributes.into_iter().collect()))
    }

    /// Reads the attributes of each; those that vanished meanwhile are left out.
    async fn with_attributes(&self, found: Vec<Subscription>) -> Result<Vec<Subscription>> {
        let complete = in_parallel(found, |mut subscription| async move {
            // A pending one has no ARN to ask for.
            if !subscription.arn.starts_with("arn:") {
                return Ok(Some(subscription));
            }
            let attributes = self.subscription_attributes(&subscription.arn).await?;
            Ok(attributes.map(|attributes| {
                subscription.attributes = attributes;
                subscription
            }))
        });
        let mut complete: Vec<Subscription> = complete.await?.into_iter().flatten().collect();
        complete.sort_by(|a, b| {
            (&a.topic_arn, &a.protocol, &a.endpoint).cmp(&(&b.topic_arn, &b.protocol, &b.endpoint))
        });
        Ok(complete)
    }
}

fn listed(subscription: &aws_sdk_sns::types::Subscription) -> Subscription {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Subscription {
        arn: text(subscription.subscription_arn()),
        topic_arn: text(subscription.topic_arn()),
        protocol: text(subscription.protocol()),
        endpoint: text(subscription.endpoint()),
        owner: text(subscription.owner()),
        attributes: BTreeMap::new(),
    }
}
