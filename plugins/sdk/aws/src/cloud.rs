//! The AWS account that a command goes to: credentials, region, endpoints, patience.

use std::fmt::Display;
use std::future::Future;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use brume_plugin::Context;
use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::invocation::{AwsTarget, Invocation, Target, TargetKind};
use brume_runtime::Runtime;

use crate::{failure, transport};

/// Attempts in all, the first one included.
pub(crate) const ATTEMPTS_MAX: u32 = 4;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Region of the emulators when nothing names one.
const EMULATED_REGION: &str = "us-east-1";

/// The resolved configuration, and the runtime to use it on.
#[derive(Debug)]
pub struct Aws {
    config: SdkConfig,
    target: Target,
    request_timeout_ms: Option<u64>,
    runtime: Runtime,
}

impl Aws {
    /// Resolves the target of the context by the default chain: environment, profiles, SSO,
    /// credential process, web identity, container and instance roles. Credentials themselves are
    /// fetched by the first request. Ctrl-C ends every wait.
    ///
    /// # Errors
    /// When a configuration file is broken, or the system has no file descriptor left.
    pub fn open(context: &Context<'_>) -> Result<Self> {
        Self::with_cancel(context.invocation(), context.cancel_fd())
    }

    /// As [`Aws::open`], without a context; `cancel` ends every wait when readable.
    ///
    /// # Errors
    /// As [`Aws::open`].
    pub fn with_cancel(invocation: &Invocation, cancel: Option<BorrowedFd<'_>>) -> Result<Self> {
        let runtime = Runtime::new(cancel)?;
        let config = runtime.block_on(sdk_config(invocation))?;
        Ok(Self {
            config,
            target: invocation.target.clone(),
            request_timeout_ms: invocation.request_timeout_ms,
            runtime,
        })
    }

    /// The configuration for `aws_sdk_…::Client::new`.
    #[must_use]
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The endpoint of one service (`sqs`, `sns`, `lambda`) where it differs from the one in
    /// [`Aws::config`]; to be set on the builder of that service's client.
    #[must_use]
    pub fn endpoint_url(&self, service: &str) -> Option<&str> {
        self.target.aws.endpoint_urls.get(service).map(String::as_str)
    }

    /// The region, for messages and ARNs.
    ///
    /// # Errors
    /// Usage, when no flag, variable or profile names one.
    pub fn region(&self) -> Result<&str> {
        self.config.region().map(AsRef::as_ref).ok_or_else(|| {
            Error::usage("no AWS region is configured")
                .hint("repeat the command with --region eu-west-3, for example")
                .hint("aws configure set region eu-west-3")
        })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// `--request-timeout`; zero, kubectl's word for no limit, counts as not given.
    pub(crate) fn request_timeout(&self) -> Option<Duration> {
        self.request_timeout_ms.filter(|ms| *ms > 0).map(Duration::from_millis)
    }

    /// Waits for `future`.
    ///
    /// # Errors
    /// What the future says; exit code 130 when the user asks to stop first.
    pub fn block_on<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(future)
    }

    /// As [`Aws::block_on`], but a future that has something to bring to an orderly end may do so:
    /// see [`Runtime::block_on_gently`].
    ///
    /// # Errors
    /// As [`Aws::block_on`].
    pub fn block_on_gently<T>(
        &self,
        future: impl Future<Output = Result<T>>,
        on_stop: impl FnOnce() -> bool,
        patience: Duration,
    ) -> Result<T> {
        self.runtime.block_on_gently(future, on_stop, patience)
    }

    /// Turns an error of a service client into ours; `action` completes "cannot …".
    #[must_use]
    pub fn failure<E>(&self, action: impl Display, error: SdkError<E, HttpResponse>) -> Error
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        failure::from_sdk(action, error, &self.target)
    }
}

