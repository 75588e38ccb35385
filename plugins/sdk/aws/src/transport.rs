//! The HTTP client under every AWS client: rustls with ring, the system's proxies and roots.

use std::path::Path;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use brume_plugin::error::{Error, Result};

/// Makes the client. The root certificates are read when it first connects, not here.
pub(crate) fn http_client() -> Result<SharedHttpClient> {
    let context = tls_context(std::env::var_os("AWS_CA_BUNDLE").as_deref().map(Path::new))?;
    // The plain builder knows nothing of `HTTPS_PROXY` and `NO_PROXY`.
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context.clone())
            .proxy_config(ProxyConfig::from_env());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        builder.build()
    }))
}

/// A connector for a request outside of every service client.
pub(crate) fn connector() -> Result<Connector> {
    let context = tls_context(std::env::var_os("AWS_CA_BUNDLE").as_deref().map(Path::new))?;
    Ok(Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .proxy_config(ProxyConfig::from_env())
        .build())
}

/// The system's roots, and those of `AWS_CA_BUNDLE`, which the AWS CLI knows too.
fn tls_context(bundle: Option<&Path>) -> Result<TlsContext> {
    let Some(path) = bundle.filter(|path| !path.as_os_str().is_empty()) else {
        return Ok(TlsContext::default());
    };
    let unusable = || Error::failed(format!("cannot use AWS_CA_BUNDLE {}", path.display()));
    let pem = std::fs::read(path).map_err(|error| unusable().source(&error))?;
    TlsContext::builder()
        .with_trust_store(TrustStore::default().with_pem_certificate(pem))
        .build()
        .map_err(|error| unusable().source(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_bundle_is_named() {
        let error = tls_context(Some(Path::new("/nowhere/ca.pem"))).unwrap_err();
        assert_eq!(error.message, "cannot use AWS_CA_BUNDLE /nowhere/ca.pem");
        assert!(tls_context(None).is_ok());
    }
}
