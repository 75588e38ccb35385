//! Member headers of the ustar form (POSIX.1-1988): 512 bytes, numbers in octal text.

/// Bytes of a header, and the unit that member contents are padded to.
pub(super) const BLOCK_BYTES: usize = 512;

/// Longest member name; the form's `prefix` field is not used.
pub(super) const NAME_BYTES_MAX: usize = 100;

/// Largest member: eleven octal digits.
pub(super) const MEMBER_BYTES_MAX: u64 = (1 << 33) - 1;

const CHECKSUM: std::ops::Range<usize> = 148..156;

/// What a header says, as far as a snapshot needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) bytes: u64,
}

impl Header {
    /// Writes the header of a regular file, mode 0600, without owner and time: equal contents give
    /// equal archives.
    pub(super) fn encode(&self) -> [u8; BLOCK_BYTES] {
        let mut block = [0; BLOCK_BYTES];
        put(&mut block, 0, self.name.as_bytes());
        put(&mut block, 100, b"0000600\0");
        put(&mut block, 108, b"0000000\0");
        put(&mut block, 116, b"0000000\0");
        put(&mut block, 124, format!("{:011o}\0", self.bytes).as_bytes());
        put(&mut block, 136, b"00000000000\0");
        put(&mut block, 156, b"0");
        put(&mut block, 257, b"ustar\0");
        put(&mut block, 263, b"00");
        let sum = checksum(&block);
        put(&mut block, CHECKSUM.start, format!("{sum:06o}\0 ").as_bytes());
        block
    }

    /// Reads a header that [`Header::encode`] could have written; `None` for any other.
    pub(super) fn decode(block: &[u8; BLOCK_BYTES]) -> Option<Self> {
        let name_end = block.iter().position(|&byte| byte == 0)?.min(NAME_BYTES_MAX);
        let name = std::str::from_utf8(&block[..name_end]).ok()?.to_owned();
        let digits = std::str::from_utf8(&block[124..135]).ok()?;
        let bytes = u64::from_str_radix(digits, 8).ok()?;
        let header = Self { name, bytes };
        // Comparing with what we would have written refuses every other type and field at once.
        (header.encode() == *block).then_some(header)
    }
}

/// Zero bytes after a member of the given length.
pub(super) const fn padding(bytes: u64) -> usize {
    let rest = (bytes % BLOCK_BYTES as u64) as usize;
    if rest == 0 { 0 } else { BLOCK_BYTES - rest }
}

fn put(block: &mut [u8; BLOCK_BYTES], at: usize, bytes: &[u8]) {
    block[at..at + bytes.len()].copy_from_slice(bytes);
}

/// The sum of all bytes, the checksum field itself counted as spaces.
fn checksum(block: &[u8; BLOCK_BYTES]) -> u32 {
    let sum = |part: &[u8]| part.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    sum(&block[..CHECKSUM.start]) + 8 * u32::from(b' ') + sum(&block[CHECKSUM.end..])
}
