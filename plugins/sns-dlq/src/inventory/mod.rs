//! What there is in a region, and which queue takes the dead letters of what.
//!
//! In: a [`Cloud`]. Out: an [`Inventory`], read once; every question about the wiring is answered
//! out of it without another request.

pub mod regions;

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use brume_plugin::progress::Progress;
use brume_plugin::{ExitCode, Result};

use crate::cloud::Cloud;
use crate::cloud::functions::{EventSource, Function};
use crate::cloud::queues::{Queue, account_of, name_of};
use crate::cloud::topics::{Subscription, Topic};

/// What can feed a dead-letter queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// A queue's RedrivePolicy: consumers gave up.
    Queue,
    /// A subscription's RedrivePolicy: SNS could not deliver.
    Subscription,
    /// A function's DeadLetterConfig: an asynchronous event was given up.
    Function,
    /// A function's OnFailure destination: the same, with a record around it.
    Destination,
    /// An event source's OnFailure destination: a batch of a stream was given up.
    EventSource,
}

impl SourceKind {
    /// The kind in documents and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Subscription => "subscription",
            Self::Function => "function",
            Self::Destination => "destination",
            Self::EventSource => "event-source",
        }
    }
}

/// One thing that feeds a dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// ARN of the queue, subscription or function.
    pub arn: String,
    /// Short text for a table.
    pub label: String,
    /// Receives before a message moves; only for queues.
    pub max_receive_count: Option<u64>,
}

/// A queue that something names as the place for its dead letters.
#[derive(Clone, Debug)]
pub struct DeadLetterQueue<'a> {
    /// Its ARN.
    pub arn: String,
    /// The queue; `None` when it does not exist, or lies in another region or account.
    pub queue: Option<&'a Queue>,
    /// What feeds it.
    pub sources: Vec<Source>,
}

impl DeadLetterQueue<'_> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        name_of(&self.arn)
    }
}

/// Everything in one region that has to do with dead letters.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The region.
    pub region: String,
    /// All queues.
    pub queues: Vec<Queue>,
    /// All topics; empty unless asked for.
    pub topics: Vec<Topic>,
    /// All subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// All functions.
    pub functions: Vec<Function>,
    /// All event source mappings.
    pub event_sources: Vec<EventSource>,
    /// What could not be read, and why: the answer may be incomplete.
    pub notes: Vec<String>,
    /// Places by ARN, made when first asked for; nothing is added after that.
    pub(crate) index: OnceCell<Index>,
}

/// Places of queues and functions in their lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    queues: HashMap<String, usize>,
    functions: HashMap<String, usize>,
}

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What feeds the dead-letter queues.
    Sources,
    /// The topics' attributes as well.
    Topics,
}

impl Inventory {
    /// Reads a region. What may not be read, or is not offered there, becomes a note; queues must
    /// be readable.
    ///
    /// # Errors
    /// What SQS says.
    pub async fn read(cloud: &Cloud, depth: Depth, progress: &Progress) -> Result<Self> {
        progress.update(format_args!("reading the queues of {}", cloud.region()));
        let queues = cloud.queues().await?;
        let mut inventory = Self { region: cloud.region().to_owned(), queues, ..Self::default() };
        progress.update(format_args!("reading the subscriptions of {}", cloud.region()));
        let found = cloud.subscriptions().await;
        inventory.subscriptions = inventory.optional("subscriptions", found)?;
        if depth == Depth::Topics {
            progress.update(format_args!("reading the topics of {}", cloud.region()));
            let found = cloud.topics().await;
            inventory.topics = inventory.optional("topics", found)?;
        }
        progress.update(format_args!("reading the functions of {}", cloud.region()));
        let found = cloud.functions().await;
        inventory.functions = inventory.optional("functions", found)?;
        let found = cloud.event_sources().await;
        inventory.event_sources = inventory.optional("event sources", found)?;
        Ok(inventory)
    }

