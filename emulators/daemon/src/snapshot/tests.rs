//! Snapshots under test, with services that are a number each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use brume_foundation::BoxFuture;
use brume_foundation::http::probe::Probe;
use brume_foundation::http::{Hosts, Limits, Server, ServerConfig, text};
use brume_foundation::service::{Endpoint, Service, ServiceContext, Started};
use brume_instance::InstancePaths;

use super::*;
use crate::arguments::{Options, command};
use crate::boot::Boot;

#[derive(Debug)]
struct Number {
    name: &'static str,
    value: AtomicU64,
    refuses: AtomicBool,
}

impl Number {
    fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self { name, value: AtomicU64::new(0), refuses: AtomicBool::new(false) })
    }

    fn set(&self, value: u64) {
        self.value.store(value, Ordering::SeqCst);
    }

    fn get(&self) -> u64 {
        self.value.load(Ordering::SeqCst)
    }
}

impl Service for Number {
    fn name(&self) -> &str {
        self.name
    }

    fn start(&self, context: ServiceContext) -> BoxFuture<'_, brume_foundation::Result<Started>> {
        Box::pin(async move {
            let listeners = context.ports.bind(self.name, 0)?;
            let probe = Probe::plain(([127, 0, 0, 1], listeners.port).into(), "/");
            let config = ServerConfig {
                tls: None,
                limits: Limits::default(),
                hosts: Hosts::default(),
                log: context.log,
            };
            let handler = async |_request| text(http::StatusCode::OK, "ok");
            // Served until the test's runtime ends.
            std::mem::forget(Server::start(listeners, config, Arc::new(handler))?);
            Ok(Started { endpoint: Endpoint::default(), probe })
        })
    }

    fn reset(&self) -> BoxFuture<'_, brume_foundation::Result<()>> {
        self.set(0);
        Box::pin(async { Ok(()) })
    }

    fn save<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, brume_foundation::Result<()>> {
        Box::pin(async {
            files::write_private(&directory.join("value"), self.get().to_string().as_bytes())
        })
    }

    fn load<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, brume_foundation::Result<()>> {
        Box::pin(async {
            if self.refuses.load(Ordering::SeqCst) {
                return Err(brume_foundation::Error::failed("of another version"));
            }
            let text = fs::read_to_string(directory.join("value")).expect("saved");
            self.set(text.parse().expect("a number"));
            Ok(())
        })
    }

    fn stop(&self) -> BoxFuture<'_, brume_foundation::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

struct Setting {
    one: Arc<Number>,
    two: Arc<Number>,
    host: Host,
    folder: tempfile::TempDir,
}

impl Setting {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let name = "test".parse().expect("a valid name");
        let (state, run) = (folder.path().join("state"), folder.path().join("run"));
        let matches = command()
            .try_get_matches_from(["brume-emulators", "--ephemeral", "--port-base", "0"])
            .expect("valid arguments");
        let mut options =
            Options::from_matches(&matches, |_| Some("/nowhere".into())).expect("valid options");
        options.paths = InstancePaths::new(&state, &run, &name);
        let boot = Boot::for_tests(&options);
        let host = Host::new(&options, &boot);
        let (one, two) = (Number::new("one"), Number::new("two"));
        host.start(vec![Arc::<Number>::clone(&one), Arc::<Number>::clone(&two)])
            .await
            .expect("started");
        Self { one, two, host, folder }
    }

    fn empty_folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).expect("made");
        folder
    }

    fn set(&self, one: u64, two: u64) {
        self.one.set(one);
        self.two.set(two);
    }

    fn values(&self) -> (u64, u64) {
        (self.one.get(), self.two.get())
    }
}

#[tokio::test]
async fn what_is_saved_is_loaded() {
    let setting = Setting::new().await;
    let folder = setting.empty_folder("snapshot");
    setting.set(1, 2);
    save(&setting.host, &folder).await.expect("saved");
    setting.set(8, 9);
    load(&setting.host, &folder).await.expect("loaded");
    assert_eq!(setting.values(), (1, 2));
}

#[tokio::test]
async fn when_one_service_refuses_all_keep_their_state() {
    let setting = Setting::new().await;
    let folder = setting.empty_folder("snapshot");
    save(&setting.host, &folder).await.expect("saved");
    setting.set(8, 9);
    setting.two.refuses.store(true, Ordering::SeqCst);
    let error = load(&setting.host, &folder).await.expect_err("refused");
    assert_eq!(error.message, "two does not take the snapshot: of another version");
    assert_eq!(setting.values(), (8, 9));
}

#[tokio::test]
async fn a_snapshot_of_other_services_is_refused_untouched() {
    let setting = Setting::new().await;
    let folder = setting.empty_folder("snapshot");
    save(&setting.host, &folder).await.expect("saved");
    setting.set(8, 9);
    fs::create_dir(folder.join("three")).expect("made");
    let error = load(&setting.host, &folder).await.expect_err("one too many");
    assert_eq!(error.causes, ["it has state for three, which does not run"]);
    fs::remove_dir(folder.join("three")).expect("removed");
    fs::remove_dir_all(folder.join("two")).expect("removed");
    let error = load(&setting.host, &folder).await.expect_err("one missing");
    assert_eq!(error.causes, ["it has nothing for two"]);
    assert_eq!(setting.values(), (8, 9));
}
