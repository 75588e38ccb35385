//! How a plugin is run: the same steps for a library and for an executable.

pub mod arguments;
pub mod library;
pub mod panics;
pub mod standalone;

use std::ffi::OsString;
use std::io::Write as _;

use crate::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::host::Host;
use crate::invocation::Invocation;
use crate::plugin::Plugin;
use crate::render::error::render_error;

/// Runs the plugin's command and returns its exit code; everything to be said has been printed.
///
/// `arguments` are those after the plugin's name, without brume's global flags. A panic is a
/// report on standard error and exit code 70.
pub fn execute<P: Plugin>(
    arguments: Vec<OsString>,
    invocation: &Invocation,
    host: &dyn Host,
) -> ExitCode {
    let mut context = Context::new(invocation, host);
    let outcome = panics::catch(|| attempt::<P>(arguments, &mut context))
        .unwrap_or_else(|panic| Err(panics::report(P::NAME, P::VERSION, &panic)));
    // What was printed before the failure is still data; the failure itself is told after it.
    let flushed = context.flush();
    match outcome.and(flushed) {
        Ok(()) => ExitCode::Ok,
        Err(error) => {
            report(&error, invocation, host);
            error.code
        }
    }
}

/// Prints the completion candidates for the last of `words`, one `value TAB description` a line.
///
/// Silent on every failure: a shell that completes has no place for errors.
pub fn complete<P: Plugin>(words: &[String], invocation: &Invocation, host: &dyn Host) -> ExitCode {
    let mut context = Context::new(invocation, host);
    let Ok(candidates) = panics::catch(|| P::complete(words, &mut context)) else {
        return ExitCode::Internal;
    };
    for candidate in candidates {
        let clean = |text: &str| text.replace(['\t', '\n', '\r'], " ");
        let value = clean(&candidate.value);
        let written = if candidate.description.is_empty() {
            writeln!(context.stdout(), "{value}")
        } else {
            writeln!(context.stdout(), "{value}\t{}", clean(&candidate.description))
        };
        if written.is_err() {
            break;
        }
    }
    match context.flush() {
        Ok(()) => ExitCode::Ok,
        Err(error) => error.code,
    }
}

