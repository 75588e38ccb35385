//! The journal's file: one writer, one sync for all who wait.
//!
//! A thread of its own writes whatever has gathered, syncs once, and tells everybody who waited
//! for it. After the first failure nothing is written any more: a line behind a torn one would
//! never be read.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::SystemTime;

use brume_plugin::{Error, ExitCode, Result};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::ledger::Ledger;
use super::record::{Chain, FORMAT, Header, LINE_BYTES_MAX, Line, decode, encode};

/// A crash leaves less than this behind the last whole line: what was never synced. More is damage.
const TORN_BYTES_MAX: u64 = 4 << 20;

/// What the writer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The line of this ticket, and all before it, are on disk.
    Recorded(u64),
    /// Nothing will be written any more.
    Failed(String),
}

/// A journal that is open for writing; locked against a second process.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    requests: Option<Sender<(Option<u64>, Line)>>,
    writer: Option<JoinHandle<std::result::Result<(), String>>>,
    /// What became of tickets.
    pub replies: UnboundedReceiver<Reply>,
}

/// What an earlier run left.
#[derive(Debug)]
pub struct Recovered {
    /// What it was asked to do.
    pub header: Header,
    /// What became of each message.
    pub ledger: Ledger,
    /// When the file was last written.
    pub modified_at: Option<SystemTime>,
    /// Bytes behind the last whole line, which were never promised to anybody.
    pub torn_bytes: u64,
}

impl Journal {
    /// Begins a journal; the file must not exist.
    ///
    /// # Errors
    /// `Conflict` when it exists, else what the file system says.
    pub fn create(path: &Path, header: Header) -> Result<Self> {
        let failed = |error: &std::io::Error| failure("write", path).source(error);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        }
        let mut options = OpenOptions::new();
        let opened = options.read(true).append(true).create_new(true).mode(0o600).open(path);
        let mut file = opened.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Error::new(ExitCode::Conflict, format!("{} exists already", path.display()))
                    .hint(format!("brume sns-dlq redrive DLQ --resume {}", path.display()))
            }
            _ => failed(&error),
        })?;
        lock(&file, path)?;
        let mut chain = Chain::default();
        let mut bytes = Vec::new();
        encode(&Line::Redrive(header), &mut chain, &mut bytes)
            .map_err(|error| failure("write", path).source(&error))?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(|error| failed(&error))?;
        sync_folder(path);
        Self::start(path, file, chain)
    }

    /// Opens a journal to go on with it: what a crash tore off is cut away.
    ///
    /// # Errors
    /// When it is none, is damaged, or another process writes it.
    pub fn resume(path: &Path) -> Result<(Recovered, Self)> {
        let failed = |error: &std::io::Error| failure("read", path).source(error);
        let opened = OpenOptions::new().read(true).append(true).open(path);
        let mut file = opened.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::new(ExitCode::NotFound, format!("there is no journal {}", path.display()))
            }
            _ => failed(&error),
        })?;
        lock(&file, path)?;
        let modified_at = file.metadata().and_then(|metadata| metadata.modified()).ok();
        let (header, ledger, chain, whole_bytes) = read(&mut file, path)?;
        let length = file.metadata().map_err(|error| failed(&error))?.len();
        let torn_bytes = length - whole_bytes;
        if torn_bytes > TORN_BYTES_MAX {
            return Err(failure("use", path)
                .cause(format!("it is damaged behind byte {whole_bytes}"))
                .hint("a new redrive would not know what this one has sent: compare by hand"));
        }
        let cut = file.set_len(whole_bytes).and_then(|()| file.sync_all());
        cut.and_then(|()| file.seek(SeekFrom::End(0))).map_err(|error| failed(&error))?;
        let recovered = Recovered { header, ledger, modified_at, torn_bytes };
        Ok((recovered, Self::start(path, file, chain)?))
    }

    /// Reads a journal without touching it; `None` when it is none, or cannot be read.
    #[must_use]
    pub fn look(path: &Path) -> Option<(Header, Ledger)> {
        let mut file = File::open(path).ok()?;
        let (header, ledger, ..) = read(&mut file, path).ok()?;
        Some((header, ledger))
    }

    fn start(path: &Path, file: File, chain: Chain) -> Result<Self> {
        let (requests, received) = channel();
        let (answers, replies) = unbounded_channel();
        let writer = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write(file, chain, &received, &answers))
            .map_err(|error| failure("write", path).source(&error))?;
        let (requests, writer) = (Some(requests), Some(writer));
        Ok(Self { path: path.to_owned(), requests, writer, replies })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line; with a ticket, a reply says when it is on disk.
    pub fn append(&self, ticket: Option<u64>, line: Line) {
        if let Some(requests) = &self.requests {
            // A writer that is gone has said so already.
            let _ = requests.send((ticket, line));
        }
    }

    /// Writes and syncs everything.
    ///
    /// # Errors
    /// The first failure of the writer.
    pub fn close(mut self) -> Result<()> {
        self.requests = None;
        match self.writer.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(why))) => Err(failure("write", &self.path).cause(why)),
            Some(Err(_)) => Err(failure("write", &self.path).cause("its writer broke down")),
        }
    }
}

fn failure(what: &str, path: &Path) -> Error {
    Error::failed(format!("cannot {what} the journal {}", path.display()))
}

fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ExitCode::Conflict,
            format!("another redrive is writing {}", path.display()),
        )),
        Err(TryLockError::Error(error)) => Err(failure("lock", path).source(&error)),
    }
}

/// A file that was just made is found after a crash only when its folder was synced.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        // Not every file system can.
        let _ = folder.sync_all();
    }
}

