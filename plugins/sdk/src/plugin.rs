//! What a plugin implements.

use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::error::Result;

/// One subcommand of brume.
///
/// `export_plugin!` turns it into a library, [`crate::standalone()`] into an executable; both
/// behave alike, byte for byte.
pub trait Plugin {
    /// The word after `brume`: lower case, digits and dashes.
    const NAME: &'static str;

    /// The plugin's own version.
    const VERSION: &'static str;

    /// What it reaches; see [`crate::manifest::Manifest::touches`].
    const TOUCHES: &'static [&'static str];

    /// Oldest core that it works with, as `major.minor.patch`.
    const MIN_CORE: &'static str = "0.1.0";

    /// The command tree, without brume's global flags: the core has taken those out.
    fn command() -> Command;

    /// Runs the command.
    ///
    /// # Errors
    /// Whatever the user should read; its code becomes the exit code.
    fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()>;

    /// Candidates for the last word of `words`, beyond what the command tree says by itself.
    ///
    /// Has 150 ms; it reaches the network only when the target is an emulator.
    fn complete(words: &[String], context: &mut Context<'_>) -> Vec<Candidate> {
        let _ = (words, context);
        Vec::new()
    }
}

/// One completion candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is inserted.
    pub value: String,
    /// What is shown beside it; may be empty.
    pub description: String,
}
