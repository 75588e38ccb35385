//! The documents tell the truth: their links lead somewhere, their commands exist.

use std::fs;
use std::path::PathBuf;

use brume_tests::{Sandbox, repository};

fn documents() -> Vec<(PathBuf, String)> {
    let root = repository::root();
    repository::files()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let text = fs::read_to_string(root.join(&path)).expect("a document is text");
            (path, text)
        })
        .collect()
}

/// The commands in fenced blocks that start with `program`, a prompt and a comment taken off.
fn commands(text: &str, program: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
            continue;
        }
        let line = line.trim_start().trim_start_matches("$ ");
        if inside && line.split_whitespace().next() == Some(program) {
            let line = line.split(" #").next().unwrap_or_default();
            // What comes after a pipe or a redirection is another program's.
            let line = line.split(['|', '>', ';', '&']).next().unwrap_or_default();
            found.push(line.trim().to_owned());
        }
    }
    found
}

#[test]
fn links_lead_to_files() {
    let root = repository::root();
    let mut broken = Vec::new();
    for (path, text) in documents() {
        let folder = root.join(&path).parent().expect("a file is in a folder").to_path_buf();
        for part in text.split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or_default();
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if !folder.join(target).exists() {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn make_targets_exist() {
    let makefile = fs::read_to_string(repository::root().join("Makefile")).expect("a Makefile");
    let mut missing = Vec::new();
    for (path, text) in documents() {
        for command in commands(&text, "make") {
            let targets = command.split_whitespace().skip(1).filter(|word| !word.contains('='));
            for target in targets.filter(|target| !makefile.contains(&format!("\n{target}:"))) {
                missing.push(format!("{}: make {target}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_first_screen_of_the_readme_has_the_set_up() {
    let readme = fs::read_to_string(repository::root().join("README.md")).expect("a README");
    let screen: String = readme.lines().take(30).collect::<Vec<_>>().join("\n");
    for command in ["make demo", "make test"] {
        assert!(screen.contains(command), "`{command}` is not in the first 30 lines");
    }
}

#[test]
fn commands_and_options_exist() {
    let sandbox = Sandbox::new();
    let mut broken = Vec::new();
    for (path, text) in documents() {
        for command in commands(&text, "brume") {
            if let Some(why) = problem(&sandbox, &command) {
                broken.push(format!("{}: `{command}`: {why}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// What is wrong with a documented command, judged by the help of the command that it names.
fn problem(sandbox: &Sandbox, command: &str) -> Option<String> {
    // What follows `--` belongs to somebody else.
    let words: Vec<&str> =
        command.split_whitespace().skip(1).take_while(|&word| word != "--").collect();
    let general = sandbox.brume("--help").run().success().stdout().to_owned();
    let name = words.iter().find(|word| general.contains(&format!("\n  {word} ")))?;
    let help = sandbox.brume(&format!("{name} --help")).run();
    if help.code() != 0 {
        return Some(format!("`brume {name} --help` fails"));
    }
    let nested: Vec<String> = words
        .iter()
        .filter(|word| help.stdout().contains(&format!("\n  {word} ")))
        .map(|word| sandbox.brume(&format!("{name} {word} --help")).run().stdout().to_owned())
        .collect();
    let known = format!("{general}\n{}\n{}", help.stdout(), nested.join("\n"));
    let unknown = words
        .iter()
        .filter(|word| word.starts_with("--"))
        .map(|word| word.split('=').next().unwrap_or_default())
        .find(|option| !known.contains(option))?;
    Some(format!("no option {unknown}"))
}
