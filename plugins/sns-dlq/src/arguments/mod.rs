//! The command line as a whole, and the arguments that several commands share.

use brume_plugin::clap::{Arg, ArgAction, Command, value_parser};

use brume_plugin::clap::ArgMatches;
use brume_plugin::{ExitCode, Result};

use crate::commands::COMMANDS;
use crate::expression::Expression;

/// What a command exits with when it looked for something bad and found it.
pub const FINDINGS: ExitCode = ExitCode::Failed;

const ABOUT: &str = "Find, explain and redrive dead letters of SNS, SQS and Lambda";

const LONG_ABOUT: &str = "\
Find, explain and redrive dead letters of SNS, SQS and Lambda.

Every dead-letter queue is found, whether a queue, an SNS subscription or a Lambda function feeds \
it; for every message the source and the reason are worked out; and messages go back to where they \
belong, also from the queues that AWS's own redrive refuses.";

const AFTER_HELP: &str = "\
Exit codes: as `brume help exit-codes` lists them;
  1 also when `audit` or a --fail-on finds something.

Examples:
  brume sns-dlq ls                                 every dead-letter queue and what feeds it
  brume sns-dlq topology orders                    topic, subscriptions, endpoints, dead letters
  brume sns-dlq peek orders-dlq --limit 5          look without consuming
  brume sns-dlq group orders-dlq --by reason       what kinds of failure there are
  brume sns-dlq trace orders-dlq 0b1c…             why this message is here
  brume sns-dlq audit                              what is wrong with the wiring
  brume --local sns-dlq ls                         the same, of the bundled emulator";

/// The command tree.
pub fn command() -> Command {
    Command::new("sns-dlq")
        .about(ABOUT)
        .long_about(LONG_ABOUT)
        .after_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(COMMANDS.iter().map(|entry| (entry.command)()))
}

/// A dead-letter queue: name, ARN or URL.
pub fn queue() -> Arg {
    Arg::new("queue").value_name("DLQ").required(true).help("Dead-letter queue: name, ARN or URL")
}

/// `--no-headers`.
pub fn no_headers() -> Arg {
    flag("no-headers", "Print no headers")
}

/// A switch.
pub fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// A number of messages.
pub fn count(name: &'static str, short: Option<char>, help: &'static str) -> Arg {
    let argument = Arg::new(name).long(name).value_name("N").value_parser(value_parser!(u64));
    let argument = argument.help(help);
    match short {
        Some(short) => argument.short(short),
        None => argument,
    }
}

/// `--where`.
pub fn where_argument() -> Arg {
    Arg::new("where").long("where").value_name("EXPRESSION").help("Take only messages like this")
}

/// What `--where` says.
///
/// # Errors
/// Usage, with the place marked.
pub fn expression(matches: &ArgMatches) -> Result<Option<Expression>> {
    matches.get_one::<String>("where").map(|text| Expression::parse(text)).transpose()
}