/// Resolves the configuration of an invocation's target; must run on a tokio runtime.
///
/// # Errors
/// When the target's kind needs something that is not there.
pub async fn sdk_config(invocation: &Invocation) -> Result<SdkConfig> {
    let target = &invocation.target;
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(transport::http_client()?)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
        .timeout_config(timeouts(invocation.request_timeout_ms));
    let loader = match AppName::new(app_name(&invocation.core.version)) {
        Ok(name) => loader.app_name(name),
        Err(_) => loader,
    };
    let loader = place(loader, &target.aws);
    Ok(match target.kind {
        TargetKind::Real => loader.load().await,
        TargetKind::Emulated => emulated(loader, &target.aws)?.load().await,
    })
}

/// Flags and context before the chain's own sources.
fn place(mut loader: ConfigLoader, aws: &AwsTarget) -> ConfigLoader {
    if let Some(profile) = &aws.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &aws.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &aws.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader
}

/// An emulator takes any credentials; real ones must not travel to it, nor be asked for.
fn emulated(loader: ConfigLoader, aws: &AwsTarget) -> Result<ConfigLoader> {
    if aws.endpoint_url.is_none() && aws.endpoint_urls.is_empty() {
        // Without an endpoint the requests would go to AWS itself.
        return Err(Error::new(ExitCode::Unreachable, "the emulators offer no AWS services")
            .hint("brume status"));
    }
    let loader =
        loader.credentials_provider(Credentials::new("test", "test", None, None, "brume emulator"));
    Ok(match aws.region {
        Some(_) => loader,
        None => loader.region(Region::from_static(EMULATED_REGION)),
    })
}

fn timeouts(request_timeout_ms: Option<u64>) -> TimeoutConfig {
    let builder = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT);
    // Zero is kubectl's word for no limit.
    match request_timeout_ms.filter(|ms| *ms > 0).map(Duration::from_millis) {
        Some(limit) => {
            builder.operation_timeout(limit).connect_timeout(limit.min(CONNECT_TIMEOUT)).build()
        }
        None => builder.build(),
    }
}

/// The name in the user agent: `brume/1.2.3` is not allowed there, letters and some signs are.
fn app_name(version: &str) -> String {
    let version = if version.is_empty() { env!("CARGO_PKG_VERSION") } else { version };
    format!("brume-{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(target: Target) -> Result<Aws> {
        Aws::with_cancel(&Invocation { target, ..Invocation::default() }, None)
    }

    fn emulated_target() -> Target {
        let mut target = Target { kind: TargetKind::Emulated, ..Target::default() };
        target.aws.endpoint_url = Some("http://127.0.0.1:4566".to_owned());
        target
    }

    #[test]
    fn an_emulator_gets_dummy_credentials_and_its_endpoint() {
        use aws_credential_types::provider::ProvideCredentials;

        let aws = resolve(emulated_target()).unwrap();
        assert_eq!(aws.config().endpoint_url(), Some("http://127.0.0.1:4566"));
        assert_eq!(aws.region().unwrap(), "us-east-1");
        let provider = aws.config().credentials_provider().unwrap();
        let credentials =
            aws.block_on(async { Ok(provider.provide_credentials().await.unwrap()) }).unwrap();
        assert_eq!(credentials.access_key_id(), "test");
    }

    #[test]
    fn an_emulator_without_an_endpoint_never_means_the_real_cloud() {
        let target = Target { kind: TargetKind::Emulated, ..Target::default() };
        assert_eq!(resolve(target).unwrap_err().code, ExitCode::Unreachable);
    }

    #[test]
    fn region_and_service_endpoints_come_from_the_target() {
        let mut target = emulated_target();
        target.aws.region = Some("eu-west-3".to_owned());
        target.aws.endpoint_urls.insert("sqs".to_owned(), "http://127.0.0.1:1".to_owned());
        let aws = resolve(target).unwrap();
        assert_eq!(aws.region().unwrap(), "eu-west-3");
        assert_eq!(aws.endpoint_url("sqs"), Some("http://127.0.0.1:1"));
        assert_eq!(aws.endpoint_url("sns"), None);
    }

    #[test]
    fn the_application_is_named() {
        assert!(AppName::new(app_name("0.1.0")).is_ok());
    }
}
