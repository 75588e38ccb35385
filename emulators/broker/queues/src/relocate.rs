//! Giving disk space back: what is alive in the oldest segment is recorded once more, and then the
//! segment goes.
//!
//! That happens only when the journal is more than twice as long as what is alive, so that every
//! byte is written twice at most on average; record by record, so that requests hardly notice.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use brume_foundation::Result;
use brume_foundation::journal::{Journal, SegmentInfo, Ticket, read_segment};

use crate::engine::dedup::{First, Key};
use crate::hub::{Chain, Hub};
use crate::queue::{Work, put_of};
use crate::record::{self, DeletedRecord, MessageRecord, Reader, Record};
use crate::recover::FRAME_BYTES;
use crate::registry::NAME_LOCK_MS;
use crate::{Queue, QueueKey};

/// Segments that may lie about beyond twice what is alive.
const SPARE_SEGMENTS: u64 = 3;

/// Records that are looked at before others get their turn.
const RECORDS_MAX: usize = 64;

/// Bytes that are recorded once more before the disk is waited for.
const BYTES_MAX: u64 = 1024 * 1024;

/// Runs until the hub is closed.
pub(crate) async fn keep_up(hub: Arc<Hub>, segment_bytes: u64) {
    while !hub.is_closed() {
        hub.upkeep.notified().await;
        // At most as many steps as there are segments now: estimates of what is alive may be wrong.
        let steps = hub.journal.as_ref().map_or(0, |journal| journal.segments().len());
        for _ in 0..steps {
            if hub.is_closed() || !is_due(&hub, segment_bytes) {
                break;
            }
            if let Err(error) = step(&hub).await {
                hub.log.warn(format_args!("old segments of the queues stay: {error}"));
                break;
            }
        }
    }
}

/// Whether the journal is long enough.
fn is_due(hub: &Hub, segment_bytes: u64) -> bool {
    let Some(journal) = &hub.journal else { return false };
    let segments = journal.segments();
    let bytes = segments.iter().map(|segment| segment.bytes).sum::<u64>();
    let live = hub.live_bytes.load(Ordering::Relaxed);
    segments.len() > 1 && bytes > 2 * live + SPARE_SEGMENTS * segment_bytes
}

/// Relocates what is alive in the oldest segment and removes that segment.
///
/// # Errors
/// The disk refuses; the segment stays.
pub(crate) async fn step(hub: &Arc<Hub>) -> Result<()> {
    let _alone = hub.relocating.lock().await;
    let Some(journal) = &hub.journal else { return Ok(()) };
    let [oldest, next, ..] = journal.segments()[..] else { return Ok(()) };
    // The active one was not flushed yet, perhaps; older ones always are.
    let bytes = blocking(hub, move |journal| journal.read_segment(oldest.first_sequence)).await?;
    relocate(hub, &bytes).await?;
    give_up(hub, next).await
}

async fn give_up(hub: &Arc<Hub>, next: SegmentInfo) -> Result<()> {
    blocking(hub, move |journal| journal.checkpoint(next.first_sequence - 1, b"")).await
}

/// Runs something that waits for the disk where it is in nobody's way.
async fn blocking<T: Send + 'static>(
    hub: &Arc<Hub>,
    work: impl FnOnce(&Journal) -> Result<T> + Send + 'static,
) -> Result<T> {
    let hub = Arc::clone(hub);
    let run = move || match &hub.journal {
        Some(journal) => work(journal),
        None => Err(brume_foundation::Error::failed("there is no journal")),
    };
    tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| {
        Err(brume_foundation::Error::failed("the journal's upkeep was stopped").source(&error))
    })
}

/// What was recorded once more.
enum Copy {
    Queue { queue: Arc<Queue>, ticket: Ticket },
    Message { queue: Arc<Queue>, slot: u32, order: u64, share: u32, ticket: Ticket },
}

/// Copies that are on their way to the disk.
struct Copies<'a> {
    chain: Chain<'a>,
    bytes: u64,
    list: Vec<Copy>,
}

