//! Columns of text for the core's own short lists, in the look of every other table.

use brume_plugin::output::Table;

/// Lays out rows under a header; nothing is cut.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let headers = header.iter().map(|name| (*name).to_owned()).collect();
    Table { headers, rows: rows.into_iter().collect() }.render(None, false)
}
