//! The fields as a drawn tree, one line each.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::rc::Rc;

use super::first_sentence;
use super::plaintext::{Depth, type_name};
use crate::command::Subject;
use crate::schema::{Document, Found, Schema, children, definition};

/// Levels that are drawn when no depth is asked for.
const LEVELS_DEFAULT: usize = 2;

/// Column at which the descriptions start, when the names leave room.
const DESCRIPTION_COLUMN: usize = 44;

/// Draws what was found and the fields below it; lines are cut to `width` columns when given.
#[must_use]
pub fn render(subject: &Subject, found: &Found, depth: Depth, width: Option<usize>) -> String {
    let mut tree = Tree {
        document: subject.document.as_ref(),
        levels: match depth {
            Depth { recursive: false, .. } => LEVELS_DEFAULT,
            Depth { max: 0, .. } => usize::MAX,
            Depth { max, .. } => max,
        },
        width,
        text: String::new(),
    };
    let name = match subject.fields.last() {
        Some(name) => name.clone(),
        None => format!("{} ({})", subject.kind.kind, subject.kind.api_version()),
    };
    let type_name = match subject.fields.last() {
        Some(_) => format!(" <{}>", type_name(tree.document, &found.schema)),
        None => String::new(),
    };
    let label = format!("{name}{type_name}");
    tree.line(&label, &found.schema.description);
    tree.below(&found.schema, "", 0, &BTreeSet::new());
    tree.text
}

struct Tree<'d> {
    document: &'d dyn Document,
    levels: usize,
    width: Option<usize>,
    text: String,
}

impl Tree<'_> {
    fn below(&mut self, schema: &Rc<Schema>, margin: &str, level: usize, seen: &BTreeSet<String>) {
        if level >= self.levels {
            return;
        }
        let mut seen = seen.clone();
        if definition(self.document, schema).is_some_and(|name| !seen.insert(name)) {
            return;
        }
        let fields = children(self.document, schema);
        for (index, child) in fields.iter().enumerate() {
            let last = index + 1 == fields.len();
            let (branch, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let required = if child.required { " *" } else { "" };
            let again =
                definition(self.document, &child.schema).is_some_and(|name| seen.contains(&name));
            let again = if again { " ↻" } else { "" };
            let kind = type_name(self.document, &child.schema);
            let label = format!("{margin}{branch}{} <{kind}>{required}{again}", child.name);
            self.line(&label, &child.schema.description);
            self.below(&child.schema, &format!("{margin}{below}"), level + 1, &seen);
        }
    }

    fn line(&mut self, label: &str, description: &str) {
        let mut line = label.to_owned();
        let sentence = first_sentence(description);
        if !sentence.is_empty() {
            let _ = write!(
                line,
                "{:padding$}  {sentence}",
                "",
                padding = DESCRIPTION_COLUMN.saturating_sub(label.chars().count())
            );
        }
        if let Some(width) = self.width
            && line.chars().count() > width
        {
            line = line.chars().take(width.saturating_sub(1)).collect();
            line.push('…');
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_document::subject;

    #[test]
    fn draws_two_levels_and_marks_cycles() {
        let subject = subject(&[]);
        let found = Found { schema: Rc::clone(&subject.root), parent: None };
        let deep = Depth { recursive: true, max: 0 };
        insta::assert_snapshot!(render(&subject, &found, deep, Some(72)));
    }
}
