//! Plugins of third parties: the examples in `tests/plugins`, a library that is wrong on request.

use std::fs;
use std::time::Duration;

use brume_tests::processes::wait_until;
use brume_tests::{Outcome, Sandbox, built, repository};

/// A sandbox with the Rust example, the shell example and the library that is wrong on request.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::bare();
    sandbox.install_library("hello", &built::example_library("hello"));
    sandbox.install_library("bad", &built::example_library("bad"));
    let source = repository::root().join("tests/plugins/greet");
    for name in ["brume-greet", "greet.brume.json"] {
        let target = sandbox.plugins().join(name);
        fs::copy(source.join(name), target).expect("the example is there");
    }
    sandbox
}

/// Runs the library that is wrong in the way of `what`.
fn bad(what: &str) -> Outcome {
    let sandbox = sandbox();
    let outcome = sandbox.brume("bad").env("BRUME_BAD", what).run();
    let list = sandbox.brume("plugin list").env("BRUME_BAD", what).run();
    assert_eq!(list.code(), 0, "one bad plugin must not spoil the list\n{list}");
    assert!(list.stdout().contains("hello"), "{list}");
    outcome
}

#[test]
fn the_examples_run() {
    let sandbox = sandbox();
    let run = |line: &str| sandbox.brume(line).run().success().stdout().to_owned();
    assert_eq!(run("hello moon"), "Hello, moon, from ambient.\n");
    assert_eq!(run("greet moon"), "Hello, moon, from ambient.\n");
    assert_eq!(run("greet --loudly moon"), "HELLO, moon, from ambient!\n");
    let _ = sandbox.brume("greet --fail").run().exits(3);
    for name in ["hello", "greet", "bad"] {
        let _ = sandbox.brume(&format!("plugin verify {name}")).run().success();
    }
}

#[test]
fn the_target_reaches_both_forms() {
    let sandbox = sandbox();
    sandbox.config("[context.staging]\n");
    for name in ["hello", "greet"] {
        let outcome = sandbox.brume(&format!("{name} moon --context staging")).run().success();
        assert_eq!(outcome.stdout(), "Hello, moon, from staging.\n", "{name}");
    }
}

#[test]
fn help_comes_from_the_manifest() {
    let sandbox = sandbox();
    let overview = sandbox.brume("--help").run().success();
    assert!(overview.stdout().contains("Greet somebody from a shell script"), "{overview}");
    let help = sandbox.brume("greet --help").run().success();
    assert!(help.stdout().contains("--loudly"), "{help}");
}

#[test]
fn a_library_and_its_executable_are_the_same() {
    let sandbox = sandbox();
    for line in ["moon", "--help", "--no-such-option", "moon -o json", "--erase moon", "a b c"] {
        let library = sandbox.brume(&format!("hello {line}")).run();
        let executable = sandbox.call(built::binary("brume-hello")).words(line).run();
        assert_eq!(library.stdout(), executable.stdout(), "stdout of {line:?}");
        assert_eq!(library.stderr(), executable.stderr(), "stderr of {line:?}");
        assert_eq!(library.code(), executable.code(), "exit code of {line:?}");
    }
}

#[test]
fn a_protected_target_asks_and_without_a_terminal_refuses() {
    let sandbox = sandbox();
    sandbox.config("[context.production]\nprotected = true\n");
    let erase = |more: &str| {
        sandbox.brume(&format!("--context production hello moon --erase {more}")).run()
    };
    let _ = erase("").fails(2, "").hints("--yes");
    let sure = erase("--yes").success();
    assert!(sure.stderr().contains("production"), "the target is not named\n{sure}");
}

#[test]
fn another_abi_is_refused_with_both_versions() {
    let outcome = bad("abi").fails(125, "bad");
    let all = outcome.stderr();
    assert!(all.contains("99") && all.contains('1'), "{outcome}");
}

#[test]
fn another_minor_is_fine() {
    let _ = bad("minor").success().prints("not bad");
}

#[test]
fn what_is_no_plugin_is_refused() {
    for what in ["null", "magic", "size", "name"] {
        let outcome = bad(what);
        assert_eq!(outcome.code(), 125, "BRUME_BAD={what}\n{outcome}");
        let _ = outcome.fails(125, "bad");
    }
}

#[test]
fn a_panic_stays_inside_and_is_a_bug_of_the_plugin() {
    let outcome = bad("panic").exits(70);
    assert_eq!(outcome.stdout(), "not bad\n", "what it printed before is lost");
    assert!(outcome.stderr().contains("error: "), "{outcome}");
    assert!(outcome.stderr().contains("as asked for"), "the reason is lost\n{outcome}");
}

#[test]
fn an_exit_code_out_of_range_is_a_bug_of_the_plugin() {
    let outcome = bad("exit");
    assert_eq!(outcome.code(), 70, "{outcome}");
}

#[test]
fn metadata_that_hangs_or_is_broken_is_waited_for_no_longer_than_allowed() {
    for what in ["hang", "manifest"] {
        let sandbox = sandbox();
        let list = sandbox.brume("plugin list").env("BRUME_BAD", what).run().success();
        assert!(list.wall < Duration::from_secs(5), "{what}: {:?}", list.wall);
        let row = list.stdout().lines().find(|line| line.starts_with("bad "));
        let row = row.unwrap_or_else(|| panic!("not listed\n{list}"));
        assert!(!row.contains(" ok"), "{what}: {row}");
        let ended = wait_until(Duration::from_secs(5), || sandbox.processes().is_empty());
        assert!(ended, "{what}: {:?}", sandbox.processes());
    }
}
