//! Files that were cut, flipped or replaced by rubbish.

use proptest::prelude::*;

use super::super::segment::{End, HEADER_BYTES, Segment};
use super::*;

const FILE: &str = "segment-00000000000000000001";

/// One segment of many flushed batches, as bytes, with the end of each record.
fn segment() -> (Vec<u8>, Vec<usize>) {
    let disk = SimulatedDisk::new();
    let (mut log, _) = open(&disk, Options::default());
    let mut ends = vec![HEADER_BYTES];
    for round in 0..20 {
        let first = log.last_sequence() + 1;
        let batch = payloads(first..first + 1 + round % 3);
        log.append(&batch).expect("written");
        log.sync().expect("flushed");
        for payload in batch {
            let end = ends.last().expect("not empty") + frame::HEADER_BYTES + payload.len();
            ends.push(end);
        }
    }
    let bytes = disk.read(FILE).expect("there");
    assert_eq!(ends.last(), Some(&bytes.len()));
    (bytes, ends)
}

/// How many records end at or before an offset.
fn whole_before(ends: &[usize], offset: usize) -> usize {
    ends.iter().skip(1).filter(|&&end| end <= offset).count()
}

fn check_frames(found: &Segment<'_>) {
    for (frame, expected) in found.frames.iter().zip(1..) {
        assert_eq!(frame.sequence, expected);
        assert_eq!(frame.payload, payload(expected));
    }
}

fn disk_with(bytes: &[u8]) -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    disk.create(FILE).expect("made");
    disk.damage(FILE, |contents| *contents = bytes.to_vec());
    disk
}

#[test]
fn every_cut_keeps_what_precedes_it() {
    let (bytes, ends) = segment();
    for length in 0..bytes.len() {
        let disk = disk_with(&bytes[..length]);
        let (_, recovered) = open(&disk, Options::default());
        assert_eq!(check(&recovered) as usize, whole_before(&ends, length), "{length}");
        let is_clean = length < HEADER_BYTES || ends.contains(&length);
        assert_eq!(recovered.warnings.is_empty(), is_clean, "{length}");
        // The tail is gone: the next start has nothing to say.
        assert_eq!(open(&disk, Options::default()).1.warnings, Vec::<String>::new());
    }
}

#[test]
fn damage_in_the_middle_is_an_error_and_a_repair_keeps_what_precedes_it() {
    let (mut bytes, ends) = segment();
    let record = 10;
    bytes[ends[record] + 3] ^= 1;
    let disk = disk_with(&bytes);
    let error = Log::open(Arc::new(disk.clone()), Options::default()).expect_err("damaged");
    assert!(error.message.contains("record 11 is damaged"), "{error}");
    assert!(error.hints[0].starts_with("brume up --repair"));
    let repair = Options { repair: true, ..Options::default() };
    let (mut log, recovered) = open(&disk, repair);
    assert_eq!(check(&recovered) as usize, record);
    assert_eq!(recovered.warnings.len(), 1);
    let names = disk.list().expect("listed");
    assert!(names.iter().any(|name| name.starts_with("corrupt-") && name.ends_with(FILE)));
    log.append(&[payload(11)]).expect("goes on");
    log.sync().expect("flushed");
    assert_eq!(check(&open(&disk, Options::default()).1), 11);
}

#[test]
fn a_missing_segment_is_an_error() {
    let disk = SimulatedDisk::new();
    let (mut log, _) = open(&disk, small_segments());
    for sequence in 1..40 {
        log.append(&[payload(sequence)]).expect("written");
        log.sync().expect("flushed");
    }
    let second = disk.list().expect("listed")[1].clone();
    disk.remove(&second).expect("removed");
    let error = Log::open(Arc::new(disk.clone()), small_segments()).expect_err("missing");
    assert!(error.message.contains("are missing"), "{error}");
    let repair = Options { repair: true, ..small_segments() };
    let (_, recovered) = open(&disk, repair);
    assert!(check(&recovered) > 0);
}

#[test]
fn a_damaged_checkpoint_is_an_error() {
    let disk = SimulatedDisk::new();
    let (mut log, _) = open(&disk, small_segments());
    log.append(&payloads(1..10)).expect("written");
    log.checkpoint(9, &9_u64.to_le_bytes()).expect("written");
    disk.damage("checkpoint-00000000000000000009", |bytes| bytes[34] ^= 4);
    let error = Log::open(Arc::new(disk.clone()), small_segments()).expect_err("damaged");
    assert!(error.message.contains("checkpoint"), "{error}");
}

#[test]
fn a_frame_behind_a_hole_does_not_prove_an_acknowledgement() {
    // Sectors of one unflushed batch reach the disk in any order: a hole before a good frame.
    let disk = SimulatedDisk::new();
    let (mut log, _) = open(&disk, Options::default());
    log.append(&payloads(1..4)).expect("written");
    log.sync().expect("flushed");
    let flushed = disk.read(FILE).expect("there").len();
    log.append(&payloads(4..9)).expect("written");
    let mut bytes = disk.read(FILE).expect("there");
    bytes[flushed..flushed + 30].fill(0);
    let found = read_segment(&bytes);
    assert_eq!((found.frames.len(), found.end), (3, End::Torn));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Every record before a flipped bit is read, and none behind it is read wrong.
    #[test]
    fn a_flipped_bit_keeps_what_precedes_it(position in 0.0_f64..1.0, bit in 0_u8..8) {
        let (mut bytes, ends) = segment();
        let index = (position * bytes.len() as f64) as usize;
        bytes[index] ^= 1 << bit;
        let found = read_segment(&bytes);
        check_frames(&found);
        let expected = if index < HEADER_BYTES { 0 } else { whole_before(&ends, index) };
        prop_assert_eq!(found.frames.len(), expected);
        // Only the last batch can be taken for a torn tail: nothing proves that it was flushed.
        let is_last_batch = index >= ends[ends.len() - 4];
        prop_assert!(found.end == End::Damaged || is_last_batch);
        let repair = Options { repair: true, ..Options::default() };
        let (_, recovered) = open(&disk_with(&bytes), repair);
        prop_assert_eq!(recovered.records.len(), expected);
    }

    /// Cut and flipped at once.
    #[test]
    fn cuts_and_flips_together(
        cut in 0.0_f64..1.0,
        flips in prop::collection::vec((0.0_f64..1.0, 0_u8..8), 0..4),
    ) {
        let (mut bytes, ends) = segment();
        bytes.truncate((cut * bytes.len() as f64) as usize);
        let mut first_flip = bytes.len();
        for (position, bit) in flips.into_iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
            let index = (position * bytes.len() as f64) as usize;
            bytes[index] ^= 1 << bit;
            first_flip = first_flip.min(index);
        }
        let found = read_segment(&bytes);
        check_frames(&found);
        if first_flip >= HEADER_BYTES {
            prop_assert!(found.frames.len() >= whole_before(&ends, first_flip));
        }
    }

    /// Arbitrary bytes are read without a panic, and so they are behind a good beginning.
    #[test]
    fn rubbish_does_no_harm(rubbish in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let found = read_segment(&rubbish);
        prop_assert!(found.frames.is_empty());
        let (mut bytes, ends) = segment();
        bytes.extend(&rubbish);
        let found = read_segment(&bytes);
        check_frames(&found);
        prop_assert_eq!(found.frames.len(), ends.len() - 1);
        prop_assert!(Checkpoint::decode(&rubbish).is_none());
    }
}
