//! The page of one command: everything that its tree says, with its subcommands on the same page.

use brume_plugin::manifest::{ArgumentTree, CommandTree};
use roff::{Inline, Roff, bold, italic, roman};

/// Renders the page of a built-in or a plugin.
pub fn page(tree: &CommandTree, version: &str) -> String {
    let name = format!("brume-{}", tree.name);
    let mut roff = Roff::new();
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{name} - {}", tree.about))]);
    roff.control("SH", ["SYNOPSIS"]);
    let path = format!("brume {}", tree.name);
    roff.text(synopsis(&path, tree));
    roff.control("SH", ["DESCRIPTION"]);
    paragraphs(&mut roff, if tree.long_about.is_empty() { &tree.about } else { &tree.long_about });
    if tree.arguments.iter().any(|argument| !argument.hidden) {
        roff.control("SH", ["OPTIONS"]);
        arguments(&mut roff, &tree.arguments);
    }
    if tree.subcommands.iter().any(|subcommand| !subcommand.hidden) {
        roff.control("SH", ["COMMANDS"]);
        for subcommand in &tree.subcommands {
            nested(&mut roff, &path, subcommand);
        }
    }
    if !tree.after_help.is_empty() {
        roff.control("SH", ["NOTES"]);
        literal(&mut roff, &tree.after_help);
    }
    roff.control("SH", ["GLOBAL OPTIONS"]);
    roff.text([
        roman("Options such as "),
        bold("--local"),
        roman(", "),
        bold("--context"),
        roman(" and "),
        bold("--output"),
        roman(" may stand anywhere before "),
        bold("--"),
        roman("; they are described in "),
        bold("brume"),
        roman("(1)."),
    ]);
    see_also(&mut roff, &["brume(1)", "brume-config(5)", "brume-exit-codes(7)"]);
    super::finish(&name, "1", version, &roff)
}

/// Adds the last section of a page.
pub fn see_also(roff: &mut Roff, pages: &[&str]) {
    roff.control("SH", ["SEE ALSO"]);
    let mut inlines = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        let (name, section) = page.split_once('(').unwrap_or((page, ""));
        if index > 0 {
            inlines.push(roman(", "));
        }
        inlines.push(bold(name));
        inlines.push(roman(format!("({section}")));
    }
    roff.text(inlines);
}

/// Adds a term and its explanation.
pub fn item(roff: &mut Roff, term: Vec<Inline>, text: &str) {
    roff.control("TP", []);
    roff.text(term);
    roff.text([roman(text)]);
}

fn nested(roff: &mut Roff, path: &str, tree: &CommandTree) {
    if tree.hidden {
        return;
    }
    let path = format!("{path} {}", tree.name);
    roff.control("SS", [path.as_str()]);
    roff.text(synopsis(&path, tree));
    roff.control("PP", []);
    paragraphs(roff, if tree.long_about.is_empty() { &tree.about } else { &tree.long_about });
    arguments(roff, &tree.arguments);
    if !tree.after_help.is_empty() {
        roff.control("PP", []);
        literal(roff, &tree.after_help);
    }
    for subcommand in &tree.subcommands {
        nested(roff, &path, subcommand);
    }
}

fn synopsis(path: &str, tree: &CommandTree) -> Vec<Inline> {
    let mut inlines = vec![bold(path)];
    let mut add = |word: Inline, before: &str, after: &str| {
        inlines.push(roman(format!(" {before}")));
        inlines.push(word);
        inlines.push(roman(after));
    };
    let shown: Vec<&ArgumentTree> =
        tree.arguments.iter().filter(|argument| !argument.hidden).collect();
    if shown.iter().any(|argument| !is_positional(argument)) {
        add(italic("OPTIONS"), "[", "]");
    }
    for argument in shown.iter().filter(|argument| is_positional(argument)) {
        let repeat = if argument.repeatable { "..." } else { "" };
        let name = italic(placeholder(argument));
        match argument.required {
            true => add(name, "", repeat),
            false => add(name, "[", &format!("]{repeat}")),
        }
    }
    if !tree.subcommands.is_empty() {
        add(italic("COMMAND"), "", "");
    }
    inlines
}

fn arguments(roff: &mut Roff, arguments: &[ArgumentTree]) {
    let shown = || arguments.iter().filter(|argument| !argument.hidden);
    for argument in shown().filter(|argument| is_positional(argument)) {
        item(roff, vec![italic(placeholder(argument))], &explanation(argument));
    }
    for argument in shown().filter(|argument| !is_positional(argument)) {
        let mut term = Vec::new();
        if let Some(short) = argument.short {
            term.push(bold(format!("-{short}")));
        }
        if let Some(long) = &argument.long {
            if !term.is_empty() {
                term.push(roman(", "));
            }
            term.push(bold(format!("--{long}")));
        }
        for value in &argument.values {
            term.push(roman(" "));
            term.push(italic(value.as_str()));
        }
        item(roff, term, &explanation(argument));
    }
}

fn explanation(argument: &ArgumentTree) -> String {
    let mut text = argument.help.replace('\n', " ");
    if text.is_empty() {
        text.push_str(if argument.required { "Required" } else { "Optional" });
    }
    if !argument.possible_values.is_empty() {
        text.push_str(": ");
        text.push_str(&argument.possible_values.join(", "));
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

fn placeholder(argument: &ArgumentTree) -> String {
    argument.values.first().cloned().unwrap_or_else(|| argument.id.to_uppercase())
}

fn is_positional(argument: &ArgumentTree) -> bool {
    argument.long.is_none() && argument.short.is_none()
}

fn paragraphs(roff: &mut Roff, text: &str) {
    for (index, paragraph) in text.split("\n\n").enumerate() {
        if index > 0 {
            roff.control("PP", []);
        }
        if paragraph.starts_with("  ") {
            literal(roff, paragraph);
            continue;
        }
        let mut line = paragraph.replace('\n', " ").trim().to_owned();
        if !line.is_empty() && !line.ends_with(['.', '!', '?', ':']) {
            line.push('.');
        }
        roff.text([roman(line)]);
    }
}

fn literal(roff: &mut Roff, text: &str) {
    roff.control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}
