//! Findings as SARIF 2.1.0, for code scanning.

use serde_json::{Value, json};

use super::rules;
use super::{Finding, Severity};

/// The document.
#[must_use]
pub fn sarif(findings: &[Finding]) -> Value {
    let all = rules::all();
    let rules: Vec<Value> = all
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.reason},
                "defaultConfiguration": {"level": level(rule.severity)},
                "properties": {"security-severity": score(rule.severity)},
            })
        })
        .collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let index = all.iter().position(|rule| rule.id == finding.rule.id);
            json!({
                "ruleId": finding.rule.id,
                "ruleIndex": index,
                "level": level(finding.severity),
                "message": {"text": format!("{}: {}", finding.name, finding.message)},
                "locations": [{
                    // Scanners want a file; there is none, so the ARN stands as a path.
                    "physicalLocation": {
                        "artifactLocation": {"uri": path(&finding.resource)},
                        "region": {"startLine": 1},
                    },
                    "logicalLocations": [{
                        "fullyQualifiedName": finding.resource,
                        "kind": "resource",
                    }],
                }],
                "partialFingerprints": {
                    "resourceRule/v1": format!("{}|{}", finding.rule.id, finding.resource),
                },
                "properties": {
                    "severity": finding.severity.name(),
                    "fix": {
                        "cli": finding.fix.cli,
                        "terraform": finding.fix.terraform,
                        "advice": finding.fix.advice,
                    },
                },
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "brume sns-dlq audit",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.0",
        Severity::High => "7.0",
        Severity::Medium => "5.0",
        Severity::Low => "2.0",
    }
}

/// An ARN as a relative path.
fn path(arn: &str) -> String {
    arn.replace("::", ":").replace(':', "/")
}
