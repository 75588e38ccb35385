//! Points at a place in a text: line, column, the line itself and a caret.

use std::ops::Range;
use std::path::Path;

/// Longest part of a line that is shown, in characters.
const SHOWN_CHARACTERS_MAX: usize = 100;

/// One-based line and column (in characters) of a byte offset; the end of the text is a place too.
#[must_use]
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// Renders `FILE:LINE:COLUMN: message`, the line, and a caret under it.
#[must_use]
pub fn point(path: &Path, text: &str, span: Option<Range<usize>>, message: &str) -> String {
    let Some(span) = span else {
        return format!("{}: {message}", path.display());
    };
    let (line, column) = position(text, span.start);
    let shown: String =
        text.lines().nth(line - 1).unwrap_or("").chars().take(SHOWN_CHARACTERS_MAX).collect();
    let shown = shown.replace('\t', " ");
    let room = (shown.chars().count() + 1).saturating_sub(column).max(1);
    let length = text.get(span).map_or(1, |part| part.lines().next().unwrap_or("").chars().count());
    let carets = "^".repeat(length.clamp(1, room));
    let margin = " ".repeat(line.to_string().len());
    let indent = " ".repeat(column - 1);
    format!(
        "{}:{line}:{column}: {message}\n {line} | {shown}\n {margin} | {indent}{carets}",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_under_the_place() {
        let text = "a = 1\nkolor = \"auto\"\n";
        insta::assert_snapshot!(point(Path::new("/c.toml"), text, Some(6..11), "unknown key"), @r#"
        /c.toml:2:1: unknown key
         2 | kolor = "auto"
           | ^^^^^
        "#);
    }

    #[test]
    fn survives_odd_places() {
        assert_eq!(position("", 9), (1, 1));
        assert_eq!(position("é\nx", 1), (1, 1));
        assert!(point(Path::new("c"), "", Some(0..0), "m").contains("c:1:1: m"));
        assert!(point(Path::new("c"), "ab", Some(2..2), "m").contains("^"));
    }
}
