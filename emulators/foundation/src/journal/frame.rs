//! The frame around one record: length, checksum, two sequence numbers, payload.
//!
//! | bytes | contents, little-endian |
//! |---|---|
//! | 0..4 | length of the payload |
//! | 4..8 | CRC32C of everything else in the frame |
//! | 8..16 | sequence number of this record |
//! | 16..24 | newest sequence number that was durable when this frame was written |
//! | 24.. | payload |

/// Bytes before the payload.
pub const HEADER_BYTES: usize = 24;

/// The largest payload that a reader accepts.
pub const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A frame as it lies in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Number of the record.
    pub sequence: u64,
    /// Newest record that was durable when this one was written; below `sequence`.
    pub durable: u64,
    /// The record.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Bytes of the whole frame.
    #[must_use]
    pub const fn encoded_bytes(&self) -> usize {
        HEADER_BYTES + self.payload.len()
    }

    /// Appends the frame to `output`. The payload must not exceed [`PAYLOAD_BYTES_MAX`].
    pub fn encode(&self, output: &mut Vec<u8>) {
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX).to_le_bytes();
        let sequence = self.sequence.to_le_bytes();
        let durable = self.durable.to_le_bytes();
        let checksum = checksum(&[&length, &sequence, &durable, self.payload]);
        output.reserve(self.encoded_bytes());
        output.extend_from_slice(&length);
        output.extend_from_slice(&checksum.to_le_bytes());
        output.extend_from_slice(&sequence);
        output.extend_from_slice(&durable);
        output.extend_from_slice(self.payload);
    }

    /// Reads the frame at the beginning of `bytes`; `None` when there is no whole and valid one.
    #[must_use]
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let candidate = Candidate::read(bytes)?;
        candidate.verify(bytes)
    }
}

/// Completes the header of a frame whose length and payload are there.
pub(super) fn complete(frame: &mut [u8], sequence: u64, durable: u64) {
    let Some((header, payload)) = frame.split_at_mut_checked(HEADER_BYTES) else { return };
    header[8..16].copy_from_slice(&sequence.to_le_bytes());
    header[16..24].copy_from_slice(&durable.to_le_bytes());
    let checksum = checksum(&[&header[..4], &header[8..], payload]);
    header[4..8].copy_from_slice(&checksum.to_le_bytes());
}

/// The header of what may be a frame: cheap to read, not verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) sequence: u64,
    pub(super) durable: u64,
    pub(super) payload_bytes: usize,
    checksum: u32,
}

impl Candidate {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let payload_bytes = usize::try_from(u32_at(bytes, 0)?).ok()?;
        let candidate = Self {
            sequence: u64_at(bytes, 8)?,
            durable: u64_at(bytes, 16)?,
            payload_bytes,
            checksum: u32_at(bytes, 4)?,
        };
        let fits = payload_bytes <= PAYLOAD_BYTES_MAX
            && bytes.len() - HEADER_BYTES >= payload_bytes
            && candidate.durable < candidate.sequence;
        fits.then_some(candidate)
    }

    pub(super) fn verify(self, bytes: &[u8]) -> Option<Frame<'_>> {
        let payload = bytes.get(HEADER_BYTES..HEADER_BYTES + self.payload_bytes)?;
        let found = checksum(&[bytes.get(..4)?, bytes.get(8..HEADER_BYTES)?, payload]);
        let Self { sequence, durable, .. } = self;
        (found == self.checksum).then_some(Frame { sequence, durable, payload })
    }
}

pub(super) fn checksum(parts: &[&[u8]]) -> u32 {
    parts.iter().fold(0, |checksum, part| crc32c::crc32c_append(checksum, part))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
