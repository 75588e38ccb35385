//! An error as text: what, why, and what to type next; or as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::json;

use crate::error::Error;
use crate::invocation::Output;
use crate::render::palette::{ERROR, HINT, paint};

/// Renders for standard error in the form that `-o` asks for; empty for a silent error.
#[must_use]
pub fn render_error(error: &Error, output: &Output) -> String {
    if error.is_silent() {
        String::new()
    } else if output.format.as_deref() == Some("json") {
        error_json(error)
    } else {
        error_text(error, output.stderr_color)
    }
}

/// Renders as lines: `error:`, `caused by:` for each cause, a blank line, `hint:` for each hint.
#[must_use]
pub fn error_text(error: &Error, color: bool) -> String {
    let mut text = String::new();
    if !error.verbatim {
        text.push_str(&paint("error:", ERROR, color));
        text.push(' ');
    }
    text.push_str(&printable(&error.message));
    text.push('\n');
    for cause in &error.causes {
        let cause = printable(cause);
        // Later lines of a cause stand under its first.
        let _ = writeln!(text, "  caused by: {}", cause.trim_end().replace('\n', "\n    "));
    }
    if !error.hints.is_empty() {
        text.push('\n');
    }
    for hint in &error.hints {
        let _ = writeln!(text, "{} {}", paint("hint:", HINT, color), printable(hint));
    }
    text
}

/// Renders as one line of JSON.
#[must_use]
pub fn error_json(error: &Error) -> String {
    let document = json!({
        "error": {
            "code": error.code.name(),
            "exit_code": error.code.number(),
            "message": error.message,
            "causes": error.causes,
            "hints": error.hints,
        }
    });
    format!("{document}\n")
}

/// Makes control characters visible: text from a server must not steer the terminal.
fn printable(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if harmless(c) { out.push(c) } else { out.extend(c.escape_default()) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitCode;

    fn sample() -> Error {
        Error::new(ExitCode::Unreachable, "cannot reach the cluster")
            .cause("connection refused\n(os error 111)")
            .cause("second")
            .hint("brume up")
            .hint("kubectl config view")
    }

    #[test]
    fn text_has_four_parts() {
        let expected = "error: cannot reach the cluster\n  caused by: connection refused\n    \
                        (os error 111)\n  caused by: second\n\nhint: brume up\n\
                        hint: kubectl config view\n";
        assert_eq!(error_text(&sample(), false), expected);
        assert_eq!(error_text(&Error::failed("no"), false), "error: no\n");
        assert_eq!(error_text(&Error::failed("no").verbatim(), false), "no\n");
    }

    #[test]
    fn colour_marks_the_words_only() {
        let text = error_text(&Error::failed("no").hint("x"), true);
        assert_eq!(
            text,
            "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m no\n\n\u{1b}[1m\u{1b}[36mhint:\u{1b}[0m x\n"
        );
    }

    #[test]
    fn json_is_one_line_with_the_whole_story() {
        let output = Output { format: Some("json".into()), ..Output::default() };
        assert_eq!(
            render_error(&sample(), &output),
            "{\"error\":{\"code\":\"unreachable\",\"exit_code\":6,\
             \"message\":\"cannot reach the cluster\",\
             \"causes\":[\"connection refused\\n(os error 111)\",\"second\"],\
             \"hints\":[\"brume up\",\"kubectl config view\"]}}\n"
        );
    }

    #[test]
    fn a_silent_error_says_nothing() {
        assert_eq!(render_error(&Error::silent(ExitCode::CheckFailed), &Output::default()), "");
    }

    #[test]
    fn escape_sequences_from_elsewhere_are_shown_and_not_obeyed() {
        let text = error_text(&Error::failed("\u{1b}[2Jx"), false);
        assert_eq!(text, "error: \\u{1b}[2Jx\n");
    }
}
