//! What is wrong with an expression, and where.

use brume_plugin::Error;

/// A mistake at a place, in bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) length: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Problem {
    pub(super) fn new(at: usize, length: usize, message: impl Into<String>) -> Self {
        Self { at, length, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A usage error that shows the line and marks the place below it.
    pub(super) fn into_error(self, text: &str) -> Error {
        // Control characters would move the mark away from its place.
        let shown = |part: &str| -> String {
            part.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
        };
        let before = text.get(..self.at).unwrap_or(text);
        let end = (self.at + self.length).min(text.len());
        let marked = text.get(self.at..end).unwrap_or_default().chars().count().clamp(1, 60);
        // A long expression is shown around the mistake only.
        let skipped = before.chars().count().saturating_sub(60);
        let line: String = shown(text).chars().skip(skipped).take(100).collect();
        let column = before.chars().count() - skipped;
        let error = Error::usage(format!("--where: {}", self.message)).cause(line).cause(format!(
            "{}{}",
            " ".repeat(column),
            "^".repeat(marked)
        ));
        error.hint(self.hint.unwrap_or_else(|| "brume sns-dlq redrive --help".to_owned()))
    }
}
