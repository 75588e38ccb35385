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
