//! The checkout that is tested.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the checkout.
///
/// # Panics
/// Never in a checkout: this crate is one level below the root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the checkout").to_path_buf()
}

/// The files of the checkout that git knows, or would add, relative to the root.
///
/// # Panics
/// When git fails.
#[must_use]
pub fn files() -> Vec<PathBuf> {
    let root = root();
    let output = Command::new("git")
        .arg("-C")
        .arg(&root)
        // A checkout that belongs to another user is still only read.
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others"])
        .arg("--exclude-standard")
        .output()
        .expect("git is installed");
    assert!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).expect("file names are UTF-8");
    let mut files: Vec<PathBuf> = names
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .filter(|file| root.join(file).is_file())
        .collect();
    files.sort();
    files.dedup();
    files
}
