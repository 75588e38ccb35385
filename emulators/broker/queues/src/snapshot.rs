//! All queues in another folder, and back.
//!
//! A snapshot is a journal that holds what is alive at one moment, beside a small document with the
//! version of the form and the key of the receipt handles.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use brume_foundation::journal::{FolderDisk, Log, Options, Replayed};
use brume_foundation::{Error, Result, files};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::handle::{KEY_BYTES, Seal};
use crate::hub::{Chain, Hub};
use crate::queue::{Work, put_of};
use crate::record::{self, DeletedRecord, TaskRecord};
use crate::recover::Recovery;
use crate::{Queue, QueueKey};

/// The version of the form that is written, and the only one that is read.
const FORM: u64 = 1;

/// The file of the document.
const DOCUMENT: &str = "queues.json";

/// The folder of the journal.
pub(crate) const JOURNAL: &str = "journal";

/// Messages of one record.
const PUTS_MAX: usize = 64;

/// Records that are written together.
const RECORDS_MAX: usize = 256;

/// What stands beside a journal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    form: u64,
    receipt_key: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Document {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Document").field("form", &self.form).finish_non_exhaustive()
    }
}

impl Document {
    /// One whose key everybody knows, for disks without a folder.
    pub(crate) const fn fixed() -> Self {
        Self { form: FORM, receipt_key: [0; KEY_BYTES] }
    }

    /// Makes one with a key that nobody can guess.
    pub(crate) fn generate() -> Result<Self> {
        let mut receipt_key = [0; KEY_BYTES];
        SystemRandom::new()
            .fill(&mut receipt_key)
            .map_err(|_| Error::failed("the system has no randomness to give"))?;
        Ok(Self { form: FORM, receipt_key })
    }

    /// Reads the document of a folder; `None` when there is none.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(DOCUMENT);
        let cannot = |error: &(dyn std::error::Error + 'static)| {
            Error::failed(format!("cannot read {}", path.display())).source(error)
        };
        match std::fs::read(&path) {
            Ok(bytes) => {
                let found: Self = serde_json::from_slice(&bytes).map_err(|error| cannot(&error))?;
                if found.form != FORM {
                    let reason = format!("form {}, and this version reads {FORM}", found.form);
                    return Err(Error::failed(format!("cannot read {}", path.display()))
                        .cause(reason)
                        .hint("use the version of brume that wrote it"));
                }
                Ok(Some(found))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot(&error)),
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let bytes = serde_json::to_vec(self)
            .map_err(|error| Error::failed("cannot write the queues' document").source(&error))?;
        files::write_private(&folder.join(DOCUMENT), &bytes)
    }

    pub(crate) fn seal(&self) -> Seal {
        Seal::new(&self.receipt_key)
    }
}

/// Collects records and writes them in larger portions.
trait Sink {
    fn add(&mut self, write: &mut dyn FnMut(&mut Vec<u8>)) -> Result<()>;
}

struct LogSink {
    log: Log,
    records: Vec<Vec<u8>>,
}

impl LogSink {
    fn flush(&mut self) -> Result<()> {
        self.log.append(&self.records)?;
        self.records.clear();
        Ok(())
    }
}

impl Sink for LogSink {
    fn add(&mut self, write: &mut dyn FnMut(&mut Vec<u8>)) -> Result<()> {
        let mut record = Vec::new();
        write(&mut record);
        self.records.push(record);
        if self.records.len() >= RECORDS_MAX { self.flush() } else { Ok(()) }
    }
}

impl Sink for Chain<'_> {
    fn add(&mut self, write: &mut dyn FnMut(&mut Vec<u8>)) -> Result<()> {
        self.append(&[], write).map(drop)
    }
}

/// Writes everything into `folder`. All queues are locked meanwhile: it is one moment's state.
pub(crate) fn save(hub: &Hub, folder: &Path, document: &Document) -> Result<()> {
    let journal = folder.join(JOURNAL);
    files::make_private_folder(&journal)?;
    let (log, _) = Log::open(Arc::new(FolderDisk::new(journal)), Options::default())?;
    let mut sink = LogSink { log, records: Vec::new() };
    let (names, tasks) = rest(hub);
    let queues = hub.registry().in_order_of_ids();
    let mut works = queues.iter().map(|queue| Work::begin(queue)).collect::<Vec<_>>();
    for work in works.iter_mut().filter(|work| !work.queue.is_deleted()) {
        write_queue(work, &mut sink, false)?;
    }
    drop(works);
    write_rest(&names, &tasks, &mut sink)?;
    sink.flush()?;
    sink.log.sync()?;
    document.write(folder)
}

