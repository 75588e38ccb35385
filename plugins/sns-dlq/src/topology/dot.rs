//! The graph in the language of Graphviz.

use std::fmt::Write as _;

use super::{EdgeKind, Graph, NodeKind};

/// Writes a graph that `dot -Tsvg` draws.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph topology {\n  rankdir=LR;\n  node [fontname=\"sans\"];\n");
    for (id, node) in &graph.nodes {
        let shape = match node.kind {
            NodeKind::Topic => "hexagon",
            NodeKind::Subscription => "oval",
            NodeKind::Queue => "cylinder",
            NodeKind::Function => "box",
            NodeKind::Endpoint => "note",
        };
        let mut label = node.label.clone();
        if !node.notes.is_empty() {
            let _ = write!(label, "\n{}", node.notes.join(", "));
        }
        let color = if node.is_faulty { ", color=red" } else { "" };
        let (id, label) = (quoted(id), quoted(&label));
        let _ = writeln!(out, "  {id} [label={label}, shape={shape}{color}];");
    }
    for edge in &graph.edges {
        let style = if edge.kind == EdgeKind::DeadLetters { "dashed" } else { "solid" };
        let (from, to, label) = (quoted(&edge.from), quoted(&edge.to), quoted(&edge.note));
        let _ = writeln!(out, "  {from} -> {to} [style={style}, label={label}];");
    }
    out.push_str("}\n");
    out
}

/// A quoted id: dot knows the escape of the quote and `\n`.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::tests::inventory;

    #[test]
    fn a_graph_is_drawn() {
        let graph = Graph::of(&inventory());
        insta::assert_snapshot!(
            dot(&graph.around("arn:aws:sqs:us-east-1:123456789012:orders-dlq"))
        );
    }

    #[test]
    fn quotes_and_line_ends_are_escaped() {
        assert_eq!(quoted("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
    }
}
