//! Every `-o` form, once: tables for people, documents and templates for programs.
//!
//! In: a document, its items, the columns of a table. Out: text. Limits: templates have 64 KiB,
//! nest 32 deep and visit four million values at most, so that no template can hang a command.

mod compare;
pub mod csv;
pub mod custom_columns;
pub mod format;
pub mod go_template;
pub mod go_text;
pub mod json;
pub mod jsonpath;
pub mod records;
pub mod table;
pub mod yaml;

pub use format::OutputFormat;
pub use records::{Layout, Records};
pub use table::{Column, Table};

/// Longest template of any kind, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 64 * 1024;
