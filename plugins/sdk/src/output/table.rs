//! Tables as kubectl prints them: no lines, upper-case headers, three spaces between columns.

use comfy_table::{ContentArrangement, Table as Grid};
use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::render::palette::{HEADING, paint};

/// Spaces between two columns.
const GAP: usize = 3;

/// No column is cut below this width.
const COLUMN_WIDTH_MIN: usize = 8;

/// One column of a listing.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Header, in upper case.
    pub header: &'static str,
    /// What stands in the column for an item.
    pub cell: fn(&Value) -> String,
    /// Shown by `-o wide` only.
    pub wide: bool,
}

impl Column {
    /// A column that is always shown.
    #[must_use]
    pub const fn new(header: &'static str, cell: fn(&Value) -> String) -> Self {
        Self { header, cell, wide: false }
    }

    /// A column for `-o wide`.
    #[must_use]
    pub const fn wide(header: &'static str, cell: fn(&Value) -> String) -> Self {
        Self { header, cell, wide: true }
    }
}

/// Rows of text under headers.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Headers; empty for none.
    pub headers: Vec<String>,
    /// Cells; a missing one is empty.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Renders; cells that do not fit into `width` columns are cut, `None` cuts nothing.
    #[must_use]
    pub fn render(&self, width: Option<usize>, color: bool) -> String {
        let headers = (!self.headers.is_empty()).then_some(&self.headers);
        let mut rows: Vec<Vec<String>> = headers
            .into_iter()
            .chain(&self.rows)
            .map(|row| row.iter().map(|cell| one_line(cell)).collect())
            .collect();
        if let Some(width) = width {
            cut_to_fit(&mut rows, width);
        }
        let mut grid = bare_grid();
        grid.add_rows(rows);
        for column in grid.column_iter_mut() {
            column.set_padding((0, GAP as u16));
        }
        let mut out = String::new();
        for (index, line) in grid.lines().enumerate() {
            let line = line.trim_end();
            let is_header = index == 0 && headers.is_some();
            out.push_str(&if is_header { paint(line, HEADING, color) } else { line.to_owned() });
            out.push('\n');
        }
        out
    }
}

/// A grid without a single line, which takes as much room as its content.
fn bare_grid() -> Grid {
    let mut grid = Grid::new();
    grid.load_style(comfy_table::presets::NOTHING);
    grid.set_content_arrangement(ContentArrangement::Disabled);
    grid
}

/// Keeps a cell on its line: the rest behind a line end is left out, control characters shown.
fn one_line(cell: &str) -> String {
    let (line, more) = match cell.split_once(['\n', '\r', '\u{c}']) {
        Some((line, _)) => (line, "..."),
        None => (cell, ""),
    };
    let mut out = String::with_capacity(line.len() + more.len());
    for c in line.chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out + more
}

/// Takes room from the widest columns until all fit, or none can give more.
fn cut_to_fit(rows: &mut [Vec<String>], width: usize) {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut widths: Vec<usize> = (0..count)
        .map(|index| {
            rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    let gaps = GAP * count.saturating_sub(1);
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
    while excess > 0 {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else { return };
        if *widest <= COLUMN_WIDTH_MIN {
            break;
        }
        *widest -= 1;
        excess -= 1;
    }
    for row in rows {
        for (cell, width) in row.iter_mut().zip(&widths) {
            cut(cell, *width);
        }
    }
}

/// Cuts a cell to a number of columns, the last of which shows that something is missing.
fn cut(cell: &mut String, width: usize) {
    if cell.width() <= width {
        return;
    }
    let mut used = 0;
    let mut end = 0;
    for (index, c) in cell.char_indices() {
        used += c.width().unwrap_or(0);
        if used >= width {
            break;
        }
        end = index + c.len_utf8();
    }
    cell.truncate(end);
    cell.push('…');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(headers: &[&str], rows: &[&[&str]]) -> Table {
        let owned = |row: &[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
        Table { headers: owned(headers), rows: rows.iter().map(|row| owned(row)).collect() }
    }

    #[test]
    fn columns_stand_three_spaces_apart_and_lines_end_with_their_text() {
        let table = table(&["NAME", "AGE"], &[&["widget", "1d"], &["w", ""], &["日本", "3"]]);
        assert_eq!(table.render(None, false), "NAME     AGE\nwidget   1d\nw\n日本     3\n");
        assert!(table.render(None, true).starts_with("\u{1b}[1mNAME     AGE\u{1b}[0m\n"));
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_column() {
        let long = "a-very-long-name-that-does-not-fit";
        let table = table(&["NAME", "STATUS"], &[&[long, "Running"], &["x", "Waiting"]]);
        let text = table.render(Some(24), false);
        assert_eq!(
            text,
            "NAME             STATUS\na-very-long-n…   Running\nx                Waiting\n"
        );
        assert!(text.lines().all(|line| line.width() <= 24));
        assert!(table.render(None, false).contains(long));
        assert!(table.render(Some(1), false).contains('…'));
    }

    #[test]
    fn a_cell_stays_on_its_line() {
        let table = table(&[], &[&["a\nb", "\u{1b}[2J"]]);
        assert_eq!(table.render(None, false), "a...   \\u{1b}[2J\n");
    }
}
