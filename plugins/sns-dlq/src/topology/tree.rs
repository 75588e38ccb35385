//! The graph as a tree, for people.

use brume_plugin::render::palette::{HEADING, QUIET, WARNING, paint};

use super::{Edge, EdgeKind, Graph, Node, NodeKind};
use crate::text::printable;

/// Levels below which nothing is drawn: a wiring of that depth is a circle in disguise.
const DEPTH_MAX: usize = 32;

/// Draws what leads to `root`, then what it leads to.
#[must_use]
pub fn tree(graph: &Graph, root: &str, color: bool) -> String {
    let painter = Painter { graph, color };
    let mut out = String::new();
    let node = graph.nodes.get(root);
    let is_topic = node.is_some_and(|node| node.kind == NodeKind::Topic);
    let feeds = painter.neighbours(root, Way::Back);
    let leads = painter.neighbours(root, Way::Forth);
    out.push_str(&painter.title(node, root));
    if !is_topic || !feeds.is_empty() {
        painter.section(&mut out, "fed by", &feeds, Way::Back, root);
    }
    if is_topic && feeds.is_empty() {
        painter.branches(&mut out, &leads, "", Way::Forth, &mut vec![root.to_owned()]);
    } else {
        painter.section(&mut out, "leads to", &leads, Way::Forth, root);
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Forth,
    Back,
}

struct Painter<'a> {
    graph: &'a Graph,
    color: bool,
}

