//! Writes `completions/` and `man/` from the command trees, or says which of their files are stale.
//!
//! In: the built-ins of the core, the manifests of the shipped plugins, the texts in `pages/`.
//! Out: the same bytes on every machine and at every time.

mod files;
mod man;
mod plugins;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use brume_cli::completion;
use clap::{Arg, ArgAction, Command, ValueHint, value_parser};

/// The folders that are written, each wholly ours.
const FOLDERS: [&str; 2] = ["completions", "man"];

fn main() -> ExitCode {
    let matches = command().get_matches();
    let root = matches.get_one::<PathBuf>("root").cloned().unwrap_or_default();
    let check = matches.get_flag("check");
    let mut generated = completions();
    generated.extend(man::pages(&plugins::manifests()));
    let files = files::Files::new(&root, &FOLDERS, generated);
    let outcome = if check { files.stale() } else { files.write() };
    let mut stderr = std::io::stderr();
    match outcome {
        Ok(stale) if check && !stale.is_empty() => {
            let stale = stale.join("\n  ");
            let _ =
                writeln!(stderr, "error: these files are stale:\n  {stale}\n\nhint: make generate");
            ExitCode::FAILURE
        }
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr, "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Command {
    Command::new("brume-generate")
        .about("Write completions/ and man/ from the command trees")
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .help("Write nothing; fail with the list of stale files"),
        )
        .arg(
            Arg::new("root")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::DirPath)
                .default_value(".")
                .help("Folder that holds completions/ and man/"),
        )
}

/// The completion scripts under the names that shells and packagers look for.
fn completions() -> Vec<(PathBuf, String)> {
    completion::SHELLS
        .iter()
        .filter_map(|shell| {
            let name = match *shell {
                "zsh" => "_brume".to_owned(),
                "elvish" => "brume.elv".to_owned(),
                "powershell" => "_brume.ps1".to_owned(),
                shell => format!("brume.{shell}"),
            };
            Some((PathBuf::from("completions").join(name), completion::script(shell)?))
        })
        .collect()
}
