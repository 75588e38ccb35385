//! The emulated cluster of a sandbox, and kubectl against it.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::{Call, Sandbox, tools};

/// A running emulator; the sandbox ends it.
#[derive(Debug)]
pub struct Cluster<'a> {
    sandbox: &'a Sandbox,
    /// What the daemon wrote of itself.
    pub endpoint: Value,
}

impl<'a> Cluster<'a> {
    /// Starts the Kubernetes emulator of the default instance, in memory.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start(sandbox: &'a Sandbox) -> Self {
        let _ = sandbox.brume("up kubernetes --ephemeral").run().success();
        Self::running(sandbox, "default")
    }

    /// Reads what a running instance says of itself.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn running(sandbox: &'a Sandbox, instance: &str) -> Self {
        Self { sandbox, endpoint: sandbox.endpoint(instance) }
    }

    fn service(&self) -> &Value {
        let services = self.endpoint["services"].as_array().expect("`services` is a list");
        services.iter().find(|service| service["name"] == "kubernetes").expect("kubernetes runs")
    }

    /// Base URL of the API server.
    ///
    /// # Panics
    /// When the daemon did not say.
    #[must_use]
    pub fn url(&self) -> String {
        self.service()["url"].as_str().expect("a service has a URL").to_owned()
    }

    /// The kubeconfig that leads there.
    ///
    /// # Panics
    /// When the daemon did not say.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        let extra = &self.service()["extra"];
        PathBuf::from(extra["kubeconfig"].as_str().expect("kubernetes has a kubeconfig"))
    }

    /// Id of the daemon's process.
    ///
    /// # Panics
    /// When the daemon did not say.
    #[must_use]
    pub fn daemon(&self) -> i32 {
        let id = self.endpoint["pid"].as_i64().expect("`pid` is a number");
        i32::try_from(id).expect("a process id fits")
    }

    /// Has kubectl forget what it found out about the server: it asks for new kinds, but believes
    /// its own old list of short names for hours.
    pub fn forget_discovery(&self) {
        // There may be no cache yet.
        let _ = fs::remove_dir_all(self.sandbox.path("home/.kube"));
    }

    /// A call of kubectl, version `1.MINOR`, with the words of `line`.
    pub fn kubectl(&self, version: &str, line: &str) -> Call {
        self.sandbox.call(tools::kubectl(version)).env("KUBECONFIG", self.kubeconfig()).words(line)
    }
}
