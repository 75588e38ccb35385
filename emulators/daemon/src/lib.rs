//! The daemon that hosts the emulators of one instance.
//!
//! Comes in: arguments, requests on the control socket, signals. Goes out: an endpoint document
//! once every service has answered a real request, and an orderly end.
//!
//! Never inside: the behaviour of a cloud (that is the services'), a listener that is not loopback,
//! a second daemon on the same state.

pub mod arguments;
pub mod aws;
mod boot;
mod control;
mod failure;
mod host;
mod launch;
mod lines;
mod log_file;
pub mod registry;
mod run;
mod snapshot;
pub mod supervise;

pub use arguments::Options;
pub use registry::Registry;
pub use run::run;
