//! kill -9 while definitions are installed: what was acknowledged is there again.
//!
//! This test starts itself as the process to be killed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use brume_cluster::Cluster;
use brume_foundation::clock::Clock;
use brume_foundation::faults::Faults;
use brume_foundation::log::Log;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{Service, ServiceContext, Storage};
use serde_json::{Value, json};

const FOLDER: &str = "BRUME_KILL_FOLDER";
const KILLS: usize = 8;

/// A definition of some hundred kilobytes, so that checkpoints are written as well.
fn definition(index: usize) -> Value {
    let name: String =
        format!("{index:05}").bytes().map(|it| char::from(it - b'0' + b'a')).collect();
    let description = "x".repeat(300_000);
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{name}.example.com")},
        "spec": {
            "group": "example.com", "scope": "Cluster",
            "names": {"plural": name, "kind": name},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "description": description}},
            }],
        },
    })
}

async fn start(folder: PathBuf) -> Cluster {
    let cluster = Cluster::default();
    let context = ServiceContext {
        instance: "default".to_owned(),
        storage: Storage::Durable(folder),
        repair: false,
        clock: Clock::real(),
        faults: Arc::new(Faults::new()),
        random: Random::seeded(1),
        ports: Arc::new(Ports::random()),
        log: Log::discard(),
    };
    cluster.start(context).await.unwrap();
    cluster
}

/// Not a test of its own: the process that is killed.
#[tokio::test]
#[ignore = "started by `acknowledged_definitions_survive`"]
async fn installer() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let cluster = start(folder).await;
    let mut output = std::io::stdout();
    for index in 0.. {
        if cluster.install(definition(index)).is_ok() {
            writeln!(output, "acknowledged {index}").unwrap();
        }
    }
}

#[tokio::test]
async fn acknowledged_definitions_survive() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: usize = 0;
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["installer", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // The harness begins its own line without ending it.
        let indexes =
            lines.filter_map(|line| line.split_once("acknowledged ")?.1.parse::<usize>().ok());
        let mut count = 0;
        for index in indexes {
            acknowledged = acknowledged.max(index + 1);
            count += 1;
            if count == 2 + round * 3 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(count >= 2 + round * 3, "round {round}: only {count}");
    }
    let cluster = start(folder.path().to_owned()).await;
    for index in 0..acknowledged {
        let error = cluster.install(definition(index)).unwrap_err();
        assert!(error.message.contains("already exists"), "{index}: {error}");
    }
    let names = std::fs::read_dir(folder.path().join("journal")).unwrap();
    let names: Vec<_> =
        names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().any(|name| name.starts_with("checkpoint-")), "{names:?}");
    assert!(!names.iter().any(|name| name.ends_with(".tmp")), "{names:?}");
}
