//! `brume explain` goes beyond kubectl: without a cluster, between versions, by word, as a tree.

use brume_tests::{Cluster, Sandbox, Terminal, built};

#[test]
fn it_works_without_a_cluster_and_says_so() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("explain deployment.spec.strategy.rollingUpdate").run().success();
    assert!(
        outcome.stdout().starts_with("GROUP:      apps\nKIND:       Deployment\n"),
        "{outcome}"
    );
    assert!(outcome.stdout().contains("maxSurge"), "{outcome}");
    assert!(!outcome.stderr().is_empty(), "it does not say so\n{outcome}");
}

#[test]
fn without_a_cluster_it_prints_what_a_cluster_prints() {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    for path in ["pod", "deploy.spec.strategy", "svc.spec.type", "hpa.spec", "crd.spec.names"] {
        let offline = sandbox.brume(&format!("explain {path}")).run().success();
        let online = sandbox.brume(&format!("explain {path}"));
        let online = online.env("KUBECONFIG", cluster.kubeconfig()).run().success();
        assert_eq!(offline.stdout(), online.stdout(), "{path}");
    }
}

#[test]
fn a_field_of_one_version_is_not_in_an_older_one() {
    let sandbox = Sandbox::new();
    let outcome = |version: &str| {
        let line = format!("explain pod.spec.resources --k8s-version {version}");
        sandbox.brume(&line).run()
    };
    let _ = outcome("1.37").success();
    let old = outcome("1.25").exits(1);
    assert!(old.stderr().contains("field \"resources\" does not exist"), "{old}");
}

#[test]
fn a_diff_shows_what_came() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("explain pod.spec --diff 1.25..1.37").run().success();
    assert!(outcome.stdout().contains("schedulingGates"), "{outcome}");
    let nothing = sandbox.brume("explain pod.spec --diff 1.37..1.37").run().success();
    assert!(!nothing.stdout().contains("schedulingGates"), "{nothing}");
}

#[test]
fn find_searches_names_and_descriptions() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("explain --find topologyKey").run().success();
    assert!(outcome.stdout().contains("topologyKey"), "{outcome}");
    let within = sandbox.brume("explain ingress --find tls").run().success();
    assert!(within.stdout().contains("tls"), "{within}");
    assert!(!within.stdout().contains("pods."), "it looks into other kinds\n{within}");
}

#[test]
fn every_form_of_output() {
    let sandbox = Sandbox::new();
    let explain =
        |form: &str| sandbox.brume(&format!("explain deploy.spec -o {form}")).run().success();
    assert!(explain("json").json().is_object());
    assert!(explain("yaml").stdout().contains("replicas"));
    assert!(explain("tree").stdout().contains("replicas"));
    let skeleton = sandbox.brume("explain deploy -o skeleton").run().success();
    assert!(skeleton.stdout().contains("apiVersion: apps/v1\n"), "{skeleton}");
    assert!(skeleton.stdout().contains("kind: Deployment\n"), "{skeleton}");
}

#[test]
fn rules_say_what_is_allowed() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("explain deploy.spec.strategy --rules").run().success();
    assert!(outcome.stdout().contains("RollingUpdate"), "{outcome}");
    let ports = sandbox.brume("explain service.spec.ports --rules").run().success();
    assert!(ports.stdout().contains("list-type") || ports.stdout().contains("map"), "{ports}");
}

#[test]
fn examples_can_be_pasted() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("explain deployment --examples").run().success();
    assert!(outcome.stdout().contains("kind: Deployment"), "{outcome}");
}

#[test]
fn a_mistyped_field_has_a_hint_below_the_text_of_kubectl() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("explain deploy.spec.replica").run().exits(1);
    assert_eq!(outcome.error_line(), "error: field \"replica\" does not exist", "{outcome}");
    assert!(outcome.stderr().contains("replicas"), "{outcome}");
}

#[test]
fn a_custom_resource_is_explained() {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    let outcome = sandbox.brume("explain crd.spec.names.shortNames");
    let outcome = outcome.env("KUBECONFIG", cluster.kubeconfig()).run().success();
    assert!(outcome.stdout().contains("CustomResourceDefinition"), "{outcome}");
}

#[test]
fn the_library_and_the_executable_are_the_same() {
    let sandbox = Sandbox::new();
    for line in [
        "pod.spec",
        "deploy.spec.nope",
        "nope",
        "deploy --recursive",
        "--help",
        "--no-such-option",
        "deploy.spec -o json",
        "",
    ] {
        let library = sandbox.brume(&format!("explain {line}")).run();
        let executable = sandbox.call(built::binary("brume-explain")).words(line).run();
        assert_eq!(library.stdout(), executable.stdout(), "stdout of {line:?}");
        assert_eq!(library.stderr(), executable.stderr(), "stderr of {line:?}");
        assert_eq!(library.code(), executable.code(), "exit code of {line:?}");
    }
}

#[test]
fn the_tree_is_walked_by_keys() {
    let sandbox = Sandbox::new();
    let brume = built::binary("brume").display().to_string();
    let terminal = Terminal::start(&sandbox, &format!("{brume} explain deployment -i; sleep 100"));
    terminal.expect("spec");
    terminal.text("/");
    terminal.text("maxSurge");
    terminal.expect("maxSurge");
    terminal.key("Enter");
    terminal.key("Escape");
    terminal.text("q");
}

#[test]
fn without_a_terminal_the_tree_refuses() {
    let sandbox = Sandbox::new();
    let _ = sandbox.brume("explain deployment -i").run().fails(2, "terminal");
}
