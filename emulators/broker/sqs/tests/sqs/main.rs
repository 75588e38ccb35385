//! The operations of SQS against the real engine, in both protocols, on a clock that stands still.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may panic")]

mod batches;
mod fifo;
mod harness;
mod hostile;
mod messages;
mod moves;
mod permissions;
mod queues;
