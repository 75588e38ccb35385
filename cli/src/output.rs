//! The forms of `-o` that need no table.

use brume_plugin::error::{Error, Result};
use serde::Serialize;

/// Renders a document as `json`, `yaml` or `jsonl`, with a line end.
///
/// # Errors
/// Usage for any other form.
pub fn document<T: Serialize>(format: &str, value: &T) -> Result<String> {
    let broken = |error: &dyn std::fmt::Display| Error::failed("cannot render").cause(error);
    match format {
        "json" => {
            let mut text = serde_json::to_string_pretty(value).map_err(|error| broken(&error))?;
            text.push('\n');
            Ok(text)
        }
        "jsonl" => {
            let value = serde_json::to_value(value).map_err(|error| broken(&error))?;
            Ok(match value {
                serde_json::Value::Array(items) => {
                    items.iter().map(|item| format!("{item}\n")).collect()
                }
                other => format!("{other}\n"),
            })
        }
        "yaml" => serde_saphyr::to_string(value).map_err(|error| broken(&error)),
        _ => Err(Error::usage(format!("this command cannot print in the form '{format}'"))
            .cause("it knows table, json, yaml and jsonl")),
    }
}
