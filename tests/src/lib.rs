//! The harness of the end-to-end tests: a sandbox to run in, real clients, a terminal, a tracer.
//!
//! In: what `cargo build --workspace` built, and the tools that `make test-tools` fetched. Out:
//! outcomes of commands, as a user would see them. Never here: a call into the code under test
//! (these tests see brume only from outside), a process that outlives its test, a file outside
//! of the sandbox.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test harness reports by panicking"
)]

pub mod aws;
pub mod built;
pub mod call;
pub mod cluster;
pub mod processes;
pub mod repository;
pub mod sandbox;
pub mod terminal;
pub mod text;
pub mod tools;
pub mod trace;

pub use aws::Aws;
pub use call::{Call, Outcome};
pub use cluster::Cluster;
pub use sandbox::Sandbox;
pub use terminal::Terminal;
