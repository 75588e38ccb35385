//! The colours, each a role and never the only signal.

use anstyle::{AnsiColor, Effects, Style};
use clap::builder::Styles;

/// The word `error:`.
pub const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
/// The word `warning:`, and things that need a look.
pub const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
/// The word `hint:`.
pub const HINT: Style = AnsiColor::Cyan.on_default().effects(Effects::BOLD);
/// Headings, and headers of tables.
pub const HEADING: Style = Style::new().effects(Effects::BOLD);
/// Things that are well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Names that stand out of a text: commands, fields.
pub const LITERAL: Style = AnsiColor::Cyan.on_default();
/// What may be overlooked.
pub const QUIET: Style = Style::new().effects(Effects::DIMMED);

/// Wraps `text` in `style` when `color` is on.
#[must_use]
pub fn paint(text: &str, style: Style, color: bool) -> String {
    if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// The styles of clap's help texts.
#[must_use]
pub const fn help_styles() -> Styles {
    Styles::plain()
        .header(HEADING)
        .usage(HEADING)
        .literal(LITERAL)
        .placeholder(Style::new())
        .error(ERROR)
        .valid(GOOD)
        .invalid(WARNING)
}
