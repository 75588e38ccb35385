//! kubectl's dialect of JSONPath: `{.items[*].metadata.name}`, `range`, filters, unions, slices.
//!
//! What the real kubectl prints is measured in `tests/kubectl`; its error texts are kept. Where
//! kubectl visits a map in random order (`*`, `..`), this visits it in the order of the keys.

mod evaluate;
mod parse;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::output::TEMPLATE_BYTES_MAX;
use crate::output::go_text::quoted;

pub use parse::Block;

/// A parsed template.
#[derive(Clone, Debug)]
pub struct JsonPath {
    source: String,
    blocks: Vec<Block>,
}

impl JsonPath {
    /// Parses a template: text, and expressions in braces.
    ///
    /// # Errors
    /// Usage, in kubectl's words.
    pub fn parse(template: &str) -> Result<Self> {
        if template.len() > TEMPLATE_BYTES_MAX {
            return Err(Error::usage("the jsonpath template is larger than 64 KiB"));
        }
        match parse::parse(template) {
            Ok(blocks) => Ok(Self { source: template.to_owned(), blocks }),
            Err(reason) => {
                Err(Error::usage(format!("error parsing jsonpath {template}, {reason}")))
            }
        }
    }

    /// Parses what stands in a column: `.a.b`, `a.b` or `{.a.b}`.
    ///
    /// # Errors
    /// Usage, in kubectl's words.
    pub fn parse_relaxed(path: &str) -> Result<Self> {
        let path = path.trim();
        let inner = match (path.strip_prefix('{'), path.ends_with('}')) {
            (Some(inner), true) => inner.strip_suffix('}'),
            (None, false) => Some(path),
            _ => None,
        };
        let inner = inner.filter(|inner| !inner.contains(['{', '}'])).ok_or_else(|| {
            Error::usage(
                "unexpected path string, expected a 'name1.name2' or '.name1.name2' or \
                 '{name1.name2}' or '{.name1.name2}'",
            )
        })?;
        let dot = if inner.starts_with('.') { "" } else { "." };
        Self::parse(&format!("{{{dot}{inner}}}"))
    }

    /// Prints what the template finds in `document`.
    ///
    /// # Errors
    /// When an index is out of bounds, types cannot be compared, or a limit is reached.
    pub fn print(&self, document: &Value) -> Result<String> {
        evaluate::print(&self.blocks, document).map_err(|reason| self.failure(&reason))
    }

    /// Prints every expression's finds as an array of JSON, kubectl's `jsonpath-as-json`.
    ///
    /// # Errors
    /// As [`JsonPath::print`].
    pub fn print_as_json(&self, document: &Value) -> Result<String> {
        evaluate::print_as_json(&self.blocks, document).map_err(|reason| self.failure(&reason))
    }

    /// What all expressions together find.
    ///
    /// # Errors
    /// The reason in kubectl's words, without a frame around it.
    pub fn find(&self, document: &Value) -> Result<Vec<Value>, String> {
        evaluate::find(&self.blocks, document)
    }

    fn failure(&self, reason: &str) -> Error {
        Error::failed(format!(
            "error executing jsonpath {}: Error executing template: {reason}",
            quoted(&self.source)
        ))
    }
}

/// Parses and prints over arbitrary bytes: an entry for fuzzing, which must return and not panic.
pub fn exercise(template: &[u8], document: &[u8]) {
    let Ok(template) = std::str::from_utf8(template) else { return };
    let Ok(document) = serde_json::from_slice::<Value>(document) else { return };
    if let Ok(path) = JsonPath::parse(template) {
        let _ = path.print(&document);
        let _ = path.print_as_json(&document);
    }
    if let Ok(path) = JsonPath::parse_relaxed(template) {
        let _ = path.find(&document);
    }
}

#[cfg(test)]
mod tests;