    fn optional<T>(&mut self, what: &str, found: Result<Vec<T>>) -> Result<Vec<T>> {
        match found {
            Err(error) if error.code == ExitCode::Interrupted => Err(error),
            Err(error) => {
                let cause = error.causes.first().map(String::as_str).unwrap_or(&error.message);
                self.notes.push(format!("the {what} of {} were not read: {cause}", self.region));
                Ok(Vec::new())
            }
            found => found,
        }
    }

    /// The account, as far as anything tells.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let queues = self.queues.iter().map(|queue| queue.arn.as_str());
        let topics = self.topics.iter().map(|topic| topic.arn.as_str());
        queues.chain(topics).find_map(account_of)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let queues = self.queues.iter().map(|queue| queue.arn.clone());
            let functions =
                self.functions.iter().map(|function| bare_function_arn(&function.arn).to_owned());
            let places = |(place, arn)| (arn, place);
            Index {
                queues: queues.enumerate().map(places).collect(),
                functions: functions.enumerate().map(places).collect(),
            }
        })
    }

    /// The queue with this ARN.
    #[must_use]
    pub fn queue(&self, arn: &str) -> Option<&Queue> {
        self.queues.get(*self.index().queues.get(arn)?)
    }

    /// The function that an ARN names, with or without version or alias.
    #[must_use]
    pub fn function(&self, arn: &str) -> Option<&Function> {
        self.functions.get(*self.index().functions.get(bare_function_arn(arn))?)
    }

    /// Every dead-letter queue with its sources, by ARN.
    #[must_use]
    pub fn dead_letter_queues(&self) -> Vec<DeadLetterQueue<'_>> {
        let mut found: BTreeMap<String, DeadLetterQueue<'_>> = BTreeMap::new();
        for (arn, source) in self.edges() {
            let queue = self.queue(&arn);
            let entry = found.entry(arn.clone()).or_insert_with(|| DeadLetterQueue {
                arn,
                queue,
                sources: Vec::new(),
            });
            entry.sources.push(source);
        }
        found.into_values().collect()
    }

    /// What feeds the queue with this ARN.
    #[must_use]
    pub fn sources_of(&self, arn: &str) -> Vec<Source> {
        self.edges().into_iter().filter(|(target, _)| target == arn).map(|edge| edge.1).collect()
    }

    /// Every pair of dead-letter target and source.
    fn edges(&self) -> Vec<(String, Source)> {
        let mut edges = Vec::new();
        for queue in &self.queues {
            if let Some(redrive) = queue.redrive() {
                let source = Source {
                    kind: SourceKind::Queue,
                    arn: queue.arn.clone(),
                    label: queue.name().to_owned(),
                    max_receive_count: redrive.max_receive_count,
                };
                edges.push((redrive.target, source));
            }
        }
        for subscription in &self.subscriptions {
            if let Some(redrive) = subscription.redrive() {
                edges.push((
                    redrive.target,
                    Source {
                        kind: SourceKind::Subscription,
                        arn: subscription.arn.clone(),
                        label: subscription.label(),
                        max_receive_count: None,
                    },
                ));
            }
        }
        let queue_only = |arn: &&String| arn.contains(":sqs:");
        for function in &self.functions {
            let source = |kind| Source {
                kind,
                arn: function.arn.clone(),
                label: format!("λ {}", function.name),
                max_receive_count: None,
            };
            if let Some(target) = function.dead_letter_target.iter().find(queue_only) {
                edges.push((target.clone(), source(SourceKind::Function)));
            }
            for target in function.failure_destinations.iter().filter(queue_only) {
                edges.push((target.clone(), source(SourceKind::Destination)));
            }
        }
        for event_source in &self.event_sources {
            if let Some(target) = event_source.failure_destination.iter().find(queue_only) {
                let from = name_of(&event_source.source_arn);
                let function = name_of(bare_function_arn(&event_source.function_arn));
                edges.push((
                    target.clone(),
                    Source {
                        kind: SourceKind::EventSource,
                        arn: event_source.function_arn.clone(),
                        label: format!("{from}→λ {function}"),
                        max_receive_count: None,
                    },
                ));
            }
        }
        edges
    }
}

