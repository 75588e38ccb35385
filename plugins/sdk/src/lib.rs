//! The SDK: what a plugin is, what it is given, how it prints and fails.
//!
//! In: a type that implements [`plugin::Plugin`]. Out: the same command as a library that the
//! core loads ([`export_plugin!`]) and as an executable ([`standalone()`]), which behave alike.
//! Never here: an async runtime or a cloud client (`brume-kubernetes` and `brume-aws` have those),
//! because the core links this crate and starts in a millisecond.

mod answer;
pub mod command_tree;
pub mod context;
pub mod duration;
pub mod error;
pub mod global_flags;
pub mod host;
pub mod invocation;
pub mod manifest;
pub mod output;
pub mod plugin;
pub mod progress;
pub mod render;
pub mod run;
pub mod terminal;
pub mod writer;

pub use brume_abi as abi;
pub use clap;
pub use serde_json;

pub use context::{Context, Risk};
pub use error::{Error, ExitCode, Result};
pub use invocation::Invocation;
pub use plugin::{Candidate, Plugin};
pub use run::standalone::standalone;
