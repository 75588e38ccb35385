//! What is wrapped around a message: the JSON documents that queues, functions and POSTs get.
//!
//! The document for queues and POSTs differs between subscriptions in one link only, so it is made
//! once as what stands before and what stands behind that link.

mod confirmation;
mod function;
mod json;
mod notification;

pub use confirmation::{Confirmation, Kind};
pub use function::function_event;
pub use notification::{Template, unsubscribe_url};
