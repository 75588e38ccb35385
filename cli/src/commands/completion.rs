//! `brume completion SHELL`: prints the script that connects a shell to brume's completion.

use brume_plugin::error::{Error, Result};
use brume_plugin::render::suggest::did_you_mean;
use clap::{Arg, ArgMatches, Command};

use crate::completion::{SHELLS, script};
use crate::session::Session;

/// Describes the command.
pub fn command() -> Command {
    Command::new("completion")
        .about("Print the completion script of a shell")
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(SHELLS)
                .help("Shell to print it for"),
        )
        .after_help(
            "bash:        source <(brume completion bash)\n\
             zsh:         source <(brume completion zsh)\n\
             fish:        brume completion fish | source\n\
             elvish:      eval (brume completion elvish | slurp)\n\
             powershell:  brume completion powershell | Out-String | Invoke-Expression",
        )
}

/// Prints the script.
///
/// # Errors
/// When the shell is not known.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let shell = matches.get_one::<String>("shell").map(String::as_str).unwrap_or_default();
    match script(shell) {
        Some(script) => session.print_text(&script)?,
        None => {
            let mut error = Error::usage(format!("there is no completion for '{shell}'"));
            error.hints.extend(did_you_mean(shell, SHELLS));
            return Err(error);
        }
    }
    Ok(0)
}
