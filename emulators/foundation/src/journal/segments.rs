//! Which segments there are: shared by the writer and by those who read and retire old ones.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::checkpoint;
use super::disk::Disk;
use super::problem::cannot;
use super::segment;
use crate::error::Result;

/// One segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Number of its first record.
    pub first_sequence: u64,
    /// Bytes of its header and its records.
    pub bytes: u64,
}

#[derive(Debug)]
pub(super) struct Segments {
    /// Oldest first; the last one is written to.
    list: Mutex<Vec<SegmentInfo>>,
    /// Held while files are removed, which must not keep the writer from the list.
    retiring: Mutex<()>,
}

impl Segments {
    pub(super) const fn new(list: Vec<SegmentInfo>) -> Self {
        Self { list: Mutex::new(list), retiring: Mutex::new(()) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<SegmentInfo>> {
        // Nothing panics while the lock is held, so the list is whole in any case.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of the first record of the segment that is written to.
    pub(super) fn active(&self) -> u64 {
        self.lock().last().map_or(0, |active| active.first_sequence)
    }

    /// Removes the segments and checkpoints that a durable checkpoint at `sequence` makes
    /// unnecessary.
    pub(super) fn retire(&self, disk: &dyn Disk, sequence: u64) -> Result<()> {
        let _alone = self.retiring.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |error| cannot("remove old segments", &error);
        // A segment may go when the one after it begins at or before what must be kept.
        let next_to_go = || match self.lock()[..] {
            [first, next, ..] if next.first_sequence <= sequence + 1 => Some(first.first_sequence),
            _ => None,
        };
        while let Some(first) = next_to_go() {
            disk.remove(&segment::file_name(first)).map_err(failed)?;
            self.lock().remove(0);
        }
        for name in disk.list().map_err(failed)? {
            if checkpoint::parse_file_name(&name).is_some_and(|older| older < sequence) {
                disk.remove(&name).map_err(failed)?;
            }
        }
        disk.sync_folder().map_err(failed)
    }
}
