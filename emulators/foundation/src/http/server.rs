//! Accepts connections and ends them in order.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::connection::{Connections, serve, stop_asked};
use super::{Handler, Hosts, Limits};
use crate::error::{Error, Result};
use crate::log::Log;
use crate::ports::Listeners;

/// How long accepting rests after the system refused a connection (no file descriptors left).
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// What a server is besides its listeners and its handler.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// TLS, or plain HTTP when absent.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Limits on sizes and waits.
    pub limits: Limits,
    /// Names under which the server answers besides loopback ones.
    pub hosts: Hosts,
    /// Where refused connections and handlers' panics are noted.
    pub log: Log,
}

/// A running server; dropping it ends all connections at once.
#[derive(Debug)]
pub struct Server {
    port: u16,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Server {
    /// Begins to serve on `listeners`. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// A listener cannot be handed to the runtime.
    pub fn start(
        listeners: Listeners,
        config: ServerConfig,
        handler: Arc<dyn Handler>,
    ) -> Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let permits = Arc::new(Semaphore::new(config.limits.connections_max));
        let connections = Arc::new(Connections {
            acceptor: config.tls.map(TlsAcceptor::from),
            limits: config.limits,
            hosts: config.hosts,
            handler,
            stopped: stopped.clone(),
            log: config.log.clone(),
        });
        let mut tasks = JoinSet::new();
        for socket in listeners.sockets {
            let listener = TcpListener::from_std(socket)
                .map_err(|error| Error::failed("cannot serve on a listener").source(&error))?;
            tasks.spawn(accept(
                listener,
                Arc::clone(&connections),
                Arc::clone(&permits),
                stopped.clone(),
                config.log.clone(),
            ));
        }
        Ok(Self { port: listeners.port, stop, tasks })
    }

    /// The port that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Accepts no more, lets requests in flight finish for at most `grace`, then cuts the rest.
    pub async fn stop(mut self, grace: Duration) {
        self.stop.send_replace(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(grace, finished).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

async fn accept(
    listener: TcpListener,
    connections: Arc<Connections>,
    permits: Arc<Semaphore>,
    mut stopped: watch::Receiver<bool>,
    log: Log,
) {
    let mut open = JoinSet::new();
    loop {
        let next = async {
            // The permit comes first: a client beyond the limit waits in the kernel's queue.
            let permit = Arc::clone(&permits).acquire_owned().await.map_err(io::Error::other)?;
            let (stream, remote) = listener.accept().await?;
            Ok::<_, io::Error>((permit, stream, remote))
        };
        tokio::select! {
            () = stop_asked(&mut stopped) => break,
            Some(ended) = open.join_next() => note_panic(&ended, &log),
            accepted = next => match accepted {
                Ok((permit, stream, remote)) => {
                    let connections = Arc::clone(&connections);
                    open.spawn(async move {
                        serve(&connections, stream, remote).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    log.warn(format_args!("cannot accept a connection: {error}"));
                    sleep(ACCEPT_REST).await;
                }
            },
        }
    }
    drop(listener);
    while let Some(ended) = open.join_next().await {
        note_panic(&ended, &log);
    }
}

fn note_panic(ended: &std::result::Result<(), tokio::task::JoinError>, log: &Log) {
    if let Err(error) = ended
        && error.is_panic()
    {
        log.error(format_args!("a request handler panicked: {error}"));
    }
}
