//! What a shell shows when Tab is pressed.
//!
//! In: the words so far, from the script of [`script`]. Out: candidates, one form for each shell;
//! nothing at all when something goes wrong. The protocol with the shells is clap_complete's, and
//! this file is the only one that knows it; [`root`] builds what it walks over.

mod root;
mod values;

use std::ffi::OsString;
use std::io::Write as _;

use brume_plugin::global_flags::GlobalFlags;
use clap_complete::env::Shells;

use crate::environment;
use crate::session::Configuration;
use crate::start::Start;

/// The shells that have a script.
pub const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// Variable in which the scripts pass the index of the word under the cursor.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// The script that connects a shell to brume; `None` for a shell that is not known.
#[must_use]
pub fn script(shell: &str) -> Option<String> {
    let mut text = Vec::new();
    let shells = Shells::builtins();
    let shell = shells.completer(shell)?;
    shell.write_registration(environment::COMPLETE, "brume", "brume", "brume", &mut text).ok()?;
    let text = String::from_utf8(text).ok()?;
    // As a file `_brume` on fpath, the script is the body of the function that zsh calls first.
    let text = text.replace(
        "\ncompdef _clap_dynamic_completer_brume brume",
        "\nif [[ $funcstack[1] == _brume ]]; then\n    _clap_dynamic_completer_brume \"$@\"\n\
         else\n    compdef _clap_dynamic_completer_brume brume\nfi",
    );
    Some(format!("{}\n", text.trim()))
}

/// Prints the candidates for the words behind the first `--`. Silent on every failure.
pub(crate) fn answer(start: &Start, shell: &str) -> u8 {
    // A shell that completes has no place for errors; a nonzero code makes bash fall back to files.
    u8::from(complete(start, shell).is_none())
}

/// Answers kubectl, which calls the link `kubectl_complete-brume` with the words behind `kubectl
/// brume` and expects candidates with a directive below them.
pub(crate) fn answer_kubectl(start: &Start) -> u8 {
    /// No files in place of candidates.
    const NO_FILES: &[u8] = b":4\n";
    let words = std::iter::once(OsString::from("brume")).chain(start.arguments.iter().cloned());
    // fish's form is kubectl's: a value, a tab, a description.
    let found = candidates(start, "fish", words.collect(), None);
    let mut stdout = std::io::stdout();
    let text = [found.unwrap_or_default().as_slice(), NO_FILES].concat();
    u8::from(stdout.write_all(&text).is_err())
}

fn complete(start: &Start, shell: &str) -> Option<()> {
    let dashes = start.arguments.iter().position(|argument| argument == "--")?;
    let words = start.arguments[dashes + 1..].to_vec();
    let index = start.environment.text(INDEX).and_then(|index| index.parse().ok());
    let text = candidates(start, shell, words, index)?;
    std::io::stdout().write_all(&text).ok()
}

/// The candidates for the word at `index`, by default the last, in the form of a shell.
fn candidates(
    start: &Start,
    shell: &str,
    mut words: Vec<OsString>,
    index: Option<usize>,
) -> Option<Vec<u8>> {
    let shells = Shells::builtins();
    let shell = shells.completer(shell)?;
    let index = index.unwrap_or(words.len().saturating_sub(1));
    if index > words.len() {
        return None;
    }
    // Words behind the cursor do not matter, and a cursor behind the last word starts a new one.
    words.resize(index + 1, OsString::new());
    let (last, before) = words.split_last()?;
    let (flags, typed) = GlobalFlags::extract(before.iter().skip(1).cloned()).unwrap_or_default();
    let session = start.session(flags, Configuration::Tolerant).ok()?;
    let mut root = root::command(session, &typed, last.clone());
    let mut text = Vec::new();
    let folder = std::env::current_dir().ok();
    shell.write_complete(&mut root, words, folder.as_deref(), &mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_has_a_script_that_calls_us() {
        for shell in SHELLS {
            let script = script(shell).unwrap();
            assert!(script.contains(environment::COMPLETE), "{shell}");
            assert!(script.ends_with('\n') && !script.ends_with("\n\n"), "{shell}");
        }
        assert!(script("zsh").unwrap().contains("funcstack"), "zsh autoloads it");
        assert_eq!(script("tcsh"), None);
    }
}
