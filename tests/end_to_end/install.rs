//! `make install` puts everything where the core looks for it, and `uninstall` takes it away.

use std::fs;
use std::path::Path;

use brume_tests::{Sandbox, built, repository};

#[test]
fn an_installed_brume_finds_its_own_parts() {
    let sandbox = Sandbox::bare();
    let prefix = sandbox.path("usr");
    let script = |name: &str| sandbox.call(repository::root().join("tests/scripts").join(name));
    let _ = script("install").arg(built::folder()).arg("").arg(&prefix).run().success();

    let brume = prefix.join("bin/brume");
    let installed = |line: &str| {
        sandbox.call(&brume).words(line).without_env("BRUME_PLUGIN_PATH").run().success()
    };
    let _ = installed("plugin list").prints("explain");
    let _ = installed("explain pod.spec.containers").prints("KIND:       Pod");
    let _ = installed("up kubernetes --ephemeral");
    let _ = installed("down");
    assert!(prefix.join("share/man/man1/brume.1").exists());

    let _ = script("uninstall").arg("").arg(&prefix).run().success();
    let left = files(&prefix);
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn a_stage_is_written_to_and_not_named() {
    let sandbox = Sandbox::bare();
    let stage = sandbox.path("stage");
    let _ = sandbox
        .call(repository::root().join("tests/scripts/install"))
        .arg(built::folder())
        .arg(&stage)
        .arg("/opt/brume")
        .run()
        .success();
    assert!(stage.join("opt/brume/bin/brume").exists());
    for manifest in files(&stage).iter().filter(|name| name.ends_with(".brume.json")) {
        let text = fs::read_to_string(manifest).expect("a manifest is text");
        assert!(!text.contains(&stage.display().to_string()), "{manifest} names the stage");
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}
