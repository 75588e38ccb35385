//! The service `aws`: broker and edge put together behind one port.
//!
//! Comes in: the daemon's context, [`AwsOptions`]. Goes out: SQS, SNS, STS, CloudWatch and
//! CloudWatch Logs on port 4566 or the next free one, and the admin interface beside them.

mod logs;
mod options;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use brume_broker::{Broker, BrokerOptions};
use brume_edge::{
    AdminAnswer, AdminCall, AdminRoute, CloudWatch, Edge, Keys, Logs, LogsService, Sts,
};
use brume_foundation::http::probe::Probe;
use brume_foundation::http::{Server, ServerConfig};
use brume_foundation::invoke::NoFunctions;
use brume_foundation::metrics::Metrics;
use brume_foundation::service::{Endpoint, Service, ServiceContext, Started};
use brume_foundation::{BoxFuture, Error, ErrorKind, Result};
use http::Method;
use serde_json::json;

use logs::Sink;
pub use options::AwsOptions;

/// Name of the service.
const NAME: &str = "aws";
/// The port that local AWS tooling expects.
const PREFERRED_PORT: u16 = 4566;
/// How long requests in flight may take when the service stops.
const STOP_GRACE: Duration = Duration::from_millis(500);
/// The region that `brume env` chooses.
const REGION: &str = "us-east-1";
/// File with further keys, in the service's folder.
const KEYS_FILE: &str = "keys";

/// The AWS services.
#[derive(Debug)]
pub struct Aws {
    options: AwsOptions,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    server: Server,
    parts: Arc<Parts>,
}

/// Everything that has state.
#[derive(Debug)]
struct Parts {
    broker: Broker,
    keys: Arc<Keys>,
    metrics: Arc<Metrics>,
    logs: Arc<Logs>,
}

impl Parts {
    async fn reset(&self) -> Result<()> {
        self.broker.reset().await?;
        self.keys.reset();
        self.metrics.reset();
        self.logs.reset();
        Ok(())
    }
}

impl Aws {
    /// Makes the service; nothing happens before it is started.
    #[must_use]
    pub const fn new(options: AwsOptions) -> Self {
        Self { options, running: Mutex::new(None) }
    }

    fn parts(&self) -> Result<Arc<Parts>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = running.as_ref().map(|running| Arc::clone(&running.parts));
        parts.ok_or_else(|| Error::new(ErrorKind::Conflict, "aws is not running"))
    }

    async fn begin(&self, context: ServiceContext) -> Result<Started> {
        let AwsOptions { account, auth, policy, durability } = self.options;
        let mut keys = Keys::new(account);
        keys.load(&context.storage.folder().join(KEYS_FILE))?;
        let keys = Arc::new(keys);
        let listeners = context.ports.bind(NAME, PREFERRED_PORT)?;
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], listeners.port));
        let url = format!("http://{address}");

        let metrics = Arc::new(Metrics::new());
        let logs = Arc::new(Logs::new());
        let options = BrokerOptions {
            account,
            policy,
            durability,
            base_url: url.clone(),
            invoke: Arc::new(NoFunctions),
            metrics: Arc::clone(&metrics),
            logs: Arc::new(Sink(Arc::clone(&logs))),
        };
        let broker = Broker::open(&context, options).await?;
        let parts = Arc::new(Parts { broker, keys, metrics, logs });

        let mut edge = Edge::new(&context, auth, Arc::clone(&parts.keys))
            .metrics(Arc::clone(&parts.metrics))
            // The first of two equal routes counts: a reset here is one of everything.
            .routes([reset_route(&parts)])
            .routes(parts.broker.admin_routes());
        for service in parts.broker.services() {
            edge = edge.service(service);
        }
        let edge = edge
            .service(Arc::new(Sts::new(Arc::clone(&parts.keys))))
            .service(Arc::new(CloudWatch::new(Arc::clone(&parts.metrics))))
            .service(Arc::new(LogsService::new(Arc::clone(&parts.logs))));
        let config = ServerConfig {
            tls: None,
            limits: Edge::limits(),
            hosts: Edge::hosts(),
            log: context.log,
        };
        let server = Server::start(listeners, config, Arc::new(edge))?;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = Some(Running { server, parts });
        // Not a call to a service: rules that make calls fail must not be used up by us.
        let probe = Probe::plain(address, "/_brume/health");
        Ok(Started { endpoint: self.endpoint(url), probe })
    }

    fn endpoint(&self, url: String) -> Endpoint {
        let environment = [
            ("AWS_ENDPOINT_URL", url.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_REGION", REGION),
            // Without it, tools that miss something ask the network of a cloud for it.
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        Endpoint {
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            extra: self.options.facts(),
            url,
        }
    }
}

/// `POST /_brume/reset`.
fn reset_route(parts: &Arc<Parts>) -> AdminRoute {
    let parts = Arc::clone(parts);
    AdminRoute::new(Method::POST, "/_brume/reset", move |_: AdminCall| {
        let parts = Arc::clone(&parts);
        async move {
            parts.reset().await?;
            AdminAnswer::json(&json!({ "reset": true }))
        }
    })
}

impl Service for Aws {
    fn name(&self) -> &str {
        NAME
    }

    fn start(&self, context: ServiceContext) -> BoxFuture<'_, Result<Started>> {
        Box::pin(self.begin(context))
    }

    fn reset(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.parts()?.reset().await })
    }

    fn save<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.parts()?.broker.save(directory).await })
    }

    fn load<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.parts()?.broker.load(directory).await })
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(Running { server, parts }) = running else { return Ok(()) };
            server.stop(STOP_GRACE).await;
            parts.broker.stop().await
        })
    }
}
