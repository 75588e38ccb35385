//! The single writer of a journal: blocking, without threads, without a clock.

use std::ops::Range;
use std::sync::Arc;

use super::batch::Batch;
use super::checkpoint;
use super::disk::{Disk, DiskFile, write_all};
use super::problem::{cannot, too_large};
use super::segment::{self, HEADER_BYTES};
use super::segments::{SegmentInfo, Segments};
use super::{Durability, Options};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of zeros that are put behind the records at a time.
const RESERVE_BYTES: u64 = 1024 * 1024;

/// An open journal.
///
/// Records are accepted by [`Log::append`] and durable after [`Log::sync`]. When the disk fails,
/// the file is cut back to where it was, and that cut is made durable, before anything else is
/// accepted: a record that was reported as failed does not come back.
#[derive(Debug)]
pub struct Log {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) options: Options,
    /// The last one is `active`.
    pub(super) segments: Arc<Segments>,
    pub(super) active: Box<dyn DiskFile>,
    /// Bytes of the active segment that hold accepted records, and those that are durable.
    pub(super) accepted: Extent,
    pub(super) durable: Extent,
    /// Bytes of the active segment's file, where zeros were put behind the records.
    pub(super) reserved_bytes: u64,
    /// Whether the file may hold bytes behind `accepted` that have to go first.
    pub(super) needs_cut: bool,
    /// Whether a new segment was begun and not finished: then no record may go into the old one,
    /// because the new one may exist and claim its number.
    pub(super) needs_rotation: bool,
}

/// How far something reaches: into the active segment, and in records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) bytes: u64,
    /// Number of the last record.
    pub(super) sequence: u64,
}

impl Log {
    /// The last record that was accepted; 0 when there is none.
    #[must_use]
    pub const fn last_sequence(&self) -> u64 {
        self.accepted.sequence
    }

