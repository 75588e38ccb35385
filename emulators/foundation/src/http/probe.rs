//! One real request to a service: the proof that it answers.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::tls::client_config;
use crate::error::{Error, ErrorKind, Result};

/// A GET request and what the answer must be.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Where to connect; loopback.
    pub address: SocketAddr,
    /// Path and query.
    pub path: String,
    /// The certificate authority to trust; plain HTTP when absent.
    pub authority: Option<CertificateDer<'static>>,
    /// The status that means healthy.
    pub status: StatusCode,
}

impl Probe {
    /// Makes a plain HTTP probe that wants 200.
    #[must_use]
    pub fn plain(address: SocketAddr, path: impl Into<String>) -> Self {
        Self { address, path: path.into(), authority: None, status: StatusCode::OK }
    }

    /// Makes a TLS probe that wants 200 from a server whose certificate `authority` signed.
    #[must_use]
    pub fn tls(
        address: SocketAddr,
        path: impl Into<String>,
        authority: CertificateDer<'static>,
    ) -> Self {
        Self { authority: Some(authority), ..Self::plain(address, path) }
    }

    /// Makes the request.
    ///
    /// # Errors
    /// No connection, a wrong certificate, another status, or no answer within `time_max`.
    pub async fn run(&self, time_max: Duration) -> Result<()> {
        let status = timeout(time_max, self.request()).await.map_err(|_| {
            let millis = time_max.as_millis();
            Error::new(ErrorKind::Timeout, format!("no answer within {millis} ms"))
        })??;
        if status == self.status {
            return Ok(());
        }
        let wanted = self.status;
        Err(Error::failed(format!("{} answered {status} instead of {wanted}", self.path)))
    }

    async fn request(&self) -> Result<StatusCode> {
        let stream = TcpStream::connect(self.address)
            .await
            .map_err(|error| unreachable(self.address, &error))?;
        let Some(authority) = &self.authority else { return self.exchange(stream).await };
        let connector = TlsConnector::from(client_config(authority)?);
        let name = ServerName::IpAddress(self.address.ip().into());
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| unreachable(self.address, &error))?;
        self.exchange(stream).await
    }

    async fn exchange<Stream>(&self, stream: Stream) -> Result<StatusCode>
    where
        Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let broken = |error: hyper::Error| unreachable(self.address, &error);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // The connection is driven beside the request and ends when the sender is dropped.
        let driver = tokio::spawn(connection);
        let request = http::Request::get(&self.path)
            .header(http::header::HOST, self.address.to_string())
            .header(http::header::CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|error| Error::failed("the probe is not a valid request").source(&error))?;
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status();
        response.into_body().collect().await.map_err(broken)?;
        driver.abort();
        Ok(status)
    }
}

fn unreachable(address: SocketAddr, error: &(dyn std::error::Error + 'static)) -> Error {
    Error::new(ErrorKind::Unreachable, format!("{address} does not answer")).source(error)
}