/// The ARN of a function without the version or alias behind it.
#[must_use]
pub fn bare_function_arn(arn: &str) -> &str {
    match arn.match_indices(':').nth(6) {
        Some((end, _)) if arn.starts_with("arn:") => arn.get(..end).unwrap_or(arn),
        _ => arn,
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    /// A queue of the test account with some attributes.
    pub fn queue(name: &str, attributes: &[(&str, &str)]) -> Queue {
        let arn = format!("arn:aws:sqs:us-east-1:123456789012:{name}");
        let mut queue = Queue {
            url: format!("http://localhost/123456789012/{name}"),
            arn: arn.clone(),
            ..Queue::default()
        };
        queue.attributes.insert("QueueArn".to_owned(), arn);
        for (name, value) in attributes {
            queue.attributes.insert((*name).to_owned(), (*value).to_owned());
        }
        queue
    }

    /// The RedrivePolicy that points at a queue of the test account.
    pub fn redrive_to(name: &str, count: u64) -> String {
        let target = format!("arn:aws:sqs:us-east-1:123456789012:{name}");
        json!({"deadLetterTargetArn": target, "maxReceiveCount": count}).to_string()
    }

    /// A subscription of the test account's topic `orders`.
    pub fn subscription(
        protocol: &str,
        endpoint: &str,
        attributes: &[(&str, &str)],
    ) -> Subscription {
        let topic_arn = "arn:aws:sns:us-east-1:123456789012:orders".to_owned();
        Subscription {
            arn: format!("{topic_arn}:0000-{}", name_of(endpoint)),
            topic_arn,
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
            owner: "123456789012".to_owned(),
            attributes: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn every_kind_of_source_is_found() {
        let dlq = "arn:aws:sqs:us-east-1:123456789012:dlq";
        let inventory = Inventory {
            queues: vec![
                queue("dlq", &[]),
                queue("jobs", &[("RedrivePolicy", &redrive_to("dlq", 3))]),
            ],
            subscriptions: vec![subscription(
                "lambda",
                "arn:aws:lambda:us-east-1:123456789012:function:ship",
                &[("RedrivePolicy", &redrive_to("dlq", 1))],
            )],
            functions: vec![Function {
                arn: "arn:aws:lambda:us-east-1:123456789012:function:bill".to_owned(),
                name: "bill".to_owned(),
                dead_letter_target: Some(dlq.to_owned()),
                failure_destinations: vec!["arn:aws:sns:x:1:t".to_owned(), dlq.to_owned()],
                ..Function::default()
            }],
            event_sources: vec![EventSource {
                source_arn: "arn:aws:kinesis:us-east-1:123456789012:stream/clicks".to_owned(),
                function_arn: "arn:aws:lambda:us-east-1:123456789012:function:sum:live".to_owned(),
                failure_destination: Some(dlq.to_owned()),
                ..EventSource::default()
            }],
            ..Inventory::default()
        };
        let found = inventory.dead_letter_queues();
        assert_eq!(found.len(), 1);
        let labels: Vec<String> = found[0]
            .sources
            .iter()
            .map(|source| format!("{} {}", source.kind.name(), source.label))
            .collect();
        let expected = [
            "queue jobs",
            "subscription orders→lambda:ship",
            "function λ bill",
            "destination λ bill",
            "event-source clicks→λ sum",
        ];
        assert_eq!(labels, expected);
        assert_eq!(inventory.sources_of(dlq).len(), 5);
    }

    #[test]
    fn a_target_that_is_not_there_is_listed_without_a_queue() {
        let inventory = Inventory {
            queues: vec![queue("jobs", &[("RedrivePolicy", &redrive_to("gone", 3))])],
            ..Inventory::default()
        };
        let found = inventory.dead_letter_queues();
        assert_eq!((found[0].name(), found[0].queue), ("gone", None));
    }

    #[test]
    fn versions_and_aliases_belong_to_their_function() {
        let bare = "arn:aws:lambda:us-east-1:123456789012:function:sum";
        assert_eq!(bare_function_arn(&format!("{bare}:live")), bare);
        assert_eq!(bare_function_arn(bare), bare);
        assert_eq!(bare_function_arn("sum"), "sum");
    }
}
