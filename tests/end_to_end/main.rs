//! End to end: the built binaries, real clients, real shells, and the checkout itself.
//!
//! One binary for all, since each links once. Modules are named after the promise that they
//! protect.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reports by panicking, in its helpers as well"
)]

mod broker;
mod contexts;
mod discovery;
mod documents;
mod explain_beyond;
mod explain_parity;
mod generated;
mod install;
mod lifecycle;
mod plugins;
mod shells;
mod thin_core;
mod third_parties;
mod tidy;
mod tracing;
