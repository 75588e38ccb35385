//! Plugins in every form and language, good and bad.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use brume_tests::{Sandbox, built};

/// The row of `plugin list` about `name`.
fn row(sandbox: &Sandbox, name: &str) -> String {
    let outcome = sandbox.brume("plugin list").run().success();
    let row = outcome.stdout().lines().find(|line| line.split_whitespace().next() == Some(name));
    row.unwrap_or_else(|| panic!("{name} is not listed\n{outcome}")).to_owned()
}

#[test]
fn a_good_library_is_listed_and_runs() {
    let sandbox = Sandbox::new();
    assert!(row(&sandbox, "explain").contains("ok"), "{}", row(&sandbox, "explain"));
    let _ = sandbox.brume("plugin info explain").run().success().prints("explain");
    let _ = sandbox.brume("plugin verify").run().success();
}

#[test]
fn a_library_exports_one_symbol_of_ours() {
    let sandbox = Sandbox::bare();
    let outcome =
        sandbox.call("nm").words("-D --defined-only").arg(built::plugin_library("explain"));
    let outcome = outcome.run().success();
    let names = outcome.stdout().lines().filter_map(|line| line.split_whitespace().last());
    let ours: Vec<&str> = names.filter(|name| name.contains("brume")).collect();
    assert_eq!(ours, ["brume_plugin_v1"]);
}

#[test]
fn an_executable_on_the_path_is_a_command() {
    let sandbox = Sandbox::bare();
    sandbox.script("bin/brume-greet", "#!/bin/sh\nfor word; do echo \"$word\"; done\nexit 7\n");
    let outcome = sandbox.brume("greet -o x --local -- y").run().exits(7);
    assert_eq!(outcome.stdout(), "-o\nx\n--local\n--\ny\n", "arguments go through as they are");
}

#[test]
fn the_longest_dashed_name_wins() {
    let sandbox = Sandbox::bare();
    sandbox.script("bin/brume-a", "#!/bin/sh\necho a \"$@\"\n");
    sandbox.script("bin/brume-a-b", "#!/bin/sh\necho ab \"$@\"\n");
    let _ = sandbox.brume("a b c").run().success().prints("ab c\n");
    let _ = sandbox.brume("a c").run().success().prints("a c\n");
}

#[test]
fn a_built_in_cannot_be_shadowed() {
    let sandbox = Sandbox::bare();
    sandbox.script("bin/brume-version", "#!/bin/sh\necho mine\n");
    let outcome = sandbox.brume("version").run().success();
    assert!(!outcome.stdout().contains("mine"), "{outcome}");
    assert!(row(&sandbox, "version").contains("shadowed"));
}

#[test]
fn the_plugin_folder_comes_before_the_path() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/brume-explain", "#!/bin/sh\necho mine\n");
    let outcome = sandbox.brume("explain pod").run().success();
    assert!(outcome.stdout().starts_with("KIND:       Pod\n"), "{outcome}");
}

#[test]
fn a_context_reaches_an_executable_and_no_secret_does() {
    let sandbox = Sandbox::bare();
    sandbox.config("[context.staging]\nnamespace = \"shop\"\n");
    sandbox.script(
        "plugins/brume-show",
        "#!/bin/sh\n[ \"$1\" = brume-plugin-metadata ] && {\n\
         echo '{\"schema\":1,\"name\":\"show\",\"version\":\"1.0.0\"}'; exit; }\n\
         cat <&\"$BRUME_CONTEXT_FD\"\n",
    );
    let outcome = sandbox
        .brume("--context staging show")
        .env("AWS_SECRET_ACCESS_KEY", "hidden-value")
        .run()
        .success();
    let context = outcome.json();
    assert_eq!(context["api"], "brume/v1", "{outcome}");
    assert_eq!(context["target"]["name"], "staging", "{outcome}");
    assert!(!outcome.stdout().contains("hidden-value"), "{outcome}");
}

#[test]
fn a_truncated_library_is_refused() {
    let sandbox = Sandbox::bare();
    let whole = fs::read(built::plugin_library("explain")).expect("it was built");
    sandbox.write("plugins/libbrume_explain.so", &whole[..whole.len() / 2]);
    let outcome = sandbox.brume("explain pod").run().fails(125, "explain");
    assert!(outcome.stderr().contains("hint: "), "{outcome}");
}

#[test]
fn a_library_of_something_else_is_refused() {
    let sandbox = Sandbox::bare();
    sandbox.write("plugins/libbrume_odd.so", "text, not a library");
    let _ = sandbox.brume("odd").run().fails(125, "odd");
    assert!(!row(&sandbox, "odd").contains(" ok"), "{}", row(&sandbox, "odd"));
}

#[test]
fn a_plugin_that_anybody_may_write_is_refused() {
    let sandbox = Sandbox::bare();
    let path = sandbox.script("plugins/brume-open", "#!/bin/sh\necho it ran\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("a file of our own");
    let _ = sandbox.brume("open").run().fails(126, "open").hints("chmod");
    assert!(row(&sandbox, "open").contains("insecure-permissions"));
}

#[test]
fn a_folder_that_anybody_may_write_is_refused() {
    let sandbox = Sandbox::bare();
    sandbox.script("plugins/brume-open", "#!/bin/sh\necho it ran\n");
    fs::set_permissions(sandbox.plugins(), fs::Permissions::from_mode(0o777)).expect("our own");
    let _ = sandbox.brume("open").run().fails(126, "").hints("chmod");
}

#[test]
fn a_name_that_differs_is_refused() {
    let sandbox = Sandbox::bare();
    sandbox.install_library("other", &built::plugin_library("explain"));
    let outcome = sandbox.brume("other").run().fails(125, "other");
    assert!(outcome.stderr().contains("explain"), "both names belong into it\n{outcome}");
}

#[test]
fn metadata_that_hangs_does_not_hang_the_list() {
    let sandbox = Sandbox::bare();
    sandbox.script("plugins/brume-slow", "#!/bin/sh\nexec sleep 60\n");
    let outcome = sandbox.brume("plugin list").run().success();
    assert!(outcome.wall.as_secs() < 10, "{:?}", outcome.wall);
    assert!(wait_for_no_process(&sandbox), "{:?}", sandbox.processes());
}

fn wait_for_no_process(sandbox: &Sandbox) -> bool {
    brume_tests::processes::wait_until(std::time::Duration::from_secs(5), || {
        sandbox.processes().is_empty()
    })
}
