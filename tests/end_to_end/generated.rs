//! Generated files are what `make generate` would write now.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use brume_tests::{Sandbox, built, repository};

fn files_below(root: &Path, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.join(folder)];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{next:?}: {error}")) {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).expect("it is below").to_path_buf();
                found.insert(name, fs::read(&path).expect("a file can be read"));
            }
        }
    }
    found
}

#[test]
fn completions_and_man_pages_are_fresh() {
    let sandbox = Sandbox::new();
    let target = sandbox.path("generated");
    fs::create_dir(&target).expect("a new folder");
    let _ = sandbox.call(built::binary("brume-generate")).arg(&target).run().success();
    for folder in ["completions", "man"] {
        let committed = files_below(&repository::root(), folder);
        let generated = files_below(&target, folder);
        assert!(!generated.is_empty(), "nothing was generated in {folder}");
        for (name, content) in &generated {
            let same = committed.get(name) == Some(content);
            assert!(same, "{} is stale: run `make generate`", name.display());
        }
        for name in committed.keys() {
            assert!(generated.contains_key(name), "{} is not generated", name.display());
        }
    }
}

#[test]
fn man_renders_every_page_without_a_warning() {
    let sandbox = Sandbox::bare();
    for (name, _) in files_below(&repository::root(), "man") {
        let page = repository::root().join(&name);
        let outcome = sandbox
            .call("man")
            .words("--warnings=w --local-file --pager=cat")
            .arg(&page)
            .env("MANWIDTH", "80")
            .run()
            .success();
        assert!(outcome.stderr().is_empty(), "{}\n{outcome}", name.display());
        assert!(outcome.stdout().contains("NAME"), "{}\n{outcome}", name.display());
    }
}

#[test]
fn the_pages_that_are_promised_exist() {
    let pages = files_below(&repository::root(), "man");
    for page in ["brume.1", "brume-explain.1", "brume-up.1", "brume-config.5", "brume-plugin.7"] {
        assert!(pages.contains_key(&Path::new("man").join(page)), "no {page}");
    }
    assert!(pages.contains_key(Path::new("man/brume-exit-codes.7")), "no brume-exit-codes.7");
}
