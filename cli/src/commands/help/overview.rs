//! The page of `brume --help`: commands by heading, plugins by what they say of themselves.

use std::fmt::Write as _;

use brume_plugin::error::Result;
use brume_plugin::global_flags::{GLOBAL_FLAGS, GlobalFlags, Takes};
use brume_plugin::render::palette::{HEADING, LITERAL, paint};

use super::TOPICS;
use crate::commands::{BUILT_INS, Group};
use crate::plugins::Place;
use crate::plugins::inventory::{self, Listed};
use crate::session::Session;
use crate::start::Start;

/// Prints the page for `brume`, `brume -h` and `brume --help`.
///
/// # Errors
/// Silent when the reader has left.
pub fn overview(start: &Start, flags: GlobalFlags) -> Result<u8> {
    print(&super::open(start, flags)?)
}

/// Prints the page.
pub(super) fn print(session: &Session) -> Result<u8> {
    let page = Page { color: session.output().stdout_color, program: &session.program };
    session.print_text(&page.render(&plugins(session)))?;
    Ok(0)
}

struct Page<'a> {
    color: bool,
    program: &'a str,
}

impl Page<'_> {
    fn render(&self, plugins: &[(String, String)]) -> String {
        let mut text = format!(
            "The cloud at ground level: Kubernetes, AWS and Snowflake, real or emulated.\n\n\
             {} {} [OPTIONS] COMMAND\n",
            self.heading("Usage:"),
            self.program
        );
        self.section(&mut text, "Plugins:", plugins);
        for (heading, group) in [
            ("Emulators:", Group::Emulators),
            ("Configuration:", Group::Configuration),
            ("About brume:", Group::Brume),
        ] {
            let rows: Vec<(String, String)> = BUILT_INS
                .iter()
                .filter(|built_in| built_in.group == group)
                .map(|built_in| {
                    let about = (built_in.command)().get_about().map(ToString::to_string);
                    (built_in.name.to_owned(), about.unwrap_or_default())
                })
                .collect();
            self.section(&mut text, heading, &rows);
        }
        self.section(&mut text, "Options, anywhere before `--`:", &options());
        let topics: Vec<(String, String)> = TOPICS
            .iter()
            .map(|topic| (format!("help {}", topic.name), topic.about.to_owned()))
            .collect();
        self.section(&mut text, "Topics:", &topics);
        text
    }

    fn section(&self, text: &mut String, heading: &str, rows: &[(String, String)]) {
        if rows.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n{}", self.heading(heading));
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0).min(32);
        for (name, about) in rows {
            let padding = " ".repeat(width.saturating_sub(name.len()));
            let line = format!("  {}{padding}  {about}", paint(name, LITERAL, self.color));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }

    fn heading(&self, heading: &str) -> String {
        paint(heading, HEADING, self.color)
    }
}

fn plugins(session: &Session) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = inventory::all(session)
        .into_iter()
        .filter(Listed::is_offered)
        .map(|listed| {
            let about = match listed.manifest {
                Some(manifest) => manifest.about,
                None if listed.candidate.place == Place::Path => {
                    "(an executable on PATH)".to_owned()
                }
                None => String::new(),
            };
            (listed.candidate.name, about)
        })
        .collect();
    rows.sort();
    rows
}

fn options() -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = GLOBAL_FLAGS
        .iter()
        .map(|flag| {
            let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
            let value = match flag.takes {
                Takes::Nothing => String::new(),
                Takes::Value => format!(" {}", flag.value),
                Takes::OptionalValue => format!("[={}]", flag.value),
            };
            (format!("{short}--{}{value}", flag.long), flag.help.to_owned())
        })
        .collect();
    rows.push(("-h, --help".to_owned(), "Print help; after a command, its own".to_owned()));
    rows.push(("-V, --version".to_owned(), "Print the version".to_owned()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_and_flag_is_on_the_page() {
        let page = Page { color: false, program: "kubectl brume" };
        let text = page.render(&[("explain".to_owned(), "Explain fields".to_owned())]);
        assert!(text.contains("Usage: kubectl brume [OPTIONS] COMMAND"));
        assert!(text.contains("\nPlugins:\n  explain  Explain fields\n"), "{text}");
        for built_in in BUILT_INS {
            assert!(text.contains(&format!("\n  {} ", built_in.name)), "{}", built_in.name);
        }
        for flag in GLOBAL_FLAGS {
            assert!(text.contains(&format!("--{}", flag.long)), "{}", flag.long);
        }
        assert!(!text.contains('\u{1b}'));
        for line in text.lines() {
            assert!(line.len() <= 100 && line.trim_end() == line, "{line}");
        }
    }
}
