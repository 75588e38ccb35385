//! `brume sns-dlq` as an executable of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    brume_plugin::standalone::<brume_sns_dlq::SnsDlq>()
}
