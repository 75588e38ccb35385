//! The executable `brume-emulators`.

use std::process::ExitCode;

use brume_emulators::{Registry, run};

fn main() -> ExitCode {
    run(std::env::args_os().collect(), &Registry::standard())
}
