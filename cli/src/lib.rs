//! The thin core: resolves a target, finds a plugin, hands over, and gets out of the way.
//!
//! In: an argument vector and an environment. Out: an exit code, and one command run. Never here:
//! an async runtime, a thread at start-up, a cloud client, an emulator, or the opening of a plugin
//! file that was not asked for.

pub mod atomic;
pub mod commands;
pub mod completion;
pub mod config;
pub mod environment;
pub mod plugins;
pub mod session;
pub mod settings;
pub mod signals;
pub mod start;
pub mod target;
pub mod tree;

pub use start::run;
