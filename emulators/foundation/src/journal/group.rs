//! Group commit: many tasks append, one thread writes, one flush serves all who wait.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::checkpoint;
use super::disk::Disk;
use super::{Durability, Log, Options, Recovered};
use crate::error::{Error, ErrorKind, Result};

/// A journal that many tasks append to.
///
/// Records are written in the order in which [`Journal::append`] was called. Dropping the journal
/// writes what is queued first.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    disk: Arc<dyn Disk>,
    queue_bytes_max: usize,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    /// The last record that was acknowledged.
    acknowledged: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    appends: Vec<Append>,
    bytes: usize,
    retire: Option<(u64, oneshot::Sender<Result<()>>)>,
    is_closed: bool,
}

#[derive(Debug)]
struct Append {
    payload: Bytes,
    reply: oneshot::Sender<Result<u64>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while the lock is held, so the queue is whole in any case.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A record on its way; resolves to its sequence number once it is as durable as promised.
///
/// Dropping a ticket does not take the record back.
#[must_use = "a record is acknowledged only when its ticket says so"]
pub struct Ticket {
    reply: oneshot::Receiver<Result<u64>>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ticket").finish_non_exhaustive()
    }
}

impl Ticket {
    /// Waits without a runtime.
    ///
    /// # Errors
    /// The record was not written. Records that were queued behind it have failed as well.
    pub fn wait(self) -> Result<u64> {
        self.reply.blocking_recv().unwrap_or_else(|_| Err(closed()))
    }
}

impl Future for Ticket {
    type Output = Result<u64>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        let reply = Pin::new(&mut self.reply).poll(context);
        reply.map(|reply| reply.unwrap_or_else(|_| Err(closed())))
    }
}

impl Journal {
    /// Opens the journal on `disk`, or begins one, and starts its writer.
    ///
    /// # Errors
    /// As [`Log::open`]; or no thread can be started.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<(Self, Recovered)> {
        let (log, recovered) = Log::open(Arc::clone(&disk), options)?;
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::default()),
            filled: Condvar::new(),
            acknowledged: AtomicU64::new(log.last_sequence()),
        });
        let writer = {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name("journal".to_owned())
                .spawn(move || Writer { log, durability: options.durability }.run(&shared))
        };
        let writer = writer
            .map_err(|error| Error::failed("cannot start the journal's writer").source(&error))?;
        let queue_bytes_max = options.queue_bytes_max;
        Ok((Self { shared, disk, queue_bytes_max, writer: Some(writer) }, recovered))
    }

    /// Queues a record; the ticket tells when it is acknowledged.
    ///
    /// The place in the queue is taken by the call itself. When the disk fails, every record that
    /// is queued by then fails with the one that was being written: what was built upon a record
    /// that is not there must not be there either.
    pub fn append(&self, payload: impl Into<Bytes>) -> Ticket {
        let payload = payload.into();
        let (reply, ticket) = oneshot::channel();
        let mut queue = self.shared.lock();
        if queue.bytes + payload.len() > self.queue_bytes_max {
            // The receiver is right here.
            let _ = reply.send(Err(Error::failed("the disk is too slow: too many records wait")));
        } else {
            queue.bytes += payload.len();
            queue.appends.push(Append { payload, reply });
            drop(queue);
            self.shared.filled.notify_one();
        }
        Ticket { reply: ticket }
    }

    /// Writes the state after record `sequence` and removes what it makes unnecessary.
    ///
    /// Blocks while the state is written; appending goes on meanwhile.
    ///
    /// # Errors
    /// The record has not been acknowledged, or the disk refuses; the journal is as good as before.
    pub fn checkpoint(&self, sequence: u64, payload: &[u8]) -> Result<()> {
        if sequence > self.shared.acknowledged.load(Ordering::Acquire) {
            let message = format!("record {sequence} is not acknowledged yet");
            return Err(Error::new(ErrorKind::Internal, message));
        }
        checkpoint::write(self.disk.as_ref(), sequence, payload)?;
        let (reply, answer) = oneshot::channel();
        self.shared.lock().retire = Some((sequence, reply));
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

fn closed() -> Error {
    Error::new(ErrorKind::Internal, "the journal's writer has ended")
}

struct Writer {
    log: Log,
    durability: Durability,
}

impl Writer {
    fn run(mut self, shared: &Shared) {
        loop {
            let mut queue = shared.lock();
            while queue.appends.is_empty() && queue.retire.is_none() && !queue.is_closed {
                queue = shared.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            let appends = mem::take(&mut queue.appends);
            let retire = queue.retire.take();
            let is_closed = queue.is_closed;
            queue.bytes = 0;
            drop(queue);
            let is_idle = appends.is_empty() && retire.is_none();
            self.write(appends, shared);
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

    fn write(&mut self, appends: Vec<Append>, shared: &Shared) {
        let mut rest = appends.into_iter().peekable();
        while rest.peek().is_some() {
            let count = if self.durability == Durability::Sync { 1 } else { usize::MAX };
            let batch = rest.by_ref().take(count).collect::<Vec<_>>();
            match self.commit(&batch) {
                Ok(first) => {
                    shared.acknowledged.store(self.log.last_sequence(), Ordering::Release);
                    for (append, sequence) in batch.into_iter().zip(first..) {
                        let _ = append.reply.send(Ok(sequence));
                    }
                }
                Err(error) => {
                    let mut queue = shared.lock();
                    let queued = mem::take(&mut queue.appends);
                    queue.bytes = 0;
                    drop(queue);
                    for append in batch.into_iter().chain(rest).chain(queued) {
                        let _ = append.reply.send(Err(error.clone()));
                    }
                    return;
                }
            }
        }
    }

    fn commit(&mut self, batch: &[Append]) -> Result<u64> {
        let payloads = batch.iter().map(|append| &append.payload).collect::<Vec<_>>();
        let sequences = self.log.append(&payloads)?;
        if self.durability != Durability::None {
            self.log.sync()?;
        }
        Ok(sequences.start)
    }
}
