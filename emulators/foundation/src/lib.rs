//! What the emulators share.
//!
//! Comes in: a state folder, a clock, fault rules and listeners, all chosen by the daemon.
//! Goes out: durable records ([`journal`]), answered requests ([`http`]), timers that fire in
//! order ([`clock`]), injected failures ([`faults`]) and the contract between daemon and emulator
//! ([`service`]).
//!
//! Never inside: knowledge of one cloud's API, a listener that is not loopback, time or randomness
//! that a test cannot control.

pub mod clock;
pub mod error;
pub mod faults;
pub mod files;
pub mod http;
pub mod invoke;
pub mod journal;
pub mod log;
pub mod metrics;
pub mod ports;
pub mod random;
pub mod service;

pub use error::{Error, ErrorKind, Result};

use std::future::Future;
use std::pin::Pin;

/// A boxed future, the return type of object-safe asynchronous methods.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
