//! The smallest service there can be, and a daemon that hosts it: a counter over HTTP.
//!
//! `POST /` counts, `GET /` tells. Shows what an emulator has to bring.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use brume_emulators::{Registry, run};
use brume_foundation::http::probe::Probe;
use brume_foundation::http::{Hosts, Limits, Request, Response, Server, ServerConfig, text};
use brume_foundation::service::{Endpoint, Service, ServiceContext, Started, Storage};
use brume_foundation::{BoxFuture, Error, Result, files};
use http::{Method, StatusCode};

#[derive(Debug, Default)]
struct Counter {
    value: Arc<AtomicU64>,
    server: Mutex<Option<Server>>,
    file: Mutex<Option<PathBuf>>,
}

impl Counter {
    fn store(&self, path: &Path) -> Result<()> {
        let value = self.value.load(Ordering::SeqCst);
        files::write_private(path, value.to_string().as_bytes())
    }

    fn restore(&self, path: &Path) -> Result<()> {
        let wrong = || Error::failed(format!("{} does not hold a number", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong().source(&error))?;
        let value = text.trim().parse().map_err(|_| wrong())?;
        self.value.store(value, Ordering::SeqCst);
        Ok(())
    }

    fn begin(&self, context: ServiceContext) -> Result<Started> {
        if let Storage::Durable(folder) = &context.storage {
            let file = folder.join("counter");
            if file.exists() {
                self.restore(&file)?;
            }
            *self.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        }
        let listeners = context.ports.bind("counter", 7_070)?;
        let port = listeners.port;
        let value = Arc::clone(&self.value);
        let handler = move |request: Request| {
            let value = Arc::clone(&value);
            async move { answer(&request, &value) }
        };
        let config = ServerConfig {
            tls: None,
            limits: Limits::default(),
            hosts: Hosts::default(),
            log: context.log,
        };
        let server = Server::start(listeners, config, Arc::new(handler))?;
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
        let url = format!("http://127.0.0.1:{port}");
        let environment = [("COUNTER_URL".to_owned(), url.clone())].into();
        Ok(Started {
            endpoint: Endpoint { url, environment, ..Endpoint::default() },
            probe: Probe::plain(([127, 0, 0, 1], port).into(), "/"),
        })
    }

    async fn end(&self) -> Result<()> {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            server.stop(Duration::from_secs(1)).await;
        }
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner).take();
        file.map_or(Ok(()), |file| self.store(&file))
    }
}

fn answer(request: &Request, value: &AtomicU64) -> Response {
    if request.method() == Method::POST {
        value.fetch_add(1, Ordering::SeqCst);
    }
    text(StatusCode::OK, value.load(Ordering::SeqCst).to_string())
}

impl Service for Counter {
    fn name(&self) -> &str {
        "counter"
    }

    fn start(&self, context: ServiceContext) -> BoxFuture<'_, Result<Started>> {
        Box::pin(async { self.begin(context) })
    }

    fn reset(&self) -> BoxFuture<'_, Result<()>> {
        self.value.store(0, Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    }

    fn save<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { self.store(&directory.join("counter")) })
    }

    fn load<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { self.restore(&directory.join("counter")) })
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.end())
    }
}

fn main() -> ExitCode {
    let registry = Registry::new().with("counter", |_| Arc::new(Counter::default()));
    run(std::env::args_os().collect(), &registry)
}
