//! The part of Go's text/template that people use with `kubectl -o go-template`.
//!
//! Supported: fields, variables, pipelines, parentheses, `if`/`else if`/`else`, `range` (with
//! `break`, `continue`, `else`), `with`, comments, `{{-` and `-}}`, literals; the functions `and`,
//! `or`, `not`, `eq`, `ne`, `lt`, `le`, `gt`, `ge`, `len`, `index`, `print`, `printf`, `println`,
//! and kubectl's own `exists` and `base64decode`.
//!
//! Not supported, and said so by name: `define`, `template`, `block`, `call`, `html`, `js`,
//! `slice`, `urlquery`, methods, complex and character literals.

mod execute;
mod functions;
mod lex;
mod parse;
mod printf;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::output::TEMPLATE_BYTES_MAX;
use crate::output::go_text::quoted;
use parse::Node;

/// A parsed template.
#[derive(Clone, Debug)]
pub struct GoTemplate {
    source: String,
    nodes: Vec<Node>,
}

impl GoTemplate {
    /// Parses a template.
    ///
    /// # Errors
    /// Usage, with Go's words where Go refuses as well.
    pub fn parse(source: &str) -> Result<Self> {
        if source.len() > TEMPLATE_BYTES_MAX {
            return Err(Error::usage("the template is larger than 64 KiB"));
        }
        match parse::parse(source) {
            Ok(nodes) => Ok(Self { source: source.to_owned(), nodes }),
            Err(fault) => Err(Error::usage(format!(
                "error parsing template {source}, template: output:{}: {}",
                fault.line, fault.reason
            ))),
        }
    }

    /// Prints what the template makes of `document`.
    ///
    /// # Errors
    /// When a value has another type than the template needs, or a limit is reached.
    pub fn print(&self, document: &Value) -> Result<String> {
        execute::execute(&self.nodes, document).map_err(|reason| {
            Error::failed(format!("error executing template {}", quoted(&self.source)))
                .cause(reason)
        })
    }
}

/// Parses and prints over arbitrary bytes: an entry for fuzzing, which must return and not panic.
pub fn exercise(template: &[u8], document: &[u8]) {
    let Ok(template) = std::str::from_utf8(template) else { return };
    let Ok(document) = serde_json::from_slice::<Value>(document) else { return };
    if let Ok(template) = GoTemplate::parse(template) {
        let _ = template.print(&document);
    }
}

#[cfg(test)]
mod tests;
