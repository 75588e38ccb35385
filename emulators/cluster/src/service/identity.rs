//! Who the cluster is, and how its administrator proves who they are.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brume_foundation::http::tls::{self, Authority};
use brume_foundation::{Result, files};
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;

use crate::wire::base64;

/// Name of the authority's certificate.
const AUTHORITY_NAME: &str = "brume-kubernetes-ca";
/// Name of the administrator.
pub(super) const ADMINISTRATOR: &str = "kubernetes-admin";
/// The group that may do everything.
const ADMINISTRATORS: &str = "system:masters";
/// Names and addresses of the server.
const SERVER_NAMES: [&str; 6] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "kubernetes",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];
/// File that clients read.
const KUBECONFIG_FILE: &str = "kubeconfig";

/// The cluster's authority, and the certificates made for this run of the server.
///
/// The authority is kept in the state folder: a copy of an earlier kubeconfig stays good.
pub(super) struct Identity {
    authority: Authority,
    server: tls::Identity,
    administrator: tls::Identity,
}

impl Identity {
    /// Reads the authority from `folder`, or makes a new one there.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let authority = Authority::load_or_generate(folder, AUTHORITY_NAME)?;
        let server = authority.issue_server(&SERVER_NAMES)?;
        let administrator = authority.issue_client(ADMINISTRATOR, &[ADMINISTRATORS])?;
        Ok(Self { authority, server, administrator })
    }

    /// What the server's listeners need.
    pub(super) fn server_config(&self) -> Result<Arc<ServerConfig>> {
        self.authority.server_config(&self.server, true)
    }

    /// The certificate that clients must trust.
    pub(super) fn authority_certificate(&self) -> CertificateDer<'static> {
        self.authority.certificate().clone()
    }

    /// Writes the administrator's kubeconfig, readable by its owner only.
    pub(super) fn write_kubeconfig(
        &self,
        folder: &Path,
        instance: &str,
        address: SocketAddr,
    ) -> Result<PathBuf> {
        let name = if instance == "default" || instance.is_empty() {
            "brume".to_owned()
        } else {
            format!("brume-{instance}")
        };
        let authority = base64(self.authority.certificate_pem().as_bytes());
        let certificate = base64(self.administrator.certificate_pem.as_bytes());
        let key = base64(self.administrator.key_pem.as_bytes());
        let text = format!(
            "apiVersion: v1\n\
             kind: Config\n\
             clusters:\n\
             - name: {name}\n  \
               cluster:\n    \
                 server: https://{address}\n    \
                 certificate-authority-data: {authority}\n\
             contexts:\n\
             - name: {name}\n  \
               context:\n    \
                 cluster: {name}\n    \
                 namespace: default\n    \
                 user: {name}\n\
             current-context: {name}\n\
             preferences: {{}}\n\
             users:\n\
             - name: {name}\n  \
               user:\n    \
                 client-certificate-data: {certificate}\n    \
                 client-key-data: {key}\n"
        );
        let path = folder.join(KUBECONFIG_FILE);
        files::write_private(&path, text.as_bytes())?;
        Ok(path)
    }
}
