//! The engine as a whole, on a clock that stands, with queues, functions and disk of the tests.

mod configuration;
mod crash;
mod dead_letters;
mod fan_out;
mod fifo;
mod http;
mod ladder;
mod others;
mod simulation;
mod world;
