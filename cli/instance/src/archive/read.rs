//! A snapshot file into a folder, every byte of it checked.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::header::{BLOCK_BYTES, Header, padding};
use super::{FORMAT, Limits, MANIFEST_NAME, Manifest, ManifestFile, hexadecimal, is_safe};
use crate::error::{Code, Error, Result};
use crate::files::explain_disk;

/// Unpacks the snapshot `source` into `folder`, which must exist and be empty.
///
/// # Errors
/// The file is not a snapshot, is damaged, of another version, or beyond `limits`; the disk
/// refuses. Whatever was unpacked by then is for the caller to remove, and never to use.
pub fn unpack(source: &Path, folder: &Path, limits: &Limits) -> Result<Manifest> {
    let refused = |reason: &dyn std::fmt::Display| {
        Error::failed(format!("cannot load the snapshot {}", source.display())).cause(reason)
    };
    let file = File::open(source).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Error::new(Code::NotFound, format!("there is no file {}", source.display()))
        }
        _ => refused(&error),
    })?;
    let length = file.metadata().map_err(|error| refused(&error))?.len();
    let mut input = BufReader::new(file);
    let manifest = read_manifest(&mut input, length, limits).map_err(|error| refused(&error))?;
    for file in &manifest.files {
        unpack_member(&mut input, file, folder).map_err(|error| {
            let failure = refused(&format_args!("{}: {error}", file.path));
            explain_disk(failure, &error)
        })?;
    }
    let mut end = [0; 2 * BLOCK_BYTES];
    let is_ended = input.read_exact(&mut end).is_ok() && end.iter().all(|&byte| byte == 0);
    if !is_ended {
        return Err(refused(&"it is not complete"));
    }
    Ok(manifest)
}

fn read_manifest(input: &mut impl Read, length: u64, limits: &Limits) -> io::Result<Manifest> {
    let header = read_header(input)?;
    if header.name != MANIFEST_NAME || header.bytes > limits.manifest_bytes_max.min(length) {
        return Err(invalid("it is not a snapshot of brume"));
    }
    let mut text = Vec::new();
    input.take(header.bytes).read_to_end(&mut text)?;
    skip_padding(input, header.bytes)?;
    let manifest: Manifest = serde_json::from_slice(&text)?;
    if manifest.format != FORMAT {
        let Manifest { format, version, .. } = manifest;
        return Err(invalid(format!(
            "it is of format {format}, written by brume {version}; this brume reads {FORMAT}"
        )));
    }
    check(&manifest, length, limits)?;
    Ok(manifest)
}

fn check(manifest: &Manifest, length: u64, limits: &Limits) -> io::Result<()> {
    if manifest.files.len() > limits.files_max {
        return Err(invalid(format!("it holds more than {} files", limits.files_max)));
    }
    let bytes = manifest.files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
    if bytes > limits.bytes_max.min(length) {
        return Err(invalid("its files are larger than the snapshot itself, or than allowed"));
    }
    let mut seen = BTreeSet::new();
    for file in &manifest.files {
        if !is_safe(&file.path) || !seen.insert(file.path.as_str()) {
            return Err(invalid(format!(
                "`{}` is not a path in a snapshot",
                file.path.escape_debug()
            )));
        }
    }
    Ok(())
}

fn unpack_member(input: &mut impl Read, file: &ManifestFile, folder: &Path) -> io::Result<()> {
    let header = read_header(input)?;
    if header.name != file.path || header.bytes != file.bytes {
        return Err(invalid("the member differs from the manifest"));
    }
    let path = folder.join(&file.path);
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    let mut output = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut left = file.bytes;
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let length = input.read(&mut buffer[..wanted])?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        hasher.update(&buffer[..length]);
        output.write_all(&buffer[..length])?;
        left -= length as u64;
    }
    if hexadecimal(&hasher.finalize()) != file.sha256 {
        let _ = fs::remove_file(&path);
        return Err(invalid("the checksum is wrong: the snapshot is damaged"));
    }
    skip_padding(input, file.bytes)
}

fn read_header(input: &mut impl Read) -> io::Result<Header> {
    let mut block = [0; BLOCK_BYTES];
    input.read_exact(&mut block).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => invalid("it is not complete"),
        _ => error,
    })?;
    Header::decode(&block).ok_or_else(|| invalid("it is not a snapshot of brume"))
}

fn skip_padding(input: &mut impl Read, bytes: u64) -> io::Result<()> {
    let mut block = [0; BLOCK_BYTES];
    input.read_exact(&mut block[..padding(bytes)])
}

fn invalid(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.into())
}
