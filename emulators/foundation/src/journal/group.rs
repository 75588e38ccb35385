//! Group commit: many tasks append, one thread writes, one flush serves all who wait.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::batch::Batch;
use super::checkpoint;
use super::disk::Disk;
use super::problem::{cannot, too_large};
use super::segment;
use super::segments::{SegmentInfo, Segments};
use super::ticket::{Epoch, Ticket};
use super::{Durability, Log, Options, Recovered, Replay};
use crate::error::{Error, ErrorKind, Result};

/// A batch is closed at this size, so that segments do not grow far beyond theirs.
const BATCH_BYTES: usize = 1024 * 1024;

/// Buffers of this size and below are used again.
const SPARE_BYTES_MAX: usize = 2 * BATCH_BYTES;

/// How many of them.
const SPARES_MAX: usize = 4;

/// How often the writer lets others run without a new record before it flushes what is there.
const PATIENCE: u32 = 3;

/// A journal that many tasks append to.
///
/// Records are written in the order in which they were appended: while one flush runs, what comes
/// meanwhile gathers for the next. Dropping the journal writes what is queued first.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    disk: Arc<dyn Disk>,
    options: Options,
    segments: Arc<Segments>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
}

#[derive(Debug)]
struct Queue {
    batches: Vec<Batch>,
    bytes: usize,
    /// Number of the last record that was queued.
    last_sequence: u64,
    epoch: Arc<Epoch>,
    retire: Option<(u64, oneshot::Sender<Result<()>>)>,
    spares: Vec<Batch>,
    /// Whether the writer sleeps and has to be woken.
    is_idle: bool,
    is_closed: bool,
}

impl Queue {
    fn new(last_sequence: u64) -> Self {
        Self {
            batches: Vec::new(),
            bytes: 0,
            last_sequence,
            epoch: Epoch::new(last_sequence),
            retire: None,
            spares: Vec::new(),
            is_idle: false,
            is_closed: false,
        }
    }

    /// The batch that takes the next record.
    fn open_batch(&mut self, batch_bytes: usize) -> &mut Batch {
        if self.batches.last().is_none_or(|last| last.len() >= batch_bytes) {
            let batch = self.spares.pop().unwrap_or_default();
            self.batches.push(batch);
        }
        let last = self.batches.len() - 1;
        &mut self.batches[last]
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while the lock is held, so the queue is whole in any case.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal {
    /// Opens the journal on `disk`, or begins one, and starts its writer.
    ///
    /// # Errors
    /// As [`Log::open`]; or no thread can be started.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<(Self, Recovered)> {
        let (log, recovered) = Log::open(Arc::clone(&disk), options)?;
        Ok((Self::start(log, disk, options)?, recovered))
    }

    /// Opens the journal and gives what it holds to `replay`, piece by piece; returns what had to
    /// be cut or moved aside as well.
    ///
    /// # Errors
    /// As [`Log::replay`]; or no thread can be started.
    pub fn replay(
        disk: Arc<dyn Disk>,
        options: Options,
        replay: Replay<'_>,
    ) -> Result<(Self, Vec<String>)> {
        let (log, warnings) = Log::replay(Arc::clone(&disk), options, replay)?;
        Ok((Self::start(log, disk, options)?, warnings))
    }

    fn start(log: Log, disk: Arc<dyn Disk>, options: Options) -> Result<Self> {
        let segments = Arc::clone(&log.segments);
        let queue = Mutex::new(Queue::new(log.last_sequence()));
        let shared = Arc::new(Shared { queue, filled: Condvar::new() });
        let writer = {
            let shared = Arc::clone(&shared);
            let durability = options.durability;
            let writer = Writer { log, durability, flushed_together: 0, woken: Vec::new() };
            thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run(&shared))
        };
        let writer = writer
            .map_err(|error| Error::failed("cannot start the journal's writer").source(&error))?;
        Ok(Self { shared, disk, options, segments, writer: Some(writer) })
    }

