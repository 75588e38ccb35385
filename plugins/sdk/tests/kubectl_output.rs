//! Compares every template form with what a real kubectl printed; see `kubectl/measure.py`.

#![allow(clippy::unwrap_used)] // helpers of tests, which clippy does not take for tests

use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Layout, OutputFormat, Records};
use serde_json::Value;

const OBJECT: &str = include_str!("kubectl/object.json");
const GOLDEN: &str = include_str!("kubectl/golden.jsonl");

/// Templates that kubectl prints in another order every time: it walks maps at random.
const RANDOM_ORDER: [&str; 7] = [
    "{.metadata.labels.*}",
    "{.metadata.*}",
    "{.spec.parts[*].*}",
    "{range .metadata.labels.*}{@}{end}",
    "{..}",
    "{..name}",
    "..name",
];

/// What this does not do, or does in another way, on purpose.
fn differs(format: &str, template: &str) -> bool {
    match format {
        // Refused by name; see the module.
        "go-template" => {
            let refused =
                ["{{html", "{{js", "{{urlquery", "{{slice", "{{call", "'a'", "{{define", "{{block"];
            refused.iter().any(|refused| template.contains(refused))
                // A literal and a number of the document are not told apart.
                || template.contains("%T")
        }
        _ => false,
    }
}

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}

fn render(format: &str, template: &str, document: &Value) -> Result<String, String> {
    let typed =
        if template.is_empty() { format.to_owned() } else { format!("{format}={template}") };
    let records = Records {
        document,
        items: std::slice::from_ref(document),
        columns: &[],
        name: |item| format!("widget.example.com/{}", item["metadata"]["name"].as_str().unwrap()),
    };
    OutputFormat::parse(&typed, &STANDARD)
        .and_then(|format| records.render(&format, Layout::default()))
        .map_err(|error| {
            let mut text = error.message;
            for cause in error.causes {
                text.push_str(": ");
                text.push_str(&cause);
            }
            text
        })
}

#[test]
fn every_form_prints_what_kubectl_prints() {
    let document: Value = serde_json::from_str(OBJECT).unwrap();
    let mut failures = Vec::new();
    let mut compared = 0;
    for line in GOLDEN.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| case[key].as_str().unwrap();
        let (format, template) = (text("format"), text("template"));
        if differs(format, template) {
            continue;
        }
        compared += 1;
        let ours = render(format, template, &document);
        let same = match &ours {
            Ok(ours) if RANDOM_ORDER.contains(&template) => {
                case["code"] == 0 && letters(ours) == letters(text("stdout"))
            }
            // kubectl escapes what HTML would take for a tag.
            Ok(ours) if format == "json" => {
                let parsed: Value = serde_json::from_str(ours).unwrap();
                let theirs: Value = serde_json::from_str(text("stdout")).unwrap();
                parsed == theirs && ours.lines().count() == text("stdout").lines().count()
            }
            Ok(ours) => case["code"] == 0 && ours == text("stdout"),
            // Go's templates name a place that we do not.
            Err(_) if format == "go-template" => case["code"] != 0,
            Err(ours) => case["code"] != 0 && ours == text("error"),
        };
        if !same {
            let theirs = if case["code"] == 0 { text("stdout") } else { text("error") };
            failures.push(format!("{format} {template}\n  ours:   {ours:?}\n  theirs: {theirs:?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {compared}:\n{}", failures.len(), failures.join("\n"));
    assert!(compared > 350, "only {compared} cases");
}
