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
    Some(format!("{}\n", text.trim()))
}

/// Prints the candidates for the words behind the first `--`. Silent on every failure.
pub(crate) fn answer(start: &Start, shell: &str) -> u8 {
    // A shell that completes has no place for errors; a nonzero code makes bash fall back to files.
    u8::from(complete(start, shell).is_none())
}

fn complete(start: &Start, shell: &str) -> Option<()> {
    let shells = Shells::builtins();
    let shell = shells.completer(shell)?;
    let dashes = start.arguments.iter().position(|argument| argument == "--")?;
    let mut words: Vec<OsString> = start.arguments[dashes + 1..].to_vec();
    let index = start.environment.text(INDEX).and_then(|index| index.parse::<usize>().ok());
    let index = index.unwrap_or(words.len().saturating_sub(1));
    // Words behind the cursor do not matter, and a cursor behind the last word starts a new one.
    words.truncate(index + 1);
    while words.len() <= index && words.len() < dashes + 4096 {
        words.push(OsString::new());
    }
    let typed = words.get(1..words.len().saturating_sub(1))?.to_vec();
    let (flags, typed) = GlobalFlags::extract(typed).unwrap_or_default();
    let session = start.session(flags, Configuration::Tolerant).ok()?;
    let last = words.last().cloned().unwrap_or_default();
    let mut root = root::command(session, &typed, last);
    let mut text = Vec::new();
    let folder = std::env::current_dir().ok();
    shell.write_complete(&mut root, words, folder.as_deref(), &mut text).ok()?;
    std::io::stdout().write_all(&text).ok()
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
        assert_eq!(script("tcsh"), None);
    }
}
