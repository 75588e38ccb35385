//! From an argument vector to an exit code: which command is meant, and who runs it.

use std::ffi::OsString;
use std::path::Path;

use brume_plugin::error::{Error, Result};
use brume_plugin::global_flags::{GLOBAL_FLAGS, GlobalFlags};
use brume_plugin::host::ProcessHost;
use brume_plugin::invocation::Invocation;
use brume_plugin::render::palette::help_styles;
use brume_plugin::render::suggest::{nearest, question};
use brume_plugin::run::arguments::usage_error;
use brume_plugin::run::report;
use clap::Command;

use crate::commands::{self, BuiltIn};
use crate::environment::{self, Environment};
use crate::plugins::{answer, dispatch, library};
use crate::session::{Configuration, Session};
use crate::{completion, settings};

/// Name of the link that makes us a kubectl plugin.
const KUBECTL_LINK: &str = "kubectl-brume";

/// Name of the link that kubectl calls to complete the words of that plugin.
const KUBECTL_COMPLETION_LINK: &str = "kubectl_complete-brume";

/// How brume was called.
#[derive(Debug)]
pub struct Start {
    /// How the user calls us: `brume` or `kubectl brume`.
    pub program: String,
    /// What was typed after that.
    pub arguments: Vec<OsString>,
    /// The environment variables.
    pub environment: Environment,
}

/// Runs one command line and returns the number that the process exits with.
///
/// Everything that is to be said has been printed by then.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: Environment) -> u8 {
    let mut arguments = arguments.into_iter();
    let called = arguments.next();
    let link = called.as_deref().map(Path::new).and_then(Path::file_name).unwrap_or_default();
    let program = if link == KUBECTL_LINK { "kubectl brume" } else { "brume" }.to_owned();
    let start = Start { program, arguments: arguments.collect(), environment };
    if link == KUBECTL_COMPLETION_LINK {
        return completion::answer_kubectl(&start);
    }
    if let Some(shell) = start.environment.text(environment::COMPLETE) {
        return completion::answer(&start, &shell);
    }
    match start.dispatch() {
        Ok(code) => code,
        Err(error) => {
            let flags = GlobalFlags::extract(start.arguments.iter().cloned());
            let flags = flags.map(|(flags, _)| flags).unwrap_or_default();
            let output = settings::early_output(&flags, &start.environment);
            report(&error, &Invocation { output, ..Invocation::default() }, &ProcessHost);
            error.code.number()
        }
    }
}

impl Start {
    /// Reads the configuration and resolves the settings for `flags`.
    ///
    /// # Errors
    /// As for [`Session::open`].
    pub fn session(&self, flags: GlobalFlags, need: Configuration) -> Result<Session> {
        Session::open(&self.program, &self.environment, flags, need)
    }

    fn dispatch(&self) -> Result<u8> {
        let (leading, rest) = GlobalFlags::extract_leading(self.arguments.iter().cloned())?;
        let first = rest.first().map(|first| first.to_string_lossy());
        match first.as_deref() {
            None | Some("--help" | "-h") => commands::help::overview(self, leading),
            Some("--version" | "-V") => commands::version::print(),
            Some(library::METADATA_COMMAND | library::COMPLETE_COMMAND) => answer::run(&rest),
            Some(flag) if flag.starts_with('-') => Err(unknown_flag(flag, &self.program)),
            Some(name) => match commands::find(name) {
                Some(built_in) => self.built_in(built_in),
                None => dispatch::run(self, leading, &rest),
            },
        }
    }

    fn built_in(&self, built_in: &BuiltIn) -> Result<u8> {
        let (flags, mut words) = GlobalFlags::extract(self.arguments.iter().cloned())?;
        words.remove(0);
        let session = self.session(flags, built_in.configuration)?;
        let mut command = prepare(built_in, &session);
        match command.try_get_matches_from_mut(words) {
            Ok(matches) => (built_in.run)(&matches, &session),
            Err(error) if !error.use_stderr() => {
                let text = error.render();
                let color = session.output().stdout_color;
                session.print_text(&if color {
                    text.ansi().to_string()
                } else {
                    text.to_string()
                })?;
                Ok(0)
            }
            Err(error) => {
                let name = format!("{} {}", self.program, built_in.name);
                Err(usage_error(&error, &name, &command))
            }
        }
    }
}

/// Gives a built-in's command the look of brume.
fn prepare(built_in: &BuiltIn, session: &Session) -> Command {
    let output = session.output();
    let width = if output.stdout_terminal { usize::from(output.width) } else { 100 };
    (built_in.command)()
        .name(built_in.name)
        .bin_name(format!("{} {}", session.program, built_in.name))
        .no_binary_name(true)
        .styles(help_styles())
        .term_width(width.clamp(40, 120))
}

fn unknown_flag(flag: &str, program: &str) -> Error {
    let name = flag.trim_start_matches('-').split('=').next().unwrap_or_default();
    let near = nearest(name, GLOBAL_FLAGS.iter().map(|flag| flag.long));
    let near: Vec<String> = near.iter().map(|long| format!("--{long}")).collect();
    let near: Vec<&str> = near.iter().map(String::as_str).collect();
    let mut error = Error::usage(format!("unknown flag '{flag}' before the command"));
    error.hints.extend(question(&near));
    error.hint(format!("{program} --help"))
}