impl Copies<'_> {
    fn append(
        &mut self,
        before: &[&Ticket],
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(Option<Ticket>, u32)> {
        let (ticket, bytes) = self.chain.append(before, write)?;
        self.bytes += u64::from(bytes);
        Ok((ticket, bytes))
    }

    /// Waits for the disk, and tells everything where it is recorded now.
    async fn settle(&mut self) -> Result<()> {
        self.chain.durable().await?;
        self.bytes = 0;
        for copy in self.list.drain(..) {
            match copy {
                Copy::Queue { queue, ticket } => queue.set_home(ticket.sequence()),
                Copy::Message { queue, slot, order, share, ticket } => {
                    let mut work = Work::begin(&queue);
                    let home = ticket.sequence();
                    let message = work.engine().message(slot, order);
                    if message.is_some_and(|message| message.home < home) {
                        work.engine_mut().set_home(slot, order, home, share);
                    }
                }
            }
        }
        Ok(())
    }
}

async fn relocate(hub: &Arc<Hub>, bytes: &[u8]) -> Result<()> {
    let segment = read_segment(bytes);
    let mut copies = Copies { chain: hub.chain(), bytes: 0, list: Vec::new() };
    let mut reader = Reader::default();
    for (count, frame) in segment.frames.iter().enumerate() {
        if count % RECORDS_MAX == RECORDS_MAX - 1 {
            tokio::task::yield_now().await;
        }
        // A record that a recovery would refuse concerns nothing that is alive.
        let Ok(record) = reader.read(frame.payload) else { continue };
        relocate_record(hub, frame.sequence, &record, &mut copies)?;
        if copies.bytes > BYTES_MAX {
            copies.settle().await?;
        }
    }
    copies.settle().await
}

/// Records once more what is alive of a record.
fn relocate_record(
    hub: &Hub,
    sequence: u64,
    record: &Record<'_>,
    copies: &mut Copies<'_>,
) -> Result<()> {
    match record {
        Record::Puts(puts) => {
            let messages = puts.iter().map(|(id, put)| (*id, put)).collect::<Vec<_>>();
            relocate_messages(hub, sequence, &messages, copies)?;
        }
        Record::Moves { target, moved, .. } => {
            let messages = moved.iter().map(|(_, put)| (*target, put)).collect::<Vec<_>>();
            relocate_messages(hub, sequence, &messages, copies)?;
        }
        Record::Deduplications(id, firsts) => {
            let Some(queue) = hub.registry().by_id(*id).cloned() else { return Ok(()) };
            let work = Work::begin(&queue);
            let deduplication = work.engine().deduplication();
            let is_live = |(key, first): &&(Key, First)| {
                let known = deduplication.get(key, work.now_ms);
                known.is_some_and(|known| known.order == first.order)
            };
            let live = firsts.iter().filter(is_live).copied().collect::<Vec<_>>();
            if !live.is_empty() {
                copies.append(&[], |output| {
                    record::deduplications(output, *id, live.into_iter());
                })?;
            }
        }
        Record::Queue(id, _) => {
            let Some(queue) = hub.registry().by_id(*id).cloned() else { return Ok(()) };
            let work = Work::begin(&queue);
            if work.home <= sequence && !queue.is_deleted() {
                let ticket = work.append_queue(&mut copies.chain).map_err(failure)?;
                drop(work);
                copies.list.extend(ticket.map(|ticket| Copy::Queue { queue, ticket }));
            }
        }
        Record::QueueDeleted(id, deleted) => {
            let now_ms = hub.now_ms();
            let is_over = deleted.at_ms + NAME_LOCK_MS <= now_ms;
            let key = deleted.key().filter(|_| !is_over);
            let is_locked = |key: &QueueKey| hub.registry().is_name_locked(key, now_ms);
            let Some(key) = key.filter(is_locked) else { return Ok(()) };
            let again = DeletedRecord::new(&key, deleted.at_ms);
            copies.append(&[], |output| record::queue_deleted(output, *id, &again))?;
        }
        Record::Task(task) => {
            let task = hub.registry().tasks.get(&task.source, &task.id).cloned();
            if let Some(task) = task {
                task.append(&mut copies.chain)?;
            }
        }
        // These concern messages that are recorded whole elsewhere.
        Record::Lease { .. }
        | Record::Changes(..)
        | Record::Deletions(..)
        | Record::Purge { .. }
        | Record::Loading(..)
        | Record::Replaced(..) => {}
    }
    Ok(())
}

