//! Help pages that belong to no command.

use std::fmt::Write as _;

use brume_plugin::error::{ExitCode, Result};
use serde::Serialize;

use crate::environment::VARIABLES;
use crate::session::Session;

/// One topic of `brume help`.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// The word after `brume help`.
    pub name: &'static str,
    /// One line.
    pub about: &'static str,
    /// Prints the page.
    pub print: fn(&Session) -> Result<()>,
}

/// Every topic.
pub static TOPICS: &[Topic] = &[
    Topic { name: "exit-codes", about: "What the exit codes mean", print: exit_codes },
    Topic { name: "environment", about: "Variables that brume reads", print: environment },
    Topic { name: "contexts", about: "Where a command goes", print: contexts },
];

#[derive(Serialize)]
struct Code {
    code: u8,
    name: &'static str,
    meaning: &'static str,
}

fn exit_codes(session: &Session) -> Result<()> {
    let codes: Vec<Code> = ExitCode::ALL
        .iter()
        .map(|code| Code { code: code.number(), name: code.name(), meaning: code.meaning() })
        .collect();
    session.print(&codes, |codes| {
        let mut text = String::from("CODE  MEANING\n");
        for code in codes {
            let _ = writeln!(text, "{:>4}  {}", code.code, code.meaning);
        }
        text.push_str("\nA plugin, and the command after `brume run --`, may use others.\n");
        text
    })
}

#[derive(Serialize)]
struct Variable {
    name: &'static str,
    meaning: &'static str,
    value: Option<String>,
}

fn environment(session: &Session) -> Result<()> {
    let variables: Vec<Variable> = VARIABLES
        .iter()
        .map(|variable| Variable {
            name: variable.name,
            meaning: variable.meaning,
            value: session.environment.text(variable.name),
        })
        .collect();
    session.print(&variables, |variables| {
        let width = variables.iter().map(|variable| variable.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for Variable { name, meaning, value } in variables {
            let _ = writeln!(text, "{name:width$}  {meaning}");
            if let Some(value) = value {
                let _ = writeln!(text, "{:width$}  now: {value}", "");
            }
        }
        text
    })
}

/// The page of `brume help contexts`.
const CONTEXTS: &str = "\
A command goes to the first of these that is given:

  1  --local (-L)           the bundled emulators, started when none runs
  2  --context NAME         a context of the configuration
  3  BRUME_CONTEXT          the same, by variable
  4  current-context        of a project's brume.toml, then of the user's config.toml
  5  nothing                what kubectl, aws and snow would use by themselves

The names `local` and `ambient` always exist: `--context local` is --local, and
`--context ambient` is the last line above whatever the others say.

A context names a kube context and namespace, an AWS profile, region and addresses,
a Snowflake connection, an Argo CD server, or an emulator instance:

  brume config set-context shop --kube-context prod-eu --aws-profile shop --protected
  brume config set-context mist --emulator second
  brume config use-context shop

A protected context asks before every change, or needs --yes.
";

fn contexts(session: &Session) -> Result<()> {
    session.print_text(CONTEXTS)
}