    /// Queues a record; the ticket tells when it is acknowledged.
    ///
    /// The place in the queue is taken by the call itself. When the disk fails, every record that
    /// is queued by then fails with the one that was being written: what was built upon a record
    /// that is not there must not be there either.
    pub fn append(&self, payload: impl Into<Bytes>) -> Ticket {
        let payload = payload.into();
        self.try_append(|output| output.extend_from_slice(&payload)).unwrap_or_else(Ticket::refused)
    }

    /// Queues the record that `write` appends to a buffer of other records; as
    /// [`Journal::append`], without a copy. `write` must leave alone what is in the buffer, and is
    /// called while others wait.
    ///
    /// # Errors
    /// The record is too large, or too many wait for the disk. It was not queued, others may be.
    pub fn try_append(&self, write: impl FnOnce(&mut Vec<u8>)) -> Result<Ticket> {
        self.append_upon(&[], write)
    }

    /// Queues a record that makes sense only if those of the tickets `before` are there as well.
    ///
    /// # Errors
    /// As [`Journal::try_append`]; or one of those before has failed.
    pub fn append_upon(
        &self,
        before: &[&Ticket],
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Ticket> {
        let record_bytes_max = self.options.record_bytes_max;
        let mut queue = self.shared.lock();
        if before.iter().any(|ticket| !ticket.is_part_of(&queue.epoch)) {
            return Err(Error::failed("the disk refused what came before"));
        }
        let room = self.options.queue_bytes_max.saturating_sub(queue.bytes);
        // A flush of its own: a batch of its own.
        let is_single = self.options.durability == Durability::Sync;
        let batch = queue.open_batch(if is_single { 1 } else { BATCH_BYTES });
        let bytes = batch.push(record_bytes_max.min(room), write);
        if bytes > record_bytes_max {
            return Err(too_large(bytes, record_bytes_max));
        }
        if bytes > room {
            return Err(Error::failed("the disk is too slow: too many records wait"));
        }
        queue.bytes += bytes;
        queue.last_sequence += 1;
        let ticket = Ticket::new(Arc::clone(&queue.epoch), queue.last_sequence);
        let was_idle = mem::take(&mut queue.is_idle);
        drop(queue);
        if was_idle {
            self.shared.filled.notify_one();
        }
        Ok(ticket)
    }

    /// A ticket for everything that was appended so far, without a record.
    pub fn barrier(&self) -> Ticket {
        let queue = self.shared.lock();
        Ticket::new(Arc::clone(&queue.epoch), queue.last_sequence)
    }

    /// The last record that was acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.shared.lock().epoch.durable()
    }

    /// The segments, oldest first; the last one is written to.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.segments.lock().clone()
    }

    /// The bytes of a segment, for [`super::read_segment`]. The last one may end torn.
    ///
    /// # Errors
    /// The disk refuses, or there is no such segment.
    pub fn read_segment(&self, first_sequence: u64) -> Result<Vec<u8>> {
        let name = segment::file_name(first_sequence);
        self.disk.read(&name).map_err(|error| cannot("be read", &error))
    }

    /// Writes the state after record `sequence` and removes what it makes unnecessary.
    ///
    /// Blocks while the state is written; appending goes on meanwhile.
    ///
    /// # Errors
    /// The record has not been acknowledged, or the disk refuses; the journal is as good as before.
    pub fn checkpoint(&self, sequence: u64, payload: &[u8]) -> Result<()> {
        if sequence > self.acknowledged() {
            let message = format!("record {sequence} is not acknowledged yet");
            return Err(Error::new(ErrorKind::Internal, message));
        }
        checkpoint::write(self.disk.as_ref(), sequence, payload)?;
        if sequence < self.segments.active() {
            // The writer has nothing to do with those.
            return self.segments.retire(self.disk.as_ref(), sequence);
        }
        let (reply, answer) = oneshot::channel();
        let mut queue = self.shared.lock();
        queue.retire = Some((sequence, reply));
        queue.is_idle = false;
        drop(queue);
        self.shared.filled.notify_one();
        // Another checkpoint took the place in the queue: it retires ours as well.
        answer.blocking_recv().unwrap_or(Ok(()))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.filled.notify_one();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has failed every ticket already.
            let _ = writer.join();
        }
    }
}

