//! A cluster as a plugin sees it: a blocking facade over one client, connected when first needed.

use std::cell::OnceCell;
use std::future::Future;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use brume_plugin::Context;
use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::invocation::{Invocation, Target};
use brume_runtime::Runtime;
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::client::ClientBuilder;
use kube::config::AuthInfo;
use kube::{Client, Config};
use tower::buffer::BufferLayer;
use tower::retry::RetryLayer;

use crate::authorize::AuthorizeLayer;
use crate::retry::RepeatReads;
use crate::{exec, failure, kubeconfig};

/// Requests that may wait for one connection.
const QUEUE_LENGTH: usize = 64;

/// Longest wait for a connection, unless `--request-timeout` says less.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the kubeconfig names: reads it at once, connects at the first request.
pub struct Cluster {
    config: Config,
    target: Target,
    request_timeout: Option<Duration>,
    cancel: Option<OwnedFd>,
    runtime: OnceCell<Runtime>,
    client: OnceCell<Client>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cluster").field("server", &self.server()).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Reads the kubeconfig of the context's target; Ctrl-C ends every wait.
    ///
    /// # Errors
    /// When there is no kubeconfig (exit code 6), or it is broken; the message says where.
    pub fn open(context: &Context<'_>) -> Result<Self> {
        Self::with_cancel(context.invocation(), context.cancel_fd())
    }

    /// Reads the kubeconfig of the invocation's target; `cancel` ends every wait when readable.
    ///
    /// # Errors
    /// As [`Cluster::open`].
    pub fn with_cancel(invocation: &Invocation, cancel: Option<BorrowedFd<'_>>) -> Result<Self> {
        let target = invocation.target.clone();
        let mut config = kubeconfig::resolve(&target.kubernetes, &|name| std::env::var_os(name))?;
        // Zero is kubectl's word for no limit.
        let request_timeout =
            invocation.request_timeout_ms.filter(|ms| *ms > 0).map(Duration::from_millis);
        let connect = request_timeout.map_or(CONNECT_TIMEOUT, |limit| limit.min(CONNECT_TIMEOUT));
        config.connect_timeout = Some(connect);
        config.read_timeout = request_timeout;
        // We repeat reads ourselves, and never writes.
        config.default_retry = false;
        config.headers.push((USER_AGENT, user_agent(&invocation.core.version)));
        let cancel = cancel
            .map(|descriptor| descriptor.try_clone_to_owned())
            .transpose()
            .map_err(|error| Error::failed("no file descriptor is left").source(&error))?;
        Ok(Self {
            config,
            target,
            request_timeout,
            cancel,
            runtime: OnceCell::new(),
            client: OnceCell::new(),
        })
    }

    /// The API server's URL, without a trailing slash.
    #[must_use]
    pub fn server(&self) -> String {
        self.config.cluster_url.to_string().trim_end_matches('/').to_owned()
    }

    /// The namespace: `-n`, else the kube context's, else `default`.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.config.default_namespace
    }

    /// `--request-timeout`, if there is one.
    pub(crate) fn request_timeout(&self) -> Option<Duration> {
        self.request_timeout
    }

    /// Waits for `future`, which may use [`Cluster::client`].
    ///
    /// # Errors
    /// What the future says; exit code 130 when the user asks to stop first.
    pub fn block_on<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime()?.block_on(future)
    }

    /// The client, for typed requests; made at the first call. An exec credential program of the
    /// kubeconfig runs here.
    ///
    /// # Errors
    /// When there are no credentials (exit code 4), or certificates are broken.
    pub fn client(&self) -> Result<Client> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = self.connect()?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// Turns an error of the client into one that tells the user what to do.
    #[must_use]
    pub fn failure(&self, error: kube::Error) -> Error {
        failure::from_kube(error, &self.server(), &self.target)
    }

    fn runtime(&self) -> Result<&Runtime> {
        if self.runtime.get().is_none() {
            let runtime = Runtime::new(self.cancel.as_ref().map(std::os::fd::AsFd::as_fd))?;
            // Nobody else can have set it: this type stays on one thread.
            let _ = self.runtime.set(runtime);
        }
        self.runtime
            .get()
            .ok_or_else(|| Error::new(ExitCode::Internal, "the async runtime is missing"))
    }

    fn connect(&self) -> Result<Client> {
        // Only one provider is compiled in; a second one that creeps in must not become a panic.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = self.config.clone();
        let exec = config.auth_info.exec.take();
        let authorize = match exec {
            Some(exec) => {
                let credential = exec::run(&exec)?;
                let certificate = &credential.client_certificate_data;
                if let (Some(certificate), Some(key)) = (certificate, &credential.client_key_data) {
                    use_certificate(&mut config.auth_info, certificate, key)?;
                }
                Some(AuthorizeLayer::new(exec, credential))
            }
            None => None,
        };
        let _guard = self.runtime()?.enter();
        let builder = ClientBuilder::try_from(config).map_err(|error| self.failure(error))?;
        let retry = RetryLayer::new(RepeatReads::default());
        let buffer = BufferLayer::new(QUEUE_LENGTH);
        Ok(match authorize {
            Some(authorize) => {
                builder.with_layer(&authorize).with_layer(&buffer).with_layer(&retry).build()
            }
            None => builder.with_layer(&buffer).with_layer(&retry).build(),
        })
    }
}

/// Puts the certificate of an exec credential where the kubeconfig would have it.
fn use_certificate(auth: &mut AuthInfo, certificate: &str, key: &str) -> Result<()> {
    let fields = serde_json::json!({ "client-key-data": STANDARD.encode(key) });
    let with_key: AuthInfo = serde_json::from_value(fields).map_err(|error| {
        Error::new(ExitCode::Internal, "cannot use the client certificate").source(&error)
    })?;
    auth.client_certificate_data = Some(STANDARD.encode(certificate));
    auth.client_key_data = with_key.client_key_data;
    Ok(())
}

fn user_agent(version: &str) -> HeaderValue {
    let version = if version.is_empty() { env!("CARGO_PKG_VERSION") } else { version };
    HeaderValue::try_from(format!("brume/{version}"))
        .unwrap_or_else(|_| HeaderValue::from_static("brume"))
}
