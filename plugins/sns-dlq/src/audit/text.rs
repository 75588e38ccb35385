//! Findings for people: what, why, and what to type.

use brume_plugin::render::palette::{ERROR, LITERAL, QUIET, WARNING, paint};

use super::{Finding, Severity};
use crate::text::printable;

/// Columns in front of a text.
const INDENT: usize = 10;

/// Which fixes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixes {
    /// Commands of the aws CLI.
    Cli,
    /// Terraform.
    Terraform,
    /// None.
    None,
}

/// Renders findings; sentences are wrapped to `width`, commands never, so that they can be copied.
#[must_use]
pub fn text(findings: &[Finding], fixes: Fixes, width: usize, color: bool) -> String {
    let mut out = String::new();
    for finding in findings {
        let style = match finding.severity {
            Severity::Critical | Severity::High => ERROR,
            Severity::Medium => WARNING,
            Severity::Low => QUIET,
        };
        let severity = format!("{:<INDENT$}", finding.severity.name());
        out.push_str(&paint(&severity, style, color));
        out.push_str(&paint(&printable(&finding.name), LITERAL, color));
        out.push_str(&format!(" {}\n", paint(&format!("[{}]", finding.rule.id), QUIET, color)));
        push_wrapped(&mut out, &printable(&finding.message), width);
        match fixes {
            Fixes::Cli => {
                for command in &finding.fix.cli {
                    push_line(&mut out, &format!("$ {}", printable(command)));
                }
            }
            Fixes::Terraform => {
                for line in finding.fix.terraform.lines() {
                    push_line(&mut out, &printable(line));
                }
            }
            Fixes::None => {}
        }
        if fixes != Fixes::None && !finding.fix.advice.is_empty() {
            push_wrapped(&mut out, &printable(&finding.fix.advice), width);
        }
        out.push('\n');
    }
    out
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(&" ".repeat(INDENT));
    out.push_str(line);
    out.push('\n');
}

fn push_wrapped(out: &mut String, sentence: &str, width: usize) {
    let room = width.saturating_sub(INDENT).max(30);
    let mut line = String::new();
    for word in sentence.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            push_line(out, &line);
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        push_line(out, &line);
    }
}

/// One line that counts the findings.
#[must_use]
pub fn summary(findings: &[Finding]) -> String {
    let counts = Severity::ALL.map(|severity| {
        (findings.iter().filter(|finding| finding.severity == severity).count(), severity.name())
    });
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, name)| format!("{count} {name}")).collect();
    if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") }
}
