//! Segments: a header, then frames with consecutive sequence numbers.
//!
//! The header has 24 bytes: magic, sequence number of the first record, CRC32C of both, zeros. It
//! is flushed to disk before the first frame is written, and a segment is flushed before the next
//! one is made. A file may end with zeros, which the writer reserves ahead. So frames behind a bad
//! header, and anything else that is wrong in a segment that is not the last one, are damage and
//! never the work of a crash.

use super::frame::{self, Candidate, Frame};

/// Bytes of the header.
pub const HEADER_BYTES: usize = 24;

const MAGIC: &[u8; 8] = b"BRUMEJ1\n";

/// Bytes that may be checksummed in the search behind a broken frame. Arbitrary bytes could
/// otherwise cost the square of their length.
const SEARCH_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What a segment holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Number of the first record; 0 when the header is bad.
    pub first_sequence: u64,
    /// The frames up to the first broken one.
    pub frames: Vec<Frame<'a>>,
    /// Bytes of the header and those frames.
    pub valid_bytes: usize,
    /// What comes after them.
    pub end: End,
}

/// What comes after the last good frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing, or zeros that were reserved for records.
    Clean,
    /// Bytes that were never acknowledged: what a crash in the middle of a write leaves.
    Torn,
    /// A broken frame that had been acknowledged, or cannot be shown not to have been.
    Damaged,
}

impl Segment<'_> {
    /// The number that the next record would have.
    #[must_use]
    pub const fn next_sequence(&self) -> u64 {
        self.first_sequence.saturating_add(self.frames.len() as u64)
    }
}

/// Reads a segment from its bytes, whatever they are.
///
/// Takes time proportional to the length; never panics; allocates only for the list of frames.
#[must_use]
pub fn read_segment(bytes: &[u8]) -> Segment<'_> {
    let Some(first_sequence) = decode_header(bytes) else {
        let end = if bytes.len() <= HEADER_BYTES { End::Torn } else { End::Damaged };
        return Segment { first_sequence: 0, frames: Vec::new(), valid_bytes: 0, end };
    };
    let mut frames = Vec::new();
    let mut valid_bytes = HEADER_BYTES;
    let mut expected = first_sequence;
    loop {
        let rest = bytes.get(valid_bytes..).unwrap_or_default();
        if rest.is_empty() {
            return Segment { first_sequence, frames, valid_bytes, end: End::Clean };
        }
        match Frame::decode(rest) {
            Some(found) if found.sequence == expected => {
                valid_bytes += found.encoded_bytes();
                frames.push(found);
                expected = expected.saturating_add(1);
            }
            _ => {
                let end = match () {
                    () if is_zero(rest) => End::Clean,
                    () if was_acknowledged(rest, expected) => End::Damaged,
                    () => End::Torn,
                };
                return Segment { first_sequence, frames, valid_bytes, end };
            }
        }
    }
}

/// Whether bytes are what a disk reserves; no frame is.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

/// Whether a good frame in `bytes` says that the record `sequence` was durable before it.
fn was_acknowledged(bytes: &[u8], sequence: u64) -> bool {
    let mut searched = 0_usize;
    for at in 0..bytes.len().saturating_sub(frame::HEADER_BYTES - 1) {
        let rest = &bytes[at..];
        let Some(candidate) = Candidate::read(rest) else { continue };
        if candidate.sequence <= sequence || candidate.durable < sequence {
            continue;
        }
        searched = searched.saturating_add(candidate.payload_bytes);
        if searched > SEARCH_BYTES_MAX || candidate.verify(rest).is_some() {
            return true;
        }
    }
    false
}

/// Makes the header of a segment.
#[must_use]
pub(super) fn encode_header(first_sequence: u64) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&first_sequence.to_le_bytes());
    let checksum = crc32c::crc32c(&header[..16]);
    header[16..20].copy_from_slice(&checksum.to_le_bytes());
    header
}

fn decode_header(bytes: &[u8]) -> Option<u64> {
    let first_sequence = frame::u64_at(bytes, 8)?;
    let is_ours = bytes.get(..HEADER_BYTES)? == encode_header(first_sequence);
    (is_ours && first_sequence > 0).then_some(first_sequence)
}

/// The file of the segment that begins with a record.
#[must_use]
pub(super) fn file_name(first_sequence: u64) -> String {
    format!("segment-{first_sequence:020}")
}

/// The first record of a segment, by the name of its file.
#[must_use]
pub(super) fn parse_file_name(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("segment-")?;
    let is_number = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}
