//! Fills the tables into the prose, so that a table is written down once: in the code.

use std::fmt::Write as _;

use brume_abi::ENTRY_SYMBOL;
use brume_cli::config::keys::{self, Key, Kind};
use brume_cli::environment::VARIABLES;
use brume_plugin::error::ExitCode;

/// Replaces each line `{{NAME}}` by the table of that name.
pub fn fill(text: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    for line in text.lines() {
        match line.strip_prefix("{{").and_then(|line| line.strip_suffix("}}")) {
            Some("keys top") => filled.push_str(&key_list(keys::TOP)),
            Some("keys plugins") => filled.push_str(&key_list(keys::PLUGINS)),
            Some("keys context") => filled.push_str(&key_list(keys::CONTEXT)),
            Some("variables") => {
                for variable in VARIABLES {
                    let _ = write!(filled, "{}\n: {}\n\n", variable.name, variable.meaning);
                }
            }
            Some("exit codes") => {
                for code in ExitCode::ALL {
                    let (number, name) = (code.number(), code.name());
                    let _ =
                        write!(filled, "{number} ({name})\n: It means: {}.\n\n", code.meaning());
                }
            }
            _ => {
                filled.push_str(&line.replace("{{entry symbol}}", ENTRY_SYMBOL));
                filled.push('\n');
            }
        }
    }
    filled
}

fn key_list(keys: &[Key]) -> String {
    let mut text = String::new();
    for key in keys {
        let kind = match key.kind {
            Kind::Text => "text".to_owned(),
            Kind::Boolean => "true or false".to_owned(),
            Kind::Duration => "duration".to_owned(),
            Kind::OneOf(words) => words.join(", "),
            Kind::Addresses => "table".to_owned(),
        };
        let place = if key.in_project { "" } else { " Not in a project's file." };
        let _ = write!(text, "{} ({kind})\n: {}{place}\n\n", key.name, key.about);
    }
    text
}
