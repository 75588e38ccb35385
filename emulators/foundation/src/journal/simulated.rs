//! A disk in memory that loses, tears and refuses like a real one, on a schedule or by seed.
//!
//! What is written counts as durable only after `sync`, names only after `sync_folder`. At a crash
//! each write that was not flushed is kept, lost, or torn at a sector, independently of the others;
//! of the changes to names a prefix is kept.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, DiskFile};
use crate::random::Random;

/// Bytes that a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// Zeros at the end of a file that reserves them, at most.
const RESERVE_BYTES_MAX: usize = 64 * 1024;

/// What goes wrong, counted in operations that change the disk, from 1.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// At this operation the machine stops; a write may be half done.
    pub crash_at: Option<u64>,
    /// These operations fail; a write may be half done.
    pub errors: BTreeMap<u64, io::ErrorKind>,
    /// Bytes that fit on the disk.
    pub capacity: Option<usize>,
    /// Writes take at most so many bytes at a time.
    pub write_bytes_max: Option<usize>,
}

/// A simulated disk; clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct SimulatedDisk {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    files: Vec<Contents>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    unsynced_names: Vec<BTreeMap<String, usize>>,
    operations: u64,
    has_crashed: bool,
    reserves: bool,
    faults: Faults,
}

#[derive(Clone, Debug, Default)]
struct Contents {
    current: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

impl SimulatedDisk {
    /// Makes an empty disk on which nothing goes wrong.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty disk that puts zeros behind what is written when it is asked to.
    #[must_use]
    pub fn reserving() -> Self {
        let disk = Self::new();
        disk.lock().reserves = true;
        disk
    }

    /// Sets what goes wrong from now on; operations are counted from now on as well.
    pub fn set_faults(&self, faults: Faults) {
        let mut inner = self.lock();
        inner.faults = faults;
        inner.operations = 0;
    }

    /// How many operations changed the disk since the faults were set.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// The disk as the next start finds it after the machine stopped.
    #[must_use]
    pub fn after_crash(&self, random: &Random) -> Self {
        let inner = self.lock();
        let kept = random.below(inner.unsynced_names.len() as u64 + 1);
        let names = match usize::try_from(kept).ok().and_then(|kept| kept.checked_sub(1)) {
            Some(index) => inner.unsynced_names[index].clone(),
            None => inner.durable_names.clone(),
        };
        let files = inner.files.iter().map(|file| file.after_crash(random)).collect();
        Self::with(files, names, inner.reserves)
    }

    /// The disk as the next start finds it when only the process was killed.
    #[must_use]
    pub fn after_kill(&self) -> Self {
        let inner = self.lock();
        let files = inner.files.iter().map(|file| Contents::durable(file.current.clone()));
        Self::with(files.collect(), inner.names.clone(), inner.reserves)
    }

    /// Changes the contents of a file behind everybody's back.
    pub fn damage(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut inner = self.lock();
        if let Some(&file) = inner.names.get(name) {
            let file = &mut inner.files[file];
            change(&mut file.current);
            *file = Contents::durable(std::mem::take(&mut file.current));
        }
    }

