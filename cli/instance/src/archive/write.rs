//! A folder into a snapshot file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::header::{BLOCK_BYTES, Header, MEMBER_BYTES_MAX, padding};
use super::{FORMAT, MANIFEST_NAME, Manifest, ManifestFile, hexadecimal, is_safe};
use crate::error::{Error, Result};
use crate::files::explain_disk;

/// Packs everything below `folder` into the file `target`, which appears whole or not at all.
///
/// Each entry of `folder` is the state of one service.
///
/// # Errors
/// A file changes meanwhile, has a name that a snapshot cannot hold, or is no regular file; the
/// disk refuses.
pub fn pack(folder: &Path, target: &Path) -> Result<Manifest> {
    let manifest = survey(folder)?;
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = target.with_file_name(name);
    let written = write(&manifest, folder, &temporary)
        .and_then(|()| fs::rename(&temporary, target))
        .and_then(|()| sync_parent(target));
    if let Err(error) = written {
        // Best effort: the error worth telling is the first one.
        let _ = fs::remove_file(&temporary);
        let failure = Error::failed(format!("cannot write the snapshot {}", target.display()));
        return Err(explain_disk(failure.cause(&error), &error));
    }
    Ok(manifest)
}

fn survey(folder: &Path) -> Result<Manifest> {
    let mut paths = Vec::new();
    let mut services = Vec::new();
    for name in list(folder)? {
        let path = folder.join(&name);
        if path.is_dir() {
            services.push(name.clone());
        }
        collect(&path, name, &mut paths)?;
    }
    let files = paths
        .into_iter()
        .map(|path| {
            let (bytes, sha256) = digest(&folder.join(&path)).map_err(|error| {
                Error::failed(format!("cannot read {path} for the snapshot")).cause(error)
            })?;
            Ok(ManifestFile { path, bytes, sha256 })
        })
        .collect::<Result<Vec<_>>>()?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Manifest { format: FORMAT, version, services, files })
}

/// Names in a folder, sorted: equal folders give equal archives.
fn list(folder: &Path) -> Result<Vec<String>> {
    let failed = || Error::failed(format!("cannot list {}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed().cause(error))? {
        let name = entry.map_err(|error| failed().cause(error))?.file_name();
        let name = name.into_string().map_err(|name| {
            failed().cause(format_args!("{} is not a UTF-8 name", name.display()))
        })?;
        names.push(name);
    }
    names.sort();
    Ok(names)
}

fn collect(path: &Path, inside: String, paths: &mut Vec<String>) -> Result<()> {
    let metadata = fs::symlink_metadata(path).map_err(|error| {
        Error::failed(format!("cannot look at {}", path.display())).cause(error)
    })?;
    if metadata.is_dir() {
        for name in list(path)? {
            let below = format!("{inside}/{name}");
            collect(&path.join(name), below, paths)?;
        }
        return Ok(());
    }
    if !metadata.is_file() || !is_safe(&inside) || metadata.len() > MEMBER_BYTES_MAX {
        let message = format!("a snapshot cannot hold {}", path.display());
        return Err(Error::failed(message));
    }
    paths.push(inside);
    Ok(())
}

fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok((bytes, hexadecimal(&hasher.finalize())));
        }
        hasher.update(&buffer[..length]);
        bytes += length as u64;
    }
}

fn write(manifest: &Manifest, folder: &Path, temporary: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(temporary)?;
    let mut output = BufWriter::new(file);
    let text = serde_json::to_vec(manifest)?;
    write_member(&mut output, MANIFEST_NAME, text.len() as u64, &mut text.as_slice())?;
    for file in &manifest.files {
        let mut contents = File::open(folder.join(&file.path))?.take(file.bytes);
        write_member(&mut output, &file.path, file.bytes, &mut contents)?;
    }
    // Two empty blocks end the archive.
    output.write_all(&[0; 2 * BLOCK_BYTES])?;
    output.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

fn write_member(
    output: &mut impl Write,
    name: &str,
    bytes: u64,
    contents: &mut impl Read,
) -> io::Result<()> {
    output.write_all(&Header { name: name.to_owned(), bytes }.encode())?;
    if io::copy(contents, output)? != bytes {
        return Err(io::Error::other(format!("{name} changed while it was read")));
    }
    output.write_all(&[0; BLOCK_BYTES][..padding(bytes)])
}

fn sync_parent(target: &Path) -> io::Result<()> {
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf))?.sync_all()
}