struct Writer {
    log: Log,
    durability: Durability,
    /// Records of the last flush.
    flushed_together: u64,
    /// Empty; kept for its memory.
    woken: Vec<Waker>,
}

impl Writer {
    fn run(mut self, shared: &Shared) {
        // If anything here panics, nobody may wait for ever.
        let _last_words = LastWords(shared);
        let mut work = Vec::new();
        loop {
            let mut queue = shared.lock();
            while queue.batches.is_empty() && queue.retire.is_none() && !queue.is_closed {
                queue.is_idle = true;
                queue = shared.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            queue.is_idle = false;
            let mut queue = self.gather(queue, shared);
            mem::swap(&mut work, &mut queue.batches);
            queue.bytes = 0;
            let retire = queue.retire.take();
            let is_closed = queue.is_closed;
            let epoch = Arc::clone(&queue.epoch);
            drop(queue);
            let is_idle = work.is_empty() && retire.is_none();
            self.write(&mut work, &epoch, shared);
            if let Some((sequence, reply)) = retire {
                // Nobody may wait any more.
                let _ = reply.send(self.log.retire(sequence));
            }
            if is_closed && is_idle {
                // The last ones may be in memory only; the result no longer matters to anybody.
                let _ = self.log.sync();
                return;
            }
        }
    }

    /// Waits for a moment if more records are about to come: those whose tickets the last flush
    /// redeemed send their next ones, and a flush for each few of them would cost much more.
    fn gather<'a>(
        &self,
        mut queue: MutexGuard<'a, Queue>,
        shared: &'a Shared,
    ) -> MutexGuard<'a, Queue> {
        let expected = if self.durability == Durability::Group { self.flushed_together } else { 0 };
        let count = |queue: &Queue| queue.last_sequence.saturating_sub(self.log.last_sequence());
        let mut found = count(&queue);
        let mut patience = PATIENCE;
        while found < expected && patience > 0 && !queue.is_closed {
            drop(queue);
            thread::yield_now();
            queue = shared.lock();
            let now = count(&queue);
            patience = if now > found { PATIENCE } else { patience - 1 };
            found = now;
        }
        queue
    }

    fn write(&mut self, work: &mut Vec<Batch>, epoch: &Arc<Epoch>, shared: &Shared) {
        if work.is_empty() {
            return;
        }
        let written = match self.durability {
            Durability::Sync => work.iter_mut().try_for_each(|batch| {
                let written = self.log.append_batch(batch).and_then(|_| self.log.sync());
                epoch.advance(self.log.durable_sequence(), &mut self.woken);
                written
            }),
            Durability::Group | Durability::None => {
                work.iter_mut().try_for_each(|batch| self.log.append_batch(batch).map(|_| ()))
            }
        };
        self.flushed_together = self.log.last_sequence() - self.log.durable_sequence();
        // What was written before a failure is as good as ever.
        let flushed = match self.durability {
            Durability::Group => self.log.sync(),
            Durability::None | Durability::Sync => Ok(()),
        };
        epoch.advance(self.log.last_sequence(), &mut self.woken);
        let mut queue = shared.lock();
        if let Err(error) = written.and(flushed) {
            let last_sequence = self.log.last_sequence();
            queue.batches.clear();
            queue.bytes = 0;
            queue.last_sequence = last_sequence;
            queue.epoch = Epoch::new(last_sequence);
            drop(queue);
            epoch.fail(error);
            work.clear();
            return;
        }
        for mut batch in work.drain(..) {
            if queue.spares.len() < SPARES_MAX && batch.len() <= SPARE_BYTES_MAX {
                batch.clear();
                queue.spares.push(batch);
            }
        }
    }
}

/// Fails all who wait when the writer ends in whatever way.
struct LastWords<'a>(&'a Shared);

impl Drop for LastWords<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.is_closed = true;
        let epoch = Arc::clone(&queue.epoch);
        drop(queue);
        epoch.fail(Error::new(ErrorKind::Internal, "the journal's writer has ended"));
    }
}
