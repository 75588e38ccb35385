//! `brume-hello`: the same plugin as a process of its own.

fn main() -> std::process::ExitCode {
    brume_plugin::standalone::<brume_hello::Hello>()
}
