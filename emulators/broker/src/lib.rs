//! SQS and SNS: the engines, their wire and their admin API, put together.
//!
//! Comes in: what the daemon gives to a service, and [`BrokerOptions`]. Goes out: the AWS services
//! that the edge serves, the routes of the admin API, and one handle for everything that must be
//! reset, saved or stopped together.
//!
//! Never inside: a listener, an engine's rules, an AWS answer that shows what only the admin API
//! may show.

mod admin;
mod broker;
pub mod functions;
mod options;
mod status;

pub use broker::Broker;
pub use functions::Functions;
pub use options::{BrokerOptions, LogSink, NoLogs, PolicyMode};
