//! The contract between the daemon and an emulator.
//!
//! The daemon owns the process, the ports, the clock, the fault rules and the control socket; a
//! service owns its engine and its wire protocol. Calls come one at a time in the order
//! `start`, then any number of `reset`, `save` and `load`, then `stop`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::BoxFuture;
use crate::clock::Clock;
use crate::error::Result;
use crate::faults::Faults;
use crate::http::probe::Probe;
use crate::log::Log;
use crate::ports::Ports;
use crate::random::Random;

/// One emulator, as the daemon sees it.
pub trait Service: Send + Sync {
    /// The name in commands, endpoint document and logs: lower case, `kubernetes` for example.
    fn name(&self) -> &str;

    /// Recovers state, binds listeners and begins to serve.
    ///
    /// Returns after the listeners are bound. The daemon then makes the request in
    /// [`Started::probe`] and reports ready only when that succeeds.
    ///
    /// # Errors
    /// Corrupt state, a port that was asked for and is in use, a full or read-only disk.
    fn start(&self, context: ServiceContext) -> BoxFuture<'_, Result<Started>>;

    /// Forgets all state and begins afresh; process, endpoints and ports stay.
    ///
    /// # Errors
    /// The disk refuses.
    fn reset(&self) -> BoxFuture<'_, Result<()>>;

    /// Writes everything needed to restore the present state into `directory`, which exists and
    /// is empty. Requests may be served meanwhile; what is written is one moment's state.
    ///
    /// # Errors
    /// The disk refuses.
    fn save<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>>;

    /// Replaces all state by what `save` wrote into `directory`.
    ///
    /// # Errors
    /// The files are not what `save` of a compatible version wrote; the present state then stays.
    fn load<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>>;

    /// Stops serving, finishes what was acknowledged and releases the ports.
    ///
    /// # Errors
    /// State could not be made durable.
    fn stop(&self) -> BoxFuture<'_, Result<()>>;
}

/// What the daemon gives to a service when it starts.
#[derive(Clone, Debug)]
pub struct ServiceContext {
    /// Name of the instance.
    pub instance: String,
    /// Where state goes.
    pub storage: Storage,
    /// Move damaged state aside and go on with what precedes the damage; without it, damage is an
    /// error.
    pub repair: bool,
    /// The only source of time for the engine.
    pub clock: Arc<Clock>,
    /// Failures to inject; ask before each operation.
    pub faults: Arc<Faults>,
    /// The only source of randomness that is not secret, seeded by the daemon.
    pub random: Random,
    /// Where listeners come from.
    pub ports: Arc<Ports>,
    /// The log, which already knows the service's name.
    pub log: Log,
}

/// Where a service keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In this folder of its own, which exists and has mode 0700.
    Durable(PathBuf),
    /// In memory. The folder is for files that clients must read (a kubeconfig); it is removed
    /// when the daemon stops.
    Ephemeral(PathBuf),
}

impl Storage {
    /// The folder for files that clients read, whichever kind of storage it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        match self {
            Self::Durable(folder) | Self::Ephemeral(folder) => folder,
        }
    }

    /// Whether state must not be written to disk.
    #[must_use]
    pub const fn is_ephemeral(&self) -> bool {
        matches!(self, Self::Ephemeral(_))
    }
}

/// What a started service tells the daemon.
#[derive(Clone, Debug)]
pub struct Started {
    /// Where clients find it.
    pub endpoint: Endpoint,
    /// A real request that must succeed before the daemon says ready, and that `status` repeats.
    pub probe: Probe,
}

/// Where clients find a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    /// Base URL, `https://127.0.0.1:6443`.
    pub url: String,
    /// Facts for brume itself: `kubeconfig` is the path of one.
    pub extra: BTreeMap<String, String>,
    /// Environment variables that make other tools follow, for `brume env`.
    pub environment: BTreeMap<String, String>,
}
