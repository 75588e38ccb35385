//! Real kubectl, old and new, finds in our server what it looks for.

use std::collections::BTreeSet;
use std::time::Duration;

use brume_tests::tools::KUBECTL_VERSIONS;
use brume_tests::{Cluster, Sandbox, processes, repository};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, Discovery};
use rustix::process::Signal;

/// Runs one command with every kubectl, and returns what each printed.
fn with_every_kubectl(line: &str) -> Vec<(&'static str, String)> {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    KUBECTL_VERSIONS
        .into_iter()
        .map(|version| {
            let outcome = cluster.kubectl(version, line).run().success();
            (version, outcome.stdout().to_owned())
        })
        .collect()
}

fn all_agree(printed: &[(&str, String)]) {
    let (first_version, first) = &printed[0];
    for (version, text) in printed {
        assert_eq!(text, first, "kubectl {version} and {first_version} see different things");
    }
}

#[test]
fn api_resources_lists_what_everybody_uses() {
    let printed = with_every_kubectl("api-resources --no-headers");
    for (version, text) in &printed {
        for expected in [
            ("pods", "po", "v1", "true", "Pod"),
            ("nodes", "no", "v1", "false", "Node"),
            ("deployments", "deploy", "apps/v1", "true", "Deployment"),
            ("cronjobs", "cj", "batch/v1", "true", "CronJob"),
            ("ingresses", "ing", "networking.k8s.io/v1", "true", "Ingress"),
            (
                "customresourcedefinitions",
                "crd,crds",
                "apiextensions.k8s.io/v1",
                "false",
                "CustomResourceDefinition",
            ),
        ] {
            let (name, short, group, namespaced, kind) = expected;
            let wanted = vec![name, short, group, namespaced, kind];
            let found = text.lines().any(|line| line.split_whitespace().eq(wanted.iter().copied()));
            assert!(found, "kubectl {version} does not list {wanted:?}:\n{text}");
        }
    }
    all_agree(&printed);
}

#[test]
fn api_resources_wide_has_verbs_and_categories() {
    for (version, text) in with_every_kubectl("api-resources -o wide --no-headers") {
        let pods = text.lines().find(|line| line.starts_with("pods ")).expect("pods are listed");
        for verb in ["create", "delete", "get", "list", "patch", "update", "watch"] {
            assert!(pods.contains(verb), "kubectl {version}: no {verb}: {pods}");
        }
        assert!(pods.trim_end().ends_with("all"), "kubectl {version}: no category: {pods}");
    }
}

#[test]
fn api_resources_of_one_category() {
    let printed = with_every_kubectl("api-resources --categories=all -o name");
    all_agree(&printed);
    let names: BTreeSet<&str> = printed[0].1.lines().collect();
    for name in ["pods", "services", "deployments.apps", "jobs.batch"] {
        assert!(names.contains(name), "{name} is not in {names:?}");
    }
    assert!(!names.contains("secrets"), "secrets are not in the category `all`");
}

#[test]
fn api_versions_are_the_same_for_all() {
    let printed = with_every_kubectl("api-versions");
    all_agree(&printed);
    for version in ["v1", "apps/v1", "autoscaling/v2", "apiextensions.k8s.io/v1"] {
        assert!(printed[0].1.lines().any(|line| line == version), "no {version}");
    }
}

#[test]
fn version_names_the_server() {
    for (version, text) in with_every_kubectl("version -o json") {
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let server = &json["serverVersion"];
        assert_eq!(server["major"], "1", "kubectl {version}: {text}");
        assert_eq!(server["minor"], "37", "kubectl {version}: {text}");
        let name = server["gitVersion"].as_str().unwrap_or_default();
        assert!(name.starts_with("v1.37."), "kubectl {version}: {text}");
    }
}

#[test]
fn health_is_answered() {
    for path in ["/livez", "/readyz", "/healthz"] {
        for (version, text) in with_every_kubectl(&format!("get --raw {path}")) {
            assert_eq!(text.trim_end(), "ok", "kubectl {version}: {path}");
        }
    }
}

#[test]
fn an_unknown_path_is_a_kubernetes_error() {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    for version in KUBECTL_VERSIONS {
        let outcome = cluster.kubectl(version, "get --raw /nope").run().exits(1);
        assert!(outcome.stderr().contains("NotFound"), "kubectl {version}: {outcome}");
    }
}

#[test]
fn a_custom_resource_comes_and_goes() {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    let widget = repository::root().join("tests/end_to_end/widget.yaml");
    for version in KUBECTL_VERSIONS {
        let _ = cluster.kubectl(version, "create -f").arg(&widget).run().success();
        let again = cluster.kubectl(version, "create -f").arg(&widget).run().exits(1);
        assert!(again.stderr().contains("AlreadyExists"), "kubectl {version}: {again}");
        let listed = cluster.kubectl(version, "api-resources --api-group=example.com -o name");
        let listed = listed.run().success();
        assert_eq!(listed.stdout(), "widgets.example.com\n", "kubectl {version}");
        let delete = cluster.kubectl(version, "delete crd widgets.example.com");
        let _ = delete.run().success();
        let gone = cluster.kubectl(version, "get crd -o name").run().success();
        assert_eq!(gone.stdout(), "", "kubectl {version}");
    }
}

#[test]
fn custom_resources_survive_kill_9() {
    let sandbox = Sandbox::new();
    let _ = sandbox.brume("up kubernetes").run().success();
    let cluster = Cluster::running(&sandbox, "default");
    let widget = repository::root().join("tests/end_to_end/widget.yaml");
    let _ = cluster.kubectl("1.37", "create -f").arg(&widget).run().success();
    processes::signal(cluster.daemon(), Signal::KILL);
    let daemon = cluster.daemon();
    assert!(processes::wait_until(Duration::from_secs(10), || !processes::is_alive(daemon)));
    let _ = sandbox.brume("up kubernetes").run().success();
    let listed = Cluster::running(&sandbox, "default").kubectl("1.37", "get crd -o name").run();
    let name = "customresourcedefinition.apiextensions.k8s.io/widgets.example.com\n";
    assert_eq!(listed.success().stdout(), name, "acknowledged and lost");
}

#[test]
fn kube_rs_discovers_every_group() {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let kinds = runtime.expect("a runtime").block_on(async {
        let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).expect("a kubeconfig");
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options);
        let client = Client::try_from(config.await.expect("it leads somewhere")).expect("a client");
        let version = client.apiserver_version().await.expect("the server answers");
        assert_eq!((version.major.as_str(), version.minor.as_str()), ("1", "37"));
        let discovery = Discovery::new(client).run().await.expect("discovery works");
        let groups = discovery.groups().flat_map(|group| group.recommended_resources());
        groups.map(|(resource, _)| resource.kind).collect::<BTreeSet<_>>()
    });
    for kind in ["Pod", "Deployment", "CronJob", "Ingress", "CustomResourceDefinition"] {
        assert!(kinds.contains(kind), "no {kind} in {kinds:?}");
    }
}
