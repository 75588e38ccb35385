//! Requests and responses without any IO, and what they are made of.

mod accept;
mod base64;
mod json;
mod request;
mod response;
mod route;
mod status;

pub use accept::Accept;
pub(crate) use base64::base64;
pub(crate) use json::JsonWriter;
pub use request::{Request, User};
pub use response::Response;
pub(crate) use route::{Route, route};
pub use status::{Cause, Reason, Status, Subject};
