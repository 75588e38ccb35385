//! Queues: which there are, and what is configured.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::QueueAttributeName;
use brume_plugin::render::suggest::did_you_mean;
use brume_plugin::{Error, ExitCode, Result};
use serde_json::Value;

use super::{Cloud, in_parallel};

/// Queues on a page of ListQueues.
const PAGE_MAX: i32 = 1000;

/// One queue with everything that GetQueueAttributes tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Where requests for it go.
    pub url: String,
    /// Its ARN.
    pub arn: String,
    /// Attributes by AWS's names.
    pub attributes: BTreeMap<String, String>,
}

/// Where a queue sends what could not be consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub target: String,
    /// Receives before a message moves; `None` in a subscription's policy.
    pub max_receive_count: Option<u64>,
}

impl Queue {
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

    /// A numeric attribute.
    #[must_use]
    pub fn number(&self, attribute: &str) -> Option<u64> {
        self.attributes.get(attribute)?.parse().ok()
    }

    /// Messages that can be received now.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.number("ApproximateNumberOfMessages").unwrap_or_default()
    }

    /// Messages that a consumer holds.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.number("ApproximateNumberOfMessagesNotVisible").unwrap_or_default()
    }

    /// Messages whose delay has not passed.
    #[must_use]
    pub fn delayed(&self) -> u64 {
        self.number("ApproximateNumberOfMessagesDelayed").unwrap_or_default()
    }

    /// Seconds that a message is kept; AWS's default is 4 days.
    #[must_use]
    pub fn retention_seconds(&self) -> u64 {
        self.number("MessageRetentionPeriod").unwrap_or(345_600)
    }

    /// Seconds that a received message is hidden; AWS's default is 30.
    #[must_use]
    pub fn visibility_seconds(&self) -> u64 {
        self.number("VisibilityTimeout").unwrap_or(30)
    }

    /// Where it sends what could not be consumed.
    #[must_use]
    pub fn redrive(&self) -> Option<Redrive> {
        parse_redrive(self.attributes.get("RedrivePolicy")?)
    }

    /// The access policy as JSON text.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.attributes.get("Policy").map(String::as_str).filter(|policy| !policy.is_empty())
    }
}

/// The last part of an ARN of a queue or topic, or of a queue's URL.
#[must_use]
pub fn name_of(arn_or_url: &str) -> &str {
    arn_or_url.rsplit([':', '/']).next().unwrap_or(arn_or_url)
}

/// Reads a RedrivePolicy: of a queue or of a subscription.
#[must_use]
pub fn parse_redrive(text: &str) -> Option<Redrive> {
    let policy: Value = serde_json::from_str(text).ok()?;
    let count = &policy["maxReceiveCount"];
    Some(Redrive {
        target: policy["deadLetterTargetArn"].as_str()?.to_owned(),
        // AWS takes the number as text, too, and gives back what was put in.
        max_receive_count: count.as_u64().or_else(|| count.as_str()?.parse().ok()),
    })
}

