//! Checkpoints: the whole state after a record, so that older segments may go.
//!
//! A file is 32 bytes of header (magic, sequence number, length, CRC32C of both numbers and the
//! payload, zeros) and the payload. It is written under another name, flushed and renamed: one that
//! has its proper name is whole, or was damaged later.

use super::disk::{Disk, write_all};
use super::frame::{checksum, u64_at};
use super::problem::cannot;
use crate::error::Result;

const MAGIC: &[u8; 8] = b"BRUMEC1\n";
const HEADER_BYTES: usize = 32;
const PREFIX: &str = "checkpoint-";

/// Ending of files that are not whole yet.
pub(super) const TEMPORARY_SUFFIX: &str = ".tmp";

/// A state, and the last record that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number of the last record that the state contains.
    pub sequence: u64,
    /// The state, in the engine's own form.
    pub payload: Vec<u8>,
}

impl Checkpoint {
    /// Reads a checkpoint from the bytes of its file, whatever they are; `None` when it is damaged.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (header, payload) = bytes.split_at_checked(HEADER_BYTES)?;
        let sequence = u64_at(header, 8)?;
        // The header that belongs to these contents is the only one that they can have.
        let is_whole = header == encode_header(sequence, payload);
        is_whole.then(|| Self { sequence, payload: payload.to_vec() })
    }
}

fn encode_header(sequence: u64, payload: &[u8]) -> [u8; HEADER_BYTES] {
    let sequence = sequence.to_le_bytes();
    let length = (payload.len() as u64).to_le_bytes();
    let checksum = checksum(&[&sequence, &length, payload]);
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&sequence);
    header[16..24].copy_from_slice(&length);
    header[24..28].copy_from_slice(&checksum.to_le_bytes());
    header
}

/// Writes a checkpoint: it is there, whole and durable, or the one before still is.
///
/// # Errors
/// The disk refuses.
pub(super) fn write(disk: &dyn Disk, sequence: u64, payload: &[u8]) -> Result<()> {
    let name = file_name(sequence);
    let temporary = format!("{name}{TEMPORARY_SUFFIX}");
    let written = (|| {
        let mut file = disk.create(&temporary)?;
        write_all(file.as_mut(), &encode_header(sequence, payload), 0)?;
        write_all(file.as_mut(), payload, HEADER_BYTES as u64)?;
        file.sync()?;
        disk.rename(&temporary, &name)?;
        disk.sync_folder()
    })();
    written.map_err(|error| {
        // Best effort: the next start removes it in any case.
        let _ = disk.remove(&temporary);
        cannot("write a checkpoint", &error)
    })
}

pub(super) fn file_name(sequence: u64) -> String {
    format!("{PREFIX}{sequence:020}")
}

pub(super) fn parse_file_name(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(PREFIX)?;
    let is_number = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}
