//! One content for many queues.

use std::sync::Arc;

use brume_foundation::journal::Ticket;

use super::send::{Accepted, Wanted, put_of};
use super::{Queue, Work};
use crate::engine::{Promise, Proof};
use crate::hub::Hub;
use crate::record;
use crate::{Content, Delivery, MessageId, QueueError};

/// Targets of one record. More of them are delivered by several records, one after the other.
const TARGETS_MAX: usize = 1_024;

/// Puts one content into many queues.
pub(crate) async fn deliver(
    hub: &Arc<Hub>,
    content: &Arc<Content>,
    deliveries: &[Delivery],
) -> Vec<Result<MessageId, QueueError>> {
    let mut results = Vec::with_capacity(deliveries.len());
    for part in deliveries.chunks(TARGETS_MAX) {
        results.extend(deliver_part(hub, content, part).await);
        if part.len() == TARGETS_MAX {
            // Others have waited for this thread.
            tokio::task::yield_now().await;
        }
    }
    results
}

/// A message that is in its queue and waits for the record.
struct Arrived<'a> {
    queue: &'a Queue,
    slot: u32,
    order: u64,
}

async fn deliver_part(
    hub: &Arc<Hub>,
    content: &Arc<Content>,
    deliveries: &[Delivery],
) -> Vec<Result<MessageId, QueueError>> {
    let promise = Promise::default();
    let mut arrived = Vec::with_capacity(deliveries.len());
    let mut results = Vec::with_capacity(deliveries.len());
    let mut targets = Vec::new();
    let mut first_ones = Vec::new();
    for delivery in deliveries {
        match accept(content, delivery, &promise, &mut targets) {
            Ok(accepted) => {
                results.push(Ok(accepted.sent(false).id));
                match accepted {
                    Accepted::New(_, slot, order) => {
                        arrived.push(Arrived { queue: &delivery.queue, slot, order });
                    }
                    Accepted::Duplicate(_, proofs) => first_ones.extend(proofs),
                }
            }
            Err(error) => results.push(Err(error)),
        }
    }
    let appended = if arrived.is_empty() {
        Ok((None, 0))
    } else {
        append(hub, content, (arrived.len(), &targets), &promise)
    };
    let share = appended.as_ref().map_or(0, |(_, bytes)| bytes / count_of(&arrived));
    let home = appended.as_ref().ok().and_then(|(ticket, _)| Some(ticket.as_ref()?.sequence()));
    let ticket = appended.map(|(ticket, _)| ticket);
    let fate = match ticket {
        Ok(Some(ticket)) => {
            let mut unfinished = Unfinished::begin(&arrived, &ticket);
            let fate = ticket.await.map(drop).map_err(QueueError::from);
            unfinished.queues.clear();
            fate
        }
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    let fate = match fate {
        Ok(()) => durable(&first_ones).await,
        failed => failed,
    };
    let now = hub.now();
    for arrived in &arrived {
        let mut work = Work::begin(arrived.queue);
        if fate.is_ok() {
            if let Some(home) = home {
                work.engine_mut().set_home(arrived.slot, arrived.order, home, share);
            }
            drop(work);
            arrived.queue.meters().sent(now, content.bytes());
        }
    }
    match fate {
        Ok(()) => results,
        Err(error) => results.into_iter().map(|result| result.and(Err(error.clone()))).collect(),
    }
}

/// Waits for what came first and was repeated.
async fn durable(first_ones: &[Proof]) -> Result<(), QueueError> {
    for proof in first_ones {
        proof.durable().await?;
    }
    Ok(())
}

/// Takes the content into one queue.
fn accept(
    content: &Arc<Content>,
    delivery: &Delivery,
    promise: &Promise,
    targets: &mut Vec<u8>,
) -> Result<Accepted, QueueError> {
    let own = delivery.body_override.as_ref().map(|body| Arc::new(Content::new(body, Vec::new())));
    let mut work = delivery.queue.work()?;
    let accepted = work.accept(&Wanted {
        content: own.as_ref().unwrap_or(content),
        delay_seconds: None,
        group: delivery.group.as_deref(),
        deduplication: delivery.deduplication.as_deref(),
        trace_header: delivery.trace_header.as_deref(),
        sender: &delivery.sender,
    })?;
    if let Accepted::New(_, slot, order) = accepted
        && let Some(put) = put_of(work.engine(), slot, order)
    {
        record::target(targets, delivery.queue.id, &put, content);
    }
    let proof = delivery.queue.hub.journal.is_some().then(|| Arc::clone(promise));
    match proof {
        Some(promise) => work.engine_mut().pend(Proof::Promise(promise)),
        None => work.engine_mut().commit(),
    }
    Ok(accepted)
}

/// Appends the record of all and keeps the promise.
fn append(
    hub: &Hub,
    content: &Content,
    (count, targets): (usize, &[u8]),
    promise: &Promise,
) -> Result<(Option<Ticket>, u32), QueueError> {
    let appended = hub.append(&[], |output| record::fan_out(output, content, count, targets));
    // It is set once, here.
    let _ = match &appended {
        Ok((Some(ticket), _)) => promise.set(Ok(ticket.clone())),
        Ok((None, _)) => Ok(()),
        Err(error) => promise.set(Err(error.clone())),
    };
    appended.map_err(QueueError::from)
}

fn count_of(arrived: &[Arrived<'_>]) -> u32 {
    u32::try_from(arrived.len()).unwrap_or(u32::MAX).max(1)
}

/// A fan-out whose caller waits for the disk.
struct Unfinished {
    queues: Vec<Arc<Queue>>,
    ticket: Ticket,
}

impl Unfinished {
    fn begin(arrived: &[Arrived<'_>], ticket: &Ticket) -> Self {
        let queues = arrived.iter().filter_map(|it| it.queue.this.upgrade()).collect();
        Self { queues, ticket: ticket.clone() }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.queues.is_empty() {
            return;
        }
        let queues = std::mem::take(&mut self.queues);
        let ticket = self.ticket.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // Either way it is settled.
                let _ = ticket.await;
                queues.iter().for_each(|queue| drop(Work::begin(queue)));
            });
        }
    }
}
