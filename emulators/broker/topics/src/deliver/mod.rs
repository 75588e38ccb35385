//! From an accepted message to its endpoints.
//!
//! [`spread`] is what a publication does at once: filters, queues, dead letters of queues that
//! cannot be reached. Everything else goes on the schedule, which [`courier`] works off; one
//! attempt is in [`attempt`], what follows from its result in [`settle`].

mod attempt;
mod courier;
mod http;
mod local;
mod protect;
mod queue;
mod render;
mod settle;
mod shared;
mod spread;
mod verdict;

pub(crate) use courier::run;
pub(crate) use http::HttpClient;
pub(crate) use protect::protect;
pub(crate) use settle::cause as cause_so_far;
pub(crate) use shared::{Parts, Shared, blocking};
pub(crate) use spread::Spread;
