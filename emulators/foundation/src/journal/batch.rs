//! Records that wait to be written together, already in the form of the segment.
//!
//! A record is copied once, when it is appended; the writer fills in numbers and checksums, so
//! that whoever appends does not pay for them.

use super::frame::{self, HEADER_BYTES};

/// Frames whose headers hold the length of the payload only.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    count: u64,
    largest: usize,
}

impl Batch {
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Bytes of the largest payload.
    pub(super) const fn largest(&self) -> usize {
        self.largest
    }

    /// Adds the record that `write` appends to the buffer, if it is not larger than `bytes_max`;
    /// returns its length in any case.
    pub(super) fn push(&mut self, bytes_max: usize, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        let start = self.bytes.len();
        self.bytes.resize(start + HEADER_BYTES, 0);
        write(&mut self.bytes);
        let payload_bytes = self.bytes.len().saturating_sub(start + HEADER_BYTES);
        if payload_bytes > bytes_max {
            self.bytes.truncate(start);
            return payload_bytes;
        }
        // Larger ones are refused by the limit, which is far below 4 GiB.
        let length = u32::try_from(payload_bytes).unwrap_or(u32::MAX).to_le_bytes();
        self.bytes[start..start + 4].copy_from_slice(&length);
        self.largest = self.largest.max(payload_bytes);
        self.count += 1;
        payload_bytes
    }

    /// Numbers the frames from `first` on and completes their headers.
    pub(super) fn seal(&mut self, first: u64, durable: u64) -> &[u8] {
        let mut rest = &mut self.bytes[..];
        let mut sequence = first;
        while let Some(length) = frame::u32_at(rest, 0) {
            let bytes = HEADER_BYTES + usize::try_from(length).unwrap_or(usize::MAX);
            let Some((one, others)) = rest.split_at_mut_checked(bytes) else { break };
            frame::complete(one, sequence, durable);
            rest = others;
            sequence += 1;
        }
        &self.bytes
    }

    /// Forgets the records and keeps the buffer.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
        self.largest = 0;
    }
}
