//! The one task that works the schedule off: it sleeps until the earliest delivery is due.
//!
//! Attempts that need no waiting (a queue that is gone, a fault, a letter) are over within the same
//! turn; the others become tasks. While an attempt runs it holds the tick of its moment, so that an
//! advancing clock waits for what follows from it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use brume_foundation::clock::{Moment, Tick};

use super::shared::Shared;
use crate::protocol::Protocol;
use crate::schedule::Delivery;

/// Attempts that are made at the same time.
const IN_FLIGHT_MAX: usize = 1_024;
/// Deliveries that are taken at a time.
const BATCH: usize = 64;

/// Delivers until the engine is closed.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut tick: Option<Arc<Tick>> = None;
    while !shared.is_closed() {
        let woken = shared.wake.notified();
        let is_full = work(&shared, tick.as_ref()).await;
        shared.checkpoint_if_grown().await;
        // The next timer is set before ticks are dropped: an advance goes on only then.
        let due = if is_full { None } else { shared.core().schedule.next_due() };
        let sleep = due.map(|due| shared.clock.sleep_until(due));
        drop(tick.take());
        drop(shared.take_ticks());
        match sleep {
            Some(sleep) => tokio::select! {
                woken_at = sleep => tick = Some(Arc::new(woken_at)),
                () = woken => {}
            },
            None => woken.await,
        }
    }
}

/// Tries what is due; tells whether as much is in flight as may be.
async fn work(shared: &Arc<Shared>, tick: Option<&Arc<Tick>>) -> bool {
    loop {
        let flying = shared.in_flight.load(Ordering::Acquire);
        let Some(room) = IN_FLIGHT_MAX.checked_sub(flying).filter(|&room| room > 0) else {
            return true;
        };
        let now = shared.now();
        let due = shared.core().schedule.take_due(now, room.min(BATCH));
        if due.is_empty() {
            return false;
        }
        for delivery in due {
            if let Some(until) = throttled(shared, &delivery, now) {
                shared.core().schedule.put_off(delivery.id, until);
            } else {
                start(shared, delivery, tick);
            }
        }
        // Long lists must not keep others from running.
        tokio::task::yield_now().await;
    }
}

/// Until when a subscription takes no more messages, if its policy says how many it takes.
fn throttled(shared: &Arc<Shared>, delivery: &Delivery, now: Moment) -> Option<Moment> {
    let entry = shared.core().directory.subscription(&delivery.subscription).cloned()?;
    if !matches!(entry.record.protocol, Protocol::Http | Protocol::Https) {
        return None;
    }
    let per_second = shared.delivery_policy(&entry).receives_per_second_max?;
    let open_at = shared.core().schedule.reserve(&delivery.subscription, per_second, now);
    (open_at > now).then_some(open_at)
}

/// Begins an attempt; one that does not have to wait is over when this returns.
fn start(shared: &Arc<Shared>, delivery: Delivery, tick: Option<&Arc<Tick>>) {
    let mut attempt: Pin<Box<dyn Future<Output = ()> + Send>> =
        Box::pin(Arc::clone(shared).attempt(delivery));
    let mut context = Context::from_waker(Waker::noop());
    if let Poll::Ready(()) = attempt.as_mut().poll(&mut context) {
        return;
    }
    shared.in_flight.fetch_add(1, Ordering::AcqRel);
    let (shared, tick) = (Arc::clone(shared), tick.cloned());
    tokio::spawn(async move {
        attempt.await;
        shared.in_flight.fetch_sub(1, Ordering::AcqRel);
        shared.give_back(tick);
    });
}
