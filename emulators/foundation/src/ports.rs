//! Loopback listeners: the preferred port, else the next free one, and never a public address.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::log::Log;

/// How many ports after the preferred one are tried.
const ATTEMPTS_MAX: u16 = 200;
/// How often the system is asked for any free port.
const RANDOM_DRAWS_MAX: usize = 10;

/// Which ports services get when none was asked for by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortPolicy {
    /// Each service's own default, else the next free one.
    #[default]
    Preferred,
    /// The first free one from this number on.
    Base(u16),
    /// Whatever the operating system gives.
    Random,
}

/// Hands out bound listeners.
#[derive(Debug)]
pub struct Ports {
    policy: PortPolicy,
    exact: BTreeMap<String, u16>,
    log: Log,
    moved: Mutex<BTreeMap<String, u16>>,
}

/// One port bound on the loopback addresses.
#[derive(Debug)]
pub struct Listeners {
    /// The port number, the same on every address.
    pub port: u16,
    /// The listeners: 127.0.0.1, and ::1 where the machine has it. Non-blocking.
    pub sockets: Vec<TcpListener>,
}

impl Ports {
    /// Makes an allocator; `exact` maps service names to ports that must be taken or refused.
    #[must_use]
    pub fn new(policy: PortPolicy, exact: BTreeMap<String, u16>, log: Log) -> Self {
        Self { policy, exact, log, moved: Mutex::default() }
    }

    /// Makes an allocator that takes whatever is free, for tests.
    #[must_use]
    pub fn random() -> Self {
        Self::new(PortPolicy::Random, BTreeMap::new(), Log::discard())
    }

    /// Binds a port for `service`, which would like to have `preferred`.
    ///
    /// # Errors
    /// A port asked for by number is in use (conflict), or none of the candidates is free.
    pub fn bind(&self, service: &str, preferred: u16) -> Result<Listeners> {
        if let Some(&port) = self.exact.get(service) {
            return bind_loopback(port).map_err(|error| refused(service, port, &error));
        }
        let first = match self.policy {
            PortPolicy::Preferred => preferred,
            PortPolicy::Base(base) => base,
            PortPolicy::Random => 0,
        };
        if first == 0 {
            // What is free on 127.0.0.1 may be taken on ::1: another draw helps.
            let mut drawn = bind_loopback(0);
            for _ in 1..RANDOM_DRAWS_MAX {
                drawn = drawn.or_else(|_| bind_loopback(0));
            }
            return drawn.map_err(|error| refused(service, 0, &error));
        }
        let mut refusal = None;
        for port in first..=first.saturating_add(ATTEMPTS_MAX) {
            match bind_loopback(port) {
                Ok(listeners) => {
                    if refusal.is_some() && self.policy == PortPolicy::Preferred {
                        self.log.for_service(service).info(format_args!(
                            "port {preferred} is in use: {service} listens on {port}"
                        ));
                        self.lock_moved().insert(service.to_owned(), preferred);
                    }
                    return Ok(listeners);
                }
                Err(error) if is_taken(&error) => refusal = Some(error),
                Err(error) => return Err(refused(service, port, &error)),
            }
        }
        let error = refusal.unwrap_or_else(|| io::ErrorKind::AddrInUse.into());
        Err(refused(service, first, &error)
            .hint("brume up --port-base 0    # let the system choose free ports"))
    }
}

impl Ports {
    /// The port that `service` would have liked and that was in use.
    #[must_use]
    pub fn moved_from(&self, service: &str) -> Option<u16> {
        self.lock_moved().get(service).copied()
    }

    fn lock_moved(&self) -> MutexGuard<'_, BTreeMap<String, u16>> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ports below 1024 may be refused for lack of rights: then the next ones will not help, but the
/// message must say so and not "in use".
fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

fn refused(service: &str, port: u16, error: &io::Error) -> Error {
    if is_taken(error) {
        Error::new(ErrorKind::Conflict, format!("port {port} for {service} is in use"))
            .hint(format!("ss -ltnp 'sport = :{port}'    # shows who holds it"))
            .hint(format!("brume up --port {service}=0    # takes any free port"))
    } else {
        Error::failed(format!("cannot listen on port {port} for {service}")).source(error)
    }
}

/// Binds `port` on 127.0.0.1 and, where the machine has IPv6, on ::1.
fn bind_loopback(port: u16) -> io::Result<Listeners> {
    let first = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let port = first.local_addr()?.port();
    let mut sockets = vec![first];
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))) {
        Ok(second) => sockets.push(second),
        Err(error) if is_taken(&error) => return Err(error),
        // A machine without IPv6 is served on IPv4 alone.
        Err(_) => {}
    }
    for socket in &sockets {
        socket.set_nonblocking(true)?;
    }
    Ok(Listeners { port, sockets })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_preferred_port_gives_the_next_free_one() {
        let taken = bind_loopback(0).expect("a free port");
        let ports = Ports::new(PortPolicy::Preferred, BTreeMap::new(), Log::discard());
        let listeners = ports.bind("kubernetes", taken.port).expect("the next one");
        assert!(listeners.port > taken.port);
    }

    #[test]
    fn a_taken_exact_port_is_a_conflict_with_a_hint() {
        let taken = bind_loopback(0).expect("a free port");
        let exact = BTreeMap::from([("kubernetes".to_owned(), taken.port)]);
        let ports = Ports::new(PortPolicy::Random, exact, Log::discard());
        let error = ports.bind("kubernetes", 6443).expect_err("it is taken");
        assert_eq!(error.kind, ErrorKind::Conflict);
        assert_eq!(error.message, format!("port {} for kubernetes is in use", taken.port));
        assert!(!error.hints.is_empty());
    }

    #[test]
    fn every_listener_is_loopback() {
        let listeners = Ports::random().bind("x", 6443).expect("a free port");
        for socket in &listeners.sockets {
            assert!(socket.local_addr().expect("bound").ip().is_loopback());
        }
    }
}
