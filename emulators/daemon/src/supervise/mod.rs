//! A service that is an executable of its own, kept running by the daemon.
//!
//! The daemon starts it with `--instance NAME --storage DIR [--ephemeral] [--repair] --port N`
//! after its own arguments and talks with it over standard input and output, one JSON document a
//! line: first the executable says [`message::FromService::Ready`], then it answers each
//! [`message::ToService`] in turn. What it writes on standard error goes to the log. When standard
//! input ends, the daemon is gone and the executable must end, too. If it ends by itself it is
//! started again on the same port, after a pause that grows while it keeps failing.

mod child;
mod keeper;
pub mod message;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use brume_foundation::service::{Endpoint, Service, ServiceContext, Started};
use brume_foundation::{BoxFuture, Error, ErrorKind, Result};
use tokio::sync::{mpsc, oneshot};

use keeper::{Keeper, Order};
use message::ToService;

/// A service in a process of its own.
#[derive(Debug)]
pub struct SupervisedExecutable {
    name: String,
    executable: PathBuf,
    arguments: Vec<OsString>,
    preferred_port: u16,
    orders: Mutex<Option<mpsc::Sender<Order>>>,
}

impl SupervisedExecutable {
    /// Describes a service; nothing is started yet.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        executable: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
        preferred_port: u16,
    ) -> Self {
        Self {
            name: name.into(),
            executable: executable.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            preferred_port,
            orders: Mutex::new(None),
        }
    }

    async fn begin(&self, context: ServiceContext) -> Result<Started> {
        // The port is only found here; the executable binds it itself, at every start.
        let port = context.ports.bind(&self.name, self.preferred_port)?.port;
        let mut arguments = self.arguments.clone();
        arguments.extend(["--instance".into(), context.instance.into()]);
        arguments.extend(["--storage".into(), context.storage.folder().into()]);
        if context.storage.is_ephemeral() {
            arguments.push("--ephemeral".into());
        }
        if context.repair {
            arguments.push("--repair".into());
        }
        arguments.extend(["--port".into(), port.to_string().into()]);
        let keeper = Keeper {
            name: self.name.clone(),
            executable: self.executable.clone(),
            arguments,
            log: context.log,
        };
        let (child, ready) = keeper.spawn().await?;
        let probe = ready.probe()?;
        let (orders, received) = mpsc::channel(1);
        tokio::spawn(keeper.keep(child, received));
        *self.lock() = Some(orders);
        let endpoint =
            Endpoint { url: ready.url, extra: ready.extra, environment: ready.environment };
        Ok(Started { endpoint, probe })
    }

    async fn order(&self, message: ToService) -> Result<()> {
        let Some(orders) = self.lock().clone() else { return Err(self.is_not_running()) };
        let (reply, answer) = oneshot::channel();
        orders.send(Order { message, reply }).await.map_err(|_| self.is_not_running())?;
        answer.await.map_err(|_| self.is_not_running())?
    }

    fn is_not_running(&self) -> Error {
        Error::new(ErrorKind::Unreachable, format!("{} is not running", self.name))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<mpsc::Sender<Order>>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for SupervisedExecutable {
    fn name(&self) -> &str {
        &self.name
    }

    fn start(&self, context: ServiceContext) -> BoxFuture<'_, Result<Started>> {
        Box::pin(self.begin(context))
    }

    fn reset(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.order(ToService::Reset))
    }

    fn save<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.order(ToService::Save { directory: directory.to_path_buf() }))
    }

    fn load<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.order(ToService::Load { directory: directory.to_path_buf() }))
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            match self.order(ToService::Stop).await {
                // Between two starts, or never started: nothing is left to stop.
                Err(error) if error.kind == ErrorKind::Unreachable => Ok(()),
                result => result,
            }
        })
    }
}