/// Records once more the messages that are alive and were not since; with one content for all of
/// one record, as it was.
fn relocate_messages(
    hub: &Hub,
    sequence: u64,
    messages: &[(u32, &MessageRecord<'_>)],
    copies: &mut Copies<'_>,
) -> Result<()> {
    let mut queues = Vec::<Arc<Queue>>::new();
    for (id, _) in messages {
        if queues.last().is_none_or(|queue| queue.id() != *id) {
            queues.extend(hub.registry().by_id(*id).cloned());
        }
    }
    queues.sort_unstable_by_key(|queue| queue.id());
    queues.dedup_by_key(|queue| queue.id());
    // All of them are locked: what is recorded is then as it is, whatever comes behind it.
    let mut works = queues.iter().map(|queue| Work::begin(queue)).collect::<Vec<_>>();
    let mut live = Vec::new();
    for &(id, put) in messages {
        let Ok(at) = works.binary_search_by_key(&id, |work| work.queue.id()) else { continue };
        let work = &works[at];
        let order = put.message.order;
        let found = work.engine().message(put.slot, order);
        let is_live = |it: &&crate::engine::slab::Message| {
            work.engine().is_alive(it) && it.home <= sequence && !work.queue.is_deleted()
        };
        if found.filter(is_live).is_some() {
            live.push((at, put.slot, order));
        } else {
            relocate_deduplication(work, put, copies)?;
        }
    }
    let Some(&(at, slot, order)) = live.first() else { return Ok(()) };
    let Some(first) = works[at].engine().message(slot, order) else { return Ok(()) };
    let shared = Arc::clone(&first.content);
    let mut targets = Vec::new();
    for &(at, slot, order) in &live {
        let work = &works[at];
        if let Some(put) = put_of(work.engine(), slot, order) {
            record::target(&mut targets, work.queue.id(), &put, &shared);
        }
    }
    let before = works.iter().filter_map(Work::last_ticket).collect::<Vec<_>>();
    let before = before.iter().collect::<Vec<_>>();
    let (ticket, length) =
        copies.append(&before, |output| record::fan_out(output, &shared, live.len(), &targets))?;
    works.clear();
    let Some(ticket) = ticket else { return Ok(()) };
    let share = (length + FRAME_BYTES) / u32::try_from(live.len()).unwrap_or(u32::MAX).max(1);
    for (at, slot, order) in live {
        let (queue, ticket) = (Arc::clone(&queues[at]), ticket.clone());
        copies.list.push(Copy::Message { queue, slot, order, share, ticket });
    }
    Ok(())
}

/// A message has gone, and its deduplication id may still count.
fn relocate_deduplication(
    work: &Work<'_>,
    put: &MessageRecord<'_>,
    copies: &mut Copies<'_>,
) -> Result<()> {
    let Some(key) = put.message.extra.as_ref().and_then(|extra| extra.key) else { return Ok(()) };
    let first = work.engine().deduplication().get(&key, work.now_ms).copied();
    let Some(first) = first.filter(|first| first.order == put.message.order) else { return Ok(()) };
    let id = work.queue.id();
    let before = work.last_ticket();
    let before = before.iter().collect::<Vec<_>>();
    copies.append(&before, |output| {
        record::deduplications(output, id, [(key, first)].into_iter());
    })?;
    Ok(())
}

fn failure(error: crate::QueueError) -> brume_foundation::Error {
    match error {
        crate::QueueError::StorageFailed(error) => error,
        other => brume_foundation::Error::failed(other.to_string()),
    }
}
