//! From the tree of a manifest back to a clap command, for completion and manual pages.
//!
//! A manifest is a stranger's text, and clap ends the process over a tree that makes no sense: what
//! clashes is left out.

use std::collections::HashSet;

use brume_plugin::global_flags::GLOBAL_FLAGS;
use brume_plugin::manifest::{ArgumentTree, CommandTree};
use brume_plugin::render::palette::help_styles;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};

/// Builds the command of a tree; `decorate` may add to each argument that takes a value.
#[must_use]
pub fn command(tree: &CommandTree, decorate: &dyn Fn(Arg) -> Arg) -> Command {
    let mut command = Command::new(tree.name.clone())
        .styles(help_styles())
        .disable_help_subcommand(true)
        .hide(tree.hidden);
    if !tree.about.is_empty() {
        command = command.about(tree.about.clone());
    }
    if !tree.long_about.is_empty() {
        command = command.long_about(tree.long_about.clone());
    }
    if !tree.after_help.is_empty() {
        command = command.after_help(tree.after_help.clone());
    }
    let mut seen = Seen::default();
    let positionals: Vec<&ArgumentTree> =
        tree.arguments.iter().filter(|argument| is_positional(argument)).collect();
    let last = positionals.last().map(|argument| argument.id.as_str());
    let mut all_required = true;
    for argument in &tree.arguments {
        if !seen.admit(argument) {
            continue;
        }
        let positional = is_positional(argument);
        if positional {
            all_required &= argument.required;
        }
        let required = argument.required && (!positional || all_required);
        let is_last = last == Some(argument.id.as_str());
        let repeatable = argument.repeatable && (!positional || is_last);
        let built = build(argument, required, repeatable);
        let takes_values = positional || !argument.values.is_empty();
        command = command.arg(if takes_values { decorate(built) } else { built });
    }
    let mut names = HashSet::new();
    for subtree in &tree.subcommands {
        if subtree.name.is_empty() || !names.insert(subtree.name.clone()) {
            continue;
        }
        let aliases: Vec<String> = subtree
            .aliases
            .iter()
            .filter(|alias| names.insert((*alias).clone()))
            .cloned()
            .collect();
        let subcommand = self::command(subtree, decorate).visible_aliases(aliases);
        command = command.subcommand(subcommand);
    }
    command
}

/// The global flags as arguments of the root.
#[must_use]
pub fn global_arguments() -> Vec<Arg> {
    use brume_plugin::global_flags::Takes;
    GLOBAL_FLAGS
        .iter()
        .map(|flag| {
            let mut argument = Arg::new(flag.long).long(flag.long).help(flag.help).global(true);
            if let Some(short) = flag.short {
                argument = argument.short(short);
            }
            match flag.takes {
                Takes::Nothing => argument.action(ArgAction::Count),
                Takes::Value => argument.value_name(flag.value).action(ArgAction::Append),
                Takes::OptionalValue => argument
                    .value_name(flag.value)
                    .num_args(0..=1)
                    .require_equals(true)
                    .action(ArgAction::Append),
            }
        })
        .collect()
}

fn build(argument: &ArgumentTree, required: bool, repeatable: bool) -> Arg {
    let mut built = Arg::new(argument.id.clone()).required(required).hide(argument.hidden);
    if let Some(long) = &argument.long {
        built = built.long(long.clone());
    }
    if let Some(short) = argument.short {
        built = built.short(short);
    }
    if !argument.help.is_empty() {
        built = built.help(argument.help.clone());
    }
    if argument.values.is_empty() && !is_positional(argument) {
        let action = if repeatable { ArgAction::Count } else { ArgAction::SetTrue };
        return built.required(false).action(action);
    }
    built = built.value_hint(hint(&argument.value_hint));
    if !argument.possible_values.is_empty() {
        built = built.value_parser(PossibleValuesParser::new(argument.possible_values.clone()));
    }
    if argument.values.len() > 1 {
        built = built.num_args(argument.values.len()).value_names(argument.values.clone());
    } else if let Some(name) = argument.values.first() {
        built = built.value_name(name.clone());
    }
    if repeatable {
        built = built.action(ArgAction::Append);
        if is_positional(argument) {
            built = built.num_args(usize::from(required)..);
        }
    }
    built
}

