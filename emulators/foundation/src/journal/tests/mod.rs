//! The journal under test.

mod crash;
mod damage;
mod group;

use std::sync::Arc;

use super::simulated::{Faults, SimulatedDisk};
use super::*;
use crate::ErrorKind;

/// A record whose bytes follow from its number: any mix-up shows.
fn payload(sequence: u64) -> Vec<u8> {
    let length = usize::try_from(sequence * 37 % 200).expect("small");
    (0..length).map(|index| (sequence as usize * 31 + index) as u8).collect()
}

fn payloads(sequences: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    sequences.map(payload).collect()
}

fn small_segments() -> Options {
    Options { segment_bytes_max: 600, ..Options::default() }
}

fn open(disk: &SimulatedDisk, options: Options) -> (Log, Recovered) {
    Log::open(Arc::new(disk.clone()), options).expect("opens")
}

/// Checks that records are those that were written, without a gap, and returns the last number.
fn check(recovered: &Recovered) -> u64 {
    let base = recovered.checkpoint.as_ref().map_or(0, |found| {
        assert_eq!(found.payload, found.sequence.to_le_bytes());
        found.sequence
    });
    for (record, expected) in recovered.records.iter().zip(base + 1..) {
        assert_eq!(record.sequence, expected);
        assert_eq!(record.payload, payload(expected), "record {expected}");
    }
    base + recovered.records.len() as u64
}

#[test]
fn what_is_written_is_read() {
    let disk = SimulatedDisk::new();
    let (mut log, recovered) = open(&disk, small_segments());
    assert_eq!(recovered, Recovered::default());
    assert_eq!(log.append(&payloads(1..4)).expect("written"), 1..4);
    for sequence in 4..40 {
        log.append(&[payload(sequence)]).expect("written");
        log.sync().expect("flushed");
    }
    assert!(disk.list().expect("listed").len() > 3, "several segments");
    let (log, recovered) = open(&disk, small_segments());
    assert_eq!(check(&recovered), 39);
    assert_eq!(recovered.warnings, Vec::<String>::new());
    assert_eq!(log.last_sequence(), 39);
}

#[test]
fn a_checkpoint_takes_the_place_of_older_records() {
    let disk = SimulatedDisk::new();
    let (mut log, _) = open(&disk, small_segments());
    log.append(&payloads(1..30)).expect("written");
    log.checkpoint(29, &29_u64.to_le_bytes()).expect("written");
    log.append(&payloads(30..33)).expect("written");
    log.sync().expect("flushed");
    assert_eq!(
        disk.list().expect("listed"),
        ["checkpoint-00000000000000000029", "segment-00000000000000000030"]
    );
    let (mut log, recovered) = open(&disk, small_segments());
    assert_eq!(check(&recovered), 32);
    assert_eq!(recovered.records.len(), 3);
    log.checkpoint(31, &31_u64.to_le_bytes()).expect("written");
    let (_, recovered) = open(&disk, small_segments());
    assert_eq!(check(&recovered), 32);
    assert_eq!(recovered.records.len(), 1);
    let error = log.checkpoint(33, b"").expect_err("too early");
    assert_eq!(error.kind, ErrorKind::Internal);
}

#[test]
fn large_records_are_refused_and_others_are_not() {
    let options = Options { record_bytes_max: 100, segment_bytes_max: 50, ..Options::default() };
    let (mut log, _) = open(&SimulatedDisk::new(), options);
    assert_eq!(log.append(&[vec![0; 101]]).expect_err("too large").kind, ErrorKind::Usage);
    assert_eq!(log.append(&[vec![0; 100]]).expect("fits a segment of its own"), 1..2);
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let disk = SimulatedDisk::new();
    let (mut log, _) = open(&disk, Options::default());
    log.append(&payloads(1..3)).expect("written");
    log.sync().expect("flushed");
    disk.set_faults(Faults { capacity: Some(300), ..Faults::default() });
    let error = log.append(&[vec![0; 500]]).expect_err("full");
    assert!(error.hints[0].starts_with("df -h"), "{error:?}");
    let error = log.append(&[vec![0; 500]]).expect_err("still full");
    assert!(!error.hints.is_empty());
    disk.set_faults(Faults::default());
    assert_eq!(log.append(&[payload(3)]).expect("there is room"), 3..4);
    log.sync().expect("flushed");
    assert_eq!(check(&open(&disk, Options::default()).1), 3);
}

#[test]
fn a_disk_that_takes_a_byte_at_a_time_is_as_good() {
    let disk = SimulatedDisk::new();
    disk.set_faults(Faults { write_bytes_max: Some(1), ..Faults::default() });
    let (mut log, _) = open(&disk, small_segments());
    log.append(&payloads(1..20)).expect("written");
    assert_eq!(check(&open(&disk, small_segments()).1), 19);
}

#[test]
fn a_read_only_folder_is_a_clear_error() {
    let disk = SimulatedDisk::new();
    let errors = (1..10).map(|at| (at, std::io::ErrorKind::ReadOnlyFilesystem)).collect();
    disk.set_faults(Faults { errors, ..Faults::default() });
    let error = Log::open(Arc::new(disk), Options::default()).expect_err("read-only");
    assert!(error.hints[0].contains("--state DIR"), "{error:?}");
}

#[test]
fn a_real_folder_works_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk: Arc<dyn Disk> = Arc::new(FolderDisk::new(folder.path()));
    let (mut log, _) = Log::open(Arc::clone(&disk), small_segments()).expect("opens");
    log.append(&payloads(1..20)).expect("written");
    log.checkpoint(10, &10_u64.to_le_bytes()).expect("written");
    log.append(&payloads(20..25)).expect("written");
    log.sync().expect("flushed");
    drop(log);
    let (_, recovered) = Log::open(disk, small_segments()).expect("opens");
    assert_eq!(check(&recovered), 24);
}

#[test]
fn zeros_behind_the_records_are_no_record() {
    for disk in [SimulatedDisk::new(), SimulatedDisk::reserving()] {
        let (mut log, _) = open(&disk, Options::default());
        log.append(&payloads(1..20)).expect("written");
        log.sync().expect("flushed");
        let killed = disk.after_kill();
        drop(log);
        for disk in [killed, disk] {
            let (mut log, recovered) = open(&disk, Options::default());
            assert_eq!((check(&recovered), recovered.warnings), (19, Vec::new()));
            log.append(&payloads(20..25)).expect("written");
            log.sync().expect("flushed");
            assert_eq!(check(&open(&disk, Options::default()).1), 24);
        }
    }
}
