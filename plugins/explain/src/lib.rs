//! `brume explain`: kubectl explain, and further.
//!
//! In: a type and a field path, and a target. Out: what the API says of that field, byte for byte
//! as kubectl prints it, or in forms that kubectl lacks: rules, differences between Kubernetes
//! versions, search, trees, skeletons, examples, an interactive browser.
//! Never here: knowledge of the emulator. The server is asked the same questions wherever it is,
//! and with no server the schemas that brume carries answer.

mod arguments;
mod browse;
mod command;
mod completion;
mod difference;
mod examples;
mod find;
mod lookup;
mod path;
mod render;
mod resources;
mod rules;
mod schema;
mod source;
mod target;
#[cfg(test)]
mod test_document;
mod wrap;

use brume_plugin::clap::{ArgMatches, Command};
use brume_plugin::{Candidate, Context, Plugin, Result};

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct Explain;

impl Plugin for Explain {
    const NAME: &'static str = "explain";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TOUCHES: &'static [&'static str] = &["kubernetes"];

    fn command() -> Command {
        arguments::command()
    }

    fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
        let arguments = arguments::Arguments::read(matches, context.format())?;
        command::run(&arguments, context)
    }

    fn complete(words: &[String], context: &mut Context<'_>) -> Vec<Candidate> {
        completion::complete(words.last().map_or("", String::as_str), context)
    }
}
