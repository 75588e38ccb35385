//! Puts the token of an exec credential on every request, and renews it before it ends.
//!
//! kube's own support runs the program twice for every client; these programs take up to a second.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use brume_plugin::error::{Error, Result};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use kube::config::ExecConfig;
use tower::{BoxError, Layer, Service};

use crate::exec::{self, Credential};

/// A token is renewed this long before it ends.
const RENEWAL: SignedDuration = SignedDuration::from_secs(10);

/// A layer that authorizes requests by an exec credential.
#[derive(Clone)]
pub(crate) struct AuthorizeLayer {
    source: Arc<Source>,
}

struct Source {
    exec: ExecConfig,
    current: Mutex<Credential>,
}

impl AuthorizeLayer {
    /// Starts from a credential that the program has just given.
    pub(crate) fn new(exec: ExecConfig, credential: Credential) -> Self {
        Self { source: Arc::new(Source { exec, current: Mutex::new(credential) }) }
    }
}

impl Source {
    /// The header, renewed when it is about to end; `None` for a credential without a token.
    ///
    /// Blocks while the program runs: there is one thread, and nothing else for it to do.
    fn header(&self) -> Result<Option<HeaderValue>> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = current.expiration_timestamp;
        if ends.is_some_and(|ends| Timestamp::now().duration_until(ends) < RENEWAL) {
            *current = exec::run(&self.exec)?;
        }
        let Some(token) = &current.token else { return Ok(None) };
        let mut header = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| Error::new(brume_plugin::ExitCode::Auth, "the token is not printable"))?;
        header.set_sensitive(true);
        Ok(Some(header))
    }
}

impl<S> Layer<S> for AuthorizeLayer {
    type Service = Authorize<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authorize { inner, source: Arc::clone(&self.source) }
    }
}

/// The service that [`AuthorizeLayer`] makes.
pub(crate) struct Authorize<S> {
    inner: S,
    source: Arc<Source>,
}

impl<S> Service<Request<Body>> for Authorize<S>
where
    S: Service<Request<Body>, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        match self.source.header() {
            Ok(header) => {
                if let Some(header) = header {
                    request.headers_mut().insert(AUTHORIZATION, header);
                }
                Box::pin(self.inner.call(request))
            }
            Err(error) => Box::pin(std::future::ready(Err(error.into()))),
        }
    }
}
