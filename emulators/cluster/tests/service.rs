//! The cluster as the daemon hosts it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brume_cluster::Cluster;
use brume_foundation::clock::Clock;
use brume_foundation::faults::Faults;
use brume_foundation::log::Log;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{Service, ServiceContext, Started, Storage};
use serde_json::{Value, json};

fn context(storage: Storage, repair: bool) -> ServiceContext {
    ServiceContext {
        instance: "default".to_owned(),
        storage,
        repair,
        clock: Clock::real(),
        faults: Arc::new(Faults::new()),
        random: Random::seeded(1),
        ports: Arc::new(Ports::random()),
        log: Log::discard(),
    }
}

async fn start(cluster: &Cluster, storage: Storage) -> Started {
    let started = cluster.start(context(storage, false)).await.unwrap();
    started.probe.run(Duration::from_secs(10)).await.unwrap();
    started
}

fn durable(folder: &Path) -> Storage {
    Storage::Durable(folder.to_owned())
}

fn widget() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"plural": "widgets", "kind": "Widget"},
            "scope": "Cluster",
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }],
        },
    })
}

#[tokio::test]
async fn it_answers_its_probe_and_writes_a_private_kubeconfig() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::default();
    let started = start(&cluster, durable(folder.path())).await;
    let kubeconfig = &started.endpoint.environment["KUBECONFIG"];
    assert_eq!(started.endpoint.extra["kubeconfig"], *kubeconfig);
    let mode = std::fs::metadata(kubeconfig).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    assert!(text.contains(&format!("server: {}\n", started.endpoint.url)), "{text}");
    cluster.stop().await.unwrap();
    started.probe.run(Duration::from_secs(1)).await.unwrap_err();
}

#[tokio::test]
async fn a_restart_keeps_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let authority = || std::fs::read_to_string(folder.path().join("ca.crt")).unwrap();
    let cluster = Cluster::default();
    let first = start(&cluster, durable(folder.path())).await;
    let before = authority();
    cluster.stop().await.unwrap();
    let second = start(&cluster, durable(folder.path())).await;
    assert_eq!(authority(), before);
    assert_eq!(first.probe.authority, second.probe.authority);
}

#[tokio::test]
async fn state_is_saved_reset_and_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let saved = tempfile::tempdir().unwrap();
    let cluster = Cluster::default();
    start(&cluster, durable(folder.path())).await;
    cluster.install(widget()).unwrap();
    assert!(cluster.install(widget()).unwrap_err().message.contains("already exists"));
    cluster.save(saved.path()).await.unwrap();
    cluster.reset().await.unwrap();
    cluster.install(widget()).unwrap();
    cluster.reset().await.unwrap();
    cluster.load(saved.path()).await.unwrap();
    cluster.install(widget()).unwrap_err();
    cluster.stop().await.unwrap();
    start(&cluster, durable(folder.path())).await;
    cluster.install(widget()).unwrap_err();
    std::fs::write(saved.path().join("cluster.json"), "{\"form\": 1, \"revi").unwrap();
    let error = cluster.load(saved.path()).await.unwrap_err();
    assert!(!error.hints.is_empty(), "{error}");
}

#[tokio::test]
async fn damaged_state_is_refused_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cluster.json"), "[]").unwrap();
    let error = Cluster::default().start(context(durable(folder.path()), false)).await.unwrap_err();
    assert!(error.message.contains("cluster.json"), "{error}");
    assert!(error.hints.iter().any(|hint| hint.starts_with("brume up --repair")));

    Cluster::default().start(context(durable(folder.path()), true)).await.unwrap();
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    assert!(names.iter().any(|name| name.starts_with("corrupt-")), "{names:?}");
}

#[tokio::test]
async fn an_ephemeral_cluster_writes_no_state() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::default();
    start(&cluster, Storage::Ephemeral(folder.path().to_owned())).await;
    cluster.reset().await.unwrap();
    assert!(!folder.path().join("cluster.json").exists());
}
