//! The machine stops, or the disk fails, at every single operation.

use std::io;

use super::*;
use crate::random::Random;

/// How the disks of many crashes are drawn at each step.
const DRAWS: u64 = 6;

/// Appends, flushes, rotates and checkpoints until the disk stops it; returns how many records
/// were acknowledged.
fn work(log: &mut Log, acknowledged: &mut u64) {
    for round in 0..12_u64 {
        let first = log.last_sequence() + 1;
        let batch = payloads(first..first + 1 + round % 4);
        if log.append(&batch).is_ok() && log.sync().is_ok() {
            *acknowledged = log.last_sequence();
        }
        if round % 5 == 4 {
            let sequence = acknowledged.saturating_sub(round % 2);
            // A checkpoint that fails changes nothing that was promised.
            let _ = log.checkpoint(sequence, &sequence.to_le_bytes());
        }
    }
}

/// The kinds of disks that there are.
fn disks() -> [fn() -> SimulatedDisk; 2] {
    [SimulatedDisk::new, SimulatedDisk::reserving]
}

fn operations_of_a_whole_run(disk: fn() -> SimulatedDisk) -> u64 {
    let disk = disk();
    let (mut log, _) = open(&disk, small_segments());
    disk.set_faults(Faults::default());
    let mut acknowledged = 0;
    work(&mut log, &mut acknowledged);
    assert!(acknowledged > 20);
    disk.operations()
}

#[test]
fn nothing_acknowledged_is_lost_wherever_the_machine_stops() {
    for disk in disks() {
        stop_everywhere(disk);
    }
}

fn stop_everywhere(new_disk: fn() -> SimulatedDisk) {
    for at in 1..=operations_of_a_whole_run(new_disk) {
        let disk = new_disk();
        let (mut log, _) = open(&disk, small_segments());
        disk.set_faults(Faults { crash_at: Some(at), ..Faults::default() });
        let mut acknowledged = 0;
        work(&mut log, &mut acknowledged);
        for draw in 0..DRAWS {
            let random = Random::seeded(at * 1_000 + draw);
            let after = disk.after_crash(&random);
            let (mut log, recovered) = open(&after, small_segments());
            let last = check(&recovered);
            assert!(last >= acknowledged, "step {at}, draw {draw}: {last} < {acknowledged}");
            // It goes on, and stops once more.
            let mut acknowledged = last;
            after.set_faults(Faults { crash_at: Some(1 + at % 40), ..Faults::default() });
            work(&mut log, &mut acknowledged);
            let (_, recovered) = open(&after.after_crash(&random), small_segments());
            assert!(check(&recovered) >= acknowledged, "step {at}, draw {draw}, second stop");
        }
        let (_, recovered) = open(&disk.after_kill(), small_segments());
        assert!(check(&recovered) >= acknowledged, "step {at}, killed");
    }
}

#[test]
fn nothing_acknowledged_is_lost_whatever_the_disk_refuses() {
    for disk in disks() {
        refuse_everywhere(disk);
    }
}

fn refuse_everywhere(new_disk: fn() -> SimulatedDisk) {
    let kinds = [io::ErrorKind::StorageFull, io::ErrorKind::Other];
    for at in 1..=operations_of_a_whole_run(new_disk) {
        for (kind, length) in kinds.into_iter().flat_map(|kind| [(kind, 1), (kind, 3), (kind, 7)]) {
            let disk = new_disk();
            let (mut log, _) = open(&disk, small_segments());
            let errors = (at..at + length).map(|at| (at, kind)).collect();
            disk.set_faults(Faults { errors, ..Faults::default() });
            let mut acknowledged = 0;
            work(&mut log, &mut acknowledged);
            let context = format!("step {at}, {length} times {kind}");
            // Once the disk is well again, everything is accepted, and what failed is gone.
            disk.set_faults(Faults::default());
            work(&mut log, &mut acknowledged);
            assert_eq!(log.last_sequence(), acknowledged, "{context}");
            let after = disk.after_crash(&Random::seeded(at));
            let (_, recovered) = open(&after, small_segments());
            assert_eq!(check(&recovered), acknowledged, "{context}");
        }
    }
}

#[test]
fn a_start_that_is_stopped_loses_nothing_either() {
    let disk = SimulatedDisk::new();
    let (mut log, _) = open(&disk, small_segments());
    let mut acknowledged = 0;
    disk.set_faults(Faults { crash_at: Some(60), ..Faults::default() });
    work(&mut log, &mut acknowledged);
    for draw in 0..40 {
        let random = Random::seeded(draw);
        let torn = disk.after_crash(&random);
        for at in 1..12 {
            let again = torn.after_crash(&random);
            again.set_faults(Faults { crash_at: Some(at), ..Faults::default() });
            let _ = Log::open(Arc::new(again.clone()), small_segments());
            let (_, recovered) = open(&again.after_crash(&random), small_segments());
            assert!(check(&recovered) >= acknowledged, "draw {draw}, step {at}");
        }
    }
}
