//! What a restart finds, and what it does about it.

use std::sync::Arc;

use super::checkpoint::{self, Checkpoint, TEMPORARY_SUFFIX};
use super::disk::{Disk, write_all};
use super::frame::Frame;
use super::log::{Extent, Log, begin_segment};
use super::problem::{cannot, damaged};
use super::segment::{self, End, HEADER_BYTES, read_segment};
use super::segments::{SegmentInfo, Segments};
use super::{Options, Record};
use crate::clock::Moment;
use crate::error::Result;

/// What a journal held when it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The newest checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// Every record behind it, in order.
    pub records: Vec<Record>,
    /// What had to be cut or moved aside, in one line each; for the log.
    pub warnings: Vec<String>,
}

/// Something that a journal holds, as it is read back: first the newest checkpoint, if there is
/// one, then every record behind it, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed<'a> {
    /// The state after a record.
    Checkpoint {
        /// Number of the last record that the state contains.
        sequence: u64,
        /// The state, in the engine's own form.
        payload: &'a [u8],
    },
    /// A record.
    Record {
        /// Its number.
        sequence: u64,
        /// What was written.
        payload: &'a [u8],
    },
}

/// What takes a journal's contents; an error of its own ends the reading.
pub type Replay<'a> = &'a mut dyn FnMut(Replayed<'_>) -> Result<()>;

impl Log {
    /// Opens the journal on `disk`, or begins one, and returns all that it holds.
    ///
    /// # Errors
    /// The disk refuses, or the journal is damaged and [`Options::repair`] is not set.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<(Self, Recovered)> {
        let mut recovered = Recovered::default();
        let (log, warnings) = Self::replay(disk, options, &mut |replayed| {
            match replayed {
                Replayed::Checkpoint { sequence, payload } => {
                    recovered.checkpoint = Some(Checkpoint { sequence, payload: payload.to_vec() });
                }
                Replayed::Record { sequence, payload } => {
                    recovered.records.push(Record { sequence, payload: payload.to_vec() });
                }
            }
            Ok(())
        })?;
        recovered.warnings = warnings;
        Ok((log, recovered))
    }

    /// Opens the journal on `disk`, or begins one, and gives what it holds to `replay` piece by
    /// piece; no more than a segment is in memory. Returns what had to be cut or moved aside as
    /// well, in one line each, for the log.
    ///
    /// # Errors
    /// As [`Log::open`], or what `replay` says. What was replayed so far is then worth nothing.
    pub fn replay(
        disk: Arc<dyn Disk>,
        options: Options,
        replay: Replay<'_>,
    ) -> Result<(Self, Vec<String>)> {
        let mut recovery = Recovery { disk, options, replay, base: 0, warnings: Vec::new() };
        let log = recovery.run()?;
        Ok((log, recovery.warnings))
    }
}

struct Recovery<'a> {
    disk: Arc<dyn Disk>,
    options: Options,
    replay: Replay<'a>,
    /// The last record that the checkpoint contains.
    base: u64,
    warnings: Vec<String>,
}

/// A segment that stays, with how far its good part reaches.
struct Kept {
    first_sequence: u64,
    extent: Extent,
    has_tail: bool,
}

impl Kept {
    const fn info(&self) -> SegmentInfo {
        SegmentInfo { first_sequence: self.first_sequence, bytes: self.extent.bytes }
    }
}

