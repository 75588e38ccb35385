//! What receivers say about messages: done, or not yet.

use std::sync::Arc;

use brume_foundation::journal::Ticket;

use super::{Queue, Work};
use crate::engine::{Deletion, Engine, Refusal};
use crate::handle::{Handle, Seal};
use crate::{QueueError, record};

impl Queue {
    /// Deletes messages by their receipt handles; each succeeds or fails by itself.
    ///
    /// A message that is gone already is deleted successfully. On a standard queue the handle of
    /// an earlier receive succeeds as well and deletes nothing.
    pub async fn delete(&self, handles: &[&str]) -> Vec<Result<(), QueueError>> {
        let seal = self.hub.seal();
        self.change(handles.len(), |work, index| {
            let handle = open(&seal, handles[index], work)?;
            let now_ms = work.now_ms;
            let Handle { slot, order, lease, .. } = handle;
            match work.engine_mut().delete(slot, order, lease, now_ms) {
                Ok(Deletion::Done) => Ok(Some(Change::Deleted(slot, order))),
                Ok(Deletion::Nothing) => Ok(None),
                Err(refusal) => Err(refused(refusal)),
            }
        })
        .await
    }

    /// Hides messages for so many seconds from now, 0 to 43,200; each succeeds or fails by itself.
    pub async fn change_visibility(&self, changes: &[(&str, u32)]) -> Vec<Result<(), QueueError>> {
        let seal = self.hub.seal();
        self.change(changes.len(), |work, index| {
            let (handle, seconds) = changes[index];
            let Handle { slot, order, lease, .. } = open(&seal, handle, work)?;
            let now_ms = work.now_ms;
            let until_ms = now_ms + u64::from(seconds) * 1_000;
            match work.engine_mut().hide(slot, order, lease, now_ms, until_ms) {
                Ok(()) => Ok(Some(Change::Hidden(slot, order, until_ms))),
                Err(refusal) => Err(refused(refusal)),
            }
        })
        .await
    }

    /// Makes changes with one record of each kind, and waits for them.
    async fn change(
        &self,
        count: usize,
        mut change: impl FnMut(&mut Work<'_>, usize) -> Result<Option<Change>, QueueError>,
    ) -> Vec<Result<(), QueueError>> {
        let all = |error: &QueueError| (0..count).map(|_| Err(error.clone())).collect();
        let (results, deleted, ticket) = {
            let mut work = match self.work() {
                Ok(work) => work,
                Err(error) => return all(&error),
            };
            let mut changes = Vec::with_capacity(count);
            let mut results = Vec::with_capacity(count);
            for index in 0..count {
                results.push(change(&mut work, index).map(|made| changes.extend(made)));
            }
            let deleted = changes.iter().filter(|it| matches!(it, Change::Deleted(..))).count();
            match work.append_changes(&changes) {
                Ok(ticket) => (results, deleted, ticket),
                Err(error) => return all(&error),
            }
        };
        if let Err(error) = self.durable(ticket).await {
            return all(&error);
        }
        if deleted > 0 {
            self.meters().deleted(self.hub.now(), deleted);
        }
        results
    }
}

/// A change as it is recorded.
enum Change {
    Deleted(u32, u64),
    Hidden(u32, u64, u64),
}

impl Work<'_> {
    fn append_changes(&mut self, changes: &[Change]) -> Result<Option<Ticket>, QueueError> {
        if changes.is_empty() {
            // A deletion that was asked for twice waits for the first one.
            return Ok(self.last_ticket().filter(|ticket| !ticket.is_durable()));
        }
        let id = self.queue.id;
        let deleted = changes.iter().filter_map(|change| match *change {
            Change::Deleted(slot, order) => Some((slot, order)),
            Change::Hidden(..) => None,
        });
        let hidden = changes.iter().filter_map(|change| match *change {
            Change::Hidden(slot, order, until_ms) => Some((slot, order, until_ms)),
            Change::Deleted(..) => None,
        });
        let (deleted, hidden) = (deleted.collect::<Vec<_>>(), hidden.collect::<Vec<_>>());
        // A request is of one kind.
        let write = |_: &Engine, output: &mut Vec<u8>| {
            if hidden.is_empty() {
                record::deletions(output, id, deleted.into_iter());
            } else {
                record::changes(output, id, hidden.into_iter());
            }
        };
        self.append(write).map(|(ticket, _)| ticket)
    }
}

fn open(seal: &Arc<Seal>, text: &str, work: &Work<'_>) -> Result<Handle, QueueError> {
    let handle = seal
        .open(text)
        .ok_or(QueueError::ReceiptHandleIsInvalid("this service did not make it"))?;
    if handle.queue != work.facts.handle_id {
        return Err(QueueError::ReceiptHandleIsInvalid("it is of another queue"));
    }
    Ok(handle)
}

const fn refused(refusal: Refusal) -> QueueError {
    match refusal {
        Refusal::Gone => QueueError::MessageNotAvailable,
        Refusal::NotInFlight => QueueError::MessageNotInflight,
        Refusal::Expired => QueueError::ReceiptHandleExpired,
        Refusal::TooLong => QueueError::VisibilityTooLong,
    }
}
