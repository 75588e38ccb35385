//! Snapshot files: a folder as one file, written whole or not at all, believed only when checked.
//!
//! The form is an uncompressed ustar archive, so that `tar tf` shows it. Its first member is
//! `brume-snapshot.json`, which lists every further member with length and SHA-256, in order.
//! Reading refuses whatever a snapshot never holds: links, devices, absolute paths, `..`, members
//! that the manifest does not list, and more than [`Limits`] allows. Nothing is compressed, so a
//! small file cannot become a large folder.

mod header;
mod read;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

pub use read::unpack;
pub use write::pack;

/// Version of the form.
pub const FORMAT: u32 = 1;

/// Name of the first member.
const MANIFEST_NAME: &str = "brume-snapshot.json";

/// What a snapshot may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Number of files.
    pub files_max: usize,
    /// Bytes of all files together.
    pub bytes_max: u64,
    /// Bytes of the manifest.
    pub manifest_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            files_max: 100_000,
            bytes_max: 64 * 1024 * 1024 * 1024,
            manifest_bytes_max: 32 * 1024 * 1024,
        }
    }
}

/// The first member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Version of the form; see [`FORMAT`].
    pub format: u32,
    /// Version of brume that wrote it.
    pub version: String,
    /// The services whose state it holds.
    pub services: Vec<String>,
    /// The files, in the order of the members.
    pub files: Vec<ManifestFile>,
}

/// One file of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManifestFile {
    /// Its path inside the snapshot, with `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Whether a path stays inside the folder and fits into a member's header.
fn is_safe(path: &str) -> bool {
    let is_plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let has_no_oddities = !path.contains("//") && !path.contains('\\') && !path.ends_with('/');
    !path.is_empty()
        && path.len() <= header::NAME_BYTES_MAX
        && is_plain
        && has_no_oddities
        && !path.starts_with("./")
        && !path.contains("/./")
        && !path.chars().any(char::is_control)
        && path != MANIFEST_NAME
}

fn hexadecimal(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(digest.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
