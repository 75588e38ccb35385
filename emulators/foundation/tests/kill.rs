//! kill -9 at random instants: what was acknowledged is there again.
//!
//! This test starts itself as the process to be killed. `BRUME_KILLS` sets how often (20 when not
//! set), `BRUME_SEED` repeats the instants of an earlier run; the seed is printed.

#![allow(clippy::expect_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use brume_foundation::journal::{Durability, FolderDisk, Journal, Options};
use brume_foundation::random::Random;

const FOLDER: &str = "BRUME_KILL_FOLDER";
/// Records that are on their way together.
const BATCH: u64 = 8;

fn options() -> Options {
    Options { durability: Durability::Group, segment_bytes_max: 64 * 1024, ..Options::default() }
}

/// A record whose bytes follow from its number.
fn payload(sequence: u64) -> Vec<u8> {
    let length = usize::try_from(sequence * 7_919 % 3_000).expect("small");
    (0..length).map(|index| (sequence as usize * 31 + index) as u8).collect()
}

/// Opens the journal and checks every record; returns it with the number of the last one.
fn open_and_check(folder: &Path) -> (Journal, u64) {
    let disk = Arc::new(FolderDisk::new(folder));
    let (journal, recovered) = Journal::open(disk, options()).expect("opens after a kill");
    let base = recovered.checkpoint.map_or(0, |found| found.sequence);
    let mut last = base;
    for record in recovered.records {
        last += 1;
        assert_eq!(record.sequence, last);
        assert_eq!(record.payload, payload(last), "record {last}");
    }
    (journal, last)
}

/// Not a test of its own: the process that is killed.
#[test]
#[ignore = "started by `acknowledged_records_survive`"]
fn appender() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let (journal, mut last) = open_and_check(&folder);
    let mut output = std::io::stdout();
    loop {
        let sequences = last + 1..last + 1 + BATCH;
        let tickets = sequences.map(|sequence| journal.append(payload(sequence)));
        for ticket in tickets.collect::<Vec<_>>() {
            last = ticket.wait().expect("acknowledged");
            writeln!(output, "acknowledged {last}").expect("the test reads");
        }
        if last.is_multiple_of(50 * BATCH) {
            journal.checkpoint(last, b"state").expect("written");
        }
    }
}

#[test]
fn acknowledged_records_survive() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let kills = number("BRUME_KILLS").unwrap_or(20);
    let seed = number("BRUME_SEED").unwrap_or_else(|| Random::from_system().next_u64());
    println!("BRUME_SEED={seed} BRUME_KILLS={kills}");
    let random = Random::seeded(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = 0;
    for kill in 1..=kills {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "appender", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let output = child.stdout.take().expect("piped");
        let reader = std::thread::spawn(move || {
            let mut last = None;
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // The test harness writes lines of its own.
                let number =
                    line.rsplit_once("acknowledged ").and_then(|(_, tail)| tail.parse().ok());
                last = number.or(last);
            }
            last
        });
        std::thread::sleep(Duration::from_micros(5_000 + random.below(60_000)));
        child.kill().expect("killed");
        child.wait().expect("ended");
        let heard: Option<u64> = reader.join().expect("read");
        acknowledged = heard.unwrap_or(acknowledged).max(acknowledged);
        let (_, last) = open_and_check(folder.path());
        assert!(last >= acknowledged, "kill {kill}: {last} < {acknowledged}");
    }
    assert!(acknowledged > 0, "nothing was ever acknowledged");
    println!("{acknowledged} records acknowledged over {kills} kills, none lost");
}