    fn with(files: Vec<Contents>, names: BTreeMap<String, usize>, reserves: bool) -> Self {
        let durable_names = names.clone();
        let inner = Inner { files, durable_names, names, reserves, ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_names(&self, change: impl FnOnce(&mut Inner) -> io::Result<()>) -> io::Result<()> {
        let mut inner = self.lock();
        inner.begin()?;
        change(&mut inner)?;
        let names = inner.names.clone();
        inner.unsynced_names.push(names);
        Ok(())
    }

    fn file(&self, index: usize) -> Box<dyn DiskFile> {
        Box::new(SimulatedFile { disk: self.clone(), index })
    }
}

impl Inner {
    /// Counts an operation and says whether it fails, before it does anything.
    fn begin(&mut self) -> io::Result<()> {
        if self.has_crashed {
            return Err(io::Error::other("the machine has stopped"));
        }
        self.operations += 1;
        if self.faults.crash_at == Some(self.operations) {
            self.has_crashed = true;
            return Err(io::Error::other("the machine stops"));
        }
        match self.faults.errors.get(&self.operations) {
            Some(&kind) => Err(kind.into()),
            None => Ok(()),
        }
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Bytes that still fit.
    fn room(&self) -> usize {
        let used = self.names.values().map(|&file| self.files[file].current.len()).sum::<usize>();
        self.faults.capacity.map_or(usize::MAX, |capacity| capacity.saturating_sub(used))
    }
}

impl Contents {
    fn durable(bytes: Vec<u8>) -> Self {
        Self { current: bytes.clone(), durable: bytes, unsynced: Vec::new() }
    }

    fn apply(bytes: &mut Vec<u8>, change: &Change) {
        match change {
            Change::Write { offset, bytes: written } => {
                let end = offset + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(written);
            }
            Change::Truncate { length } => bytes.resize(*length, 0),
        }
    }

    fn change(&mut self, change: Change) {
        Self::apply(&mut self.current, &change);
        self.unsynced.push(change);
    }

    fn after_crash(&self, random: &Random) -> Self {
        let mut bytes = self.durable.clone();
        for change in &self.unsynced {
            match (change, random.below(3)) {
                (_, 0) => {}
                (Change::Write { offset, bytes: written }, 1) => {
                    // Sectors reach the disk in any order.
                    for (index, sector) in written.chunks(SECTOR_BYTES).enumerate() {
                        if random.chance(0.5) {
                            let offset = offset + index * SECTOR_BYTES;
                            let bytes_of_sector = sector.to_vec();
                            Self::apply(
                                &mut bytes,
                                &Change::Write { offset, bytes: bytes_of_sector },
                            );
                        }
                    }
                }
                _ => Self::apply(&mut bytes, change),
            }
        }
        Self::durable(bytes)
    }
}

impl Disk for SimulatedDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().names.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let inner = self.lock();
        let file = inner.find(name)?;
        Ok(inner.files[file].current.clone())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut index = 0;
        self.change_names(|inner| {
            index = inner.files.len();
            inner.files.push(Contents::default());
            inner.names.insert(name.to_owned(), index);
            Ok(())
        })?;
        Ok(self.file(index))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let index = self.lock().find(name)?;
        Ok(self.file(index))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change_names(|inner| {
            let file = inner.find(from)?;
            inner.names.remove(from);
            inner.names.insert(to.to_owned(), file);
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change_names(|inner| {
            inner.find(name)?;
            inner.names.remove(name);
            Ok(())
        })
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut inner = self.lock();
        inner.begin()?;
        inner.durable_names = inner.names.clone();
        inner.unsynced_names.clear();
        Ok(())
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    index: usize,
}

impl DiskFile for SimulatedFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut inner = self.disk.lock();
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let was_dead = inner.has_crashed;
        let begun = inner.begin();
        let limit = inner.faults.write_bytes_max.unwrap_or(usize::MAX);
        let room = inner.room();
        let length = match begun {
            // A write that fails may be half done all the same.
            Err(_) if was_dead => 0,
            Err(_) => bytes.len() / 2,
            Ok(()) => bytes.len().min(limit),
        };
        let length = length.min(room);
        if length > 0 {
            let bytes = bytes[..length].to_vec();
            inner.files[self.index].change(Change::Write { offset, bytes });
        }
        begun?;
        if length == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(length)
    }

    fn reserve(&mut self, length: u64) -> bool {
        let mut inner = self.disk.lock();
        let has_room = inner.reserves && inner.room() > 0;
        if !has_room || inner.begin().is_err() {
            return false;
        }
        // No test reserves more than memory holds.
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(RESERVE_BYTES_MAX);
        let file = &mut inner.files[self.index];
        if file.current.len() < length {
            file.change(Change::Truncate { length });
        }
        true
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let mut inner = self.disk.lock();
        inner.begin()?;
        let length = usize::try_from(length).map_err(io::Error::other)?;
        inner.files[self.index].change(Change::Truncate { length });
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut inner = self.disk.lock();
        inner.begin()?;
        let file = &mut inner.files[self.index];
        file.durable = file.current.clone();
        file.unsynced.clear();
        Ok(())
    }
}
