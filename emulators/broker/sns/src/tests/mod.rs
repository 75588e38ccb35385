//! The whole service, called as the edge calls it, over an engine of its own.

mod access;
mod hostile;
mod platform;
mod publish;
mod sms;
mod subscriptions;
mod topics;
