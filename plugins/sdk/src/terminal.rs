//! What the three standard streams are, and what may be printed on them.

use std::io::{self, IsTerminal};

use crate::global_flags::ColorChoice;
use crate::invocation::Output;

/// Columns where there is no terminal to ask.
const WIDTH_DEFAULT: u16 = 80;

/// Looks up an environment variable; a parameter so that tests need no process of their own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Finds out what this process prints to.
#[must_use]
pub fn detect(color: ColorChoice, format: Option<String>, environment: Environment<'_>) -> Output {
    let stdout_terminal = io::stdout().is_terminal();
    let stderr_terminal = io::stderr().is_terminal();
    Output {
        format,
        stdout_color: use_color(color, stdout_terminal, environment),
        stderr_color: use_color(color, stderr_terminal, environment),
        width: width(environment),
        stdin_terminal: io::stdin().is_terminal(),
        stdout_terminal,
        stderr_terminal,
    }
}

/// Decides about colour on one stream: flag, `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR=0`,
/// `TERM=dumb`, and last whether it is a terminal.
#[must_use]
pub fn use_color(choice: ColorChoice, terminal: bool, environment: Environment<'_>) -> bool {
    let is_set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto if is_set("CLICOLOR_FORCE") => {
            environment("CLICOLOR_FORCE").as_deref() != Some("0")
        }
        ColorChoice::Auto if environment("CLICOLOR").as_deref() == Some("0") => false,
        ColorChoice::Auto if environment("TERM").as_deref() == Some("dumb") => false,
        ColorChoice::Auto => terminal,
    }
}

/// Columns: `COLUMNS`, else the terminal's own, else 80.
fn width(environment: Environment<'_>) -> u16 {
    environment("COLUMNS")
        .and_then(|columns| columns.parse().ok())
        .or_else(|| rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(WIDTH_DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_the_conventions_in_order() {
        use ColorChoice::{Always, Auto, Never};
        type Row = (ColorChoice, bool, &'static [(&'static str, &'static str)], bool);
        let table: [Row; 9] = [
            (Always, false, &[("NO_COLOR", "1")], true),
            (Never, true, &[("CLICOLOR_FORCE", "1")], false),
            (Auto, true, &[], true),
            (Auto, false, &[], false),
            (Auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
            (Auto, true, &[("NO_COLOR", "")], true),
            (Auto, false, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], true),
            (Auto, true, &[("CLICOLOR", "0")], false),
            (Auto, true, &[("TERM", "dumb")], false),
        ];
        for (choice, terminal, variables, expected) in table {
            let look_up = |name: &str| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned())
            };
            assert_eq!(use_color(choice, terminal, &look_up), expected, "{choice:?} {variables:?}");
        }
    }
}
