//! How the engine's state survives: one journal, and a checkpoint when it has grown.
//!
//! Entries are appended while the core is locked, so that their order is the order in which they
//! were applied. After the disk has refused one, memory is ahead of the journal: nothing more is
//! accepted until a checkpoint has made good for it.

mod entry;
mod snapshot;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use brume_foundation::journal::{Disk, FolderDisk, Journal, Options, Recovered, Ticket};
use brume_foundation::{Error, Result, files};

use crate::deliver::blocking;

pub use entry::Entry;
pub use snapshot::{SavedDelivery, SavedFifo, Snapshot};

/// Bytes of entries after which a checkpoint is worth its while.
const GROWTH_BYTES_MIN: u64 = 16 * 1024 * 1024;
/// Folder of the journal within the service's folder.
const FOLDER: &str = "topics";

/// Where entries go.
#[derive(Debug)]
pub struct Store {
    /// Nothing for an instance that forgets.
    journal: Option<Arc<Journal>>,
    grown: AtomicU64,
    limit: AtomicU64,
    /// Entries that the disk refused, and how many of those a checkpoint has made good.
    refused: AtomicU64,
    made_good: AtomicU64,
}

impl Store {
    /// Keeps nothing.
    #[must_use]
    pub const fn ephemeral() -> Self {
        Self {
            journal: None,
            grown: AtomicU64::new(0),
            limit: AtomicU64::new(u64::MAX),
            refused: AtomicU64::new(0),
            made_good: AtomicU64::new(0),
        }
    }

    /// Opens the journal on a disk.
    ///
    /// # Errors
    /// The disk refuses, or the journal is damaged.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<(Self, Recovered)> {
        let (journal, recovered) = Journal::open(disk, options)?;
        let kept = recovered.checkpoint.as_ref().map_or(0, |it| it.payload.len() as u64);
        let grown = recovered.records.iter().map(|record| record.payload.len() as u64).sum();
        let store = Self {
            journal: Some(Arc::new(journal)),
            grown: AtomicU64::new(grown),
            limit: AtomicU64::new(GROWTH_BYTES_MIN.max(kept * 2)),
            refused: AtomicU64::new(0),
            made_good: AtomicU64::new(0),
        };
        Ok((store, recovered))
    }

    /// The disk within the service's folder, made when it is not there.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn disk(folder: &Path) -> Result<Arc<dyn Disk>> {
        let folder: PathBuf = folder.join(FOLDER);
        files::make_private_folder(&folder)?;
        Ok(Arc::new(FolderDisk::new(folder)))
    }

    /// Appends an entry. Must be called while the core is locked.
    pub fn append(&self, entry: &Entry) -> Written {
        let Some(journal) = &self.journal else { return Written(None) };
        match serde_json::to_vec(entry) {
            Ok(bytes) => {
                self.grown.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                Written(Some(Ok(journal.append(bytes))))
            }
            Err(error) => Written(Some(Err(Error::failed("cannot write a record").source(&error)))),
        }
    }

    /// Waits until an entry is as durable as promised.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn wait(&self, written: Written) -> Result<u64> {
        let result = match written.0 {
            None => Ok(0),
            Some(Err(error)) => Err(error),
            Some(Ok(ticket)) => ticket.await,
        };
        if result.is_err() {
            self.refused.fetch_add(1, Ordering::AcqRel);
        }
        result
    }

    /// Whether the disk refused something that memory has.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.refused() > self.made_good.load(Ordering::Acquire)
    }

    /// How many entries the disk has refused; a checkpoint of a later state makes good for them.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Acquire)
    }

    /// Whether enough was appended for a checkpoint; says so once.
    #[must_use]
    pub fn has_grown(&self) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        if self.grown.load(Ordering::Relaxed) < limit {
            return false;
        }
        self.grown.swap(0, Ordering::Relaxed) >= limit
    }

    /// Writes a checkpoint of the state as it was at the entry that `mark` stands for; the writing
    /// is done off the runtime's threads. `refused` is [`Store::refused`] of that moment.
    ///
    /// # Errors
    /// The disk refuses; the journal is as good as before.
    pub async fn checkpoint(&self, mark: u64, snapshot: Snapshot, refused: u64) -> Result<()> {
        let Some(journal) = self.journal.clone() else { return Ok(()) };
        let bytes = blocking(move || {
            let bytes = snapshot.to_bytes()?;
            journal.checkpoint(mark, &bytes)?;
            Ok(bytes.len() as u64)
        })
        .await?;
        self.limit.store(GROWTH_BYTES_MIN.max(bytes * 2), Ordering::Relaxed);
        self.made_good.fetch_max(refused, Ordering::AcqRel);
        Ok(())
    }
}

/// An entry on its way to the disk.
#[derive(Debug)]
#[must_use = "an entry is acknowledged only when it was waited for"]
pub struct Written(Option<Result<Ticket>>);

impl Written {
    /// Whether there is no disk to wait for.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.0.is_none()
    }
}
