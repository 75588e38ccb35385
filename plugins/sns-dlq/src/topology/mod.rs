//! The wiring as a graph: topics, subscriptions, queues, functions, and where dead letters go.
//!
//! In: an [`Inventory`]. Out: a [`Graph`], whole or around one node, and its drawings.

pub mod dot;
pub mod tree;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::cloud::queues::name_of;
use crate::cloud::topics::Subscription;
use crate::inventory::{Inventory, bare_function_arn};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// An SNS topic.
    Topic,
    /// A subscription.
    Subscription,
    /// An SQS queue.
    Queue,
    /// A Lambda function.
    Function,
    /// A URL, an address, a phone: something outside.
    Endpoint,
}

impl NodeKind {
    /// The kind in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Subscription => "subscription",
            Self::Queue => "queue",
            Self::Function => "function",
            Self::Endpoint => "endpoint",
        }
    }
}

/// One thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub label: String,
    /// Short remarks: `9 messages`, `raw`, `missing`.
    pub notes: Vec<String>,
    /// Something is wrong with it.
    pub is_faulty: bool,
}

/// What leads from one thing to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeKind {
    /// A topic has a subscription.
    Subscribes,
    /// A subscription delivers to an endpoint.
    Delivers,
    /// A queue is polled for a function.
    Feeds,
    /// What fails goes there.
    DeadLetters,
}

impl EdgeKind {
    /// The kind in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subscribes => "subscription",
            Self::Delivers => "delivers",
            Self::Feeds => "feeds",
            Self::DeadLetters => "dead-letters",
        }
    }
}

/// A connection; ends are ids of nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Where it begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// What it is.
    pub kind: EdgeKind,
    /// A remark: `after 3 receives`.
    pub note: String,
}

/// Nodes by id (an ARN where there is one) and their connections.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The nodes.
    pub nodes: BTreeMap<String, Node>,
    /// The connections, in the order of the tree.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// Draws up everything that there is.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let mut graph = Self::default();
        for topic in &inventory.topics {
            graph.add(&topic.arn, NodeKind::Topic, topic.name(), Vec::new(), false);
        }
        for queue in &inventory.queues {
            let mut notes = vec![plural(queue.depth(), "message")];
            if queue.in_flight() > 0 {
                notes.push(format!("{} in flight", queue.in_flight()));
            }
            graph.add(&queue.arn, NodeKind::Queue, queue.name(), notes, false);
        }
        for subscription in &inventory.subscriptions {
            graph.subscription(inventory, subscription);
        }
        for queue in &inventory.queues {
            if let Some(redrive) = queue.redrive() {
                let count = redrive.max_receive_count.unwrap_or_default();
                let note = format!("after {}", plural(count, "receive"));
                graph.dead_letters(&queue.arn, &redrive.target, note);
            }
        }
        for mapping in &inventory.event_sources {
            let function = bare_function_arn(&mapping.function_arn);
            graph.place(&mapping.source_arn, NodeKind::Queue);
            graph.place(function, NodeKind::Function);
            let note = match mapping.state.as_str() {
                "Enabled" | "" => String::new(),
                state => state.to_lowercase(),
            };
            graph.connect(&mapping.source_arn, function, EdgeKind::Feeds, note);
            if let Some(target) = &mapping.failure_destination {
                graph.dead_letters(function, target, "failed batches".to_owned());
            }
        }
        for function in &inventory.functions {
            let arn = bare_function_arn(&function.arn);
            graph.place(arn, NodeKind::Function);
            for target in function.dead_letter_target.iter().chain(&function.failure_destinations) {
                graph.dead_letters(arn, target, "failed asynchronous events".to_owned());
            }
        }
        graph
    }

    fn subscription(&mut self, inventory: &Inventory, subscription: &Subscription) {
        // A pending subscription has no ARN of its own.
        let id = if subscription.is_pending() {
            format!("{}:pending:{}", subscription.topic_arn, subscription.endpoint)
        } else {
            subscription.arn.clone()
        };
        let mut notes = Vec::new();
        if subscription.is_raw() {
            notes.push("raw".to_owned());
        }
        if subscription.attribute("FilterPolicy").is_some() {
            notes.push("filtered".to_owned());
        }
        let is_pending = subscription.is_pending();
        if is_pending {
            notes.push("pending".to_owned());
        }
        let redrive = subscription.redrive();
        if redrive.is_none() && !is_pending {
            notes.push("no dead-letter queue".to_owned());
        }
        let is_faulty = is_pending || redrive.is_none();
        let (protocol, endpoint) = (&subscription.protocol, &subscription.endpoint);
        self.place(&subscription.topic_arn, NodeKind::Topic);
        self.add(&id, NodeKind::Subscription, protocol, notes, is_faulty);
        self.connect(&subscription.topic_arn, &id, EdgeKind::Subscribes, String::new());
        let target = match protocol.as_str() {
            "sqs" => {
                self.place(endpoint, NodeKind::Queue);
                endpoint.as_str()
            }
            "lambda" => {
                let known = inventory.function(endpoint).is_some();
                let arn = bare_function_arn(endpoint);
                self.place(arn, NodeKind::Function);
                // Without any function Lambda was not asked, or has none to compare with.
                if !known && !inventory.functions.is_empty() {
                    self.mark_missing(arn);
                }
                arn
            }
            _ => {
                self.add(endpoint, NodeKind::Endpoint, endpoint, Vec::new(), false);
                endpoint.as_str()
            }
        };
        self.connect(&id, target, EdgeKind::Delivers, String::new());
        if let Some(redrive) = redrive {
            self.dead_letters(&id, &redrive.target, "undelivered".to_owned());
        }
    }

    fn add(&mut self, id: &str, kind: NodeKind, label: &str, notes: Vec<String>, is_faulty: bool) {
        let node = Node { kind, label: label.to_owned(), notes, is_faulty };
        self.nodes.insert(id.to_owned(), node);
    }

    /// Adds a node that something refers to, unless it is there.
    fn place(&mut self, id: &str, kind: NodeKind) {
        if self.nodes.contains_key(id) {
            return;
        }
        // Every queue of the region is known beforehand.
        let is_missing = kind == NodeKind::Queue && id.contains(":sqs:");
        let notes = if is_missing { vec!["missing".to_owned()] } else { Vec::new() };
        self.add(id, kind, name_of(id), notes, is_missing);
    }

    fn mark_missing(&mut self, id: &str) {
        if let Some(node) = self.nodes.get_mut(id).filter(|node| !node.is_faulty) {
            node.notes.push("missing".to_owned());
            node.is_faulty = true;
        }
    }

    fn dead_letters(&mut self, from: &str, target: &str, note: String) {
        let kind = if target.contains(":sns:") { NodeKind::Topic } else { NodeKind::Queue };
        self.place(target, kind);
        self.connect(from, target, EdgeKind::DeadLetters, note);
    }

    fn connect(&mut self, from: &str, to: &str, kind: EdgeKind, note: String) {
        self.edges.push(Edge { from: from.to_owned(), to: to.to_owned(), kind, note });
    }

    /// The part that can be reached from `root`, and everything from which it can be reached.
    #[must_use]
    pub fn around(&self, root: &str) -> Self {
        let mut keep = self.reachable(root, |edge| (&edge.from, &edge.to));
        keep.extend(self.reachable(root, |edge| (&edge.to, &edge.from)));
        let nodes = self.nodes.iter().filter(|(id, _)| keep.contains(*id));
        let edges = self.edges.iter();
        let edges = edges.filter(|edge| keep.contains(&edge.from) && keep.contains(&edge.to));
        Self {
            nodes: nodes.map(|(id, node)| (id.clone(), node.clone())).collect(),
            edges: edges.cloned().collect(),
        }
    }

    fn reachable(
        &self,
        root: &str,
        ends: impl Fn(&Edge) -> (&String, &String),
    ) -> BTreeSet<String> {
        let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for edge in &self.edges {
            let (from, to) = ends(edge);
            next.entry(from.as_str()).or_default().push(to.as_str());
        }
        let mut found = BTreeSet::from([root.to_owned()]);
        let mut waiting = vec![root];
        while let Some(id) = waiting.pop() {
            for neighbour in next.get(id).into_iter().flatten() {
                if found.insert((*neighbour).to_owned()) {
                    waiting.push(neighbour);
                }
            }
        }
        found
    }

    /// The graph as a document.
    #[must_use]
    pub fn to_json(&self, root: &str) -> Value {
        let nodes = self.nodes.iter().map(|(id, node)| {
            json!({
                "id": id,
                "kind": node.kind.name(),
                "name": node.label,
                "notes": node.notes,
                "faulty": node.is_faulty,
            })
        });
        let edges = self.edges.iter().map(|edge| {
            json!({
                "from": edge.from,
                "to": edge.to,
                "kind": edge.kind.name(),
                "note": edge.note,
            })
        });
        json!({
            "root": root,
            "nodes": nodes.collect::<Vec<Value>>(),
            "edges": edges.collect::<Vec<Value>>(),
        })
    }
}

