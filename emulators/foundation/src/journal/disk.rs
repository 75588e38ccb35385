//! The disk as a journal sees it: one flat folder, and the operations that matter after a crash.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A folder of files.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Names of all files, in any order.
    ///
    /// # Errors
    /// What the disk says; so for every method.
    fn list(&self) -> io::Result<Vec<String>>;

    /// The contents of a file.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;

    /// Makes an empty file, in place of an older one of the same name.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file for writing.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name, in place of an older file of that name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes names durable: files that were made, renamed and removed.
    fn sync_folder(&self) -> io::Result<()>;
}

/// A file that is open for writing.
pub trait DiskFile: fmt::Debug + Send {
    /// Writes some of `bytes` at `offset` and tells how many.
    ///
    /// # Errors
    /// What the disk says; so for every method.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Extends the file with zeros to `length` if that makes writes before it cheaper, and tells
    /// whether it did; to do nothing is always right.
    fn reserve(&mut self, length: u64) -> bool {
        let _ = length;
        false
    }

    /// Cuts or extends the file.
    fn truncate(&mut self, length: u64) -> io::Result<()>;

    /// Makes contents and length durable. After an error nothing is known about what was written
    /// since the last success.
    fn sync(&mut self) -> io::Result<()>;
}

/// Writes all of `bytes`, however little the disk takes at a time.
pub(super) fn write_all(file: &mut dyn DiskFile, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match file.write_at(&bytes[written..], offset + written as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => written += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A folder of the file system.
#[derive(Clone, Debug)]
pub struct FolderDisk {
    folder: PathBuf,
}

impl FolderDisk {
    /// Uses `folder`, which must exist.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(Path::new(name))
    }
}

impl Disk for FolderDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            // A name that is not text is not one of ours.
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(name))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        let file =
            options.write(true).create(true).truncate(true).mode(0o600).open(self.path(name))?;
        Ok(Box::new(FolderFile { file }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().write(true).open(self.path(name))?;
        Ok(Box::new(FolderFile { file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

#[derive(Debug)]
struct FolderFile {
    file: File,
}

impl DiskFile for FolderFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.file.write_at(bytes, offset)
    }

    fn reserve(&mut self, length: u64) -> bool {
        // A flush then has no new length to record, and takes a third less time.
        let flags = rustix::fs::FallocateFlags::empty();
        rustix::fs::fallocate(&self.file, flags, 0, length).is_ok()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}
