//! Who may do what on AWS, as pure functions.
//!
//! Comes in: account numbers, region names, ARNs, access policy documents, SNS filter policies, and
//! the request or message to judge. Goes out: a verdict, with the statement or condition that
//! decided it. The emulators enforce with it and the plugins explain with it.
//!
//! Never inside: IO, time, state, knowledge of where a request came from.

pub mod arn;
pub mod document;
pub mod evaluate;
pub mod filter;
pub mod glob;
pub mod identity;
pub mod json;
pub mod mode;
pub mod network;
pub mod protection;

pub use arn::Arn;
pub use document::Document;
pub use evaluate::Policy;
pub use identity::{Account, Region};
pub use mode::PolicyMode;
