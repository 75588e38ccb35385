//! The command tree that completion walks over: built-ins, plugins, and where values come from.

use std::ffi::OsString;
use std::sync::Arc;

use brume_plugin::manifest::Manifest;
use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use super::values::{self, PluginValues};
use crate::commands::help::TOPICS;
use crate::commands::{self, BUILT_INS};
use crate::config::RESERVED_NAMES;
use crate::plugins::cache;
use crate::plugins::inventory::{self, Listed};
use crate::session::Session;
use crate::tree;

/// Builds the tree. `typed` are the words before the cursor without global flags, `last` is the
/// word under it.
pub(super) fn command(session: Session, typed: &[OsString], last: OsString) -> Command {
    // They would drown the rest: offered when a dash was typed, or when there is nothing else.
    let dash = last.as_encoded_bytes().starts_with(b"-");
    let root = whole(Arc::new(session), typed, last);
    if dash { root } else { without_options(root) }
}

/// Hides the options of a command and of all below it.
fn without_options(command: Command) -> Command {
    command
        .disable_help_flag(true)
        .mut_args(|argument| if argument.is_positional() { argument } else { argument.hide(true) })
        .mut_subcommands(without_options)
}

fn whole(session: Arc<Session>, typed: &[OsString], last: OsString) -> Command {
    let name = typed.first().and_then(|name| name.to_str()).unwrap_or_default();
    let root = Command::new("brume").disable_help_subcommand(true).args(global(&session));
    if let Some(built_in) = commands::find(name) {
        let command = (built_in.command)().name(built_in.name).disable_help_subcommand(true);
        return root.subcommand(with_values(command, &session));
    }
    if name.is_empty() {
        let plugins = inventory::all(&session).into_iter().filter(Listed::is_offered);
        let built_ins = BUILT_INS.iter().map(|built_in| {
            let about = (built_in.command)().get_about().cloned().unwrap_or_default();
            Command::new(built_in.name).about(about)
        });
        let plugins = plugins.map(|listed| {
            let about = listed.manifest.map(|manifest| manifest.about).unwrap_or_default();
            Command::new(first_word(&listed.candidate.name)).about(about)
        });
        let mut names = std::collections::HashSet::new();
        let all: Vec<Command> = built_ins
            .chain(plugins)
            .filter(|command| names.insert(command.get_name().to_owned()))
            .collect();
        return root.subcommands(all);
    }
    let limit = cache::DEADLINE_OF_ONE.max(values::timeout(&session.environment));
    let Some((candidate, manifest)) = inventory::one(&session, name, limit) else { return root };
    let words: Vec<OsString> = typed.iter().skip(1).cloned().chain([last]).collect();
    let values = Arc::new(PluginValues::new(session, candidate, words));
    root.subcommand(plugin(&manifest, &values))
}

/// The tree of a plugin. Every value without a fixed set is the plugin's own business.
fn plugin(manifest: &Manifest, values: &Arc<PluginValues>) -> Command {
    let command = tree::command(&manifest.command, &|argument: Arg| {
        let is_fixed = !argument.get_possible_values().is_empty();
        let is_path = !matches!(argument.get_value_hint(), ValueHint::Unknown | ValueHint::Url);
        if is_fixed || is_path {
            return argument;
        }
        let values = Arc::clone(values);
        argument.add(ArgValueCompleter::new(move |current: &std::ffi::OsStr| values.get(current)))
    });
    command.name(manifest.name.clone())
}

fn global(session: &Arc<Session>) -> Vec<Arg> {
    tree::global_arguments()
        .into_iter()
        .map(|argument| match argument.get_id().as_str() {
            "context" => argument.add(contexts(session)),
            "kubeconfig" => argument.value_hint(ValueHint::FilePath),
            "color" => argument.value_parser(["auto", "always", "never"]),
            "dry-run" => argument.value_parser(["none", "client", "server"]),
            "output" => {
                argument.add(fixed(&["table", "wide", "json", "yaml", "name", "jsonl", "csv"]))
            }
            _ => argument,
        })
        .collect()
}

/// Adds the values of built-ins that are names of something.
fn with_values(command: Command, session: &Arc<Session>) -> Command {
    let command = command.mut_args(|argument| match argument.get_id().as_str() {
        "instance" => argument.add(instances(session)),
        "subject" => argument.add(subjects(session)),
        _ => argument,
    });
    let parent = command.get_name().to_owned();
    command.mut_subcommands(|subcommand| {
        let session = Arc::clone(session);
        let parent = parent.clone();
        subcommand.mut_args(move |argument| match (parent.as_str(), argument.get_id().as_str()) {
            ("config", "name") => argument.add(contexts(&session)),
            ("plugin", "name") => argument.add(plugins(&session)),
            (_, "instance") => argument.add(instances(&session)),
            _ => argument,
        })
    })
}

fn contexts(session: &Arc<Session>) -> ArgValueCandidates {
    let session = Arc::clone(session);
    ArgValueCandidates::new(move || {
        let names = session.config.contexts.keys().map(String::as_str);
        names.chain(RESERVED_NAMES).map(CompletionCandidate::new).collect()
    })
}

fn plugins(session: &Arc<Session>) -> ArgValueCandidates {
    let session = Arc::clone(session);
    ArgValueCandidates::new(move || {
        inventory::names(&session).into_iter().map(CompletionCandidate::new).collect()
    })
}

fn subjects(session: &Arc<Session>) -> ArgValueCandidates {
    let session = Arc::clone(session);
    ArgValueCandidates::new(move || {
        let built_ins = BUILT_INS.iter().map(|built_in| built_in.name.to_owned());
        let topics = TOPICS.iter().map(|topic| topic.name.to_owned());
        let names = built_ins.chain(topics).chain(inventory::names(&session));
        names.map(CompletionCandidate::new).collect()
    })
}

fn instances(session: &Arc<Session>) -> ArgValueCandidates {
    let session = Arc::clone(session);
    ArgValueCandidates::new(move || values::instances(&session))
}

fn fixed(values: &'static [&'static str]) -> ArgValueCandidates {
    ArgValueCandidates::new(|| values.iter().map(CompletionCandidate::new).collect())
}

fn first_word(name: &str) -> String {
    name.split(' ').next().unwrap_or_default().to_owned()
}
