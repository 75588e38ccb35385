//! Parses a plugin's arguments, and says what is wrong with them the way brume does.

use std::ffi::OsString;
use std::io::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::invocation::Output;
use crate::plugin::Plugin;
use crate::render::palette::help_styles;
use crate::render::suggest::{did_you_mean, nearest, question};

/// Parses; `None` when help or version was asked for and has been printed.
pub(super) fn parse<P: Plugin>(
    arguments: Vec<OsString>,
    context: &mut Context<'_>,
) -> Result<Option<ArgMatches>> {
    let mut command = prepare(P::command(), P::NAME, P::VERSION, context.output());
    match command.try_get_matches_from_mut(arguments) {
        Ok(matches) => Ok(Some(matches)),
        Err(error) if !error.use_stderr() => {
            let text = error.render();
            if context.output().stdout_color {
                write!(context.stdout(), "{}", text.ansi())?;
            } else {
                write!(context.stdout(), "{text}")?;
            }
            Ok(None)
        }
        Err(error) => Err(usage_error(&error, &format!("brume {}", P::NAME), &command)),
    }
}

/// Gives a plugin's command the look of brume.
fn prepare(command: Command, name: &'static str, version: &'static str, out: &Output) -> Command {
    let width = if out.stdout_terminal { usize::from(out.width) } else { 100 };
    command
        .name(name)
        .bin_name(format!("brume {name}"))
        .display_name(name)
        .version(version)
        .no_binary_name(true)
        .styles(help_styles())
        .term_width(width.clamp(40, 120))
}

/// Turns clap's complaint into ours: its first paragraph, a suggestion, and where to read on.
///
/// `name` is what the user typed before the arguments, `command` what parsed them.
#[must_use]
pub fn usage_error(error: &clap::Error, name: &str, command: &Command) -> Error {
    let text = error.render().to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Error::usage(text.trim_end()).verbatim();
    }
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
    let message = lines.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message).trim();
    let path = subcommand_path(error, name);
    let mut result = Error::usage(message);
    result.hints.extend(suggestion(error, command, &path));
    let words: Vec<&str> = std::iter::once(name).chain(path.iter().map(String::as_str)).collect();
    result.hint(format!("{} --help", words.join(" ")))
}

/// The known word nearest to the wrong one.
///
/// clap could do this by itself, at the price of a feature that the core would pay for at start.
fn suggestion(error: &clap::Error, command: &Command, path: &[String]) -> Option<String> {
    let wrong = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        _ => None,
    };
    let meant = path.iter().try_fold(command, |command, word| command.find_subcommand(word))?;
    match error.kind() {
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(valid)) => {
                did_you_mean(wrong(ContextKind::InvalidValue)?, valid.iter().map(String::as_str))
            }
            _ => None,
        },
        ErrorKind::InvalidSubcommand => {
            let known = meant.get_subcommands().filter(|known| !known.is_hide_set());
            did_you_mean(wrong(ContextKind::InvalidSubcommand)?, known.map(Command::get_name))
        }
        ErrorKind::UnknownArgument => {
            let wrong = wrong(ContextKind::InvalidArg)?.strip_prefix("--")?;
            let known = meant.get_arguments().filter(|known| !known.is_hide_set());
            let near = nearest(wrong, known.filter_map(Arg::get_long));
            let near: Vec<String> = near.iter().map(|long| format!("--{long}")).collect();
            question(&near.iter().map(String::as_str).collect::<Vec<_>>())
        }
        _ => None,
    }
}

/// The subcommands that were recognised, after `name`; clap tells them only by its usage line.
fn subcommand_path(error: &clap::Error, name: &str) -> Vec<String> {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => return Vec::new(),
    };
    let line = usage.lines().next().unwrap_or_default();
    let after_name = line.split_once(name).map(|(_, after)| after).unwrap_or_default();
    after_name
        .split_whitespace()
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphanumeric()))
        .map(str::to_owned)
        .collect()
}
