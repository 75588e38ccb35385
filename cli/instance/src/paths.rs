//! Where the files of one instance are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::name::InstanceName;

/// The folders and files of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstancePaths {
    /// The instance.
    pub name: InstanceName,
    /// Its state: one folder for each service, `daemon.log`, `clock.json`.
    pub state: PathBuf,
    /// What lives only while it runs: lock, endpoint document, control socket.
    pub runtime: PathBuf,
}

impl InstancePaths {
    /// The files of `name` below brume's state and runtime folders.
    #[must_use]
    pub fn new(state_root: &Path, runtime_root: &Path, name: &InstanceName) -> Self {
        Self {
            name: name.clone(),
            state: state_root.join(name.as_str()),
            runtime: runtime_root.join(name.as_str()),
        }
    }

    /// The same instance with its state in a folder of the user's choice.
    #[must_use]
    pub fn with_state(mut self, state: PathBuf) -> Self {
        self.state = state;
        self
    }

    /// The file whose lock says that the instance runs.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.runtime.join("lock")
    }

    /// The file whose lock says that somebody uses the state.
    #[must_use]
    pub fn state_lock(&self) -> PathBuf {
        self.state.join("lock")
    }

    /// The endpoint document.
    #[must_use]
    pub fn endpoint(&self) -> PathBuf {
        self.runtime.join("endpoint.json")
    }

    /// The control socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.runtime.join("control.sock")
    }

    /// Files of services that keep no state; removed when the daemon stops.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.runtime.join("scratch")
    }

    /// The log file; an ephemeral instance keeps it with its runtime files.
    #[must_use]
    pub fn log(&self, is_ephemeral: bool) -> PathBuf {
        if is_ephemeral { &self.runtime } else { &self.state }.join("daemon.log")
    }
}

/// The instances that have a folder below `runtime_root`, by name; running or not.
#[must_use]
pub fn instances(runtime_root: &Path) -> Vec<InstanceName> {
    let Ok(entries) = fs::read_dir(runtime_root) else { return Vec::new() };
    let mut names = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<InstanceName>().ok())
        .collect::<Vec<_>>();
    names.sort();
    names
}
