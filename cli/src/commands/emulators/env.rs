//! `brume env`.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use brume_instance::EndpointDocument;
use brume_plugin::error::{Error, Result};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::instance;
use super::shell::Shell;
use crate::environment::{self, GITHUB_ENV};
use crate::session::Session;

/// What every version may have set, for `--unset` when nothing runs that could be asked.
const KNOWN: [&str; 8] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "KUBECONFIG",
    environment::INSTANCE,
];

/// Describes the command.
pub fn command() -> Command {
    Command::new("env")
        .about("Print the variables that make other tools use the emulators")
        .long_about(
            "Prints the environment variables that make other tools use the emulators of an \
             instance:\n\n    eval \"$(brume env)\"\n    brume env --shell fish | source\n    \
             brume env --shell powershell | Out-String | Invoke-Expression\n\nWith `--shell \
             github` the variables are added to the file that $GITHUB_ENV names.",
        )
        .arg(instance::argument())
        .arg(
            Arg::new("shell")
                .long("shell")
                .value_name("SHELL")
                .value_parser(value_parser!(Shell))
                .help("Form of the output; default is that of $SHELL, else bash"),
        )
        .arg(
            Arg::new("unset")
                .long("unset")
                .action(ArgAction::SetTrue)
                .help("Print what removes the variables again"),
        )
}

/// Prints the variables.
///
/// # Errors
/// The instance is not running (except for `--unset`).
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let paths = instance::chosen(session, matches)?;
    let shell = matches.get_one::<Shell>("shell").copied();
    let shell = shell.unwrap_or_else(|| default_shell(session));
    let document = instance::running(&paths, Instant::now() + super::START_MAX)?;
    if matches.get_flag("unset") {
        let mut names: Vec<String> = KNOWN.map(str::to_owned).into();
        names.extend(document.iter().flat_map(|document| document.environment().into_keys()));
        names.sort();
        names.dedup();
        session.print_text(&shell.unset(&names))?;
        return Ok(0);
    }
    let document = document.ok_or_else(|| instance::is_down(&paths))?;
    show(session, &document, shell)
}

/// Prints the variables of a running instance in the form of the user's shell.
pub(super) fn print(session: &Session, document: &EndpointDocument) -> Result<u8> {
    show(session, document, default_shell(session))
}

/// The variables of an instance; brume itself follows them as well.
pub(super) fn variables(document: &EndpointDocument) -> BTreeMap<String, String> {
    let mut variables = document.environment();
    variables.insert(environment::INSTANCE.to_owned(), document.instance.clone());
    variables
}

fn show(session: &Session, document: &EndpointDocument, shell: Shell) -> Result<u8> {
    let text = shell.set(&variables(document));
    match session.environment.get(GITHUB_ENV).filter(|_| shell == Shell::Github) {
        Some(file) => append(&PathBuf::from(file), &text)?,
        None => session.print_text(&text)?,
    }
    Ok(0)
}

fn append(file: &PathBuf, text: &str) -> Result<()> {
    let opened = OpenOptions::new().append(true).create(true).open(file);
    opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(|error| {
        Error::failed(format!("cannot write to {}, which {GITHUB_ENV} names", file.display()))
            .source(&error)
    })
}

fn default_shell(session: &Session) -> Shell {
    // `-o json` is asked for in the same way everywhere.
    if session.output().format.as_deref() == Some("json") {
        return Shell::Json;
    }
    let shell = session.environment.text(environment::SHELL).unwrap_or_default();
    match shell.rsplit('/').next() {
        Some("fish") => Shell::Fish,
        Some("zsh") => Shell::Zsh,
        Some("pwsh") => Shell::Powershell,
        _ => Shell::Bash,
    }
}
