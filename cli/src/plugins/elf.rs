//! Looks at a library's headers before the dynamic linker does.
//!
//! The linker maps what the headers promise without asking how long the file is: a truncated
//! library would end the process with SIGBUS. Here it becomes an error.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Problem;

const FILE_HEADER_BYTES: usize = 64;
const PROGRAM_HEADER_BYTES: usize = 56;
const PROGRAM_HEADERS_MAX: usize = 256;
const TYPE_SHARED: u16 = 3;
const SEGMENT_LOAD: u32 = 1;

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = 62;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = 183;

/// Checks that the file is a 64-bit shared object for this machine, and complete.
///
/// # Errors
/// [`Problem::Broken`] with the reason.
pub fn check(path: &Path) -> Result<(), Problem> {
    let broken = |error: std::io::Error| Problem::Broken(error.to_string());
    let mut file = File::open(path).map_err(broken)?;
    let length = file.metadata().map_err(broken)?.len();
    // Every linker puts the program headers right behind the file header.
    let mut head = vec![0; FILE_HEADER_BYTES + PROGRAM_HEADERS_MAX * PROGRAM_HEADER_BYTES];
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..]).map_err(broken)? {
            0 => break,
            count => filled += count,
        }
    }
    head.truncate(filled);
    check_bytes(&head, length).map_err(Problem::Broken)
}

/// Checks the beginning of a file that is `length` bytes long.
fn check_bytes(head: &[u8], length: u64) -> Result<(), String> {
    if head.len() < FILE_HEADER_BYTES || !head.starts_with(b"\x7fELF") {
        return Err("it is not a shared library (ELF)".to_owned());
    }
    let truncated = |needed: u64| format!("it is truncated: {length} of at least {needed} bytes");
    if (head[4], head[5]) != (2, 1) || number16(head, 16) != TYPE_SHARED {
        return Err("it is not a 64-bit shared library".to_owned());
    }
    if number16(head, 18) != MACHINE {
        return Err("it was built for another kind of processor".to_owned());
    }
    let table = usize::try_from(number64(head, 32)).unwrap_or(usize::MAX);
    let size = usize::from(number16(head, 54));
    let count = usize::from(number16(head, 56));
    if size != PROGRAM_HEADER_BYTES || count > PROGRAM_HEADERS_MAX {
        return Err("its program headers make no sense".to_owned());
    }
    for index in 0..count {
        let start = table.saturating_add(index * size);
        let Some(header) = head.get(start..start.saturating_add(size)) else {
            return Err(truncated(start.saturating_add(size) as u64));
        };
        let end = number64(header, 8).saturating_add(number64(header, 32));
        if number32(header, 0) == SEGMENT_LOAD && end > length {
            return Err(truncated(end));
        }
    }
    Ok(())
}

fn number16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn number32(bytes: &[u8], at: usize) -> u32 {
    u32::from(number16(bytes, at)) | u32::from(number16(bytes, at + 2)) << 16
}

fn number64(bytes: &[u8], at: usize) -> u64 {
    u64::from(number32(bytes, at)) | u64::from(number32(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library with one segment that ends at byte 1000.
    fn sample() -> Vec<u8> {
        let mut bytes = vec![0; FILE_HEADER_BYTES + PROGRAM_HEADER_BYTES];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[16..18].copy_from_slice(&TYPE_SHARED.to_le_bytes());
        bytes[18..20].copy_from_slice(&MACHINE.to_le_bytes());
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64] = 1;
        bytes[64 + 8..64 + 10].copy_from_slice(&900u16.to_le_bytes());
        bytes[64 + 32] = 100;
        bytes
    }

    #[test]
    fn complete_or_truncated() {
        assert_eq!(check_bytes(&sample(), 1000), Ok(()));
        let error = check_bytes(&sample(), 999).unwrap_err();
        assert_eq!(error, "it is truncated: 999 of at least 1000 bytes");
        for length in 0..sample().len() {
            assert!(check_bytes(&sample()[..length], length as u64).is_err(), "{length}");
        }
    }

    #[test]
    fn hostile_headers_do_not_panic() {
        for at in 0..sample().len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bytes = sample();
                bytes[at] = value;
                let _ = check_bytes(&bytes, 1000);
            }
        }
        let mut bytes = sample();
        bytes[18] = 3;
        assert_eq!(
            check_bytes(&bytes, 1000).unwrap_err(),
            "it was built for another kind of processor"
        );
    }
}
