//! The emulator's own certificate authority, and TLS configurations made with it.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::error::{Error, Result};
use crate::files;

/// File with the authority's certificate.
const CERTIFICATE_FILE: &str = "ca.crt";
/// File with the authority's private key, mode 0600.
const KEY_FILE: &str = "ca.key";

/// A certificate authority that signs what an emulator and its clients need.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// A certificate with its private key.
pub struct Identity {
    /// The certificate as PEM.
    pub certificate_pem: String,
    /// The private key as PKCS #8 PEM. Secret.
    pub key_pem: String,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes a new authority that lives in memory.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn generate(common_name: &str) -> Result<Self> {
        let key = KeyPair::generate().map_err(|error| cannot_make(&error))?;
        let params = authority_params(common_name);
        let certificate = params.self_signed(&key).map_err(|error| cannot_make(&error))?;
        Ok(Self {
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        })
    }

    /// Loads the authority kept in `folder`, or makes one and keeps it there.
    ///
    /// Files that are damaged or do not belong together are replaced: clients get the certificate
    /// from the kubeconfig that is written at every start.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn load_or_generate(folder: &Path, common_name: &str) -> Result<Self> {
        if let Some(authority) = Self::load(folder, common_name)? {
            return Ok(authority);
        }
        let authority = Self::generate(common_name)?;
        let key_pem = authority.issuer.key().serialize_pem();
        // The certificate is written last: only a pair that is whole is ever loaded.
        files::write_private(&folder.join(KEY_FILE), key_pem.as_bytes())?;
        let certificate_path = folder.join(CERTIFICATE_FILE);
        files::write_private(&certificate_path, authority.certificate_pem.as_bytes())?;
        Ok(authority)
    }

    fn load(folder: &Path, common_name: &str) -> Result<Option<Self>> {
        let (Some(certificate_pem), Some(key_pem)) =
            (read(&folder.join(CERTIFICATE_FILE))?, read(&folder.join(KEY_FILE))?)
        else {
            return Ok(None);
        };
        let (Ok(certificate), Ok(key)) = (
            CertificateDer::from_pem_slice(certificate_pem.as_bytes()),
            KeyPair::from_pem(&key_pem),
        ) else {
            return Ok(None);
        };
        let public_key = key.public_key_raw();
        let belongs = certificate.windows(public_key.len()).any(|window| window == public_key);
        let issuer = Issuer::new(authority_params(common_name), key);
        Ok(belongs.then_some(Self { issuer, certificate, certificate_pem }))
    }

    /// The authority's certificate as PEM: what clients must trust.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The authority's certificate as DER.
    #[must_use]
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Makes a server certificate for DNS names and IP addresses.
    ///
    /// # Errors
    /// A name is not a valid DNS name or address.
    pub fn issue_server(&self, names: &[&str]) -> Result<Identity> {
        let names = names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let common_name = names.first().cloned().unwrap_or_default();
        let mut params = CertificateParams::new(names).map_err(|error| cannot_make(&error))?;
        params.distinguished_name = distinguished_name(&common_name, &[]);
        self.issue(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// Makes a client certificate; Kubernetes reads the user from `common_name` and the groups
    /// from `organizations`.
    ///
    /// # Errors
    /// The certificate cannot be made.
    pub fn issue_client(&self, common_name: &str, organizations: &[&str]) -> Result<Identity> {
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished_name(common_name, organizations);
        self.issue(params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Identity> {
        set_validity(&mut params);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(|error| cannot_make(&error))?;
        let certificate: Certificate =
            params.signed_by(&key, &self.issuer).map_err(|error| cannot_make(&error))?;
        Ok(Identity {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        })
    }

    /// Makes a server's TLS configuration, HTTP/2 and HTTP/1.1 on offer.
    ///
    /// With `client_certificates`, a client may prove itself with a certificate of this authority;
    /// clients without one are let in all the same and tell who they are by other means.
    ///
    /// # Errors
    /// Key and certificate do not fit.
    pub fn server_config(
        &self,
        identity: &Identity,
        client_certificates: bool,
    ) -> Result<Arc<ServerConfig>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| cannot_make(&error))?;
        let builder = if client_certificates {
            let roots = Arc::new(trust(&self.certificate)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| cannot_make(&error))?;
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(identity.key.clone_key());
        let mut config = builder
            .with_single_cert(vec![identity.certificate.clone()], key)
            .map_err(|error| cannot_make(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Makes a client's TLS configuration that trusts one authority.
///
/// # Errors
/// The certificate is not one.
pub fn client_config(authority: &CertificateDer<'static>) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot_make(&error))?
        .with_root_certificates(trust(authority)?)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn trust(authority: &CertificateDer<'static>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).map_err(|error| cannot_make(&error))?;
    Ok(roots)
}

/// The same name gives the same issuer again, so the certificate need not be parsed to sign.
fn authority_params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(common_name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params);
    params
}

fn distinguished_name(common_name: &str, organizations: &[&str]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for &organization in organizations {
        name.push(DnType::OrganizationName, organization);
    }
    name.push(DnType::CommonName, common_name);
    name
}

/// An emulator's certificates are thrown away, not renewed; clients' clocks may be anywhere.
fn set_validity(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::failed(format!("cannot read {}", path.display())).source(&error)),
    }
}

fn cannot_make(error: &(dyn std::error::Error + 'static)) -> Error {
    Error::failed("cannot make a certificate").source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_kept_and_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Authority::load_or_generate(folder.path(), "brume test").expect("made");
        let second = Authority::load_or_generate(folder.path(), "brume test").expect("loaded");
        assert_eq!(first.certificate_pem(), second.certificate_pem());
        // What the loaded one signs is trusted by who trusts the first one.
        let identity = second.issue_server(&["localhost", "127.0.0.1"]).expect("issued");
        assert!(second.server_config(&identity, true).is_ok());
    }

    #[test]
    fn damaged_files_are_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Authority::load_or_generate(folder.path(), "brume test").expect("made");
        fs::write(folder.path().join(KEY_FILE), "not a key").expect("written");
        let second = Authority::load_or_generate(folder.path(), "brume test").expect("made anew");
        assert_ne!(first.certificate_pem(), second.certificate_pem());
    }
}
