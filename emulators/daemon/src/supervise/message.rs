//! What the daemon and a supervised executable say to each other.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use brume_foundation::http::probe::Probe;
use brume_foundation::{Error, Result};
use serde::{Deserialize, Serialize};

/// A line on the executable's standard input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ToService {
    /// Forget all state.
    Reset,
    /// Write the state into an empty folder.
    Save {
        /// Absolute path.
        directory: PathBuf,
    },
    /// Replace the state by what is in a folder.
    Load {
        /// Absolute path.
        directory: PathBuf,
    },
    /// Make the state durable and end.
    Stop,
}

/// A line on the executable's standard output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum FromService {
    /// The listeners are bound: the first line.
    Ready(Ready),
    /// The last request is done.
    Done,
    /// The last request failed, or the start did.
    Failed {
        /// Why, in one line.
        message: String,
    },
}

/// What a ready executable tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Base URL.
    pub url: String,
    /// Where it listens for plain HTTP; loopback.
    pub address: SocketAddr,
    /// A path that answers 200 when all is well.
    pub probe_path: String,
    /// See [`brume_foundation::service::Endpoint::extra`].
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
    /// See [`brume_foundation::service::Endpoint::environment`].
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

impl Ready {
    /// The request that proves that it answers.
    ///
    /// # Errors
    /// It does not listen on a loopback address.
    pub fn probe(&self) -> Result<Probe> {
        if !self.address.ip().is_loopback() {
            let message = format!("it listens on {}, which is not loopback", self.address);
            return Err(Error::failed(message));
        }
        Ok(Probe::plain(self.address, self.probe_path.clone()))
    }
}