/// Prints an error where nobody else will.
pub fn report(error: &Error, invocation: &Invocation, host: &dyn Host) {
    let text = render_error(error, &invocation.output);
    let mut stderr = crate::writer::Writer::new(host, crate::host::Stream::Stderr);
    // There is no further place to complain to.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

fn attempt<P: Plugin>(arguments: Vec<OsString>, context: &mut Context<'_>) -> Result<()> {
    if cfg!(debug_assertions) {
        crate::command_tree::check_reserved(&crate::command_tree::command_tree(&P::command()))?;
    }
    match arguments::parse::<P>(arguments, context)? {
        Some(matches) => P::run(&matches, context),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, ArgMatches, Command};

    use super::*;
    use crate::host::testing::{ClosedHost, MemoryHost};
    use crate::plugin::Candidate;

    struct Sample;

    impl Plugin for Sample {
        const NAME: &'static str = "sample";
        const VERSION: &'static str = "1.2.3";
        const TOUCHES: &'static [&'static str] = &[];

        fn command() -> Command {
            let what = ["print", "fail", "panic", "check"];
            Command::new("sample")
                .about("Shows")
                .arg(Arg::new("what").required(true).value_parser(what))
                .arg(Arg::new("louder").long("louder").action(ArgAction::SetTrue))
                .subcommand(Command::new("more").about("Shows more"))
                .subcommand_negates_reqs(true)
        }

        fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
            writeln!(context.stdout(), "before")?;
            match matches.get_one::<String>("what").map(String::as_str) {
                Some("fail") => Err(Error::new(ExitCode::NotFound, "it is not there")),
                Some("panic") => panic!("seven is not prime"),
                Some("check") => Err(Error::silent(ExitCode::CheckFailed)),
                _ => Ok(()),
            }
        }

        fn complete(words: &[String], _: &mut Context<'_>) -> Vec<Candidate> {
            assert!(words.len() < 3, "too many");
            vec![
                Candidate { value: "print".into(), description: "to\tpaper".into() },
                Candidate { value: "fail".into(), description: String::new() },
            ]
        }
    }

    fn run(arguments: &[&str]) -> (ExitCode, String, String) {
        let host = MemoryHost::default();
        let arguments = arguments.iter().map(OsString::from).collect();
        let code = execute::<Sample>(arguments, &Invocation::default(), &host);
        (code, host.stdout(), host.stderr())
    }

    #[test]
    fn data_comes_first_and_then_the_error() {
        assert_eq!(run(&["print"]), (ExitCode::Ok, "before\n".into(), String::new()));
        let (code, stdout, stderr) = run(&["fail"]);
        assert_eq!((code, stdout.as_str()), (ExitCode::NotFound, "before\n"));
        assert_eq!(stderr, "error: it is not there\n");
        assert_eq!(run(&["check"]), (ExitCode::CheckFailed, "before\n".into(), String::new()));
    }

    #[test]
    fn a_panic_is_a_short_report() {
        let (code, stdout, stderr) = run(&["panic"]);
        assert_eq!((code, stdout.as_str()), (ExitCode::Internal, "before\n"));
        assert!(
            stderr.starts_with("error: plugin sample 1.2.3 stopped: a bug in it\n"),
            "{stderr}"
        );
        assert!(stderr.contains("caused by: seven is not prime, at "), "{stderr}");
        assert!(stderr.contains("\nhint: "), "{stderr}");
    }

    #[test]
    fn help_and_version_are_data() {
        let (code, stdout, stderr) = run(&["--help"]);
        assert_eq!((code, stderr.as_str()), (ExitCode::Ok, ""));
        assert!(stdout.contains("Usage: brume sample [OPTIONS] <what>"), "{stdout}");
        assert_eq!(run(&["--version"]).1, "sample 1.2.3\n");
    }

    #[test]
    fn a_wrong_command_line_is_a_usage_error() {
        let (code, stdout, stderr) = run(&["prnt"]);
        assert_eq!((code, stdout.as_str()), (ExitCode::Usage, ""));
        assert_eq!(
            stderr,
            "error: invalid value 'prnt' for '<what>' [possible values: print, fail, panic, \
             check]\n\nhint: did you mean 'print'?\nhint: brume sample --help\n"
        );
        let (_, _, stderr) = run(&[]);
        assert_eq!(
            stderr,
            "error: the following required arguments were not provided: <what>\n\n\
             hint: brume sample --help\n"
        );
        let (_, _, stderr) = run(&["print", "--lauder"]);
        assert_eq!(
            stderr,
            "error: unexpected argument '--lauder' found\n\nhint: did you mean '--louder'?\n\
             hint: brume sample --help\n"
        );
        let (_, _, stderr) = run(&["more", "-x"]);
        assert!(stderr.ends_with("\nhint: brume sample more --help\n"), "{stderr}");
    }

    #[test]
    fn a_reader_that_left_ends_the_command_quietly() {
        let code = execute::<Sample>(vec!["print".into()], &Invocation::default(), &ClosedHost);
        assert_eq!(code, ExitCode::Ok);
    }

    #[test]
    fn completion_prints_candidates_and_swallows_panics() {
        let host = MemoryHost::default();
        let words = ["p".to_owned()];
        assert_eq!(complete::<Sample>(&words, &Invocation::default(), &host), ExitCode::Ok);
        assert_eq!(host.stdout(), "print\tto paper\nfail\n");
        let words = vec![String::new(); 3];
        let host = MemoryHost::default();
        assert_eq!(complete::<Sample>(&words, &Invocation::default(), &host), ExitCode::Internal);
        assert_eq!((host.stdout(), host.stderr()), (String::new(), String::new()));
    }
}
