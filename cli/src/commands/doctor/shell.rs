//! Checks of terminal, PATH, completion and the daemon's program.

use std::fs;
use std::path::{Path, PathBuf};

use super::Finding;
use crate::environment::SHELL;
use crate::plugins::search_path;
use crate::session::Session;

pub(super) fn check(session: &Session) -> Vec<Finding> {
    vec![terminal(session), path(session), completion(session)]
}

fn terminal(session: &Session) -> Finding {
    let output = session.output();
    let term = session.environment.text("TERM").unwrap_or_else(|| "not set".to_owned());
    let switch = |on: bool| if on { "on" } else { "off" };
    Finding::ok(
        "terminal",
        format!(
            "TERM is {term}, colour is {}, {} columns",
            switch(output.stdout_color),
            output.width
        ),
    )
}

/// Whether typing `brume` runs this program.
fn path(session: &Session) -> Finding {
    const CHECK: &str = "path";
    let own = fs::canonicalize(session.executable()).unwrap_or_default();
    let folders = search_path::folders(session.environment.get("PATH").as_deref());
    let first = folders
        .iter()
        .map(|folder| folder.join("brume"))
        .find(|path| search_path::is_executable(path) == Some(true));
    match first {
        Some(first) if fs::canonicalize(&first).is_ok_and(|first| first == own) => {
            Finding::ok(CHECK, first.display().to_string())
        }
        Some(first) => Finding::warn(
            CHECK,
            format!("`brume` runs {}, and this is {}", first.display(), own.display()),
            "type -a brume",
        ),
        None => {
            let folder = own.parent().unwrap_or(Path::new("/")).display().to_string();
            Finding::warn(CHECK, "brume is not on PATH", format!("export PATH={folder}:\"$PATH\""))
        }
    }
}

/// Whether the user's shell has the completion script; only files are looked at.
fn completion(session: &Session) -> Finding {
    const CHECK: &str = "completion";
    let shell = session.environment.text(SHELL).unwrap_or_default();
    let shell = Path::new(&shell).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let home = session.environment.get("HOME").map(PathBuf::from).unwrap_or_default();
    let prefix = session.executable().parent().and_then(Path::parent).unwrap_or(Path::new("/usr"));
    let (installed, start_up, hint): (Vec<PathBuf>, Vec<PathBuf>, &str) = match shell.as_str() {
        "bash" => (
            vec![
                home.join(".local/share/bash-completion/completions/brume"),
                prefix.join("share/bash-completion/completions/brume"),
            ],
            vec![home.join(".bashrc"), home.join(".bash_profile")],
            "echo 'source <(brume completion bash)' >> ~/.bashrc",
        ),
        "zsh" => (
            vec![prefix.join("share/zsh/site-functions/_brume")],
            vec![home.join(".zshrc")],
            "echo 'source <(brume completion zsh)' >> ~/.zshrc",
        ),
        "fish" => (
            vec![
                home.join(".config/fish/completions/brume.fish"),
                prefix.join("share/fish/vendor_completions.d/brume.fish"),
            ],
            vec![home.join(".config/fish/config.fish")],
            "brume completion fish > ~/.config/fish/completions/brume.fish",
        ),
        "elvish" => (
            Vec::new(),
            vec![home.join(".config/elvish/rc.elv")],
            "echo 'eval (brume completion elvish | slurp)' >> ~/.config/elvish/rc.elv",
        ),
        _ => return Finding::ok(CHECK, "not checked: SHELL names no shell that brume knows"),
    };
    let mentions = |path: &PathBuf| {
        fs::read_to_string(path).is_ok_and(|text| text.contains("brume completion"))
    };
    let found = installed.iter().find(|path| path.exists());
    match found.or_else(|| start_up.iter().find(|path| mentions(path))) {
        Some(path) => Finding::ok(CHECK, format!("{shell}: {}", path.display())),
        None => Finding::warn(CHECK, format!("{shell}: not installed"), hint),
    }
}
