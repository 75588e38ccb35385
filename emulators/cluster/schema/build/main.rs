//! Builds the schema blob: what `k8s-openapi` knows, joined with the tables in `facts/`.

mod facts;
mod kinds;
#[allow(dead_code, reason = "the reader's half of the constants")]
#[path = "../src/layout.rs"]
mod layout;
mod model;
mod publish;
mod resources;
mod writer;

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::{env, fs};

#[allow(clippy::print_stdout, reason = "cargo reads what a build script prints")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=facts");
    println!("cargo::rerun-if-changed=src/layout.rs");

    let facts = facts::Facts::read(&PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("facts"))?;
    let mut model = model::Model::of_dependency(kinds::collect())?;
    model.add_removed(&facts)?;
    model.apply(&facts)?;
    publish::add_enums(&mut model, &facts)?;
    publish::add_defaults(&mut model, &facts)?;
    let resources = resources::read(&facts, &model)?;

    let blob = writer::write(&model, &resources)?;
    // Names the blob's content, for caches; it needs no cryptographic strength.
    let mut hasher = DefaultHasher::new();
    blob.hash(&mut hasher);
    println!("cargo::rustc-env=BRUME_SCHEMA_FINGERPRINT={:016x}", hasher.finish());
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("schema.bin"), blob)?;
    Ok(())
}
