//! `brume sns-dlq`: everything about dead letters.
//!
//! In: a target that speaks SNS and SQS. Out: which dead-letter queues there are, what is in them,
//! where each message came from and why it failed, what is wrong with the wiring, and the messages
//! back on their way.
//! Never here: knowledge of the emulator beyond `cloud/admin.rs` and `cloud/rehearsal.rs`, which
//! ask an endpoint whether it can do more than AWS does, and do without where it cannot. No message
//! is ever deleted before it is safe elsewhere.

mod arguments;
mod audit;
mod cloud;
mod commands;
mod completion;
mod edit;
mod export;
mod expression;
mod inventory;
mod look;
mod message;
mod permission;
mod reason;
mod redrive;
mod simulation;
mod text;
mod topology;
mod watch;

use brume_plugin::clap::{ArgMatches, Command};
use brume_plugin::{Candidate, Context, Plugin, Result};

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct SnsDlq;

impl Plugin for SnsDlq {
    const NAME: &'static str = "sns-dlq";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TOUCHES: &'static [&'static str] = &["aws"];

    fn command() -> Command {
        arguments::command()
    }

    fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
        commands::run(matches, context)
    }

    fn complete(words: &[String], context: &mut Context<'_>) -> Vec<Candidate> {
        completion::complete(words, context)
    }
}
