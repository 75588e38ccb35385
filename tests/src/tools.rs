//! What `make test-tools` fetched.

use std::env;
use std::path::PathBuf;

/// The versions of kubectl that are fetched, oldest first; see `tests/set-up/test.txt`.
pub const KUBECTL_VERSIONS: [&str; 5] = ["1.27", "1.30", "1.33", "1.35", "1.37"];

/// The newest of them.
pub const KUBECTL_NEWEST: &str = "1.37";

/// The folder of the tools.
///
/// # Panics
/// When there is neither `BRUME_TEST_TOOLS` nor a home.
#[must_use]
pub fn folder() -> PathBuf {
    if let Some(folder) = env::var_os("BRUME_TEST_TOOLS") {
        return folder.into();
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        let home = env::var_os("HOME").expect("HOME is set");
        PathBuf::from(home).join(".cache")
    });
    cache.join("brume/test-tools")
}

/// The path of kubectl, version `1.MINOR`.
///
/// # Panics
/// When it was not fetched.
#[must_use]
pub fn kubectl(version: &str) -> PathBuf {
    let path = folder().join("bin").join(format!("kubectl-{version}"));
    assert!(path.exists(), "{} is not there: run `make test-tools`", path.display());
    path
}