/// Writes what is alive in a queue.
fn write_queue(work: &mut Work<'_>, sink: &mut dyn Sink, forgets_homes: bool) -> Result<()> {
    let id = work.queue.id();
    let record = work.queue_record();
    sink.add(&mut |output| record::queue(output, id, &record))?;
    let engine = work.engine();
    // A change that is on its way counts as made: with a move, one of both sides must have it.
    let alive = engine.by_age_from(None).filter(|(_, message)| engine.is_alive(message));
    let places = alive.map(|(slot, message)| (slot, message.order)).collect::<Vec<_>>();
    for part in places.chunks(PUTS_MAX) {
        let engine = work.engine();
        sink.add(&mut |output| {
            let puts = part.iter().filter_map(|&(slot, order)| put_of(engine, slot, order));
            record::puts(output, id, puts.collect::<Vec<_>>().into_iter());
        })?;
    }
    let firsts = work.engine().deduplication().iter(work.now_ms).collect::<Vec<_>>();
    for part in firsts.chunks(PUTS_MAX) {
        sink.add(&mut |output| record::deduplications(output, id, part.iter().copied()))?;
    }
    if forgets_homes {
        // What is known is the snapshot's journal; the next upkeep finds the new places.
        work.state.home = 0;
        for (slot, order) in places {
            work.engine_mut().forget_home(slot, order);
        }
    }
    Ok(())
}

/// What a snapshot holds.
pub(crate) struct Loaded {
    pub(crate) document: Document,
    recovery: Recovery,
}

/// Reads a snapshot; nothing is changed by that.
pub(crate) fn read(folder: &Path) -> Result<Loaded> {
    let document = Document::read(folder)?;
    let document = document.ok_or_else(|| Error::failed("the snapshot holds no queues"))?;
    let mut recovery = Recovery::default();
    let disk = Arc::new(FolderDisk::new(folder.join(JOURNAL)));
    Log::replay(disk, Options::default(), &mut |replayed| match replayed {
        Replayed::Checkpoint { .. } => Err(Error::failed("the snapshot has a checkpoint")),
        Replayed::Record { sequence, payload } => recovery.apply(sequence, payload),
    })?;
    Ok(Loaded { document, recovery })
}

/// Puts what was read in place of everything; returns the queues that were there.
pub(crate) async fn install(hub: &Arc<Hub>, loaded: Loaded) -> Result<(Document, Vec<Arc<Queue>>)> {
    let Loaded { document, mut recovery } = loaded;
    let count = recovery.count();
    let first = hub.next_id.fetch_add(count, Ordering::Relaxed);
    let ids: Range<u32> = first..first.saturating_add(count);
    let queues = recovery.build(hub, Some(first))?;
    let mut chain = hub.chain();
    chain.append(&[], |output| record::loading(output, &ids))?;
    for queue in &queues {
        write_queue(&mut Work::begin(queue), &mut chain, true)?;
        chain.durable().await?;
    }
    let before = hub.registry().in_order_of_ids();
    before.iter().for_each(|queue| queue.set_deleted(true));
    let replaced = chain.append(&[], |output| record::replaced(output, &ids)).map(drop);
    if let Err(error) = and_durable(replaced, &mut chain).await {
        before.iter().for_each(|queue| queue.set_deleted(false));
        return Err(error);
    }
    *hub.seal.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
        Arc::new(document.seal());
    *hub.registry_mut() = crate::registry::Registry::default();
    recovery.install(hub, &queues);
    let (names, tasks) = rest(hub);
    write_rest(&names, &tasks, &mut chain)?;
    chain.durable().await?;
    Ok((document, before))
}

async fn and_durable(appended: Result<()>, chain: &mut Chain<'_>) -> Result<()> {
    appended?;
    chain.durable().await
}

type Names = Vec<(QueueKey, u32, u64)>;

/// What is beside the queues.
fn rest(hub: &Hub) -> (Names, Vec<TaskRecord>) {
    let registry = hub.registry();
    let names = registry.locked_names().map(|(key, id, at_ms)| (key.clone(), id, at_ms));
    (names.collect(), registry.tasks.all().map(|task| task.record()).collect())
}

fn write_rest(names: &Names, tasks: &[TaskRecord], sink: &mut dyn Sink) -> Result<()> {
    for (key, id, at_ms) in names {
        let deleted = DeletedRecord::new(key, *at_ms);
        sink.add(&mut |output| record::queue_deleted(output, *id, &deleted))?;
    }
    tasks.iter().try_for_each(|task| sink.add(&mut |output| record::task(output, task)))
}
