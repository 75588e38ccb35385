//! Findings as JUnit XML: a case for each rule that holds, a failure for each finding.

use std::fmt::Write as _;

use super::{Finding, rules};

/// The document.
#[must_use]
pub fn junit(findings: &[Finding]) -> String {
    let clean: Vec<_> = rules::all()
        .into_iter()
        .filter(|rule| !findings.iter().any(|finding| finding.rule.id == rule.id))
        .collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let _ = writeln!(
        out,
        "  <testsuite name=\"brume sns-dlq audit\" tests=\"{}\" failures=\"{}\">",
        clean.len() + findings.len(),
        findings.len()
    );
    for rule in clean {
        let title = escaped(rule.title);
        let _ = writeln!(out, "    <testcase classname=\"{}\" name=\"{title}\"/>", rule.id);
    }
    for finding in findings {
        let name = escaped(&format!("{} ({})", finding.rule.title, finding.name));
        let _ = writeln!(out, "    <testcase classname=\"{}\" name=\"{name}\">", finding.rule.id);
        let message = escaped(&finding.message);
        let severity = finding.severity.name();
        let _ = writeln!(out, "      <failure type=\"{severity}\" message=\"{message}\">");
        let mut text = format!("{}\n", finding.resource);
        for line in finding.fix.cli.iter().chain(Some(&finding.fix.advice)) {
            if !line.is_empty() {
                let _ = writeln!(text, "{line}");
            }
        }
        let _ = writeln!(out, "{}</failure>\n    </testcase>", escaped(text.trim_end()));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// Text for an element or attribute of XML; what XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
    out
}