fn is_positional(argument: &ArgumentTree) -> bool {
    argument.long.is_none() && argument.short.is_none()
}

fn hint(hint: &str) -> ValueHint {
    match hint {
        "file" => ValueHint::FilePath,
        "directory" => ValueHint::DirPath,
        "command" => ValueHint::CommandName,
        "hostname" => ValueHint::Hostname,
        "url" => ValueHint::Url,
        _ => ValueHint::Unknown,
    }
}

/// What a command has already, so that nothing comes twice.
#[derive(Default)]
struct Seen<'a> {
    ids: HashSet<&'a str>,
    longs: HashSet<&'a str>,
    shorts: HashSet<char>,
}

impl<'a> Seen<'a> {
    fn admit(&mut self, argument: &'a ArgumentTree) -> bool {
        let is_reserved = argument.long.as_deref() == Some("help")
            || argument.short == Some('h')
            || matches!(argument.id.as_str(), "" | "help" | "version")
            || GLOBAL_FLAGS.iter().any(|flag| {
                flag.long == argument.id
                    || argument.long.as_deref() == Some(flag.long)
                    || (flag.short.is_some() && flag.short == argument.short)
            });
        !is_reserved
            && self.ids.insert(&argument.id)
            && argument
                .long
                .as_deref()
                .is_none_or(|long| !long.is_empty() && self.longs.insert(long))
            && argument.short.is_none_or(|short| short != '-' && self.shorts.insert(short))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brume_plugin::command_tree::command_tree;

    fn argument(id: &str, long: Option<&str>, short: Option<char>) -> ArgumentTree {
        ArgumentTree { id: id.into(), long: long.map(str::to_owned), short, ..Default::default() }
    }

    #[test]
    fn a_sound_tree_comes_back_as_it_was() {
        let original = Command::new("sample")
            .about("Shows")
            .arg(Arg::new("FILE").required(true).value_hint(ValueHint::FilePath).help("A file"))
            .arg(Arg::new("REST").num_args(0..).action(ArgAction::Append))
            .arg(Arg::new("all").long("all").short('A').action(ArgAction::SetTrue))
            .arg(Arg::new("sort").long("sort").value_name("KEY").value_parser(["name", "age"]))
            .subcommand(Command::new("ls").about("Lists").visible_alias("list"));
        let tree = command_tree(&original);
        assert_eq!(command_tree(&command(&tree, &|argument| argument)), tree);
    }

    #[test]
    fn a_tree_full_of_clashes_is_still_a_command() {
        let positional = |id: &str, required: bool, repeatable: bool| ArgumentTree {
            values: vec!["X".into()],
            required,
            repeatable,
            ..argument(id, None, None)
        };
        let tree = CommandTree {
            name: "sample".into(),
            arguments: vec![
                argument("a", Some("all"), Some('a')),
                argument("a", Some("other"), None),
                argument("b", Some("all"), None),
                argument("c", None, Some('a')),
                argument("help", Some("help"), Some('h')),
                argument("n", Some("namespace"), None),
                argument("", Some(""), Some('-')),
                positional("p", false, true),
                positional("q", true, false),
                positional("r", true, true),
            ],
            subcommands: vec![
                CommandTree { name: "ls".into(), aliases: vec!["ls".into()], ..Default::default() },
                CommandTree { name: "ls".into(), ..Default::default() },
                CommandTree { name: "help".into(), ..Default::default() },
                CommandTree::default(),
            ],
            ..Default::default()
        };
        let mut root = Command::new("brume")
            .disable_help_subcommand(true)
            .args(global_arguments())
            .subcommand(command(&tree, &|argument| argument));
        root.build();
        let sample = root.find_subcommand("sample").unwrap();
        assert_eq!(sample.get_subcommands().count(), 2);
        assert!(sample.get_arguments().any(|argument| argument.get_id() == "a"));
    }
}
