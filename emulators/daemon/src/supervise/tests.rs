//! Supervision under test, with a shell script in the role of the executable.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use brume_foundation::clock::Clock;
use brume_foundation::faults::Faults;
use brume_foundation::log::Log;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::Storage;

use super::*;

/// Says ready, notes each start and each request in its storage folder, ends when told.
const SCRIPT: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in --storage) storage="$2" ;; --port) port="$2" ;; esac
  shift
done
echo "$port" >> "$storage/starts"
echo noise >&2
printf '{"type":"ready","url":"http://127.0.0.1:%s","address":"127.0.0.1:%s","probe_path":"/"}\n' \
  "$port" "$port"
while read -r line; do
  echo "$line" >> "$storage/requests"
  case "$line" in
    *load*) echo '{"type":"failed","message":"no such format"}' ;;
    *stop*) echo '{"type":"done"}'; exit 0 ;;
    *) echo '{"type":"done"}' ;;
  esac
  case "$line" in *reset*) exit 3 ;; esac
done
"#;

fn context(folder: &Path) -> ServiceContext {
    ServiceContext {
        instance: "test".to_owned(),
        storage: Storage::Durable(folder.to_path_buf()),
        repair: false,
        clock: Clock::real(),
        faults: Arc::new(Faults::new()),
        random: Random::seeded(1),
        ports: Arc::new(Ports::random()),
        log: Log::discard(),
    }
}

fn service(folder: &Path, script: &str) -> SupervisedExecutable {
    let path = folder.join("service.sh");
    std::fs::write(&path, script).expect("written");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("made executable");
    // Through the shell: executing a file that was just written may find it busy.
    SupervisedExecutable::new("warehouse", "/bin/sh", [path.into_os_string()], 0)
}

fn lines(folder: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn starts_talks_restarts_on_the_same_port_and_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = service(folder.path(), SCRIPT);
    let started = service.start(context(folder.path())).await.expect("ready");
    assert!(started.endpoint.url.starts_with("http://127.0.0.1:"));
    service.save(folder.path()).await.expect("done");
    let error = service.load(folder.path()).await.expect_err("refused");
    assert_eq!(error.message, "no such format");
    // The script ends after a reset: the keeper starts it again.
    service.reset().await.expect("done");
    while lines(folder.path(), "starts").len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let starts = lines(folder.path(), "starts");
    assert_eq!(starts[0], starts[1]);
    // Orders are refused while it restarts, and done afterwards.
    while service.save(folder.path()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    service.stop().await.expect("stopped");
    assert!(lines(folder.path(), "requests").last().expect("a request").contains("stop"));
    assert!(service.reset().await.is_err());
}

#[tokio::test]
async fn an_executable_that_says_nothing_or_nonsense_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    for script in ["#!/bin/sh\nexit 1\n", "#!/bin/sh\necho hello\n", "#!/bin/sh\necho '{}'\n"] {
        let service = service(folder.path(), script);
        assert!(service.start(context(folder.path())).await.is_err(), "{script}");
        service.stop().await.expect("nothing to stop");
    }
    let missing =
        SupervisedExecutable::new("warehouse", "/does/not/exist", Vec::<OsString>::new(), 0);
    let error = missing.start(context(folder.path())).await.expect_err("missing");
    assert_eq!(error.message, "cannot start warehouse (/does/not/exist)");
}

#[tokio::test]
async fn a_public_address_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "#!/bin/sh\nprintf '{\"type\":\"ready\",\"url\":\"http://0.0.0.0:1\",\
                  \"address\":\"0.0.0.0:1\",\"probe_path\":\"/\"}\\n'\nread -r line\n";
    assert!(service(folder.path(), script).start(context(folder.path())).await.is_err());
}
