//! What the core and the emulator daemon share about one emulator instance.
//!
//! Comes in: the folders of brume and the name of an instance. Goes out: where its files are,
//! whether it runs ([`lock`]), where its services listen ([`endpoint`]), and a conversation with
//! its daemon ([`protocol`], [`client`]).
//!
//! Never inside: an asynchronous runtime, because the core links this crate; printing; a decision
//! about when to start a daemon.

pub mod archive;
pub mod client;
pub mod endpoint;
pub mod error;
mod files;
mod lines;
pub mod lock;
pub mod name;
pub mod paths;
pub mod protocol;
pub mod services;
pub mod socket;

pub use client::Client;
pub use endpoint::{EndpointDocument, ServiceEndpoint};
pub use error::{Code, Error, Result};
pub use files::make_private_folder;
pub use lines::{LINE_BYTES_MAX, LineError, read_line};
pub use lock::InstanceLock;
pub use name::InstanceName;
pub use paths::InstancePaths;