fn plural(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::cloud::topics::{PENDING, Topic};
    use crate::inventory::tests::{queue, redrive_to, subscription};

    /// The topic `orders` with one subscription of each kind.
    pub fn inventory() -> Inventory {
        let dlq = ("RedrivePolicy", redrive_to("orders-dlq", 5));
        let mut pending = subscription("https", "https://example.org/new", &[]);
        pending.arn = PENDING.to_owned();
        Inventory {
            topics: vec![Topic {
                arn: "arn:aws:sns:us-east-1:123456789012:orders".to_owned(),
                ..Topic::default()
            }],
            queues: vec![
                queue("orders-dlq", &[("ApproximateNumberOfMessages", "9")]),
                queue("orders-q", &[("RedrivePolicy", &redrive_to("jobs-dlq", 3))]),
                queue("other", &[]),
            ],
            subscriptions: vec![
                subscription(
                    "sqs",
                    "arn:aws:sqs:us-east-1:123456789012:orders-q",
                    &[("RawMessageDelivery", "true"), (dlq.0, &dlq.1)],
                ),
                subscription("https", "https://example.org/hook", &[("FilterPolicy", "{}")]),
                pending,
            ],
            ..Inventory::default()
        }
    }

    #[test]
    fn only_what_hangs_together_is_kept() {
        let graph = Graph::of(&inventory());
        let part = graph.around("arn:aws:sqs:us-east-1:123456789012:orders-dlq");
        let labels: Vec<&str> = part.nodes.values().map(|node| node.label.as_str()).collect();
        assert_eq!(labels, ["orders", "sqs", "orders-dlq"]);
        assert_eq!(part.edges.len(), 2);
        let whole = graph.around("arn:aws:sns:us-east-1:123456789012:orders");
        assert!(!whole.nodes.values().any(|node| node.label == "other"));
    }
}
