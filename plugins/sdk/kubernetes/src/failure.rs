//! What went wrong with a cluster, in brume's words: exit code, cause, and the next command.

use std::error::Error as StdError;
use std::io;

use brume_plugin::error::{Error, ExitCode};
use brume_plugin::invocation::{Target, TargetKind};
use kube::client::AuthError;
use kube::core::Status;

use crate::chain::errors;

/// Turns an error of the kube crate into ours; `server` is named when it cannot be reached.
#[must_use]
pub fn from_kube(error: kube::Error, server: &str, target: &Target) -> Error {
    match error {
        kube::Error::Api(status) => from_status(&status),
        kube::Error::Auth(error) => from_auth(&error),
        kube::Error::HyperError(error) => from_chain(&error, server, target),
        // An error of ours that travelled through the layers of the client.
        kube::Error::Service(error) => match error.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(error) => from_chain(error.as_ref(), server, target),
        },
        kube::Error::ProxyProtocolUnsupported { proxy_url } => {
            Error::failed(format!("the proxy {proxy_url} speaks a protocol that brume does not"))
                .cause("http, https and socks5 are supported")
        }
        kube::Error::SerdeError(error) => {
            Error::failed(format!("the answer of {server} is not what was expected")).source(&error)
        }
        other => Error::failed(format!("the request to {server} failed")).source(&other),
    }
}

/// Turns a `Status` of the API server into ours.
#[must_use]
pub fn from_status(status: &Status) -> Error {
    let code = match status.code {
        401 | 403 => ExitCode::Auth,
        404 | 410 => ExitCode::NotFound,
        408 | 504 => ExitCode::Timeout,
        409 => ExitCode::Conflict,
        503 => ExitCode::Unreachable,
        _ => ExitCode::Failed,
    };
    let message = status.message.trim();
    match status.code {
        401 => Error::new(code, "the cluster does not accept these credentials")
            .hint("kubectl config view --minify shows which user is meant"),
        403 => Error::new(code, message).hint("kubectl auth can-i --list"),
        number if message.is_empty() => Error::new(code, format!("the cluster answered {number}")),
        _ => Error::new(code, message),
    }
}

fn from_auth(error: &AuthError) -> Error {
    Error::new(ExitCode::Auth, "cannot get credentials for the cluster")
        .source(error)
        .hint("kubectl config view --minify shows which user is meant")
}

/// The kinds of failure between us and a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Refused,
    Timeout,
    Name,
    Certificate,
    Other,
}

fn from_chain(error: &(dyn StdError + 'static), server: &str, target: &Target) -> Error {
    let (code, message) = match classify(error) {
        Kind::Refused => (ExitCode::Unreachable, format!("nothing answers at {server}")),
        Kind::Timeout => (ExitCode::Timeout, format!("{server} did not answer in time")),
        Kind::Name => (ExitCode::Unreachable, format!("cannot find the address of {server}")),
        Kind::Certificate => (ExitCode::Unreachable, format!("cannot trust {server}")),
        Kind::Other => (ExitCode::Unreachable, format!("cannot talk to {server}")),
    };
    let result = Error::new(code, message).source(error);
    match target.kind {
        TargetKind::Emulated => result.hint("brume up"),
        TargetKind::Real if code == ExitCode::Timeout => {
            result.hint("repeat the command with --request-timeout 1m")
        }
        TargetKind::Real => result
            .hint("kubectl config view --minify shows which server is meant")
            .hint("use the bundled cluster: repeat the command as brume --local …"),
    }
}

/// Looks for the reason; the rest of the chain is only libraries' envelopes.
fn classify(error: &(dyn StdError + 'static)) -> Kind {
    let mut kind = Kind::Other;
    for error in errors(error) {
        if error.is::<rustls::Error>() {
            return Kind::Certificate;
        }
        if error.to_string() == "dns error" {
            return Kind::Name;
        }
        kind = match error.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => Kind::Refused,
            Some(io::ErrorKind::TimedOut) => Kind::Timeout,
            _ => kind,
        };
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, message: &str) -> Error {
        from_status(&Status { code, message: message.to_owned(), ..Status::default() })
    }

    #[test]
    fn statuses_have_exit_codes() {
        for (number, code) in [
            (401, ExitCode::Auth),
            (403, ExitCode::Auth),
            (404, ExitCode::NotFound),
            (409, ExitCode::Conflict),
            (422, ExitCode::Failed),
            (503, ExitCode::Unreachable),
            (504, ExitCode::Timeout),
        ] {
            assert_eq!(status(number, "m").code, code, "{number}");
        }
        assert_eq!(status(404, "pods \"x\" not found").message, "pods \"x\" not found");
        assert_eq!(status(500, "").message, "the cluster answered 500");
    }

    #[test]
    fn a_connection_says_why_it_failed() {
        let table = [
            (io::ErrorKind::ConnectionRefused, ExitCode::Unreachable, "nothing answers at"),
            (io::ErrorKind::TimedOut, ExitCode::Timeout, "did not answer in time"),
            (io::ErrorKind::InvalidData, ExitCode::Unreachable, "cannot talk to"),
        ];
        for (kind, code, text) in table {
            let service = kube::Error::Service(Box::new(io::Error::from(kind)));
            let error = from_kube(service, "https://s", &Target::default());
            assert_eq!(error.code, code);
            assert!(error.message.contains(text), "{}", error.message);
            assert!(!error.hints.is_empty());
        }
        let tls = io::Error::other(io::Error::other(rustls::Error::DecryptError));
        let error = from_kube(kube::Error::Service(Box::new(tls)), "s", &Target::default());
        assert_eq!(error.message, "cannot trust s");
    }

    #[test]
    fn our_own_error_comes_through_the_layers() {
        let ours = Error::new(ExitCode::Auth, "the credential program failed");
        let error = from_kube(kube::Error::Service(Box::new(ours)), "s", &Target::default());
        assert_eq!(error.message, "the credential program failed");
    }
}