impl Recovery<'_> {
    fn run(&mut self) -> Result<Log> {
        let names = self.disk.list().map_err(|error| cannot("be listed", &error))?;
        for name in names.iter().filter(|name| name.ends_with(TEMPORARY_SUFFIX)) {
            self.disk.remove(name).map_err(|error| cannot("be cleaned", &error))?;
        }
        self.read_checkpoint(&names)?;
        let kept = self.read_segments(&names)?;
        self.open_last(kept)
    }

    fn read_checkpoint(&mut self, names: &[String]) -> Result<()> {
        let mut sequences =
            names.iter().filter_map(|name| checkpoint::parse_file_name(name)).collect::<Vec<_>>();
        sequences.sort_unstable();
        for sequence in sequences.into_iter().rev() {
            let name = checkpoint::file_name(sequence);
            let bytes = self.read(&name)?;
            let found = Checkpoint::decode(&bytes);
            if let Some(found) = found.filter(|found| found.sequence == sequence) {
                self.base = sequence;
                return (self.replay)(Replayed::Checkpoint { sequence, payload: &found.payload });
            }
            self.set_aside(&name, "its checksum is wrong")?;
        }
        Ok(())
    }

    fn read_segments(&mut self, names: &[String]) -> Result<Vec<Kept>> {
        let mut firsts =
            names.iter().filter_map(|name| segment::parse_file_name(name)).collect::<Vec<_>>();
        firsts.sort_unstable();
        let base = self.base;
        let mut kept: Vec<Kept> = Vec::new();
        for (index, &first) in firsts.iter().enumerate() {
            let name = segment::file_name(first);
            let bytes = self.read(&name)?;
            let found = read_segment(&bytes);
            let is_last = index + 1 == firsts.len();
            if is_last && found.first_sequence == 0 && found.end == End::Torn {
                // A crash while the segment was made: no record was in it.
                self.disk.remove(&name).map_err(|error| cannot("be cleaned", &error))?;
                break;
            }
            let expected = kept.last().map_or(base + 1, |last| last.extent.sequence + 1);
            // Records up to the checkpoint may be missing: they are in it.
            let follows = first == expected
                || (kept.is_empty() && first <= expected)
                || (expected <= base && first <= base + 1 && first > expected);
            let problem = if found.first_sequence != first {
                Some("its header is damaged".to_owned())
            } else if !follows {
                Some(format!("records {expected} to {} are missing", first.saturating_sub(1)))
            } else if found.end == End::Damaged || (!is_last && found.end != End::Clean) {
                Some(format!("record {} is damaged", found.next_sequence()))
            } else {
                None
            };
            let is_usable = found.first_sequence == first && follows;
            match &problem {
                Some(problem) if is_usable => {
                    self.keep_copy(&name, problem, &bytes)?;
                    self.write(&name, &bytes[..found.valid_bytes])?;
                }
                Some(problem) => self.set_aside(&name, problem)?,
                None => {}
            }
            if is_usable {
                for frame in found.frames.iter().filter(|frame| frame.sequence > base) {
                    let &Frame { sequence, payload, .. } = frame;
                    (self.replay)(Replayed::Record { sequence, payload })?;
                }
                kept.push(Kept {
                    first_sequence: first,
                    extent: Extent {
                        bytes: found.valid_bytes as u64,
                        sequence: found.next_sequence() - 1,
                    },
                    has_tail: problem.is_none() && found.end == End::Torn,
                });
            }
            if problem.is_some() {
                for &later in &firsts[index + 1..] {
                    self.set_aside(&segment::file_name(later), "it follows the damage")?;
                }
                break;
            }
        }
        Ok(kept)
    }

    /// Makes the last segment fit for appending, or begins one.
    fn open_last(&mut self, kept: Vec<Kept>) -> Result<Log> {
        let base = self.base;
        let mut segments = kept.iter().map(Kept::info).collect::<Vec<_>>();
        let last = kept.last().filter(|last| last.extent.sequence >= base);
        let (active, extent) = match last {
            Some(last) => {
                let name = segment::file_name(last.first_sequence);
                let failed = |error| cannot("be opened for writing", &error);
                let mut file = self.disk.open(&name).map_err(failed)?;
                if last.has_tail {
                    file.truncate(last.extent.bytes).map_err(failed)?;
                    let after = last.extent.sequence;
                    let warning = format!("cut a torn tail behind record {after}: a crash left it");
                    self.warnings.push(warning);
                }
                // What was only in the system's memory may have been seen by now, by us: it must
                // not vanish in a later crash.
                file.sync().map_err(failed)?;
                (file, last.extent)
            }
            None => {
                // The checkpoint is ahead of every segment: new records begin behind it.
                let first = base + 1;
                let file = begin_segment(self.disk.as_ref(), first)?;
                let bytes = HEADER_BYTES as u64;
                segments.push(SegmentInfo { first_sequence: first, bytes });
                (file, Extent { bytes, sequence: base })
            }
        };
        self.disk.sync_folder().map_err(|error| cannot("be opened for writing", &error))?;
        Ok(Log {
            disk: Arc::clone(&self.disk),
            options: self.options,
            segments: Arc::new(Segments::new(segments)),
            active,
            accepted: extent,
            durable: extent,
            reserved_bytes: 0,
            needs_cut: false,
            needs_rotation: false,
        })
    }

    fn read(&self, name: &str) -> Result<Vec<u8>> {
        self.disk.read(name).map_err(|error| cannot("be read", &error))
    }

    /// Renames a damaged file so that nobody reads it again, if that is allowed.
    fn set_aside(&mut self, name: &str, problem: &str) -> Result<()> {
        let aside = self.aside(name, problem)?;
        self.disk.rename(name, &aside).map_err(|error| cannot("move a file aside", &error))
    }

    /// Keeps the whole of a damaged file under another name: the good part stays where it is, so
    /// that a crash during the repair loses nothing.
    fn keep_copy(&mut self, name: &str, problem: &str, bytes: &[u8]) -> Result<()> {
        let aside = self.aside(name, problem)?;
        self.write(&aside, bytes)
    }

    fn aside(&mut self, name: &str, problem: &str) -> Result<String> {
        if !self.options.repair {
            return Err(damaged(&format!("{name}: {problem}")));
        }
        let aside = format!("corrupt-{}-{name}", Moment::system().unix_millis());
        self.warnings.push(format!("moved {name} aside as {aside}: {problem}"));
        Ok(aside)
    }

    /// Writes a file whole, in place of an older one.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let temporary = format!("{name}{TEMPORARY_SUFFIX}");
        let written = (|| {
            let mut file = self.disk.create(&temporary)?;
            write_all(file.as_mut(), bytes, 0)?;
            file.sync()?;
            self.disk.rename(&temporary, name)?;
            self.disk.sync_folder()
        })();
        written.map_err(|error| cannot("be repaired", &error))
    }
}
