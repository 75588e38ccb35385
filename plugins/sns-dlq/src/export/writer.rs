//! Messages to a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use brume_plugin::{Error, ExitCode, Result};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::FORMAT;
use super::line::{Header, Line, Message, Trailer};
use crate::message::DeadLetter;
use crate::redrive::digest::hex;

/// Writes an export: header, messages, trailer.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    digest: Sha256,
    messages: u64,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// How many messages.
    pub messages: u64,
    /// SHA-256 of everything before the trailer.
    pub sha256: String,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// What the stream says.
    pub fn new(out: W, queue_arn: &str, now: Timestamp) -> io::Result<Self> {
        let mut writer = Self { out, digest: Sha256::new(), messages: 0 };
        writer.line(&Line::Export(Header {
            format: FORMAT.to_owned(),
            queue_arn: queue_arn.to_owned(),
            exported_at: now.to_string(),
        }))?;
        Ok(writer)
    }

    /// Writes a message.
    ///
    /// # Errors
    /// What the stream says.
    pub fn message(&mut self, letter: &DeadLetter) -> io::Result<()> {
        self.messages += 1;
        self.line(&Line::Message(Box::new(Message::of(letter))))
    }

    /// Writes the trailer; gives the stream back, unflushed.
    ///
    /// # Errors
    /// What the stream says.
    pub fn finish(mut self) -> io::Result<(W, Finished)> {
        let sha256 = hex(&self.digest.clone().finalize());
        let finished = Finished { messages: self.messages, sha256 };
        self.line(&Line::End(Trailer {
            messages: finished.messages,
            sha256: finished.sha256.clone(),
        }))?;
        Ok((self.out, finished))
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.digest.update(&bytes);
        self.out.write_all(&bytes)
    }
}

impl Writer<File> {
    /// Waits until everything that was written is on disk.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sync(&mut self) -> io::Result<()> {
        self.out.sync_data()
    }

    /// Ends the file: trailer and sync.
    ///
    /// # Errors
    /// What the file system says.
    pub fn close(self) -> io::Result<Finished> {
        let (file, finished) = self.finish()?;
        file.sync_all()?;
        Ok(finished)
    }
}

fn failure(path: &Path, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Error::new(ExitCode::Conflict, format!("{} exists already", path.display()))
                .hint("choose another name: nothing is overwritten")
        }
        _ => Error::failed(format!("cannot write {}", path.display())).source(error),
    }
}

fn create(path: &Path) -> io::Result<File> {
    // Messages may hold what is nobody else's business.
    OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)
}

/// Begins a file that messages are deleted on the strength of: it is there from the beginning.
///
/// # Errors
/// `Conflict` when it exists.
pub fn backup(path: &Path, queue_arn: &str, now: Timestamp) -> Result<Writer<File>> {
    let file = create(path).map_err(|error| failure(path, &error))?;
    let mut writer = Writer::new(file, queue_arn, now).map_err(|error| failure(path, &error))?;
    writer.sync().map_err(|error| failure(path, &error))?;
    sync_folder(path);
    Ok(writer)
}

/// Writes a whole export; the file appears when it is complete.
///
/// # Errors
/// `Conflict` when it exists.
pub fn export(
    path: &Path,
    queue_arn: &str,
    now: Timestamp,
    letters: &[DeadLetter],
) -> Result<Finished> {
    if path.exists() {
        return Err(failure(path, &io::ErrorKind::AlreadyExists.into()));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial: PathBuf = path.with_file_name(name);
    let write = || -> io::Result<Finished> {
        // What a killed export left is of no use.
        match std::fs::remove_file(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut writer = Writer::new(io::BufWriter::new(create(&partial)?), queue_arn, now)?;
        for letter in letters {
            writer.message(letter)?;
        }
        let (out, finished) = writer.finish()?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&partial, path)?;
        Ok(finished)
    };
    let finished = write().map_err(|error| {
        // The failure that is told is the first one.
        let _ = std::fs::remove_file(&partial);
        failure(path, &error)
    })?;
    sync_folder(path);
    Ok(finished)
}

/// A file that was just made is found after a crash only when its folder was synced.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        // Not every file system can.
        let _ = folder.sync_all();
    }
}
