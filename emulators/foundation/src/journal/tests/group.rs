//! Many tasks on one journal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::*;

fn journal(disk: &SimulatedDisk, options: Options) -> (Journal, Recovered) {
    Journal::open(Arc::new(disk.clone()), options).expect("opens")
}

#[test]
fn the_order_of_calls_is_the_order_of_records() {
    for durability in [Durability::None, Durability::Group, Durability::Sync] {
        let disk = SimulatedDisk::new();
        let options = Options { durability, ..small_segments() };
        let (journal, _) = journal(&disk, options);
        let tickets = (1..200).map(|sequence| journal.append(payload(sequence)));
        for (ticket, expected) in tickets.collect::<Vec<_>>().into_iter().zip(1..) {
            assert_eq!(ticket.wait().expect("acknowledged"), expected);
        }
        drop(journal);
        assert_eq!(check(&open(&disk, options).1), 199);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_share_flushes() {
    let disk = SimulatedDisk::new();
    let (journal, _) = journal(&disk, Options::default());
    let journal = Arc::new(journal);
    disk.set_faults(Faults::default());
    let tasks = (0..50).map(|_| {
        let journal = Arc::clone(&journal);
        tokio::spawn(async move {
            for _ in 0..20 {
                journal.append(&b"record"[..]).await.expect("acknowledged");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("not cancelled");
    }
    // Without sharing there would be a write and a flush for each record.
    assert!(disk.operations() < 1_500, "{}", disk.operations());
    assert_eq!(open(&disk, Options::default()).1.records.len(), 1_000);
}

#[test]
fn a_checkpoint_goes_beside_appends() {
    let disk = SimulatedDisk::new();
    let (journal, _) = journal(&disk, small_segments());
    let last = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for sequence in 1..300 {
                let ticket = journal.append(payload(sequence));
                last.store(ticket.wait().expect("acknowledged"), Ordering::SeqCst);
            }
        });
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(2));
            let sequence = last.load(Ordering::SeqCst);
            journal.checkpoint(sequence, &sequence.to_le_bytes()).expect("written");
        }
    });
    assert!(journal.checkpoint(300, b"").is_err(), "not acknowledged yet");
    drop(journal);
    assert_eq!(check(&open(&disk, small_segments()).1), 299);
}

#[test]
fn a_failed_record_fails_those_behind_it() {
    let disk = SimulatedDisk::new();
    let (journal, _) = journal(&disk, Options::default());
    journal.append(payload(1)).wait().expect("acknowledged");
    disk.set_faults(Faults { capacity: Some(100), ..Faults::default() });
    let large = journal.append(vec![0; 1_000]);
    assert!(large.wait().expect_err("full").hints[0].starts_with("df -h"));
    disk.set_faults(Faults::default());
    assert_eq!(journal.append(payload(2)).wait().expect("acknowledged"), 2);
    drop(journal);
    assert_eq!(check(&open(&disk, Options::default()).1), 2);
}

#[test]
fn a_queue_that_is_too_long_refuses() {
    let options = Options { queue_bytes_max: 10, ..Options::default() };
    let (journal, _) = journal(&SimulatedDisk::new(), options);
    assert!(journal.append(vec![0; 11]).wait().is_err());
    assert_eq!(journal.append(vec![0; 10]).wait().expect("acknowledged"), 1);
}

#[test]
fn a_record_that_is_too_large_harms_no_other() {
    let options = Options { record_bytes_max: 10, ..Options::default() };
    let (journal, _) = journal(&SimulatedDisk::new(), options);
    let before = journal.append(payload(1));
    assert_eq!(journal.append(vec![0; 11]).wait().expect_err("large").kind, ErrorKind::Usage);
    let behind = journal.append(vec![0; 10]);
    assert!(before.wait().is_err(), "payload 1 has 37 bytes");
    assert_eq!(behind.wait().expect("acknowledged"), 1);
}

#[test]
fn a_barrier_waits_for_what_is_before_it() {
    let (journal, _) = journal(&SimulatedDisk::new(), Options::default());
    assert!(journal.barrier().is_durable(), "nothing is on its way");
    let ticket = journal.append(payload(1));
    let clone = ticket.clone();
    assert_eq!(journal.barrier().wait().expect("acknowledged"), 1);
    assert!(clone.is_durable());
    assert_eq!(ticket.wait().expect("acknowledged"), 1);
    assert_eq!(journal.acknowledged(), 1);
}

#[test]
fn a_ticket_of_before_a_failure_keeps_its_verdict() {
    let disk = SimulatedDisk::new();
    let (journal, _) = journal(&disk, Options::default());
    let good = journal.append(payload(1));
    good.clone().wait().expect("acknowledged");
    disk.set_faults(Faults { capacity: Some(100), ..Faults::default() });
    let bad = journal.append(vec![0; 1_000]);
    assert!(bad.clone().wait().is_err());
    disk.set_faults(Faults::default());
    // The next record gets the number of the one that failed.
    let next = journal.append(payload(2));
    assert_eq!((bad.sequence(), next.clone().wait().expect("acknowledged")), (2, 2));
    assert!(good.is_durable() && next.is_durable() && !bad.is_durable());
    assert!(matches!(bad.state(), TicketState::Failed(_)));
}

#[test]
fn old_segments_are_read_and_given_up() {
    let disk = SimulatedDisk::new();
    let (journal, _) = journal(&disk, small_segments());
    for sequence in 1..60 {
        journal.append(payload(sequence)).wait().expect("acknowledged");
    }
    let segments = journal.segments();
    let [first, second, .., last] = segments[..] else { panic!("{segments:?}") };
    let bytes = journal.read_segment(first.first_sequence).expect("readable");
    assert_eq!(bytes.len() as u64, first.bytes);
    let found = read_segment(&bytes);
    assert_eq!(found.next_sequence(), second.first_sequence);
    assert!(found.frames.iter().all(|frame| frame.payload == payload(frame.sequence)));
    let kept = last.first_sequence - 1;
    journal.checkpoint(kept, &kept.to_le_bytes()).expect("written");
    assert_eq!(journal.segments()[0], last);
    drop(journal);
    assert_eq!(check(&open(&disk, small_segments()).1), 59);
}

#[test]
fn what_is_replayed_comes_piece_by_piece() {
    let disk = SimulatedDisk::new();
    let (mut log, _) = open(&disk, small_segments());
    log.append(&payloads(1..30)).expect("written");
    log.checkpoint(29, &29_u64.to_le_bytes()).expect("written");
    log.append(&payloads(30..33)).expect("written");
    log.sync().expect("flushed");
    let mut found = Vec::new();
    let replayed = Log::replay(Arc::new(disk.clone()), small_segments(), &mut |piece| {
        found.push(match piece {
            Replayed::Checkpoint { sequence, .. } => (sequence, true),
            Replayed::Record { sequence, .. } => (sequence, false),
        });
        Ok(())
    });
    assert_eq!(replayed.expect("opens").1, Vec::<String>::new());
    assert_eq!(found, [(29, true), (30, false), (31, false), (32, false)]);
    let refused = Log::replay(Arc::new(disk), small_segments(), &mut |_| {
        Err(crate::Error::failed("not mine"))
    });
    assert_eq!(refused.expect_err("refused").message, "not mine");
}