/// Reads whole lines; the length of what they take.
fn read(file: &mut File, path: &Path) -> Result<(Header, Ledger, Chain, u64)> {
    let not_one = || failure("use", path).cause("it is no journal of a redrive");
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (mut header, mut ledger, mut chain, mut length) =
        (None, Ledger::default(), Chain::default(), 0);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let mut line = reader.by_ref().take(LINE_BYTES_MAX as u64);
        let count = line
            .read_until(b'\n', &mut bytes)
            .map_err(|error| failure("read", path).source(&error))?;
        let Some(whole) = bytes.strip_suffix(b"\n") else { break };
        let Some(line) = decode(whole, &mut chain) else { break };
        match (line, &header) {
            (Line::Redrive(found), None) => header = Some(found),
            (_, None) | (Line::Redrive(_), Some(_)) => return Err(not_one()),
            (line, Some(_)) => ledger.apply(line),
        }
        length += count as u64;
    }
    let header: Header = header.ok_or_else(not_one)?;
    if header.format != FORMAT {
        return Err(failure("use", path).cause(format!("its format is '{}'", header.format)));
    }
    Ok((header, ledger, chain, length))
}

fn write(
    mut file: File,
    mut chain: Chain,
    requests: &Receiver<(Option<u64>, Line)>,
    replies: &UnboundedSender<Reply>,
) -> std::result::Result<(), String> {
    let mut bytes = Vec::new();
    let mut tickets = Vec::new();
    let mut failure: Option<String> = None;
    while let Ok(first) = requests.recv() {
        bytes.clear();
        tickets.clear();
        let mut must_sync = false;
        for (ticket, line) in std::iter::once(first).chain(requests.try_iter()) {
            must_sync |= ticket.is_some() || matches!(line, Line::End(_));
            tickets.extend(ticket);
            if failure.is_none()
                && let Err(error) = encode(&line, &mut chain, &mut bytes)
            {
                failure = Some(error.to_string());
            }
        }
        if failure.is_none() {
            let written = file.write_all(&bytes);
            let synced = written.and_then(|()| if must_sync { file.sync_data() } else { Ok(()) });
            failure = synced.err().map(|error| error.to_string());
        }
        match &failure {
            // The engine may be gone; the lines are on disk all the same.
            None => tickets.drain(..).for_each(|ticket| {
                let _ = replies.send(Reply::Recorded(ticket));
            }),
            Some(why) => {
                let _ = replies.send(Reply::Failed(why.clone()));
            }
        }
    }
    match failure {
        Some(why) => Err(why),
        None => file.sync_data().map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redrive::ledger::Entry;
    use crate::redrive::record::Id;

    fn header() -> Header {
        Header { format: FORMAT.to_owned(), dlq: "arn".to_owned(), ..Header::default() }
    }

    fn id(number: usize) -> Id {
        format!("m{number}").into()
    }

    fn written(path: &Path, count: usize) {
        let mut journal = Journal::create(path, header()).unwrap();
        for number in 0..count {
            journal.append(Some(number as u64), Line::Sending(1, vec![id(number)]));
            journal.append(None, Line::Sent(vec![(id(number), "n".into())]));
        }
        for number in 0..count {
            let reply = journal.replies.blocking_recv();
            assert_eq!(reply, Some(Reply::Recorded(number as u64)));
        }
        journal.close().unwrap();
    }

    #[test]
    fn what_was_written_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder/j.ndjson");
        written(&path, 50);
        let (recovered, journal) = Journal::resume(&path).unwrap();
        assert_eq!((recovered.header, recovered.torn_bytes), (header(), 0));
        assert_eq!(recovered.ledger.entries.len(), 50);
        journal.append(None, Line::Deleted(vec![id(3)]));
        journal.close().unwrap();
        assert_eq!(Journal::look(&path).unwrap().1.entries[&id(3)], Entry::Deleted);
        assert_eq!(Journal::create(&path, header()).unwrap_err().code, ExitCode::Conflict);
    }

    #[test]
    fn a_journal_that_was_cut_anywhere_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        written(&path, 3);
        let whole = std::fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for length in first..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let (recovered, journal) = Journal::resume(&path).unwrap();
            let lines = whole[..length].iter().filter(|byte| **byte == b'\n').count() - 1;
            assert_eq!(recovered.ledger.entries.len(), lines.div_ceil(2), "{length}");
            journal.append(None, Line::Deleted(vec![id(9)]));
            journal.close().unwrap();
            assert_eq!(Journal::look(&path).unwrap().1.entries[&id(9)], Entry::Deleted);
        }
        std::fs::write(&path, &whole[..first - 1]).unwrap();
        assert!(Journal::resume(&path).is_err(), "without a header it is none");
    }

    #[test]
    fn two_runs_do_not_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let open = Journal::create(&path, header()).unwrap();
        assert_eq!(Journal::resume(&path).unwrap_err().code, ExitCode::Conflict);
        drop(open);
    }

    #[test]
    fn other_files_and_damage_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        assert_eq!(Journal::resume(&path).unwrap_err().code, ExitCode::NotFound);
        std::fs::write(&path, "hello\n").unwrap();
        let error = Journal::resume(&path).unwrap_err();
        assert_eq!(error.causes, ["it is no journal of a redrive"]);
        std::fs::remove_file(&path).unwrap();
        written(&path, 3);
        let mut bytes = std::fs::read(&path).unwrap();
        let length = bytes.len();
        bytes[length / 2] ^= 1;
        bytes.resize(length + 5_000_000, b'x');
        std::fs::write(&path, &bytes).unwrap();
        let error = Journal::resume(&path).unwrap_err();
        assert!(error.causes[0].starts_with("it is damaged behind byte"), "{error:?}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "nothing was cut away");
    }
}
