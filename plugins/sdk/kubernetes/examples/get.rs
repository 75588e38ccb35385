//! Reads one path of the current cluster: `cargo run --example get -- /version`.

use std::time::Instant;

use brume_kubernetes::Cluster;
use brume_plugin::error::Result;
use brume_plugin::invocation::{Invocation, Output};
use brume_plugin::render::error::render_error;

#[allow(clippy::print_stdout, clippy::print_stderr)] // an example is its own program
fn main() {
    let path = std::env::args().nth(1).unwrap_or_else(|| "/version".to_owned());
    let started = Instant::now();
    match get(&path) {
        Ok(text) => println!("{text}"),
        Err(error) => eprint!("{}", render_error(&error, &Output::default())),
    }
    eprintln!("took {} us", started.elapsed().as_micros());
}

fn get(path: &str) -> Result<String> {
    let cluster = Cluster::with_cancel(&Invocation::default(), None)?;
    let response = cluster.get_raw(path, "application/json")?.into_success()?;
    Ok(String::from_utf8_lossy(&response.body).into_owned())
}