    /// The segments, oldest first; the last one is written to.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.segments.lock().clone()
    }

    /// The last record that is known to be durable.
    #[must_use]
    pub const fn durable_sequence(&self) -> u64 {
        self.durable.sequence
    }

    /// Appends records, all of them or none, and returns their numbers.
    ///
    /// They are not durable yet: see [`Log::sync`].
    ///
    /// # Errors
    /// A record is too large, or the disk refuses; nothing is accepted then.
    pub fn append<Payload: AsRef<[u8]>>(&mut self, payloads: &[Payload]) -> Result<Range<u64>> {
        let mut batch = Batch::default();
        for payload in payloads {
            batch.push(usize::MAX, |output| output.extend_from_slice(payload.as_ref()));
        }
        self.append_batch(&mut batch)
    }

    pub(super) fn append_batch(&mut self, batch: &mut Batch) -> Result<Range<u64>> {
        if batch.largest() > self.options.record_bytes_max {
            return Err(too_large(batch.largest(), self.options.record_bytes_max));
        }
        self.cut_if_needed()?;
        let bytes = batch.len() as u64;
        let is_full = self.accepted.bytes + bytes > self.options.segment_bytes_max;
        if self.needs_rotation || (is_full && self.has_records()) {
            self.rotate()?;
        }
        self.reserve(self.accepted.bytes + bytes);
        let first = self.accepted.sequence + 1;
        let end = first + batch.count();
        let buffer = batch.seal(first, self.durable.sequence);
        // Whatever happens in between leaves bytes that have to go.
        self.needs_cut = true;
        if let Err(error) = write_all(self.active.as_mut(), buffer, self.accepted.bytes) {
            return Err(self.undo(cannot("write a record", &error)));
        }
        self.needs_cut = false;
        self.accepted = Extent { bytes: self.accepted.bytes + bytes, sequence: end - 1 };
        if let Some(active) = self.segments.lock().last_mut() {
            active.bytes = self.accepted.bytes;
        }
        Ok(first..end)
    }

    /// Has zeros in the file up to `end` and somewhat further, if the disk wants that.
    fn reserve(&mut self, end: u64) {
        if end > self.reserved_bytes {
            let further = (end + RESERVE_BYTES).min(self.options.segment_bytes_max).max(end);
            if self.active.reserve(further) {
                self.reserved_bytes = further;
            }
        }
    }

    /// Makes every accepted record durable.
    ///
    /// # Errors
    /// The disk refuses. Unless the durability is [`Durability::None`], the records since the last
    /// success are then forgotten: after a failed flush nobody knows what of them is on disk.
    pub fn sync(&mut self) -> Result<()> {
        if self.durable == self.accepted {
            return Ok(());
        }
        if let Err(error) = self.active.sync() {
            let failure = cannot("flush its records", &error);
            if self.options.durability == Durability::None {
                return Err(failure);
            }
            self.accepted = self.durable;
            self.needs_cut = true;
            return Err(self.undo(failure));
        }
        self.durable = self.accepted;
        Ok(())
    }

    /// Writes a checkpoint and removes the segments and checkpoints that it makes unnecessary.
    ///
    /// # Errors
    /// The disk refuses; the journal is as good as before.
    pub fn checkpoint(&mut self, sequence: u64, payload: &[u8]) -> Result<()> {
        if sequence > self.accepted.sequence {
            let message = format!("record {sequence} is not in the journal yet");
            return Err(Error::new(ErrorKind::Internal, message));
        }
        self.sync()?;
        checkpoint::write(self.disk.as_ref(), sequence, payload)?;
        self.retire(sequence)
    }

    /// Removes what a durable checkpoint at `sequence` makes unnecessary.
    pub(super) fn retire(&mut self, sequence: u64) -> Result<()> {
        self.cut_if_needed()?;
        if self.has_records() && self.accepted.sequence <= sequence {
            self.rotate()?;
        }
        self.segments.retire(self.disk.as_ref(), sequence)
    }

    /// Begins a new segment behind the accepted records.
    fn rotate(&mut self) -> Result<()> {
        // The old segment is durable before the new one exists: a reader relies on that.
        self.sync()?;
        self.give_back();
        self.needs_rotation = true;
        let first = self.accepted.sequence + 1;
        let active = begin_segment(self.disk.as_ref(), first)?;
        self.active = active;
        let bytes = HEADER_BYTES as u64;
        self.segments.lock().push(SegmentInfo { first_sequence: first, bytes });
        self.accepted.bytes = bytes;
        self.reserved_bytes = 0;
        self.durable = self.accepted;
        self.needs_rotation = false;
        Ok(())
    }

    /// Cuts the zeros off that no record has taken the place of. They harm nobody.
    fn give_back(&mut self) {
        if self.reserved_bytes > self.accepted.bytes {
            // Best effort: a reader takes zeros for the end.
            let _ = self.active.truncate(self.accepted.bytes);
            self.reserved_bytes = 0;
        }
    }

    /// Whether the active segment holds any.
    const fn has_records(&self) -> bool {
        self.accepted.bytes > HEADER_BYTES as u64
    }

    fn cut_if_needed(&mut self) -> Result<()> {
        if !self.needs_cut {
            return Ok(());
        }
        let cut = self.active.truncate(self.accepted.bytes).and_then(|()| self.active.sync());
        cut.map_err(|error| cannot("take back a record that it could not write", &error))?;
        self.durable = self.accepted;
        self.reserved_bytes = 0;
        self.needs_cut = false;
        Ok(())
    }

    /// Cuts at once if that works; if not, before the next record.
    fn undo(&mut self, failure: Error) -> Error {
        match self.cut_if_needed() {
            Ok(()) => failure,
            Err(error) => failure.cause(format_args!("{error} (it refuses records until it can)")),
        }
    }
}

/// Makes a segment and its header durable.
pub(super) fn begin_segment(disk: &dyn Disk, first_sequence: u64) -> Result<Box<dyn DiskFile>> {
    let name = segment::file_name(first_sequence);
    let made = (|| {
        let mut file = disk.create(&name)?;
        write_all(file.as_mut(), &segment::encode_header(first_sequence), 0)?;
        file.sync()?;
        disk.sync_folder()?;
        Ok(file)
    })();
    made.map_err(|error| {
        // A half-made segment is in nobody's way: the next attempt makes it anew.
        let _ = disk.remove(&name);
        cannot("begin a segment", &error)
    })
}
