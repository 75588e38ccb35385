//! Durable records: what was acknowledged is there again after a crash at any instant.
//!
//! Comes in: records as bytes. Goes out: their sequence numbers, once they are as durable as
//! [`Durability`] promises; and after a restart the newest checkpoint with every record behind it.
//! Never: a record acknowledged and lost, one invented, or one read back altered.
//!
//! On disk a journal is a folder of append-only segments (see [`segment`]) and checkpoints (see
//! [`checkpoint`]). A crash may leave a torn tail, which is cut at the next start with one warning.
//! Damage anywhere else is an error, and with [`Options::repair`] the damaged files are moved aside
//! and what precedes the damage is kept.
//!
//! Every frame carries the number of the newest record that was durable when it was written. That
//! is how a reader tells a torn tail from damage: what follows a broken frame proves whether that
//! frame had been acknowledged.
//!
//! - [`Log`] is the single writer: plain blocking calls on a [`Disk`].
//! - [`Journal`] shares a log between tasks and commits many of their records with one flush.
//!   A [`Ticket`] stands for a record on its way.
//!
//! An engine either writes its whole state as a checkpoint now and then, or appends what is alive
//! in the oldest segment once more ([`Journal::read_segment`]) and then gives that segment up.

mod batch;
pub mod checkpoint;
pub mod disk;
pub mod frame;
mod group;
mod log;
mod problem;
mod recovery;
pub mod segment;
mod segments;
pub mod simulated;
mod ticket;

#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoint;
pub use disk::{Disk, DiskFile, FolderDisk};
pub use group::Journal;
pub use log::Log;
pub use recovery::{Recovered, Replay, Replayed};
pub use segment::read_segment;
pub use segments::SegmentInfo;
pub use ticket::{Ticket, TicketState};

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The operating system has it: it survives the end of the process, not that of the machine.
    /// Damage cannot be told from a torn tail then, and is cut like one.
    None,
    /// It is on disk; records that arrive together share one flush.
    #[default]
    Group,
    /// It is on disk, with a flush of its own.
    Sync,
}

/// How a journal behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What an acknowledgement promises.
    pub durability: Durability,
    /// Bytes after which a new segment is begun. At least one record fits in any case.
    pub segment_bytes_max: u64,
    /// Bytes of the largest record; larger ones are refused.
    pub record_bytes_max: usize,
    /// Bytes of records that may wait for the disk; more are refused.
    pub queue_bytes_max: usize,
    /// Move damaged files aside and go on with what precedes the damage.
    pub repair: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            segment_bytes_max: 64 * 1024 * 1024,
            record_bytes_max: frame::PAYLOAD_BYTES_MAX,
            queue_bytes_max: 256 * 1024 * 1024,
            repair: false,
        }
    }
}

/// One record that was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number; the first one of a journal is 1.
    pub sequence: u64,
    /// What was written.
    pub payload: Vec<u8>,
}
