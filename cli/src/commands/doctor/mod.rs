//! `brume doctor`: looks at everything that could be wrong, and says how to mend it.
//!
//! In: the session. Out: one line for each check. Nothing is changed, started or sent anywhere.

mod configuration;
mod emulators;
mod plugins;
mod shell;

use std::fmt::Write as _;

use brume_plugin::error::{ExitCode, Result};
use brume_plugin::render::palette::{ERROR, GOOD, HINT, WARNING, paint};
use clap::{ArgMatches, Command};
use serde::Serialize;

use crate::session::Session;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// All is well.
    Ok,
    /// Worth a look.
    Warn,
    /// Something will not work.
    Fail,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// The mend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, detail: detail.into(), hint: None }
    }

    fn warn(check: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        let hint = Some(hint.into());
        Self { check, verdict: Verdict::Warn, detail: detail.into(), hint }
    }

    fn fail(check: &'static str, detail: impl Into<String>, hint: Option<String>) -> Self {
        Self { check, verdict: Verdict::Fail, detail: detail.into(), hint }
    }
}

/// Describes the command.
pub fn command() -> Command {
    Command::new("doctor")
        .about("Check configuration, plugins, emulators and shell, and say how to mend them")
        .after_help("Exits with 3 when a check fails; warnings do not count.")
}

/// Runs every check.
///
/// # Errors
/// When the result cannot be printed.
pub fn run(_: &ArgMatches, session: &Session) -> Result<u8> {
    let mut findings = configuration::check(session);
    findings.extend(plugins::check(session));
    findings.extend(emulators::check(session));
    findings.extend(shell::check(session));
    let color = session.output().stdout_color;
    session.print(&findings, |findings| text(findings, color))?;
    let failed = findings.iter().any(|finding| finding.verdict == Verdict::Fail);
    Ok(if failed { ExitCode::CheckFailed.number() } else { 0 })
}

fn text(findings: &[Finding], color: bool) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let mut text = String::new();
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Ok => paint("ok  ", GOOD, color),
            Verdict::Warn => paint("warn", WARNING, color),
            Verdict::Fail => paint("fail", ERROR, color),
        };
        // Later lines of a detail stand under its first.
        let detail = finding.detail.replace('\n', &format!("\n{:1$}", "", width + 8));
        let _ = writeln!(text, "{verdict}  {:width$}  {detail}", finding.check);
        if let Some(hint) = &finding.hint {
            let _ = writeln!(text, "      {:width$}  {} {hint}", "", paint("hint:", HINT, color));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_check_and_the_mend_below() {
        let findings = [
            Finding::ok("config", "all is well"),
            Finding::warn("completion", "not found", "brume completion bash"),
            Finding::fail("kubeconfig", "one\ntwo", None),
        ];
        insta::assert_snapshot!(text(&findings, false), @r"
        ok    config      all is well
        warn  completion  not found
                          hint: brume completion bash
        fail  kubeconfig  one
                          two
        ");
    }
}
