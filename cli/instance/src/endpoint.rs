//! The endpoint document: where the services of a running instance listen.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files::{explain_disk, write_private};
use crate::protocol::PROTOCOL;

/// A document larger than this is not one of ours.
const BYTES_MAX: u64 = 1024 * 1024;

/// Key in [`ServiceEndpoint::extra`]: the usual port of the service, which was in use.
pub const MOVED_FROM_PORT: &str = "moved-from-port";

/// What `endpoint.json` holds; unknown keys are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointDocument {
    /// Version of the daemon.
    pub version: String,
    /// Version of the control protocol.
    pub protocol: u32,
    /// Name of the instance.
    pub instance: String,
    /// Process id of the daemon: for people; brume itself goes by the lock.
    pub pid: u32,
    /// When it started, in milliseconds since the epoch, real time.
    pub started_ms: u64,
    /// Whether its state is in memory only.
    pub ephemeral: bool,
    /// Where its state is.
    pub state_dir: PathBuf,
    /// The services, in the order they were started.
    pub services: Vec<ServiceEndpoint>,
}

/// Where one service listens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceEndpoint {
    /// Name of the service.
    pub name: String,
    /// Base URL.
    pub url: String,
    /// Facts for brume itself: `kubeconfig` is the path of one.
    pub extra: BTreeMap<String, String>,
    /// Environment variables that make other tools follow.
    pub environment: BTreeMap<String, String>,
}

impl EndpointDocument {
    /// Finds a service by name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&ServiceEndpoint> {
        self.services.iter().find(|service| service.name == name)
    }

    /// All variables of all services.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        self.services.iter().flat_map(|service| service.environment.clone()).collect()
    }

    /// Writes the document by rename, mode 0600.
    ///
    /// # Errors
    /// The disk refuses; an older document then stays.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = || Error::failed(format!("cannot write {}", path.display()));
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| failed().cause(error))?;
        bytes.push(b'\n');
        write_private(path, &bytes).map_err(|error| explain_disk(failed().cause(&error), &error))
    }

    /// Reads the document; `None` when there is none.
    ///
    /// # Errors
    /// It cannot be read, is not JSON, or is of another protocol.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let broken = || {
            Error::failed(format!("{} is not an endpoint document", path.display()))
                .hint("brume down && brume up")
        };
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(file) => {
                let limited = &mut file.take(BYTES_MAX + 1);
                limited.read_to_end(&mut bytes).map_err(|error| broken().cause(error))?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Error::failed(format!("cannot read {}", path.display())).cause(error));
            }
        }
        if bytes.len() as u64 > BYTES_MAX {
            return Err(broken().cause(format_args!("it is larger than {BYTES_MAX} bytes")));
        }
        let document: Self =
            serde_json::from_slice(&bytes).map_err(|error| broken().cause(error))?;
        if document.protocol != PROTOCOL {
            return Err(crate::protocol::mismatch(&document.version, document.protocol));
        }
        Ok(Some(document))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn document() -> EndpointDocument {
        EndpointDocument {
            version: "0.1.0".to_owned(),
            protocol: PROTOCOL,
            instance: "default".to_owned(),
            services: vec![ServiceEndpoint {
                name: "kubernetes".to_owned(),
                url: "https://127.0.0.1:6443".to_owned(),
                ..ServiceEndpoint::default()
            }],
            ..EndpointDocument::default()
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("endpoint.json");
        assert_eq!(EndpointDocument::read(&path).expect("readable"), None);
        document().write(&path).expect("written");
        assert_eq!(EndpointDocument::read(&path).expect("readable"), Some(document()));
    }

    #[test]
    fn broken_and_foreign_documents_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("endpoint.json");
        std::fs::write(&path, "{").expect("written");
        assert_eq!(EndpointDocument::read(&path).expect_err("broken").code, Code::Failed);
        EndpointDocument { protocol: 99, ..document() }.write(&path).expect("written");
        let error = EndpointDocument::read(&path).expect_err("foreign");
        assert_eq!(error.hints, ["brume down && brume up"]);
    }
}
