//! A journal file is read whatever is in it; no record is invented, and none is read back altered.
#![no_main]

use std::sync::Arc;

use brume_foundation::journal::simulated::SimulatedDisk;
use brume_foundation::journal::{Checkpoint, Disk as _, Log, Options, read_segment};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    arbitrary(bytes);
    damaged(bytes);
});

/// Bytes that never were a journal.
fn arbitrary(bytes: &[u8]) {
    let _ = Checkpoint::decode(bytes);
    let segment = read_segment(bytes);
    assert!(segment.valid_bytes <= bytes.len());
    let again = read_segment(&bytes[..segment.valid_bytes]);
    assert_eq!(again.frames, segment.frames, "the good part is good by itself");
}

/// A real journal in which the fuzzer changes bytes: pairs of a position and a mask.
fn damaged(bytes: &[u8]) {
    let disk = SimulatedDisk::new();
    let options = Options { repair: true, ..Options::default() };
    let records: Vec<&[u8]> = bytes.chunks(7).take(9).collect();
    {
        let (mut log, _) = Log::open(Arc::new(disk.clone()), options).expect("an empty disk");
        for record in &records {
            log.append(&[record]).expect("a disk without faults");
        }
        log.sync().expect("a disk without faults");
    }
    let name = disk.list().expect("a disk without faults").pop().expect("a segment");
    disk.damage(&name, |file| {
        for change in bytes.chunks_exact(3) {
            let position = usize::from(u16::from_le_bytes([change[0], change[1]])) % file.len();
            file[position] ^= change[2];
        }
    });
    // An error is an answer; a record that is returned is one that was written.
    if let Ok((_, recovered)) = Log::open(Arc::new(disk), options) {
        for record in recovered.records {
            let index = usize::try_from(record.sequence - 1).expect("a small number");
            assert_eq!(record.payload, records[index]);
        }
    }
}
