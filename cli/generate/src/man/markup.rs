//! From the prose in `pages/` to roff.
//!
//! The prose is a small part of Markdown: `# name - about` first, `## HEADING`, paragraphs, `- `
//! items, a term with `: ` explanations below it, lines indented by four spaces as they are, and
//! `code` inside a line.

use roff::{Inline, Roff, bold, roman};

/// Renders a page.
pub fn page(name: &str, section: &str, text: &str) -> String {
    let mut roff = Roff::new();
    let mut is_first_paragraph = true;
    for block in blocks(text) {
        match block {
            Block::Title(title) => {
                roff.control("SH", ["NAME"]);
                roff.text([roman(title)]);
            }
            Block::Heading(heading) => {
                roff.control("SH", [heading]);
                is_first_paragraph = true;
                continue;
            }
            Block::Paragraph(lines) => {
                if !is_first_paragraph {
                    roff.control("PP", []);
                }
                roff.text(inlines(&lines.join(" ")));
            }
            Block::Item(text) => {
                roff.control("IP", ["\\(bu", "2"]);
                roff.text(inlines(&text));
            }
            Block::Term(term, text) => {
                roff.control("TP", []);
                roff.text([bold(term)]);
                roff.text(inlines(&text));
            }
            Block::Literal(lines) => {
                roff.control("PP", []);
                roff.control("nf", []);
                roff.control("RS", ["4"]);
                for line in lines {
                    roff.text([roman(line)]);
                }
                roff.control("RE", []);
                roff.control("fi", []);
            }
        }
        is_first_paragraph = false;
    }
    super::finish(name, section, super::VERSION, &roff)
}

#[derive(Debug, PartialEq, Eq)]
enum Block<'a> {
    Title(&'a str),
    Heading(&'a str),
    Paragraph(Vec<&'a str>),
    Item(String),
    Term(&'a str, String),
    Literal(Vec<&'a str>),
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    // After an empty line, nothing is continued.
    let mut fresh = true;
    for line in text.lines() {
        if line.is_empty() {
            fresh = true;
            if let Some(Block::Literal(lines)) = blocks.last_mut() {
                lines.push("");
            }
            continue;
        }
        if let Some(title) = line.strip_prefix("# ") {
            blocks.push(Block::Title(title));
        } else if let Some(heading) = line.strip_prefix("## ") {
            blocks.push(Block::Heading(heading));
        } else if let Some(item) = line.strip_prefix("- ") {
            blocks.push(Block::Item(item.to_owned()));
        } else if let Some(literal) = line.strip_prefix("    ") {
            match blocks.last_mut() {
                Some(Block::Literal(lines)) => lines.push(literal),
                _ => blocks.push(Block::Literal(vec![literal])),
            }
        } else if let Some(explanation) = line.strip_prefix(": ") {
            match blocks.pop() {
                Some(Block::Paragraph(mut lines)) if lines.len() == 1 => {
                    let term = lines.pop().unwrap_or_default();
                    blocks.push(Block::Term(term, explanation.to_owned()));
                }
                other => blocks.extend(other),
            }
        } else {
            match blocks.last_mut() {
                Some(Block::Paragraph(lines)) if !fresh => lines.push(line),
                Some(Block::Item(text) | Block::Term(_, text)) if !fresh => {
                    text.push(' ');
                    text.push_str(line.trim());
                }
                _ => blocks.push(Block::Paragraph(vec![line])),
            }
        }
        fresh = false;
    }
    for block in &mut blocks {
        if let Block::Literal(lines) = block {
            while lines.last() == Some(&"") {
                lines.pop();
            }
        }
    }
    blocks
}

/// Splits a line at its backquotes: what is between two of them is bold.
fn inlines(line: &str) -> Vec<Inline> {
    line.split('`')
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(|(index, part)| if index % 2 == 1 { bold(part) } else { roman(part) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_block() {
        let text = "# a - b\n\n## ONE\none\ntwo `x`\n\n- item\n  goes on\n- next\n\n\
                    term\n: says\n  more\n\n    code\n\n    code\n\nend\n";
        let expected = [
            Block::Title("a - b"),
            Block::Heading("ONE"),
            Block::Paragraph(vec!["one", "two `x`"]),
            Block::Item("item goes on".into()),
            Block::Item("next".into()),
            Block::Term("term", "says more".into()),
            Block::Literal(vec!["code", "", "code"]),
            Block::Paragraph(vec!["end"]),
        ];
        assert_eq!(blocks(text), expected);
    }

    #[test]
    fn a_page_in_roff() {
        let page = page("a", "7", "# a - b\n\n## ONE\n.two `x`\n");
        assert!(
            page.contains(".SH NAME\na \\- b\n") || page.contains(".SH NAME\na - b\n"),
            "{page}"
        );
        assert!(page.contains("\\fBx\\fR"), "{page}");
        assert!(!page.contains("\n.two"), "a leading dot must not be a request: {page}");
    }
}
