//! What a command touches: nothing of plugins that were not asked for.

use std::fs;
use std::path::PathBuf;

use brume_tests::{Cluster, Sandbox, trace};

/// A sandbox with `explain`, 20 libraries and 20 executables that nobody asks for.
fn crowded() -> Sandbox {
    let sandbox = Sandbox::new();
    for number in 0..20 {
        let library = sandbox.plugins().join(format!("libbrume_bystander{number}.so"));
        fs::write(library, b"not even a library").expect("a file in a sandbox");
        let name = format!("plugins/brume-onlooker{number}");
        sandbox.script(name, "#!/bin/sh\necho this must not run >&2\nexit 99\n");
        sandbox.script(format!("bin/brume-stranger{number}"), "#!/bin/sh\nexit 99\n");
    }
    sandbox
}

fn bystanders(paths: &[PathBuf]) -> Vec<&PathBuf> {
    let is_one = |path: &&PathBuf| {
        let text = path.to_string_lossy();
        ["bystander", "onlooker", "stranger"].iter().any(|name| text.contains(name))
    };
    paths.iter().filter(is_one).collect()
}

fn leaves_bystanders_alone(line: &str) {
    let sandbox = crowded();
    let trace = trace::brume(&sandbox, line);
    assert_eq!(trace.outcome.code(), 0, "{}", trace.outcome);
    assert_eq!(bystanders(&trace.opened), Vec::<&PathBuf>::new(), "opened by `brume {line}`");
    assert_eq!(bystanders(&trace.executed), Vec::<&PathBuf>::new(), "run by `brume {line}`");
    assert!(!trace.opened.is_empty(), "the tracer saw nothing");
}

#[test]
fn running_a_plugin_opens_no_other() {
    leaves_bystanders_alone("explain pod.spec.containers");
}

#[test]
fn help_of_a_plugin_opens_no_other() {
    leaves_bystanders_alone("explain --help");
}

#[test]
fn a_built_in_command_opens_no_plugin() {
    leaves_bystanders_alone("--version");
    leaves_bystanders_alone("config view");
}

#[test]
fn the_tracer_would_see_an_opened_plugin() {
    let sandbox = crowded();
    let trace = trace::brume(&sandbox, "explain pod");
    let opened = |path: &PathBuf| path.to_string_lossy().contains("libbrume_explain");
    assert!(trace.opened.iter().any(opened), "{:?}", trace.opened);
}

#[test]
fn without_a_cluster_nobody_is_called() {
    let sandbox = Sandbox::new();
    for line in ["explain pod.spec", "--help", "doctor", "plugin list", "config view"] {
        let trace = trace::brume(&sandbox, line);
        assert_eq!(trace.connected, Vec::<String>::new(), "brume {line}");
    }
}

#[test]
fn with_the_emulator_only_loopback_is_called() {
    let sandbox = Sandbox::new();
    let _ = Cluster::start(&sandbox);
    let trace = trace::brume(&sandbox, "--local explain pod.spec");
    assert_eq!(trace.outcome.code(), 0, "{}", trace.outcome);
    assert!(!trace.connected.is_empty(), "the tracer saw no connection");
    for call in &trace.connected {
        assert!(call.contains("inet_addr(\"127.") || call.contains("\"::1\""), "{call}");
    }
}
