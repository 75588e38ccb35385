//! The scratch topic, endpoint, subscription and dead-letter queue.

use aws_sdk_sqs::types::QueueAttributeName;
use brume_plugin::Result;
use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::queues::{Queue, account_of};

/// What all names begin with.
pub const PREFIX: &str = "brume-rehearsal";

/// What receives the messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A queue.
    Queue(Queue),
    /// A function that only pretends, by name and ARN.
    Function(String, String),
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Stack {
    /// ARN of the topic.
    pub topic_arn: String,
    /// What receives.
    pub endpoint: Endpoint,
    /// The dead-letter queue of the subscription, if it has one.
    pub dead_letters: Option<Queue>,
}

/// What to make.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// Makes the names of one rehearsal different from those of another.
    pub mark: String,
    /// A function instead of a queue.
    pub is_function: bool,
    /// RawMessageDelivery.
    pub is_raw: bool,
    /// Whether the subscription has a dead-letter queue.
    pub has_dead_letters: bool,
}

impl Blueprint {
    /// A name of this rehearsal.
    #[must_use]
    pub fn name(&self, part: &str) -> String {
        format!("{PREFIX}-{}-{part}", self.mark)
    }

    /// Makes everything; what was made before a failure is removed again.
    ///
    /// # Errors
    /// What SNS and SQS say.
    pub async fn build(&self, cloud: &Cloud) -> Result<Stack> {
        let made = self.make(cloud).await;
        if made.is_err() {
            self.remove(cloud).await;
        }
        made
    }

    async fn make(&self, cloud: &Cloud) -> Result<Stack> {
        let failure = |what: &str| format!("make the scratch {what}");
        let topic = cloud.sns().create_topic().name(self.name("topic")).send().await;
        let topic = topic.map_err(|error| cloud.aws().failure(failure("topic"), error))?;
        let topic_arn = topic.topic_arn.unwrap_or_default();
        let endpoint = if self.is_function {
            let name = self.name("function");
            cloud.define_function(&name, "succeed").await?;
            let account = account_of(&topic_arn).unwrap_or_default();
            let arn = format!("arn:aws:lambda:{}:{account}:function:{name}", cloud.region());
            Endpoint::Function(name, arn)
        } else {
            Endpoint::Queue(make_queue(cloud, &self.name("endpoint"), Some(&topic_arn)).await?)
        };
        let dead_letters = if self.has_dead_letters {
            Some(make_queue(cloud, &self.name("dlq"), Some(&topic_arn)).await?)
        } else {
            None
        };
        let (protocol, target) = match &endpoint {
            Endpoint::Queue(queue) => ("sqs", queue.arn.as_str()),
            Endpoint::Function(_, arn) => ("lambda", arn.as_str()),
        };
        let request = cloud.sns().subscribe().topic_arn(&topic_arn).protocol(protocol);
        let mut request = request.endpoint(target).return_subscription_arn(true);
        if self.is_raw {
            request = request.attributes("RawMessageDelivery", "true");
        }
        if let Some(queue) = &dead_letters {
            let policy = json!({"deadLetterTargetArn": queue.arn}).to_string();
            request = request.attributes("RedrivePolicy", policy);
        }
        let subscribed = request.send().await;
        subscribed.map_err(|error| cloud.aws().failure(failure("subscription"), error))?;
        Ok(Stack { topic_arn, endpoint, dead_letters })
    }

    /// Removes everything that has a name of this rehearsal; says what could not be removed.
    pub async fn remove(&self, cloud: &Cloud) -> Vec<String> {
        let mut left = Vec::new();
        for part in ["endpoint", "dlq", "mended", "work", "work-dlq"] {
            let name = self.name(part);
            let Ok(Some(queue)) = crate::cloud::queues::present(cloud.queue_url(&name).await)
            else {
                continue;
            };
            if cloud.sqs().delete_queue().queue_url(queue).send().await.is_err() {
                left.push(format!("queue {name}"));
            }
        }
        // Deleting a topic that is gone is no error, and takes its subscriptions along.
        if let Ok(topics) = cloud.topic_arns().await {
            let name = self.name("topic");
            for arn in topics.iter().filter(|arn| arn.ends_with(&format!(":{name}"))) {
                if cloud.sns().delete_topic().topic_arn(arn).send().await.is_err() {
                    left.push(format!("topic {name}"));
                }
            }
        }
        if self.is_function {
            // A function that was removed by the fault is gone already.
            let _ = cloud.remove_function(&self.name("function")).await;
        }
        left
    }
}

/// Makes a queue that a topic may send to.
///
/// # Errors
/// What SQS says.
pub async fn make_queue(cloud: &Cloud, name: &str, topic_arn: Option<&str>) -> Result<Queue> {
    let made = cloud.sqs().create_queue().queue_name(name).send().await;
    let made = made.map_err(|error| cloud.aws().failure("make a scratch queue", error))?;
    let queue = cloud.queue(made.queue_url().unwrap_or_default()).await?;
    if let Some(topic_arn) = topic_arn {
        let policy = policy(&queue.arn, topic_arn);
        set_attribute(cloud, &queue.url, QueueAttributeName::Policy, &policy).await?;
    }
    Ok(queue)
}

/// Sets one attribute of a queue.
///
/// # Errors
/// What SQS says.
pub async fn set_attribute(
    cloud: &Cloud,
    url: &str,
    name: QueueAttributeName,
    value: &str,
) -> Result<()> {
    let request = cloud.sqs().set_queue_attributes().queue_url(url).attributes(name, value);
    let answer = request.send().await;
    answer.map(drop).map_err(|error| cloud.aws().failure("set up a scratch queue", error))
}

/// Lets one topic send to a queue.
#[must_use]
pub fn policy(queue_arn: &str, topic_arn: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }],
    })
    .to_string()
}
