//! `brume config`: look at the configuration and change it.

mod change;
mod view;

use brume_plugin::error::{Error, ExitCode, Result};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};

use crate::session::Session;

/// Describes the command.
pub fn command() -> Command {
    Command::new("config")
        .about("Look at contexts and settings, and change them")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("view").about("Print the merged configuration").arg(
                Arg::new("show-origin")
                    .long("show-origin")
                    .action(ArgAction::SetTrue)
                    .help("Say of each value where it comes from"),
            ),
        )
        .subcommand(Command::new("get-contexts").about("List the contexts"))
        .subcommand(Command::new("current-context").about("Print the name of the current context"))
        .subcommand(
            Command::new("use-context")
                .about("Choose the current context; `ambient` and `local` always exist")
                .arg(name("Context to choose")),
        )
        .subcommand(set_context())
        .subcommand(
            Command::new("delete-context").about("Delete a context").arg(name("Context to delete")),
        )
        .subcommand(
            Command::new("rename-context")
                .about("Give a context another name")
                .arg(name("Context to rename"))
                .arg(Arg::new("to").value_name("NEW-NAME").required(true).help("Its new name")),
        )
        .subcommand(Command::new("path").about("Print the path of the configuration file"))
        .subcommand(Command::new("edit").about("Open the configuration file in $EDITOR"))
        .after_help("The file is described in brume-config(5).")
}

/// Does what the subcommand says.
///
/// # Errors
/// When a file is broken, or cannot be written.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    match matches.subcommand() {
        Some(("path", _)) => {
            session.print_text(&format!("{}\n", session.config_path().display()))?;
        }
        Some(("edit", _)) => change::edit(session)?,
        Some((name, matches)) => {
            // Only `path` and `edit` are of use while a file is broken.
            if let Some(error) = &session.config_error {
                return Err(error.clone());
            }
            match name {
                "view" => view::view(session, matches.get_flag("show-origin"))?,
                "get-contexts" => view::contexts(session)?,
                "current-context" => view::current(session)?,
                "use-context" => change::use_context(session, required(matches, "name"))?,
                "set-context" => change::set_context(session, matches)?,
                "delete-context" => change::delete_context(session, required(matches, "name"))?,
                "rename-context" => {
                    let (from, to) = (required(matches, "name"), required(matches, "to"));
                    change::rename_context(session, from, to)?;
                }
                _ => return Err(Error::new(ExitCode::Internal, "a subcommand without code")),
            }
        }
        None => return Err(Error::usage("which subcommand?").hint("brume config --help")),
    }
    Ok(0)
}

fn name(help: &'static str) -> Arg {
    Arg::new("name").value_name("NAME").required(true).help(help)
}

fn set_context() -> Command {
    let option = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(value).help(help)
    };
    Command::new("set-context")
        .about("Make a context, or change keys of one")
        .arg(name("Context to make or change"))
        .arg(option("kube-context", "CONTEXT", "Context inside the kubeconfig"))
        .arg(option("aws-profile", "PROFILE", "Profile of the AWS configuration"))
        .arg(option("snowflake-connection", "NAME", "Connection of connections.toml"))
        .arg(option("argocd-server", "HOST:PORT", "Argo CD server").value_hint(ValueHint::Hostname))
        .arg(option("emulator", "INSTANCE", "Emulator instance that stands in for all of them"))
        .arg(
            Arg::new("service-url")
                .long("service-url")
                .value_name("SERVICE=URL")
                .action(ArgAction::Append)
                .help("Address of one AWS service; may be repeated"),
        )
        .arg(
            Arg::new("protected")
                .long("protected")
                .action(ArgAction::SetTrue)
                .help("Ask before every change there"),
        )
        .arg(
            Arg::new("unset")
                .long("unset")
                .value_name("KEY")
                .action(ArgAction::Append)
                .help("Take a key away; may be repeated"),
        )
        .after_help(
            "The global options --namespace, --region, --endpoint-url, --kubeconfig and --profile \
             set those keys as well.",
        )
}

fn required<'a>(matches: &'a ArgMatches, id: &str) -> &'a str {
    matches.get_one::<String>(id).map(String::as_str).unwrap_or_default()
}