impl Painter<'_> {
    fn neighbours(&self, id: &str, way: Way) -> Vec<&Edge> {
        let here = |edge: &&Edge| match way {
            Way::Forth => edge.from == id,
            Way::Back => edge.to == id,
        };
        self.graph.edges.iter().filter(here).collect()
    }

    fn title(&self, node: Option<&Node>, id: &str) -> String {
        let Some(node) = node else { return format!("{id}\n") };
        let name = paint(&printable(&node.label), HEADING, self.color);
        format!("{name} ({}){}\n", node.kind.name(), self.notes(node))
    }

    fn section(&self, out: &mut String, title: &str, edges: &[&Edge], way: Way, root: &str) {
        if edges.is_empty() {
            out.push_str(&paint(&format!("{title} nothing\n"), QUIET, self.color));
            return;
        }
        out.push_str(&format!("{title}\n"));
        self.branches(out, edges, "", way, &mut vec![root.to_owned()]);
    }

    /// Draws one line for each edge, and what is behind it one level deeper.
    fn branches(
        &self,
        out: &mut String,
        edges: &[&Edge],
        indent: &str,
        way: Way,
        path: &mut Vec<String>,
    ) {
        for (index, edge) in edges.iter().enumerate() {
            let is_last = index + 1 == edges.len();
            let (branch, below) =
                if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
            let mut line = String::new();
            let mut next = self.draw(&mut line, edge, way);
            // A subscription and what it delivers to are one line.
            let mut behind = self.neighbours(next, way);
            let subscription = self.graph.nodes.get(next);
            if way == Way::Forth
                && subscription.is_some_and(|node| node.kind == NodeKind::Subscription)
                && let Some(place) = behind.iter().position(|e| e.kind == EdgeKind::Delivers)
            {
                let delivers = behind.remove(place);
                line.push_str(" → ");
                next = self.draw_end(&mut line, &delivers.to, way);
                behind.extend(self.neighbours(next, way));
            }
            let is_circle = path.iter().any(|seen| seen == next);
            if is_circle {
                line.push_str(&paint(" (a circle)", WARNING, self.color));
            }
            out.push_str(&format!("{indent}{branch}{line}\n"));
            if !is_circle && path.len() < DEPTH_MAX {
                path.push(next.to_owned());
                self.branches(out, &behind, &format!("{indent}{below}"), way, path);
                path.pop();
            }
        }
    }

    /// Draws an edge and the node at its far end; returns that node's id.
    fn draw<'e>(&self, line: &mut String, edge: &'e Edge, way: Way) -> &'e str {
        let far = if way == Way::Forth { &edge.to } else { &edge.from };
        let note = if edge.note.is_empty() { String::new() } else { format!(" ({})", edge.note) };
        let word = match (edge.kind, way) {
            (EdgeKind::DeadLetters, Way::Forth) => format!("{} → ", edge.note),
            (EdgeKind::DeadLetters, Way::Back) => format!("{} of ", edge.note),
            (EdgeKind::Feeds, Way::Forth) => format!("polled{note} by "),
            (EdgeKind::Feeds, Way::Back) => format!("polls{note} "),
            (EdgeKind::Delivers, Way::Back) => "delivered by ".to_owned(),
            (EdgeKind::Subscribes, Way::Back) => "of ".to_owned(),
            (EdgeKind::Subscribes | EdgeKind::Delivers, Way::Forth) => String::new(),
        };
        if !word.is_empty() {
            line.push_str(&paint(&word, QUIET, self.color));
        }
        self.draw_end(line, far, way)
    }

    fn draw_end<'e>(&self, line: &mut String, id: &'e str, way: Way) -> &'e str {
        let Some(node) = self.graph.nodes.get(id) else {
            line.push_str(&printable(id));
            return id;
        };
        let kind = match node.kind {
            NodeKind::Queue => "queue ",
            NodeKind::Function => "function ",
            NodeKind::Topic => "topic ",
            NodeKind::Subscription | NodeKind::Endpoint => "",
        };
        if node.kind == NodeKind::Subscription && way == Way::Back {
            let to = self.neighbours(id, Way::Forth);
            let to = to.iter().find(|edge| edge.kind == EdgeKind::Delivers);
            let to = to.and_then(|edge| self.graph.nodes.get(&edge.to));
            let to = to.map(|node| format!("→{}", printable(&node.label))).unwrap_or_default();
            line.push_str(&format!("subscription {}{to}{}", node.label, self.notes(node)));
            return id;
        }
        line.push_str(&format!("{kind}{}{}", printable(&node.label), self.notes(node)));
        id
    }

    fn notes(&self, node: &Node) -> String {
        if node.notes.is_empty() {
            return String::new();
        }
        let style = if node.is_faulty { WARNING } else { QUIET };
        format!(" {}", paint(&format!("[{}]", node.notes.join(", ")), style, self.color))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;
    use crate::inventory::tests::{queue, redrive_to};
    use crate::topology::tests::inventory;

    fn drawn(inventory: &Inventory, root: &str) -> String {
        tree(&Graph::of(inventory), root, false)
    }

    #[test]
    fn a_topic_leads_to_its_endpoints_and_their_dead_letters() {
        let root = "arn:aws:sns:us-east-1:123456789012:orders";
        insta::assert_snapshot!(drawn(&inventory(), root), @r"
        orders (topic)
        ├── sqs [raw] → queue orders-q [0 messages]
        │   ├── undelivered → queue orders-dlq [9 messages]
        │   └── after 3 receives → queue jobs-dlq [missing]
        ├── https [filtered, no dead-letter queue] → https://example.org/hook
        └── https [pending] → https://example.org/new
        ");
    }

    #[test]
    fn a_queue_shows_both_ways() {
        let root = "arn:aws:sqs:us-east-1:123456789012:orders-q";
        insta::assert_snapshot!(drawn(&inventory(), root), @r"
        orders-q (queue) [0 messages]
        fed by
        └── delivered by subscription sqs→orders-q [raw]
            └── of topic orders
        leads to
        └── after 3 receives → queue jobs-dlq [missing]
        ");
    }

    #[test]
    fn a_circle_ends() {
        let queues = vec![
            queue("a", &[("RedrivePolicy", &redrive_to("b", 1))]),
            queue("b", &[("RedrivePolicy", &redrive_to("a", 1))]),
        ];
        let inventory = Inventory { queues, ..Inventory::default() };
        let text = drawn(&inventory, "arn:aws:sqs:us-east-1:123456789012:a");
        assert!(text.contains("(a circle)"), "{text}");
    }
}
