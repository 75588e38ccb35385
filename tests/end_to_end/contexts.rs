//! Contexts: which one a command uses, how they are kept, and what `protected` protects.

use std::fs;

use brume_tests::{Cluster, Sandbox};

#[test]
fn a_context_is_made_used_and_shown() {
    let sandbox = Sandbox::bare();
    let _ = sandbox
        .brume("config set-context staging --kube-context=eks-staging --namespace=shop")
        .run()
        .success();
    let _ = sandbox.brume("config use-context staging").run().success();
    let _ = sandbox.brume("config current-context").run().success().prints("staging\n");
    let contexts = sandbox.brume("config get-contexts").run().success();
    assert!(contexts.stdout().contains("staging"), "{contexts}");
    let origin = sandbox.brume("config view --show-origin").run().success();
    assert!(origin.stdout().contains("config.toml"), "{origin}");
}

#[test]
fn comments_in_the_file_survive_a_change() {
    let sandbox = Sandbox::bare();
    let file =
        sandbox.config("# mine\ncurrent-context = \"a\"\n\n[context.a] # first\n\n[context.b]\n");
    let _ = sandbox.brume("config use-context b").run().success();
    let text = fs::read_to_string(file).expect("it is still there");
    assert!(text.contains("# mine") && text.contains("# first"), "{text}");
    assert!(text.contains("current-context = \"b\""), "{text}");
}

#[test]
fn the_flag_comes_before_the_variable_and_that_before_the_file() {
    let sandbox = Sandbox::bare();
    sandbox.config("current-context = \"a\"\n[context.a]\n[context.b]\n[context.c]\n");
    let current = |line: &str, variable: Option<&str>| {
        let call = sandbox.brume(line);
        let call = match variable {
            Some(value) => call.env("BRUME_CONTEXT", value),
            None => call,
        };
        call.run().success().stdout().trim_end().to_owned()
    };
    assert_eq!(current("config current-context", None), "a");
    assert_eq!(current("config current-context", Some("b")), "b");
    assert_eq!(current("config current-context --context c", Some("b")), "c");
}

#[test]
fn a_broken_file_is_named_with_its_line() {
    let sandbox = Sandbox::new();
    sandbox.config("current-context = \"a\"\n[context.a\n");
    let outcome = sandbox.brume("--local explain pod").run();
    let outcome = outcome.fails(2, "config.toml");
    assert!(outcome.stderr().contains('2'), "the line is not named\n{outcome}");
}

#[test]
fn an_unreadable_target_is_no_panic() {
    let sandbox = Sandbox::new();
    let broken = sandbox.write("home/broken", "apiVersion: v1\nclusters: [\n");
    let outcome = sandbox.brume("explain pod").env("KUBECONFIG", &broken).run();
    assert!([1, 2, 6].contains(&outcome.code()), "{outcome}");
    let _ = outcome.clone().fails(outcome.code(), "");
}

#[test]
fn local_needs_no_context_and_starts_the_emulator() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("--local explain pod").run().success();
    assert!(outcome.stdout().starts_with("KIND:       Pod\n"), "{outcome}");
    assert!(outcome.stderr().contains("Started"), "it does not say so\n{outcome}");
    let again = sandbox.brume("-L explain pod").run().success();
    assert!(again.stderr().is_empty(), "it runs already\n{again}");
    let cluster = Cluster::running(&sandbox, "default");
    assert!(brume_tests::processes::is_alive(cluster.daemon()));
}
