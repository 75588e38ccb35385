//! The daemon that hosts the emulators.
fn main() {}
