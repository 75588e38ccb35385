//! The broker behind a real edge: both services, the admin API, and state that outlives it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod admin;
mod harness;
mod state;
