//! The cluster as the daemon hosts it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brume_cluster::Cluster;
use brume_foundation::clock::Clock;
use brume_foundation::faults::Faults;
use brume_foundation::journal::{FolderDisk, Log, Options, read_segment};
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
        log: brume_foundation::log::Log::discard(),
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
    for broken in ["{\"form\": 1, \"revi", "[]", "{\"form\": 2}", "{\"form\": 1}"] {
        std::fs::write(saved.path().join("cluster.json"), broken).unwrap();
        let error = cluster.load(saved.path()).await.unwrap_err();
        assert!(error.message.contains("cluster.json"), "{error}");
    }
    cluster.install(widget()).unwrap_err();
}

/// The journal's only segment.
fn segment(folder: &Path) -> std::path::PathBuf {
    let entries = std::fs::read_dir(folder.join("journal")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    let path = paths.next().unwrap();
    assert_eq!(paths.next(), None);
    path
}

fn named(kind: &str) -> Value {
    let mut definition = widget();
    definition["spec"]["names"] = json!({"plural": kind, "kind": kind});
    definition["metadata"]["name"] = json!(format!("{kind}.example.com"));
    definition
}

#[tokio::test]
async fn damaged_state_is_refused_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::default();
    start(&cluster, durable(folder.path())).await;
    for kind in ["first", "second", "third"] {
        cluster.install(named(kind)).unwrap();
    }
    cluster.stop().await.unwrap();
    let path = segment(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    // One letter of a description would not make bad JSON.
    let at = bytes.windows(6).rposition(|window| window == b"second").unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();

    let error = Cluster::default().start(context(durable(folder.path()), false)).await.unwrap_err();
    assert!(error.message.contains("damaged"), "{error}");
    assert!(error.hints.iter().any(|hint| hint.starts_with("brume up --repair")));

    let cluster = Cluster::default();
    cluster.start(context(durable(folder.path()), true)).await.unwrap();
    cluster.install(named("first")).unwrap_err();
    cluster.install(named("second")).unwrap();
    let names = std::fs::read_dir(folder.path().join("journal")).unwrap();
    let names: Vec<_> =
        names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().any(|name| name.starts_with("corrupt-")), "{names:?}");
}

/// Bytes of a segment's records: behind them a journal reserves room.
fn written(segment: &Path) -> u64 {
    read_segment(&std::fs::read(segment).unwrap()).valid_bytes as u64
}

#[tokio::test]
async fn a_torn_tail_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::default();
    start(&cluster, durable(folder.path())).await;
    cluster.install(named("first")).unwrap();
    let path = segment(folder.path());
    let whole = written(&path);
    cluster.install(named("second")).unwrap();
    cluster.stop().await.unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(whole + 40).unwrap();
    start(&cluster, durable(folder.path())).await;
    cluster.install(named("first")).unwrap_err();
    cluster.install(named("second")).unwrap();
}

#[tokio::test]
async fn state_of_another_version_is_refused_and_moved_aside_by_a_repair() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    std::fs::create_dir(&journal).unwrap();
    let (mut log, _) = Log::open(Arc::new(FolderDisk::new(&journal)), Options::default()).unwrap();
    log.append(&[br#"{"revision":2,"change":{"teleport":1}}"#]).unwrap();
    log.sync().unwrap();
    drop(log);
    let error = Cluster::default().start(context(durable(folder.path()), false)).await.unwrap_err();
    assert!(error.to_string().contains("another version"), "{error}");
    assert!(error.hints.iter().any(|hint| hint.starts_with("brume up --repair")));
    let cluster = Cluster::default();
    cluster.start(context(durable(folder.path()), true)).await.unwrap();
    cluster.install(widget()).unwrap();
}

#[tokio::test]
async fn a_write_costs_what_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::default();
    start(&cluster, durable(folder.path())).await;
    let length = || written(&segment(folder.path()));
    let mut grown = Vec::new();
    for index in 0..40_u8 {
        let before = length();
        let kind = [b'a' + index / 26, b'a' + index % 26].map(char::from);
        cluster.install(named(&String::from_iter(kind))).unwrap();
        grown.push(length() - before);
    }
    assert!(grown[39] < grown[0] + 100, "{grown:?}");
}

#[tokio::test]
async fn an_ephemeral_cluster_writes_no_state() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::default();
    start(&cluster, Storage::Ephemeral(folder.path().to_owned())).await;
    cluster.reset().await.unwrap();
    assert!(!folder.path().join("journal").exists());
}
