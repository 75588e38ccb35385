//! What cargo built: binaries and plugin libraries of the same build as the running test.

use std::env;
use std::path::{Path, PathBuf};

/// The folder that holds the binaries: `target/debug` for a test, `target/release` for a bench.
#[must_use]
pub fn folder() -> PathBuf {
    let executable = env::current_exe().expect("a running program has a path");
    let folder = executable.parent().expect("an executable is in a folder");
    // Tests are built into `deps`, one level down.
    if folder.ends_with("deps") {
        folder.parent().expect("`deps` is in a folder").to_path_buf()
    } else {
        folder.to_path_buf()
    }
}

/// The path of a built executable.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    existing(folder().join(name))
}

/// The path of the library that holds our own plugin `name`, a dashed name.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn plugin_library(name: &str) -> PathBuf {
    existing(folder().join(format!("libbrume_{}_plugin.so", name.replace('-', "_"))))
}

/// The path of an example of a third party's plugin library, from `tests/plugins`.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn example_library(name: &str) -> PathBuf {
    existing(folder().join(format!("libbrume_{name}.so")))
}

fn existing(path: PathBuf) -> PathBuf {
    assert!(
        Path::new(&path).exists(),
        "{} was not built: run the tests with `make test`, which builds the whole workspace",
        path.display()
    );
    path
}