impl Cloud {
    /// The URLs of all queues whose name begins with `prefix`.
    ///
    /// # Errors
    /// What SQS says.
    pub async fn queue_urls(&self, prefix: &str) -> Result<Vec<String>> {
        let mut urls = Vec::new();
        let mut token = None;
        loop {
            let prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
            let request = self.sqs().list_queues().max_results(PAGE_MAX);
            let page = request
                .set_queue_name_prefix(prefix)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| self.aws().failure("list the queues", error))?;
            urls.extend_from_slice(page.queue_urls());
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(urls);
            }
        }
    }

    /// All queues with their attributes, by name; those that vanish meanwhile are left out.
    ///
    /// # Errors
    /// What SQS says.
    pub async fn queues(&self) -> Result<Vec<Queue>> {
        let urls = self.queue_urls("").await?;
        let found = in_parallel(urls, |url| async move { present(self.queue(&url).await) });
        let mut queues: Vec<Queue> = found.await?.into_iter().flatten().collect();
        queues.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(queues)
    }

    /// One queue by its URL.
    ///
    /// # Errors
    /// `NotFound`, and what SQS says.
    pub async fn queue(&self, url: &str) -> Result<Queue> {
        let answer = self
            .sqs()
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::All)
            .send()
            .await
            .map_err(|error| {
                self.aws().failure(format_args!("read the queue '{}'", name_of(url)), error)
            })?;
        let attributes: BTreeMap<String, String> = answer
            .attributes()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
            .collect();
        let arn = attributes.get("QueueArn").cloned().unwrap_or_default();
        Ok(Queue { url: url.to_owned(), arn, attributes })
    }

    /// The URL of a queue that a user named by name, ARN or URL.
    ///
    /// # Errors
    /// `NotFound` with similar names, and what SQS says.
    pub async fn queue_url(&self, queue: &str) -> Result<String> {
        if queue.starts_with("http://") || queue.starts_with("https://") {
            return Ok(queue.to_owned());
        }
        let request = self.sqs().get_queue_url().queue_name(name_of(queue));
        let request = request.set_queue_owner_aws_account_id(account_of(queue).map(str::to_owned));
        match request.send().await {
            Ok(answer) => Ok(answer.queue_url().unwrap_or_default().to_owned()),
            Err(error) => {
                let failure = self.aws().failure(format_args!("find the queue '{queue}'"), error);
                Err(self.with_similar(failure, queue).await)
            }
        }
    }

    /// A queue that a user named by name, ARN or URL.
    ///
    /// # Errors
    /// As [`Cloud::queue_url`].
    pub async fn find_queue(&self, queue: &str) -> Result<Queue> {
        let url = self.queue_url(queue).await?;
        match self.queue(&url).await {
            Err(failure) => Err(self.with_similar(failure, queue).await),
            found => found,
        }
    }

    /// A queue by its ARN; `None` when there is none, or it may not be read.
    ///
    /// # Errors
    /// What SQS says otherwise.
    pub async fn queue_by_arn(&self, arn: &str) -> Result<Option<Queue>> {
        let request = self.sqs().get_queue_url().queue_name(name_of(arn));
        let request = request.set_queue_owner_aws_account_id(account_of(arn).map(str::to_owned));
        let answer = request.send().await.map_err(|error| {
            self.aws().failure(format_args!("find the queue '{}'", name_of(arn)), error)
        });
        match present(answer)? {
            Some(answer) => present(self.queue(answer.queue_url().unwrap_or_default()).await),
            None => Ok(None),
        }
    }

    async fn with_similar(&self, failure: Error, queue: &str) -> Error {
        if failure.code != ExitCode::NotFound {
            return failure;
        }
        let Ok(urls) = self.queue_urls("").await else { return failure };
        let known: Vec<&str> = urls.iter().map(|url| name_of(url)).collect();
        match did_you_mean(name_of(queue), known.iter().copied()) {
            Some(hint) => failure.hint(hint),
            None => failure.hint("brume sns-dlq ls"),
        }
    }
}

/// Turns "there is no such thing" into `None`.
///
/// # Errors
/// Every other failure.
pub fn present<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code == ExitCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The account of an ARN.
#[must_use]
pub fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(3).filter(|account| !account.is_empty())
}

/// The region of an ARN.
#[must_use]
pub fn region_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_accounts_and_regions_come_from_arns_and_urls() {
        let arn = "arn:aws:sqs:eu-west-3:123456789012:orders.fifo";
        assert_eq!(name_of(arn), "orders.fifo");
        assert_eq!((account_of(arn), region_of(arn)), (Some("123456789012"), Some("eu-west-3")));
        assert_eq!(name_of("http://localhost:4566/123456789012/orders"), "orders");
        assert_eq!((account_of("orders"), region_of("orders")), (None, None));
    }

    #[test]
    fn a_redrive_policy_may_hold_its_count_as_text() {
        let read = |text| parse_redrive(text).map(|redrive| redrive.max_receive_count);
        assert_eq!(read(r#"{"deadLetterTargetArn":"a","maxReceiveCount":"3"}"#), Some(Some(3)));
        assert_eq!(read(r#"{"deadLetterTargetArn":"a","maxReceiveCount":3}"#), Some(Some(3)));
        assert_eq!(read(r#"{"deadLetterTargetArn":"a"}"#), Some(None));
        assert_eq!(read("{}"), None);
        assert_eq!(read("oops"), None);
    }
}
