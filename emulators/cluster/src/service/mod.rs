//! The cluster as a service of the daemon: listeners, identity, storage.

mod handler;
mod identity;
mod state;
mod store;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use brume_foundation::http::probe::Probe;
use brume_foundation::http::{Handler, Hosts, Limits, Server, ServerConfig};
use brume_foundation::service::{Endpoint, Service, ServiceContext, Started};
use brume_foundation::{BoxFuture, Error, ErrorKind, Result};
use brume_schema::KubernetesVersion;
use serde_json::Value;

use crate::catalogue::{ApiSelection, Catalogue};
use handler::ClusterHandler;
use identity::Identity;
use state::State;

/// Name of the service.
const NAME: &str = "kubernetes";
/// The port that Kubernetes API servers listen on.
const PREFERRED_PORT: u16 = 6443;
/// How long requests in flight may take when the service stops.
const STOP_GRACE: Duration = Duration::from_millis(500);

/// The mini-cluster.
#[derive(Debug)]
pub struct Cluster {
    catalogue: Arc<Catalogue>,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    server: Server,
    handler: Arc<ClusterHandler>,
}

impl Default for Cluster {
    /// The newest version with its stable APIs.
    fn default() -> Self {
        Self::new(KubernetesVersion::NEWEST, ApiSelection::default())
    }
}

impl Cluster {
    /// A cluster that emulates `version`.
    pub fn new(version: KubernetesVersion, selection: ApiSelection) -> Self {
        let catalogue = Arc::new(Catalogue::new(version, selection));
        Self { catalogue, running: Mutex::new(None) }
    }

    /// Adds a custom resource definition to the running cluster, as a client would.
    ///
    /// # Errors
    /// The cluster is not running, the definition is invalid or exists, or the disk refuses.
    pub fn install(&self, definition: Value) -> Result<()> {
        let handler = self.handler()?;
        handler.state.install(definition, handler.stamp())
    }

    fn handler(&self) -> Result<Arc<ClusterHandler>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let running = running.as_ref();
        running.map(|running| Arc::clone(&running.handler)).ok_or_else(not_running)
    }

    fn begin(&self, context: ServiceContext) -> Result<Started> {
        let folder = context.storage.folder().to_owned();
        let state = State::open(&context, &self.catalogue)?;
        let identity = Identity::open(&folder)?;
        let listeners = context.ports.bind(NAME, PREFERRED_PORT)?;
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], listeners.port));
        let kubeconfig = identity.write_kubeconfig(&folder, &context.instance, address)?;

        let config = ServerConfig {
            tls: Some(identity.server_config()?),
            limits: Limits::default(),
            hosts: Hosts::default(),
            log: context.log,
        };
        let handler = Arc::new(ClusterHandler {
            state,
            clock: context.clock,
            faults: context.faults,
            random: context.random,
            address: address.to_string(),
        });
        let server = Server::start(listeners, config, Arc::clone(&handler) as Arc<dyn Handler>)?;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = Some(Running { server, handler });

        let kubeconfig = kubeconfig.display().to_string();
        Ok(Started {
            endpoint: Endpoint {
                url: format!("https://{address}"),
                extra: [("kubeconfig".to_owned(), kubeconfig.clone())].into(),
                environment: [("KUBECONFIG".to_owned(), kubeconfig)].into(),
            },
            probe: Probe::tls(address, "/readyz", identity.authority_certificate()),
        })
    }
}

fn not_running() -> Error {
    Error::new(ErrorKind::Conflict, "the cluster is not running")
}

impl Service for Cluster {
    fn name(&self) -> &str {
        NAME
    }

    fn start(&self, context: ServiceContext) -> BoxFuture<'_, Result<Started>> {
        Box::pin(async move { self.begin(context) })
    }

    fn reset(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.handler()?.state.reset() })
    }

    fn save<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.handler()?.state.save(directory) })
    }

    fn load<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.handler()?.state.load(directory) })
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(running) = running {
                running.server.stop(STOP_GRACE).await;
            }
            Ok(())
        })
    }
}
