//! `brume`: see the library `brume_cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(brume_cli::run(
        std::env::args_os(),
        brume_cli::environment::Environment::process(),
    ))
}
