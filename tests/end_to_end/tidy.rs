//! The checkout keeps its own rules: sizes, words, headers, and a map that names every room.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use brume_tests::repository;

const LINE_COLUMNS_MAX: usize = 100;
const CODE_LINES_MAX: usize = 1200;
const FILE_BYTES_MAX: u64 = 512 * 1024;

/// A text file of the checkout.
struct Text {
    path: PathBuf,
    content: String,
}

impl Text {
    fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path.extension().and_then(OsStr::to_str).is_some_and(|own| extensions.contains(&own))
    }

    /// Rust, Python, and scripts without an extension.
    fn is_code(&self) -> bool {
        self.has_extension(&["rs", "py"]) || self.content.starts_with("#!")
    }

    fn is_generated(&self) -> bool {
        let first = self.path.components().next().map(|part| part.as_os_str().to_owned());
        first.is_some_and(|first| first == "man" || first == "completions")
            || self.path == Path::new("Cargo.lock")
            || self.path == Path::new("LICENSE")
    }
}

fn texts() -> Vec<Text> {
    let root = repository::root();
    let read = |path: PathBuf| {
        let content = fs::read_to_string(root.join(&path)).ok()?;
        Some(Text { path, content })
    };
    repository::files().into_iter().filter_map(read).collect()
}

/// Runs `rule` on every line of the files that `applies` picks; fails with all that it names.
fn check_lines(applies: impl Fn(&Text) -> bool, rule: impl Fn(&str) -> Option<String>) {
    let mut broken = Vec::new();
    for text in texts().iter().filter(|text| applies(text)) {
        for (index, line) in text.content.lines().enumerate() {
            if let Some(why) = rule(line) {
                broken.push(format!("{}:{}: {why}", text.path.display(), index + 1));
            }
        }
    }
    report(&broken);
}

fn check_files(applies: impl Fn(&Text) -> bool, rule: impl Fn(&Text) -> Option<String>) {
    let texts = texts();
    let broken: Vec<String> = texts
        .iter()
        .filter(|text| applies(text))
        .filter_map(|text| Some(format!("{}: {}", text.path.display(), rule(text)?)))
        .collect();
    report(&broken);
}

fn report(broken: &[String]) {
    assert!(broken.is_empty(), "{} places:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn no_line_of_code_is_wider_than_100_columns() {
    let applies = |text: &Text| text.is_code() && !text.is_generated();
    check_lines(applies, |line| {
        let columns = line.chars().count();
        (columns > LINE_COLUMNS_MAX).then(|| format!("{columns} columns"))
    });
}

#[test]
fn no_file_of_code_is_longer_than_1200_lines() {
    check_files(Text::is_code, |text| {
        let lines = text.content.lines().count();
        (lines > CODE_LINES_MAX).then(|| format!("{lines} lines"))
    });
}

#[test]
fn no_file_is_larger_than_half_a_megabyte() {
    let root = repository::root();
    let broken: Vec<String> = repository::files()
        .into_iter()
        .filter(|path| fs::metadata(root.join(path)).expect("it exists").len() > FILE_BYTES_MAX)
        .map(|path| path.display().to_string())
        .collect();
    report(&broken);
}

#[test]
fn text_ends_in_one_newline_and_has_no_stray_blanks() {
    let applies = |text: &Text| !text.is_generated() && !text.has_extension(&["snap", "txt"]);
    check_files(applies, |text| {
        let content = &text.content;
        if content.contains('\r') {
            return Some("carriage return".to_owned());
        }
        let ends_well = content.is_empty() || content.ends_with('\n') && !content.ends_with("\n\n");
        (!ends_well).then(|| "does not end in exactly one newline".to_owned())
    });
    let code = |text: &Text| text.is_code() && !text.is_generated();
    check_lines(code, |line| line.ends_with([' ', '\t']).then(|| "blank at the end".to_owned()));
}

#[test]
fn every_rust_file_says_what_it_is() {
    check_files(
        |text| text.has_extension(&["rs"]),
        |text| (!text.content.starts_with("//! ")).then(|| "no `//!` at the top".to_owned()),
    );
}

#[test]
fn every_script_stops_at_the_first_error() {
    let is_shell = |text: &Text| {
        let first = text.content.lines().next().unwrap_or_default();
        first.starts_with("#!") && (first.ends_with("/sh") || first.ends_with("bash"))
            // A plugin of the tests may be any script.
            && !text.path.starts_with("tests/plugins")
    };
    check_files(is_shell, |text| {
        let strict =
            text.content.lines().any(|line| line == "set -eu" || line == "set -euo pipefail");
        (!strict).then(|| "no `set -eu`".to_owned())
    });
}

#[test]
fn open_ends_have_an_issue_number() {
    // Taken apart, so that this file does not find itself.
    let words =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
    check_lines(
        |text| !text.is_generated(),
        |line| {
            let word = words.into_iter().find(|word| has_word(line, word))?;
            (!line.contains('#')).then(|| format!("`{word}` without an issue number"))
        },
    );
}

#[test]
fn nothing_names_the_machine_it_was_made_on() {
    let words = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/dev")];
    check_lines(
        |_| true,
        |line| {
            let word = words.into_iter().find(|word| line.contains(word))?;
            Some(format!("`{word}` is a path of one machine"))
        },
    );
}

#[test]
fn every_crate_follows_the_lints_of_the_workspace() {
    check_files(
        |text| {
            text.path.file_name() == Some(OsStr::new("Cargo.toml"))
                && text.content.contains("[package]")
                && !text.path.starts_with("tests/fuzz")
        },
        |text| {
            let follows = text.content.contains("[lints]\nworkspace = true");
            (!follows).then(|| "no `[lints] workspace = true`".to_owned())
        },
    );
}

#[test]
fn the_map_names_every_room() {
    let root = repository::root();
    let map = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md exists");
    let mut missing = Vec::new();
    for file in repository::files() {
        let folder = file.parent().expect("a relative path has one");
        let is_crate = file.file_name() == Some(OsStr::new("Cargo.toml"));
        let is_top = folder.components().count() == 1 && !folder.starts_with(".ci");
        // Examples of plugins and the fuzz targets are described where the tests are.
        if (is_crate && !folder.starts_with("tests") || is_top) && folder != Path::new("") {
            // A room inside of a room may be named from there: `library/`.
            let name = folder.file_name().expect("not the root").to_string_lossy();
            if !map.contains(&format!("{name}/")) {
                missing.push(folder.display().to_string());
            }
        }
    }
    missing.sort();
    missing.dedup();
    report(&missing);
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|character: char| !character.is_alphanumeric()).any(|own| own == word)
}
